"""Closing and counting a round with a million ratings, against a bare GROUP BY; and a draw of 1,000 from 400,000.

    python -m benchmarks.closing [SHEETS]

Sheets are put into the box as they lie there while it is open (sealed, in the order of arrival); only what happens from
closing on is measured. The floor counts the same ratings by one GROUP BY over a bare table.
"""

from __future__ import annotations

import os
import resource
import secrets
import sqlite3
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

os.environ.setdefault("APP_SECRET", "benchmark-secret-0123456789-0123456789-abc")
os.environ.setdefault("APP_ENV", "development")

from sqlalchemy import insert
from sqlmodel import Session, select

from app.ballots import codes, sealing
from app.ballots import service as ballots
from app.ballots.models import ONLINE, BallotBox, BallotPass, BallotReceipt, SealedSheet
from app.core.clock import now
from app.core.config import get_settings
from app.core.db import Database
from app.demo import acceptance
from app.migrate import migrate
from app.surveys.rounds import draw, publishing
from app.surveys.rounds.models import Round, State

RATINGS_PER_SHEET = 7  # six items and the whole, as the monthly review of property management asks
OPTIONS = ("satisfied", "basically_satisfied", "dissatisfied", "dont_know")
ITEMS = ("cleaning", "security", "greening", "repairs", "service_desk", "fee_disclosure")


def sheet(number: int) -> dict[str, Any]:
    chosen = [OPTIONS[(number * 7 + i * i) % 4] for i in range(RATINGS_PER_SHEET)]
    return {"property": {"items": dict(zip(ITEMS, chosen, strict=False)), "overall": chosen[6]}}


def fill(s: Session, box: BallotBox, sheets: int) -> None:
    key = sealing.key_of(box)
    for begin in range(0, sheets, 10_000):
        numbers = range(begin, min(begin + 10_000, sheets))
        hashes = sorted(os.urandom(32) for _n in numbers)
        s.execute(
            insert(BallotPass),
            [
                {"token_hash": h, "box_id": box.id, "serial_hash": os.urandom(32), "stratum": "", "spent": ONLINE}
                for h in hashes
            ],
        )
        rows = [
            {
                "box_id": box.id,
                "rid": os.urandom(16),
                "stratum": "",
                "answers": sealing.seal_text(key, "sheet", ["", sheet(n)]),
            }
            for n in numbers
        ]
        s.execute(insert(SealedSheet), rows)
        s.execute(insert(BallotReceipt), [{"box_id": box.id, "code": codes.drawn(12)} for _n in numbers])


def floor(path: Path, sheets: int) -> float:
    """The same ratings as rows of a bare table, counted by one GROUP BY."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE rating (item INTEGER, option INTEGER)")
        rows = ((i, (n * 7 + i * i) % 4) for n in range(sheets) for i in range(RATINGS_PER_SHEET))
        connection.executemany("INSERT INTO rating VALUES (?, ?)", rows)
        connection.commit()
        began = time.perf_counter()
        connection.execute("SELECT item, option, count(*) FROM rating GROUP BY 1, 2").fetchall()
        return time.perf_counter() - began


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def close_and_publish(directory: Path, sheets: int) -> None:
    db = Database(f"sqlite:///{directory / 'closing.db'}")
    migrate(db)
    acceptance.seed(db, get_settings())
    with db.write() as s:
        round_ = s.exec(
            select(Round).where(Round.state == State.open, Round.instrument_key == "property_monthly")
        ).first()
        assert round_ is not None
        fill(s, publishing.box_of(s, round_), sheets)
        round_.invited = round_.population = sheets + 20
        round_id, box_id = round_.id, round_.box_id
    before = peak_mb()
    began = time.perf_counter()
    with db.write() as s:
        publishing.close(s, s.get_one(Round, round_id), now())
    closed = time.perf_counter()
    with db.write() as s:
        publishing.publish(s, s.get_one(Round, round_id), now())
    counted = time.perf_counter()
    if box_id is not None:
        ballots.after_close(db, box_id)
    db.close()
    print(
        f"ratings {sheets * RATINGS_PER_SHEET:>9,}   close {closed - began:.2f} s   count and publish {counted - closed:.2f} s"
    )
    print(
        f"bare GROUP BY {floor(directory / 'floor.db', sheets):.2f} s   peak memory {before:.0f} -> {peak_mb():.0f} MB"
    )


def draw_from(people: int, size: int) -> None:
    units = [draw.Unit(secrets.token_hex(10), str(n // 3), str(n % 6)) for n in range(people)]
    began = time.perf_counter()
    picked = draw.draw(units, "aa" * 32, "4-2-6", size, size // 4)
    print(f"draw of {size:,} from {people:,} (and {len(picked) - size} reserves): {time.perf_counter() - began:.2f} s")


def main() -> None:
    sheets = int(sys.argv[1]) if len(sys.argv) > 1 else 142_858
    with tempfile.TemporaryDirectory() as directory:
        close_and_publish(Path(directory), sheets)
    draw_from(400_000, 1_000)


if __name__ == "__main__":
    main()
