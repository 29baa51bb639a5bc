"""The feed of satisfaction scores, as a ratio to the floor and to two peers of the same run.

    python -m benchmarks.scores_feed [SECONDS] [--without-peers]

200 communities × 4 instruments × 24 periods; pages of 200 from everywhere in the feed, one worker, with token check.
The floor is bare Starlette, sqlite3 and orjson: it reads the same columns by the same index and serialises them on
each request; it checks no token and knows no 304 but a bare one. The peers (`peers.py`) check no token either.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from orjson import dumps
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks import load, peers, servers

COMMUNITIES, INSTRUMENTS, PERIODS, PAGE = 200, 4, 24, 200
TURNS = 8
TOKEN = "benchmark-token-of-a-district"

# --- The floor -------------------------------------------------------------------------------------------------

_local = threading.local()
_SELECT = (
    "SELECT s.id, c.code AS community_code, c.name AS community_name, s.instrument_key AS instrument, s.subject_kind, "
    "s.subject_name, s.period, s.invited, s.responses, s.valid, s.satisfied, s.rate / 10000.0 AS satisfaction_rate, "
    "s.strict_rate / 10000.0 AS strict_rate, s.low / 10000.0 AS interval_low, s.high / 10000.0 AS interval_high, "
    "s.census AS interval_kind, s.mean / 100.0 AS mean_score, s.method, s.suppressed, s.published_at, s.revision, "
    "s.supersedes, s.audit_head FROM score s JOIN community c ON c.id = s.community_id "
    "WHERE (s.published_at, s.id) > (?, ?) ORDER BY s.published_at, s.id LIMIT ?"
)


def _db() -> sqlite3.Connection:
    if not hasattr(_local, "connection"):
        _local.connection = sqlite3.connect(os.environ["FLOOR_DATABASE"], isolation_level=None, check_same_thread=False)
        _local.connection.row_factory = sqlite3.Row
    connection: sqlite3.Connection = _local.connection
    return connection


def _scores(request: Request) -> Response:
    q = request.query_params
    rows = _db().execute(_SELECT, [q.get("at", ""), q.get("after", ""), PAGE + 1]).fetchall()
    items = [dict(row) for row in rows[:PAGE]]
    following = (
        "/scores?" + urlencode({"at": items[-1]["published_at"], "after": items[-1]["id"]})
        if len(rows) > PAGE
        else None
    )
    return Response(dumps({"items": items, "next": following, "total": None}), media_type="application/json")


async def _unchanged(_request: Request) -> Response:
    return Response(status_code=304, headers={"ETag": '"x"'})


app = Starlette(routes=[Route("/scores", _scores), Route("/unchanged", _unchanged)])


# --- The stage -------------------------------------------------------------------------------------------------


def stage(folder: Path) -> str:
    """A database of 19,200 published scores."""
    url = f"sqlite:///{folder / 'scores.db'}"
    env = servers.environment(url, APP_DATA_DIR=str(folder))
    subprocess.run([sys.executable, "-m", "app.cli", "migrate"], env=env, check=True, capture_output=True)
    os.environ["APP_SECRET"] = servers.SECRET
    import app.tables  # noqa: F401 - every table, so that foreign keys find theirs
    from app.accounts.models import ApiClient
    from app.communities.models import Community, District
    from app.core import crypto
    from app.core.clock import now
    from app.core.db import Database
    from app.surveys.scores import service
    from tests.surveys.scores.made import facts_of, make_round, scored

    keys = ("property_monthly", "committee_halfyear", "integrity_yearly", "member_appraisal")
    made = [scored(60 - n, 3, n % 9, n % 4, invited=70) for n in range(11)]
    db = Database(url)
    with db.write() as s:
        district = District(name="苏州工业园区", code="320594")
        s.add(district)
        s.flush()
        reach = {"district_id": district.id, "expires_at": now() + timedelta(days=1)}
        s.add(
            ApiClient(name="区", token_hash=crypto.token_hash(TOKEN), token_hint="b", scopes=["scores:read"], **reach)
        )
        towns = [
            Community(district_id=district.id, name=f"第{n}社区", code=f"32059{n:07d}") for n in range(COMMUNITIES)
        ]
        s.add_all(towns)
    with db.write() as s:
        for n, town in enumerate(towns):
            for key in keys[:INSTRUMENTS]:
                service.store(s, facts_of(make_round(s, town.id, "2020-01", key)), made[n % len(made)])
    with db.write() as s:
        _earlier(s)
    db.analyze()
    db.close()
    return url


def _earlier(s: Any) -> None:
    """The other periods, as copies: publishing each of 19,200 rounds takes minutes and is not what is measured."""
    from sqlalchemy import insert, select

    from app.core.clock import now
    from app.core.models import new_id
    from app.surveys.rounds.models import Round
    from app.surveys.scores import facts
    from app.surveys.scores.models import FEED, Score, ScoreFeed

    rounds = {r.id: r for r in s.scalars(select(Round))}
    scores = list(s.scalars(select(Score)))
    for n in range(1, PERIODS):
        period, at = f"{2020 + n // 12}-{n % 12 + 1:02d}", now() + timedelta(seconds=n)
        ids = {old: new_id() for old in rounds}
        s.execute(insert(Round), [r.model_dump() | {"id": ids[r.id], "period": period} for r in rounds.values()])
        copies = [
            Score(
                **score.model_dump()
                | {"id": new_id(), "round_id": ids[score.round_id], "period": period, "published_at": at}
            )
            for score in scores
        ]
        s.execute(insert(Score), [c.model_dump() | {"line": facts.line(c)} for c in copies])
        feed = s.get_one(ScoreFeed, FEED)
        feed.size, feed.last_at, feed.last_id = feed.size + len(copies), at, copies[-1].id


def requests(path: str, headers: dict[str, str]) -> Callable[[], bytes]:
    made = load.request_bytes("GET", path, headers)
    return lambda: made


def pages(port: int, path: str, headers: dict[str, str]) -> Callable[[], bytes]:
    """Every page of the feed in turn, as a district reads it that begins."""
    found, address = [], path
    while address:
        request = load.request_bytes("GET", address, headers)
        found.append(request)
        following = urlsplit(json.loads(load.fetch(port, request))["next"] or "")
        address = f"{following.path}?{following.query}" if following.path else ""
    turn = cycle(found)
    return lambda: next(turn)


def marks(port: int) -> list[tuple[str, str]]:
    """The places at which the floor's pages begin, for a peer whose own pages go by numbers."""
    found, address = [("", "")], "/scores"
    while address:
        address = json.loads(load.fetch(port, load.request_bytes("GET", address, {})))["next"] or ""
        asked = parse_qs(urlsplit(address).query)
        found += [(asked["at"][0], asked["after"][0])] if address else []
    return found


