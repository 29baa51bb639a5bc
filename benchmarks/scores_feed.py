"""The feed of satisfaction scores, as a ratio to the floor of the same run: bare Starlette and sqlite3.

    python -m benchmarks.scores_feed [SECONDS]

200 communities × 4 instruments × 24 periods; pages of 200 from everywhere in the feed, one worker, with token check.
The floor reads the same columns by the same index and serialises them on each request (with orjson where it is
installed, which Qinlian does not need); it checks no token and knows no 304 but a bare one.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks import load, servers

try:
    from orjson import dumps
except ImportError:

    def dumps(value: Any) -> bytes:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


COMMUNITIES, INSTRUMENTS, PERIODS, PAGE = 200, 4, 24, 200
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


def pages(port: int, path: str, headers: dict[str, str], prefix: str = "") -> Callable[[], bytes]:
    """Every page of the feed in turn, as a district reads it that begins."""
    found, address = [], path
    while address:
        request = load.request_bytes("GET", address, headers)
        found.append(request)
        following = json.loads(load.fetch(port, request))["next"]
        address = prefix + following if following else ""
    turn = cycle(found)
    return lambda: next(turn)


async def _etag(port: int, path: str, headers: dict[str, str]) -> str:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(load.request_bytes("GET", path, headers))
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    writer.close()
    return next(line.split(": ", 1)[1] for line in head.split("\r\n") if line.lower().startswith("etag"))


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 5.0
    with tempfile.TemporaryDirectory() as name:
        url = stage(Path(name))
        token = {"Authorization": f"Bearer {TOKEN}"}
        feed = f"/api/v1/scores?limit={PAGE}"
        with servers.qinlian(url) as ours, bare(Path(name) / "scores.db") as floor:
            tag = asyncio.run(_etag(ours.port, feed, token))
            zipped = {**token, "Accept-Encoding": "gzip"}
            all_pages = pages(ours.port, feed, token)
            bare_pages = pages(floor.port, "/scores", {})
            rows = [
                ("every page in turn", all_pages, bare_pages),
                ("first page", requests(feed, token), requests("/scores", {})),
                ("first page, gzip (the floor: plain)", requests(feed, zipped), requests("/scores", {})),
                ("304", requests(feed, {**token, "If-None-Match": tag}), requests("/unchanged", {})),
            ]
            print(
                "| feed, pages of 200 | Qinlian req/s | p99 ms | floor req/s | p99 ms | ratio |\n|---|---|---|---|---|---|"
            )
            for label, mine, base in rows:
                compare(label, ours.port, mine, floor.port, base, seconds)


def bare(path: Path) -> Any:
    port = servers.free_port()
    command = [
        sys.executable, "-m", "uvicorn", "benchmarks.scores_feed:app", "--port", str(port), "--log-level", "critical",
    ]  # fmt: skip
    return servers._serve(command, port, {**os.environ, "FLOOR_DATABASE": str(path)})


def compare(
    label: str, ours: int, mine: Callable[[], bytes], floor: int, base: Callable[[], bytes], seconds: float
) -> None:
    """In turns, so that a busy machine slows both down alike."""
    a, b = load.Times(), load.Times()
    for port, make in ((ours, mine), (floor, base)):
        load.run(port, make, seconds=0.5)
    for _ in range(4):
        a += load.run(ours, mine, seconds=seconds / 4)
        b += load.run(floor, base, seconds=seconds / 4)
    print(
        f"| {label} | {a.per_second:.0f} | {a.milliseconds(0.99):.1f} | {b.per_second:.0f} | {b.milliseconds(0.99):.1f} "
        f"| {a.per_second / b.per_second:.2f} |",
        flush=True,
    )


if __name__ == "__main__":
    main()
