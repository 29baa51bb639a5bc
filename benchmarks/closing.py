"""Closing, counting and publishing a round with a million ratings; and a draw of 1,000 from 400,000.

    python -m benchmarks.closing [--secrecy confidential] [--shape 10000x100 ...]

A shape is sheets x ratings on each. The round is whole: everybody of the frame was invited and answered, with a pass,
a sealed sheet of random ratings and a receipt; only what happens from closing on is measured, in a process of its own,
with the most memory that it ever took. The floor counts the same number of ratings by one GROUP BY over a bare table.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

os.environ.setdefault("APP_SECRET", "benchmark-secret-0123456789-0123456789-abc")
os.environ.setdefault("APP_ENV", "development")
os.environ.setdefault("APP_LOG_LEVEL", "ERROR")

from sqlalchemy import insert
from sqlmodel import Session, select

import app.tables  # noqa: F401 - every table, so that foreign keys find theirs
from app.ballots import codes, sealing
from app.ballots import service as ballots
from app.ballots.models import ONLINE, BallotBox, BallotPass, BallotReceipt, Invitation, Purpose, SealedSheet, Secrecy
from app.communities.models import Community, District
from app.core.clock import now
from app.core.db import Database
from app.core.models import new_id
from app.migrate import migrate
from app.surveys.instruments.builtins import satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Question, Row, Section, hash_of
from app.surveys.instruments.models import Instrument, InstrumentVersion
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds import draw, publishing, subjects
from app.surveys.rounds.models import FrameEntry, Round, State
from app.surveys.schedules.models import Schedule

SHAPES = ("10000x100", "100000x10")
ROWS = 10
AT_ONCE = 10_000
OPTIONS = ("satisfied", "basically_satisfied", "dissatisfied", "dont_know")


# --- The stage -------------------------------------------------------------------------------------------------


def definition() -> Definition:
    rows = [Row(key=f"item_{n}", label=f"第{n}项") for n in range(ROWS)]
    matrix = Question(
        key="items", kind=Kind.matrix, label="各项", options=satisfaction_scale(), rows=rows, required=True, scored=True
    )
    return Definition(title="评议", sections=[Section(subject_kind="staff", questions=[matrix])])


def sheet(judged: list[Subject]) -> dict[str, Any]:
    return {
        s.key: {"items": {f"item_{n}": word for n, word in enumerate(random.choices(OPTIONS, (60, 25, 10, 5), k=ROWS))}}
        for s in judged
    }


def stage(db: Database, sheets: int, ratings: int, secrecy: Secrecy) -> None:
    """An open round whose whole panel has answered."""
    migrate(db)
    judged = [Subject(f"staff-{n}", "staff", f"工作者{n}") for n in range(ratings // ROWS)]
    asked = definition()
    with db.write() as s:
        district = District(name="区", code="320594")
        instrument = Instrument(key="bench", title="评议")
        s.add_all([district, instrument])
        s.flush()
        town = Community(district_id=district.id, name="社区", code="320594001001")
        version = InstrumentVersion(
            instrument_id=instrument.id, number=1, definition=asked.model_dump(mode="json"), hash=hash_of(asked),
            state="published", published_at=now(),
        )  # fmt: skip
        s.add_all([town, version])
        s.flush()
        schedule = Schedule(
            community_id=town.id, instrument_id=instrument.id, title="评议", cadence="monthly", panel="residents",
            starts_on=date(2020, 1, 1), secrecy=secrecy,
        )  # fmt: skip
        box = BallotBox(community_id=town.id, purpose=Purpose.round, secrecy=secrecy, state="open")
        key = sealing.begin_key(box)
        s.add_all([schedule, box])
        s.flush()
        round_ = Round(
            community_id=town.id, schedule_id=schedule.id, instrument_id=instrument.id, version_id=version.id,
            instrument_key="bench", period="2026-06", title="评议", state=State.open, panel="residents",
            opens_at=now() - timedelta(days=6), closes_at=now(), method="census", secrecy=secrecy, publish="auto",
            box_id=box.id, population=sheets, invited=sheets,
        )  # fmt: skip
        s.add(round_)
        s.flush()
        subjects.keep(s, round_, judged)
        for table, rows in (
            (FrameEntry, _frame(round_, sheets)),
            (Invitation, invited := _invited(box, sheets)),
            (BallotPass, _passes(box, key, invited)),
            (SealedSheet, _sheets(box, key, judged, sheets)),
            (BallotReceipt, [{"box_id": box.id, "code": codes.drawn(12)} for _ in range(sheets)]),
        ):
            _store(s, table, iter(rows))


def _store(s: Session, table: Any, rows: Iterator[dict[str, Any]]) -> None:
    while some := list(islice(rows, AT_ONCE)):
        s.execute(insert(table), some)


def _frame(round_: Round, people: int) -> Iterator[dict[str, Any]]:
    for public_id in sorted(draw.opaque_ids(people, draw.ID_DIGITS)):
        person = {"person_kind": "resident", "person_id": new_id(), "cluster": "", "stratum": ""}
        yield {"round_id": round_.id, "public_id": public_id, **person}


def _invited(box: BallotBox, people: int) -> list[dict[str, Any]]:
    fixed = {
        "created_at": now(), "updated_at": now(), "version": 1, "box_id": box.id, "community_id": box.community_id,
        "voter_kind": "resident", "stratum": "", "serial": None, "state": "invited", "answered": False, "reminded": 0,
    }  # fmt: skip
    return [{"id": new_id(), "voter_id": new_id(), "voter_name": f"居民{n}", **fixed} for n in range(people)]


def _passes(box: BallotBox, key: bytes, invited: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of a confidential box are derived, so closing finds out whose they are; of a secret one they are random."""
    token_key = sealing.token_key(key)
    hashes = sorted(
        os.urandom(32) if box.secrecy == Secrecy.secret else codes.token_hash(sealing.token_of(token_key, one["id"]))
        for one in invited
    )
    return [
        {"token_hash": h, "box_id": box.id, "serial_hash": os.urandom(32), "stratum": "", "spent": ONLINE}
        for h in hashes
    ]


