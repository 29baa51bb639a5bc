"""Today page, household list, household search and visit save, each as a ratio to the floor of the same run.

    python -m benchmarks [SECONDS]      (make bench)

One worker each, on the demo community, with sign-in, permission, audit and CSRF on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
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


def _visits(stage: Stage, headers: dict[str, str]) -> Callable[[], bytes]:
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
        return load.request_bytes("PUT", f"/visits/{new_id()}", sent, json.dumps(body).encode())

    return make


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(Path(folder))
        with servers.qinlian(stage.url) as ours, servers.floor(str(stage.path)) as floor:
            rows = [
                ("Today page (HTML)", _always("/today", {**stage.worker, **HTML}), f"/today?area={stage.area}"),
                ("Today (JSON)", _always("/today", stage.worker), f"/today?as=json&area={stage.area}"),
                (
                    "Household list, 50 rows (JSON)",
                    _always("/households?limit=50", stage.director),
                    f"/households?community={stage.community}",
                ),
            ]
            print("| job | Qinlian req/s | p99 ms | floor req/s | p99 ms | ratio |")
            print("|---|---|---|---|---|---|")
            for name, make, path in rows:
                _compare(name, ours, make, floor, _always(path, {}), seconds)
            _compare("Visit save, 8 writers", ours, _visits(stage, stage.worker), floor, _visits(stage, {}), seconds)
            search = _always(f"/households?limit=50&q={quote('王小')}", stage.director)
            found = load.run(ours, search, connections=1, seconds=seconds)
            print(
                f"\nHousehold search by name fragment, one at a time: median {found.p50:.2f} ms, p99 {found.p99:.2f} ms"
            )


def _compare(
    name: str, ours: int, make: Callable[[], bytes], floor: int, bare: Callable[[], bytes], seconds: float
) -> None:
    """Warm both up, then measure in turns and keep each one's better half-run, as a busy machine only slows down."""
    for port, maker in ((ours, make), (floor, bare)):
        load.run(port, maker, seconds=0.5)
    mine = max((load.run(ours, make, seconds=seconds / 2) for _ in range(2)), key=lambda r: r.per_second)
    base = max((load.run(floor, bare, seconds=seconds / 2) for _ in range(2)), key=lambda r: r.per_second)
    ratio = mine.per_second / base.per_second
    print(
        f"| {name} | {mine.per_second:.0f} | {mine.p99:.1f} | {base.per_second:.0f} | {base.p99:.1f} | {ratio:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
