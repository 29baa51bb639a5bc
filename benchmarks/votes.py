"""Three hundred representatives vote within ten seconds: the time from the first press to the last answer.

    python -m benchmarks.votes [--people 300] [--threads 16]

One server with one worker on a fresh database, an assembly in session, everybody present. First a secret vote by passes:
each phone opens its ballot and puts it in. Then a roll call tapped by a clerk from several tablets. Nobody waits for
anybody: all presses are sent as fast as the server takes them, which is more than ten seconds ever ask of it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.servers import SECRET, qinlian

os.environ.setdefault("APP_SECRET", SECRET)
os.environ.setdefault("APP_LOG_LEVEL", "ERROR")

import httpx
from sqlmodel import select

import app.tables  # noqa: F401 - every table, so that foreign keys find theirs
from app.accounts import authentication
from app.accounts.models import Role, User
from app.assemblies.meetings.models import Assembly, Attendance
from app.assemblies.models import Seat, SeatHolder, Term
from app.assemblies.votes import counting, electorate, opening, service
from app.assemblies.votes.schemas import VoteCreate
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.communities.models import Community, District
from app.core import crypto
from app.core.clock import now
from app.core.db import Database
from app.migrate import migrate


def assembly(db: Database, people: int) -> tuple[UUID, str]:
    """An assembly in session with everybody there, and the session of the clerk."""
    with db.write() as s:
        district = District(name="区", code="320594")
        s.add(district)
        s.flush()
        community = Community(district_id=district.id, name="社区", code="320594001001")
        s.add(community)
        s.flush()
        clerk = User(
            username="clerk", display_name="书记员", role=Role.director, community_id=community.id,
            district_id=district.id, password_hash="-",
        )  # fmt: skip
        term = Term(
            community_id=community.id, body="representative_assembly", name="本届", starts_on=date(2010, 1, 1),
            ends_on=date(2100, 1, 1),
        )  # fmt: skip
        held = Assembly(
            community_id=community.id, kind="extraordinary", year=2026, number=1, title="会议", scheduled_at=now(),
            place="礼堂", state="open", opened_at=now(),
        )  # fmt: skip
        s.add_all([clerk, term, held])
        s.flush()
        for number in range(1, people + 1):
            seat = Seat(community_id=community.id, term_id=term.id, number=number, post="representative")
            s.add(seat)
            s.flush()
            holder = SeatHolder(
                community_id=community.id, seat_id=seat.id, name=f"代表{number}", from_on=date(2010, 1, 1)
            )
            s.add(holder)
            s.flush()
            s.add(
                Attendance(
                    community_id=community.id,
                    assembly_id=held.id,
                    holder_id=holder.id,
                    seat_of_id=holder.id,
                    in_at=held.scheduled_at,
                )
            )
        return held.id, authentication.start_session(s, clerk, "benchmark")


def opened(db: Database, held: UUID, method: str) -> UUID:
    with db.write() as s:
        clerk = authentication.principal_for(s, s.exec(select(User)).one())
        wanted = VoteCreate.model_validate({"assembly_id": held, "question": "?", "method": method})
        vote = service.create(s, clerk, wanted)
        return opening.open_vote(s, clerk, vote.id).id


def all_at_once(jobs: Sequence[Any], threads: int, work: Callable[[Any], None]) -> tuple[float, list[float]]:
    """The time for all of them, and of each."""

    def timed(job: Any) -> float:
        began = time.perf_counter()
        work(job)
        return time.perf_counter() - began

    began = time.perf_counter()
    with ThreadPoolExecutor(threads) as pool:
        took = list(pool.map(timed, jobs))
    return time.perf_counter() - began, took


def say(what: str, whole: float, each: list[float]) -> None:
    slowest = sorted(each)[int(len(each) * 0.99) - 1]
    print(
        f"{what}: {len(each)} votes in {whole:.2f} s ({len(each) / whole:.0f} a second), "
        f"median {statistics.median(each) * 1000:.0f} ms, p99 {slowest * 1000:.0f} ms"
    )


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=300)
    arguments.add_argument("--threads", type=int, default=16)
    options = arguments.parse_args()
    with tempfile.TemporaryDirectory() as directory:
        url = f"sqlite:///{Path(directory) / 'votes.db'}"
        db = Database(url)
        migrate(db)
        held, session = assembly(db, options.people)
        with qinlian(url) as server, httpx.Client(base_url=f"http://127.0.0.1:{server.port}") as client:
            secret(db, client, held, options.threads)
            named(db, client, held, session, options.threads)
        db.close()
    return 0


def secret(db: Database, client: httpx.Client, held: UUID, threads: int) -> None:
    vote_id = opened(db, held, "secret_pass")
    with db.write() as s:
        box = s.get_one(BallotBox, service.lock(s, vote_id).box_id)
        tokens = [slip.token for slip in ballots.renew_slips(s, box)]

    def put_in(token: str) -> None:
        asked = client.get(f"/b/{token}").json()
        sent = client.post(f"/b/{token}", json={"once": asked["once"], "a": {counting.CONTEST: "for"}})
        assert sent.status_code == 200, sent.text

    say("secret, by phone (ballot opened and put in)", *all_at_once(tokens, threads, put_in))


def named(db: Database, client: httpx.Client, held: UUID, session: str, threads: int) -> None:
    vote_id = opened(db, held, "roll_call")
    with db.read() as s:
        seats = [one.id for one in electorate.electors(s, vote_id)]
    client.cookies.set(authentication.cookie_name(), session)
    headers = {"X-CSRF-Token": authentication.csrf_token(crypto.token_hash(session))}

    def tap(seat: UUID) -> None:
        sent = client.post(f"/votes/{vote_id}/electors/{seat}", json={"choice": "for"}, headers=headers)
        assert sent.status_code == 200, sent.text

    say("roll call, tapped", *all_at_once(seats, threads, tap))


if __name__ == "__main__":
    sys.exit(main())
