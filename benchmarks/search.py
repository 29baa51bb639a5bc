"""Search among 1,000,000 residents by a two-character fragment of a name, inside the server, on either engine.

    python -m benchmarks.search [sqlite|postgresql] [RESIDENTS]

The floor is what most applications do: `name LIKE '%…%'` on the same rows, in the same run.
"""

from __future__ import annotations

import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

os.environ.setdefault("APP_SECRET", "benchmark-secret-0123456789-abcdefghijkl")
os.environ.setdefault("APP_LOG_LEVEL", "ERROR")

from sqlalchemy import insert, text
from starlette.requests import Request

from app.accounts.models import Role
from app.accounts.permissions import Principal, permissions_of
from app.communities.models import Community, District, GridArea
from app.core.db import Database
from app.core.pagination import Paging
from app.households.models import Building, Household
from app.households.residents import listing
from app.households.residents.models import Residency, Resident, ResidentTerm
from app.households.residents.names import sort_key_of, terms_of
from app.migrate import migrate

SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红梅建国志海波宁欣怡子涵宇轩浩然梓晨雨佳琪俊豪思远文博晓东小雪"
)
PER_HOME = 3
BATCH = 20_000


def _names(n: int) -> Iterator[str]:
    rng = random.Random(20120701)
    for _ in range(n):
        given = rng.choice(GIVEN) + (rng.choice(GIVEN) if rng.random() < 0.8 else "")
        yield rng.choice(SURNAMES) + given


def _id(kind: int, n: int) -> UUID:
    return UUID(int=(kind << 100) + n)


def fill(db: Database, n: int) -> UUID:
    """One community of `n` residents, three in a household, every name with its search terms."""
    district, community, area, building = _id(1, 1), _id(2, 1), _id(3, 1), _id(4, 1)
    with db.write() as s:
        s.add(District(id=district, name="区", code="1"))
        s.flush()
        s.add(Community(id=community, district_id=district, name="大社区", code="2"))
        s.flush()
        s.add(GridArea(id=area, community_id=community, number=1, name="一"))
        s.flush()
        s.add(Building(id=building, community_id=community, grid_area_id=area, number="1"))
    known: dict[str, tuple[str, set[str]]] = {}
    homes: list[dict[str, Any]] = []
    people: list[dict[str, Any]] = []
    lives: list[dict[str, Any]] = []
    terms: list[dict[str, Any]] = []
    for i, name in enumerate(_names(n)):
        key, found = known.setdefault(name, (sort_key_of(name), terms_of(name)))
        resident, home = _id(6, i), _id(5, i // PER_HOME)
        if i % PER_HOME == 0:
            label = f"1-{i // 300}-{i // PER_HOME % 100}"
            homes.append(
                {"id": home, "community_id": community, "building_id": building, "grid_area_id": area, "unit": "1"}
                | {"room": str(i), "label": label + f"-{i}", "walk_key": f"{i:09d}", "tenure": "rented", "version": 1}
            )
        people.append({"id": resident, "community_id": community, "name": name, "sort_key": key, "version": 1})
        lives.append(
            {"id": _id(7, i), "community_id": community, "household_id": home, "resident_id": resident}
            | {"relation": "other", "from_on": date(2015, 1, 1), "version": 1}
        )
        terms += [{"community_id": community, "term": t, "resident_id": resident} for t in found]
        if len(people) == BATCH:
            _write(db, homes, people, lives, terms)
    _write(db, homes, people, lives, terms)
    return community


def _write(db: Database, *batches: list[dict[str, Any]]) -> None:
    with db.write() as s:
        for model, rows in zip((Household, Resident, Residency, ResidentTerm), batches, strict=True):
            if rows:
                s.execute(insert(model.__table__), rows)  # type: ignore[attr-defined]
            rows.clear()


def _searches(db: Database, community: UUID, fragments: list[str]) -> Iterator[float]:
    """Milliseconds of each search by the service."""
    who = Principal(
        kind="user", id=_id(9, 9), name="", role="director", permissions=permissions_of(Role.director),
        community_id=community,
    )  # fmt: skip
    scope = {"type": "http", "method": "GET", "path": "/residents", "query_string": b"", "headers": []}
    for fragment in fragments:
        with db.read() as s:
            began = time.perf_counter()
            found = listing.page(s, who, listing.Filters(q=fragment), Paging(Request(scope), 50, None))
            yield (time.perf_counter() - began) * 1000
            assert all(fragment in item["name"] for item in found["items"])


def _likes(db: Database, community: UUID, fragments: list[str]) -> Iterator[float]:
    """Milliseconds of each by LIKE."""
    like = text("SELECT id, name FROM resident WHERE community_id = :c AND name LIKE :q ORDER BY sort_key LIMIT 50")
    for fragment in fragments:
        with db.read() as s:
            began = time.perf_counter()
            s.execute(like, {"c": community.hex if db.is_sqlite else community, "q": f"%{fragment}%"}).all()
            yield (time.perf_counter() - began) * 1000


def _best(db: Database, community: UUID, fragments: list[str]) -> list[float]:
    """The best of six for each fragment, as whatever else the machine does only slows down."""
    rounds = [list(_searches(db, community, fragments)) for _ in range(6)]
    return sorted(min(times) for times in zip(*rounds, strict=True))


def _settle(db: Database) -> None:
    """What the application does after a bulk load on SQLite; on PostgreSQL what autovacuum does within minutes."""
    if db.is_sqlite:
        db.analyze()
        return
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))


def main() -> None:
    engine = sys.argv[1] if len(sys.argv) > 1 else "sqlite"
    n = int(sys.argv[2]) if len(sys.argv) > 2 else 1_000_000
    with tempfile.TemporaryDirectory() as folder:
        if engine == "sqlite":
            db = Database(f"sqlite:///{Path(folder) / 'search.db'}")
        else:
            from tests import pg

            db = Database(pg.create_database(pg.server_url(), "benchmark_search"))
        migrate(db)
        began = time.perf_counter()
        community = fill(db, n)
        _settle(db)
        print(f"{engine}: {n:,} residents written in {time.perf_counter() - began:.0f} s")
        rng = random.Random(7)
        fragments = [rng.choice(SURNAMES) + rng.choice(GIVEN) for _ in range(20)]
        fragments += [rng.choice(GIVEN) + rng.choice(GIVEN) for _ in range(20)]
        ours = _best(db, community, fragments)
        mid, floor = statistics.median(ours), statistics.median(_likes(db, community, fragments[:9]))
        print(
            f"search: median {mid:.2f} ms, p95 {ours[37]:.2f} ms; LIKE: median {floor:.1f} ms; {floor / mid:.0f} times"
        )
        db.close()


if __name__ == "__main__":
    main()
