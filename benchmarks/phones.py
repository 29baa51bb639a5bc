"""500 answers a minute from phones, alone and while the feed of scores is under full load, on one worker.

    python -m benchmarks.phones [--seconds 30]

A phone opens the page behind its QR code in a connection of its own, sends the form, and is done; another begins every
0.12 s whatever became of the one before. The load is that of `scores_feed.py`: eight connections that read every page
in turn as fast as they get it, from a process of its own. Times are of the whole request, as the phone waits for it.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import os
import re
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks import load, scores_feed, servers

A_MINUTE = 500
ITEMS = ("cleaning", "security", "greening", "repairs", "service_desk", "fee_disclosure")
ANSWERS = {f"a.property.items.{item}": "satisfied" for item in ITEMS} | {"a.property.overall": "satisfied"}
_ONCE = re.compile(rb'name="once" value="([^"]+)"')


def open_round(url: str, people: int) -> list[str]:
    """The tokens of an open secret round of the monthly review, beside the published scores."""
    from sqlmodel import col, select

    from app.ballots import service as ballots
    from app.communities.models import Community
    from app.core.clock import now
    from app.core.db import Database
    from app.core.models import new_id
    from app.surveys.instruments.subjects import Subject
    from app.surveys.rounds import subjects
    from tests.surveys.scores.made import make_round

    db = Database(url)
    with db.write() as s:
        town = s.scalars(select(Community).order_by(col(Community.code)).limit(1)).one()
        round_ = make_round(s, town.id, "2026-11")
        subjects.keep(s, round_, [Subject("property", "property_company", "翰林物业")])
        voters = [ballots.Voter("resident", new_id(), f"居民{n}") for n in range(people)]
        box = ballots.prepare(s, town.id, "round", ballots.Secrecy.secret, voters)
        tokens = [slip.token for slip in ballots.slips(s, box)]
        ballots.open_box(s, box)
        round_.state, round_.box_id, round_.closes_at = "open", box.id, now() + timedelta(days=1)
        s.add(round_)
    db.close()
    return tokens


async def _request(port: int, method: str, path: str, headers: dict[str, str], body: bytes, took: list[float]) -> bytes:
    began = time.perf_counter()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = await load.one(reader, writer, load.request_bytes(method, path, headers, body))
    took.append(time.perf_counter() - began)
    writer.close()
    return answer


async def _phone(port: int, token: str, opened: list[float], sent: list[float]) -> None:
    browser = {"Accept": "text/html"}
    page = await _request(port, "GET", f"/s/{token}", browser, b"", opened)
    once = _ONCE.search(page)
    assert once is not None, page
    form = urlencode({**ANSWERS, "once": once[1].decode(), "then": "send"}).encode()
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    await _request(port, "POST", f"/s/{token}", browser | kind, form, sent)


async def _phones(port: int, tokens: list[str]) -> tuple[list[float], list[float]]:
    opened: list[float] = []
    sent: list[float] = []
    began, under_way = time.perf_counter(), []
    for n, token in enumerate(tokens):
        await asyncio.sleep(max(0.0, began + n * 60 / A_MINUTE - time.perf_counter()))
        under_way.append(asyncio.create_task(_phone(port, token, opened, sent)))
    await asyncio.gather(*under_way)
    return opened, sent


def _full_load(port: int, seconds: float, found: Any) -> None:
    token = {"Authorization": f"Bearer {scores_feed.TOKEN}"}
    pages = scores_feed.pages(port, f"/api/v1/scores?limit={scores_feed.PAGE}", token)
    times = load.run(port, pages, seconds=seconds)
    found.put((times.per_second, times.milliseconds(0.99)))


def _line(label: str, seconds: list[float]) -> str:
    each = sorted(seconds)
    p50, p95, p99 = (each[int(len(each) * part)] * 1000 for part in (0.5, 0.95, 0.99))
    return f"  {label:18}{len(each):5} requests   p50 {p50:6.1f}   p95 {p95:6.1f}   p99 {p99:6.1f} ms"


def measure(port: int, tokens: list[str], *, busy: bool) -> None:
    seconds, found = len(tokens) * 60 / A_MINUTE, multiprocessing.get_context("spawn").SimpleQueue()
    print(
        f"{A_MINUTE} answers a minute, {'the feed under full load' if busy else 'alone'}; load {os.getloadavg()[0]:.1f}"
    )
    reader = multiprocessing.get_context("spawn").Process(target=_full_load, args=(port, seconds + 3, found))
    if busy:
        reader.start()
        time.sleep(2)
    opened, sent = asyncio.run(_phones(port, tokens))
    print(_line("page opened", opened), _line("answer sent", sent), sep="\n", flush=True)
    if busy:
        reader.join()
        print("  the feed meanwhile: {:.0f} requests a second, p99 {:.1f} ms".format(*found.get()))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=float, default=30, help="of each of the two measurements")
    each = int(arguments.parse_args().seconds * A_MINUTE / 60)
    with tempfile.TemporaryDirectory() as name:
        url = scores_feed.stage(Path(name))
        tokens = open_round(url, each * 2 + 5)
        with servers.qinlian(url) as server:
            asyncio.run(_phones(server.port, tokens[:5]))  # warm
            measure(server.port, tokens[5 : 5 + each], busy=False)
            measure(server.port, tokens[5 + each :], busy=True)


if __name__ == "__main__":
    main()
