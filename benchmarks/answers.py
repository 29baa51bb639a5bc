"""Putting in ballots: submissions a second, against a floor measured in the same run.

    python -m benchmarks.answers [--ballots 600] [--threads 8]

One submission is what the answering page does inside the server: look the token up, spend the pass, store the sheet and
a free text encrypted, store the receipt, drop the draft, commit with synchronous=FULL. The floor is bare sqlite3 doing
one UPDATE and one INSERT in a BEGIN IMMEDIATE transaction with synchronous=FULL. Both take turns in small slices, on
the same disk, so that a busy machine slows both.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ.setdefault("APP_SECRET", "benchmark-secret-0123456789-abcdefghijkl")
os.environ.setdefault("APP_LOG_LEVEL", "ERROR")

import app.tables  # noqa: F401 - every table, so that foreign keys find theirs
from app.ballots import service
from app.ballots.models import Secrecy
from app.ballots.service import Voter
from app.communities.models import Community, District
from app.core.db import Database
from app.core.models import new_id
from app.migrate import migrate

SLICE = 50
ANSWERS = {"committee": {f"item_{i}": "satisfied" for i in range(8)}}
TEXTS = {"committee.why": "物业维修比去年快多了，希望晚上巡逻再密一些。"}


def box(db: Database, secrecy: Secrecy, n: int) -> list[str]:
    """Tokens of an open box of `n` voters."""
    with db.write() as s:
        district = District(name="区", code=secrets.token_hex(5))
        s.add(district)
        s.flush()
        community = Community(district_id=district.id, name="社区", code=secrets.token_hex(6))
        s.add(community)
        s.flush()
        voters = [Voter("representative", new_id(), f"代表{i}") for i in range(n)]
        made = service.prepare(s, community.id, "round", secrecy, voters)
        tokens = [slip.token for slip in service.slips(s, made)]
        service.open_box(s, made)
    return tokens


def submission(db: Database) -> Callable[[str], None]:
    def submit(token: str) -> None:
        with db.write() as s:
            found = service.find_by_token(s, token)
            assert found is not None
            service.submit(s, found, token, "once", ANSWERS, TEXTS)

    return submit


def floor(path: Path, tokens: list[str]) -> Callable[[str], None]:
    local, turn = threading.local(), threading.Lock()

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, isolation_level=None)
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    first = connect()
    first.execute("CREATE TABLE pass (token TEXT PRIMARY KEY, spent INTEGER NOT NULL) WITHOUT ROWID")
    first.execute("CREATE TABLE sheet (id BLOB PRIMARY KEY, answers TEXT NOT NULL) WITHOUT ROWID")
    first.executemany("INSERT INTO pass VALUES (?, 0)", [(t,) for t in tokens])
    text = repr(ANSWERS)

    def submit(token: str) -> None:
        if not hasattr(local, "connection"):
            local.connection = connect()
        with turn:  # waiting in line is cheaper than SQLite's sleeping; the application does the same
            c = local.connection
            c.execute("BEGIN IMMEDIATE")
            c.execute("UPDATE pass SET spent = 1 WHERE token = ? AND spent = 0", (token,))
            c.execute("INSERT INTO sheet VALUES (?, ?)", (os.urandom(16), text))
            c.execute("COMMIT")

    return submit


def race(runners: dict[str, tuple[Callable[[str], None], list[str]]], threads: int) -> dict[str, float]:
    """Submissions a second of each, in turns of `SLICE`."""
    took = dict.fromkeys(runners, 0.0)
    n = min(len(tokens) for _submit, tokens in runners.values())
    with ThreadPoolExecutor(threads) as pool:
        for start in range(0, n, SLICE):
            for name, (submit, tokens) in runners.items():
                began = time.perf_counter()
                list(pool.map(submit, tokens[start : start + SLICE]))
                took[name] += time.perf_counter() - began
    return {name: n / seconds for name, seconds in took.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--ballots", type=int, default=600)
    arguments.add_argument("--threads", type=int, default=8)
    given = arguments.parse_args()
    print(f"SQLite {sqlite3.sqlite_version}, Python {sys.version.split()[0]}, {given.ballots} ballots")
    print(f"{'level':14}{'threads':>8}{'ours/s':>10}{'floor/s':>10}{'ratio':>8}")
    for threads in dict.fromkeys((1, given.threads)):
        for secrecy in Secrecy:
            with tempfile.TemporaryDirectory() as folder:
                db = Database(f"sqlite:///{folder}/answers.db")
                migrate(db)
                tokens = box(db, secrecy, given.ballots)
                bare = floor(Path(folder) / "floor.db", tokens)
                found = race({"ours": (submission(db), tokens), "floor": (bare, tokens)}, threads)
                ratio = found["ours"] / found["floor"]
                print(f"{secrecy:14}{threads:8}{found['ours']:10.0f}{found['floor']:10.0f}{ratio:8.2f}")
                db.close()


if __name__ == "__main__":
    main()