def by_marks(found: list[tuple[str, str]]) -> Callable[[], bytes]:
    addresses = [
        f"/scores/feed.json?{urlencode({'at': at, 'after': after, '_shape': 'objects'})}" for at, after in found
    ]
    turn = cycle([load.request_bytes("GET", address, {}) for address in addresses])
    return lambda: next(turn)


async def _etag(port: int, path: str, headers: dict[str, str]) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(load.request_bytes("GET", path, headers))
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    writer.close()
    return next(line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("etag"))


Made = tuple[servers.Server, Callable[[], bytes]]


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("seconds", nargs="?", type=float, default=5.0, help="for each server and job")
    arguments.add_argument("--without-peers", action="store_true")
    given = arguments.parse_args()
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as running:
        folder = Path(name)
        url, database = stage(folder), folder / "scores.db"
        token, feed = {"Authorization": f"Bearer {TOKEN}"}, f"/api/v1/scores?limit={PAGE}"
        zipped = {**token, "Accept-Encoding": "gzip"}
        ours, floor = running.enter_context(servers.qinlian(url)), running.enter_context(bare(database))
        tag = asyncio.run(_etag(ours.port, feed, token))
        others = {} if given.without_peers else _peers(running, folder, database, floor.port)
        head = (
            "| feed, pages of 200 | server | req/s | p50 ms | p99 ms | processor ms | ours, req/s | ours, processor |"
        )
        print(f"load {os.getloadavg()[0]:.1f}\n{head}\n|---|---|---|---|---|---|---|---|")
        every = {name: (server, _pages_of(name, server)) for name, server in others.items()}
        first = {name: (server, requests(_FIRST[name], {})) for name, server in others.items()}
        bare_first = requests("/scores", {})
        jobs: list[tuple[str, Made, dict[str, Made]]] = [
            (
                "every page in turn",
                (ours, pages(ours.port, feed, token)),
                {"floor": (floor, pages(floor.port, "/scores", {})), **every},
            ),
            ("first page", (ours, requests(feed, token)), {"floor": (floor, bare_first), **first}),
            ("first page, gzip (floor: plain)", (ours, requests(feed, zipped)), {"floor": (floor, bare_first)}),
            (
                "304 (floor: a bare Starlette 304)",
                (ours, requests(feed, {**token, "If-None-Match": tag})),
                {"floor": (floor, requests("/unchanged", {}))},
            ),
        ]
        for label, mine, against in jobs:
            compare(label, mine, against, given.seconds)


