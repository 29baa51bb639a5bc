"""Today page, household list, household search and visit save, each as a ratio to the floor of the same run.

    python -m benchmarks [SECONDS]      (make bench)

One worker each, on the demo community, with sign-in, permission, audit and CSRF on.
"""

from __future__ import annotations

import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from urllib.parse import quote

from sqlmodel import Session, col, select

from benchmarks import load, servers

os.environ["APP_SECRET"] = servers.SECRET

import app.tables  # noqa: F401 - every table, so that foreign keys find theirs
from app.accounts import authentication
from app.accounts.models import Role, User, UserGridArea
from app.core import crypto
from app.core.db import Database
from app.core.models import new_id
from app.households.models import Household
from app.households.residents.models import Residency

HTML = {"Accept": "text/html"}
SLICE = 0.5


class Stage:
    """The demo database, a worker and a director who are signed in, and what they ask for."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "demo.db"
        self.url = f"sqlite:///{self.path}"
        for verb in ("migrate", "demo"):
            command = [sys.executable, "-m", "app.cli", verb]
            env = servers.environment(self.url, APP_DATA_DIR=str(folder))
            subprocess.run(command, env=env, check=True, capture_output=True)
        db = Database(self.url)
        with db.write() as s:
            self.worker = self._sign_in(s, Role.worker)
            self.director = self._sign_in(s, Role.director)
            user = s.exec(select(User).where(User.role == Role.worker).order_by(col(User.username))).first()
            assert user is not None
            area = s.exec(select(UserGridArea.grid_area_id).where(UserGridArea.user_id == user.id)).one()
            self.area, self.community = area.hex, str(user.community_id and user.community_id.hex)
            homes = s.exec(
                select(Household.id, Residency.resident_id)
                .join(Residency, col(Residency.household_id) == col(Household.id))
                .where(Household.grid_area_id == area, col(Residency.to_on).is_(None))
                .order_by(col(Household.walk_key))
            ).all()
        self.homes = list({home: (str(home), str(person)) for home, person in homes}.values())
        db.analyze()
        db.close()

    def _sign_in(self, s: Session, role: Role) -> dict[str, str]:
        user = s.exec(select(User).where(User.role == role).order_by(col(User.username))).first()
        assert user is not None
        token = authentication.start_session(s, user, "benchmark")
        csrf = authentication.csrf_token(crypto.token_hash(token))
        return {"Cookie": f"session={token}", "X-CSRF-Token": csrf}


def _always(path: str, headers: dict[str, str]) -> Callable[[], bytes]:
    request = load.request_bytes("GET", path, headers)
    return lambda: request


def _visits(stage: Stage, headers: dict[str, str], query: str = "") -> Callable[[], bytes]:
    """A new visit each time, to one household after the other."""
    homes: Iterator[tuple[str, str]] = cycle(stage.homes)

    def make() -> bytes:
        home, person = next(homes)
        body = {
            "household_id": home,
            "visited_at": datetime.now(UTC).isoformat(),
            "purpose": "routine",
            "outcome": "fine",
            "note": "身体很好,家里一切正常,提醒天冷注意用电安全。",
            "people_met": [person],
            "needs": [],
        }
        sent = {**headers, "Content-Type": "application/json", "Accept": "application/json"}
        return load.request_bytes("PUT", f"/visits/{new_id()}{query}", sent, json.dumps(body).encode())

    return make


@dataclass(frozen=True)
class Job:
    name: str
    ours: Callable[[], bytes]
    floor: Callable[[], bytes]


def _jobs(stage: Stage) -> list[Job]:
    area, community = stage.area, stage.community
    saving = _visits(stage, stage.worker)
    return [
        Job("Today page (HTML)", _always("/today", {**stage.worker, **HTML}), _always(f"/today?area={area}", {})),
        Job("Today (JSON)", _always("/today", stage.worker), _always(f"/today?as=json&area={area}", {})),
        Job(
            "Household list, 50 rows (JSON)",
            _always("/households?limit=50", stage.director),
            _always(f"/households?community={community}", {}),
        ),
        Job("Visit save, 8 writers", saving, _visits(stage, {})),
        Job("Visit save, 8 writers; floor with audit chain", saving, _visits(stage, {}, "?audit=1")),
    ]


@contextlib.contextmanager
def _both(stage: Stage, folder: Path) -> Iterator[tuple[servers.Server, servers.Server]]:
    """The two servers, each with a copy of the data, so that neither sees what the other wrote."""
    source, copy = sqlite3.connect(stage.path), sqlite3.connect(folder / "floor.db")
    with contextlib.closing(source), contextlib.closing(copy):
        source.backup(copy)
    with servers.qinlian(stage.url) as ours:
        page = folder / "today.html"
        page.write_bytes(load.fetch(ours.port, _always("/today", {**stage.worker, **HTML})()))
        with servers.floor(folder / "floor.db", page) as floor:
            yield ours, floor


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 8.0
    with tempfile.TemporaryDirectory() as name:
        stage = Stage(Path(name))
        with _both(stage, Path(name)) as (ours, floor):
            print(
                "| job | req/s | p99 ms | processor ms | floor req/s | p99 ms | processor ms | ratio | by processor |"
            )
            print("|---|---|---|---|---|---|---|---|---|")
            for job in _jobs(stage):
                _compare(job, ours, floor, seconds)
            search = _always(f"/households?limit=50&q={quote('王小')}", stage.director)
            found = load.run(ours.port, search, connections=1, seconds=seconds / 2)
            median, p99 = found.milliseconds(0.5), found.milliseconds(0.99)
            print(f"\nHousehold search by name fragment, one at a time: median {median:.2f} ms, p99 {p99:.2f} ms")


def _compare(job: Job, ours: servers.Server, floor: servers.Server, seconds: float) -> None:
    """Both in short turns, so that whatever else the machine does falls on both alike."""
    sides = ((ours, job.ours, load.Times()), (floor, job.floor, load.Times()))
    for server, make, _times in sides:
        load.run(server.port, make, seconds=0.5)
    used = [0.0, 0.0]
    for _turn in range(max(2, round(seconds / SLICE))):
        for side, (server, make, times) in enumerate(sides):
            before = server.processor_seconds()
            times += load.run(server.port, make, seconds=SLICE)
            used[side] += server.processor_seconds() - before
    mine, base = sides[0][2], sides[1][2]
    cost, least = (1000 * spent / len(t.each) for spent, t in zip(used, (mine, base), strict=True))
    print(
        f"| {job.name} | {mine.per_second:.0f} | {mine.milliseconds(0.99):.1f} | {cost:.2f} "
        f"| {base.per_second:.0f} | {base.milliseconds(0.99):.1f} | {least:.2f} "
        f"| {mine.per_second / base.per_second:.2f} | {least / cost:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