def _sheets(box: BallotBox, key: bytes, judged: list[Subject], sheets: int) -> Iterator[dict[str, Any]]:
    for _ in range(sheets):
        sealed = sealing.seal_text(key, "sheet", ["", sheet(judged)])
        yield {"box_id": box.id, "rid": os.urandom(16), "stratum": "", "answers": sealed}


# --- What is measured ------------------------------------------------------------------------------------------


@contextmanager
def timed(label: str) -> Iterator[None]:
    began, used = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - began, time.process_time() - used
    print(f"  {label:24}{wall:6.2f} s, of it processor {cpu:5.2f} s   peak memory {peak_mb():4.0f} MB", flush=True)


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def close(db: Database) -> None:
    with db.read() as s:
        round_ = s.exec(select(Round)).one()
    with timed("at the beginning"):
        pass
    with timed("close and publish"):
        with timed("close"), db.write() as s:
            publishing.close(s, s.get_one(Round, round_.id), now())
        with timed("count and publish"), db.write() as s:
            publishing.publish(s, s.get_one(Round, round_.id), now())
    with timed("clear the disk"):
        assert round_.box_id is not None and ballots.after_close(db, round_.box_id)


def floor(path: Path, ratings: int) -> float:
    """As many ratings as rows of a bare table, counted by one GROUP BY."""
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE rating (item INTEGER, option INTEGER)")
        connection.executemany("INSERT INTO rating VALUES (?, ?)", ((n % ROWS, n * n % 4) for n in range(ratings)))
        connection.commit()
        began = time.perf_counter()
        connection.execute("SELECT item, option, count(*) FROM rating GROUP BY 1, 2").fetchall()
        return time.perf_counter() - began


def draw_from(people: int, size: int) -> None:
    units = [draw.Unit(secrets.token_hex(10), str(n // 3), str(n % 6)) for n in range(people)]
    print(f"draw of {size:,} from {people:,}, and {size // 4} reserves")
    with timed("the frame in memory"):
        pass
    with timed("draw"):
        picked = draw.draw(units, "aa" * 32, "4-2-6", size, size // 4)
    assert len(picked) == size + size // 4


def in_its_own_process(*words: str) -> None:
    subprocess.run([sys.executable, "-m", "benchmarks.closing", *words], check=True)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shape", nargs="*", default=SHAPES)
    arguments.add_argument("--secrecy", type=Secrecy, default=Secrecy.confidential)
    arguments.add_argument("--url", help="an empty PostgreSQL database instead of a temporary file of SQLite")
    arguments.add_argument("--part", choices=["stage", "close", "draw"], help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.part == "draw":
        draw_from(400_000, 1_000)
        return
    if given.part:
        sheets, ratings = map(int, given.shape[0].split("x"))
        db = Database(given.url)
        if given.part == "stage":
            stage(db, sheets, ratings, given.secrecy)
        else:
            close(db)
        db.close()
        return
    for shape in given.shape:
        with tempfile.TemporaryDirectory() as directory:
            url = given.url or f"sqlite:///{directory}/closing.db"
            sheets, ratings = map(int, shape.split("x"))
            common = ("--shape", shape, "--secrecy", given.secrecy, "--url", url)
            in_its_own_process("--part", "stage", *common)
            bare = floor(Path(directory) / "floor.db", sheets * ratings)
            print(f"{given.secrecy}: {sheets:,} sheets of {ratings} ratings; bare GROUP BY {bare:.2f} s", flush=True)
            in_its_own_process("--part", "close", *common)
    in_its_own_process("--part", "draw")


if __name__ == "__main__":
    main()