_FIRST = {"Datasette": "/scores/feed.json?at=&after=&_shape=objects", "Django REST": "/scores"}


def _peers(running: contextlib.ExitStack, folder: Path, database: Path, floor: int) -> dict[str, servers.Server]:
    programs = peers.install(folder / "peers")
    limited = _SELECT.replace("(?, ?)", "(:at, :after)").replace("LIMIT ?", f"LIMIT {PAGE}")
    _MARKS[:] = marks(floor)
    return {
        "Datasette": running.enter_context(peers.datasette(programs, database, limited)),
        "Django REST": running.enter_context(peers.django(programs, database)),
    }


_MARKS: list[tuple[str, str]] = []


def _pages_of(name: str, server: servers.Server) -> Callable[[], bytes]:
    return by_marks(_MARKS) if name == "Datasette" else pages(server.port, _FIRST[name], {})


def bare(path: Path) -> AbstractContextManager[servers.Server]:
    port = servers.free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.scores_feed:app", "--port", str(port), "--log-level", "critical",
    ]  # fmt: skip
    return servers.serve(command, port, {**os.environ, "FLOOR_DATABASE": str(path)})


def compare(label: str, mine: Made, against: dict[str, Made], seconds: float) -> None:
    """In short turns, so that a busy machine slows all down alike."""
    runs = {"Qinlian": mine, **against}
    times = {name: load.Times() for name in runs}
    used = dict.fromkeys(runs, 0.0)
    for server, make in runs.values():
        load.run(server.port, make, seconds=0.3)
    for _ in range(TURNS):
        for name, (server, make) in runs.items():
            before = server.processor_seconds()
            times[name] += load.run(server.port, make, seconds=seconds / TURNS)
            used[name] += server.processor_seconds() - before
    each = {name: used[name] / len(found.each) * 1000 for name, found in times.items()}
    ours = times["Qinlian"]
    for name, found in times.items():
        ratios = (
            "| |"
            if name == "Qinlian"
            else (f"{ours.per_second / found.per_second:.2f} | {each[name] / each['Qinlian']:.2f} |")
        )
        figures = f"{found.per_second:.0f} | {found.milliseconds(0.5):.1f} | {found.milliseconds(0.99):.1f}"
        print(f"| {label} | {name} | {figures} | {each[name]:.2f} | {ratios}", flush=True)


if __name__ == "__main__":
    main()
