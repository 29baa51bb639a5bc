"""Twenty triggers at once from several processes, and triggers killed at any point: every step is done exactly once."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import pytest
from sqlmodel import Session, func, select

from app.ballots.models import BallotBox, SealedSheet
from app.communities.models import Community
from app.core.db import Database
from app.surveys.rounds import checks
from app.surveys.rounds.models import Round, RoundBundle, RoundReminder
from app.surveys.scores.models import Score
from tests.cast import Cast
from tests.operations.server import ROOT
from tests.surveys.rounds import helpers

PROCESSES, THREADS = 4, 5
OPENING, REMINDING, CLOSING = "2012-06-25T09:00:00", "2012-06-27T09:00:00", "2012-06-30T09:00:00"
KILLS = 5


def _start(url: str, threads: int) -> subprocess.Popen[str]:
    words = [sys.executable, "-m", "tests.surveys.rounds.trigger", url, str(threads)]
    process = subprocess.Popen(
        words, cwd=ROOT, env=os.environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


def _go(process: subprocess.Popen[str], at: datetime) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{at.isoformat()}\n")
    process.stdin.flush()


def _all_at(processes: Sequence[subprocess.Popen[str]], at: str) -> dict[str, Counter[str]]:
    """What the triggers of all processes at the same instant say they did, by kind and round."""
    for process in processes:
        _go(process, helpers.instant(at))
    did: dict[str, Counter[str]] = {kind: Counter() for kind in ("opened", "reminded", "closed", "published")}
    for process in processes:
        assert process.stdout is not None
        for one in json.loads(process.stdout.readline()):
            for kind, ids in one.items():
                did[kind].update(ids)
    return did


@pytest.fixture
def twenty(database_url: str) -> Iterator[list[subprocess.Popen[str]]]:
    """Processes that trigger together, twenty at once; each ends well when it hears no more."""
    started = [_start(database_url, THREADS) for _ in range(PROCESSES)]
    yield started
    for process in started:
        process.communicate(timeout=60)
    assert {process.returncode for process in started} == {0}


def _count(s: Session, model: type) -> int:
    return s.exec(select(func.count()).select_from(model)).one()


def test_twenty_triggers_do_each_step_once(db: Database, cast: Cast, twenty: list[subprocess.Popen[str]]) -> None:
    helpers.ready(db, cast.community)
    with db.write() as s:
        helpers.add_representatives(s, cast.other_community, 6)
        helpers.add_schedule(s, cast.other_community, secrecy="secret")
        helpers.add_schedule(s, cast.other_community, instrument="committee_halfyear", subject_kinds=["committee"])
    opened = _all_at(twenty, OPENING)
    found = helpers.rounds(db)
    assert len(found) == 3 and opened["opened"] == Counter({str(r.id): 1 for r in found})
    for made in found:
        helpers.answer(db, made, 6)
    reminded = _all_at(twenty, REMINDING)
    assert reminded["reminded"] == Counter({str(r.id): 1 for r in found}) and not reminded["opened"]
    ended = _all_at(twenty, CLOSING)
    assert ended["closed"] == ended["published"] == Counter({str(r.id): 1 for r in found})
    with db.read() as s:
        assert (_count(s, Score), _count(s, RoundBundle), _count(s, BallotBox)) == (3, 3, 3)
        assert s.exec(select(func.count()).where(RoundReminder.audience > 0)).one() == 2  # the secret and the other
    assert [list(check(db)) for check in checks.CHECKS.values()] == [[]] * len(checks.CHECKS)


def test_killed_at_any_point_the_next_run_completes(db: Database, cast: Cast, database_url: str) -> None:
    chance = random.Random(20261124)
    with db.write() as s:
        for number in range(8):
            first = s.get_one(Community, cast.community)
            other = Community(district_id=first.district_id, name=f"社区{number}", code=f"32059400200{number}")
            s.add(other)
            s.flush()
            helpers.add_representatives(s, other.id, 7)
            helpers.add_schedule(s, other.id, secrecy="secret" if number % 2 else "confidential")
    killed = Counter(_killed(database_url, OPENING, chance) for _ in range(KILLS))
    helpers.run(db, OPENING)
    found = helpers.rounds(db)
    assert [r.state for r in found] == ["open"] * 8
    with db.read() as s:
        assert _count(s, BallotBox) == 8 and _count(s, Round) == 8
    for made in found:
        helpers.answer(db, made, 6)
    killed.update(_killed(database_url, CLOSING, chance) for _ in range(KILLS))
    helpers.run(db, CLOSING)
    with db.read() as s:
        assert {r.state for r in s.exec(select(Round))} == {"published"}
        assert {(r.invited, r.answered, r.revision) for r in s.exec(select(Round))} == {(7, 6, 1)}
        assert (_count(s, Score), _count(s, RoundBundle), _count(s, SealedSheet)) == (8, 8, 48)
        assert all(box.swept for box in s.exec(select(BallotBox)))
    assert [list(check(db)) for check in checks.CHECKS.values()] == [[]] * len(checks.CHECKS)
    assert killed["killed"] >= KILLS // 2, killed  # some may have been done before the blow


def _killed(url: str, at: str, chance: random.Random) -> str:
    process = _start(url, 1)
    _go(process, helpers.instant(at))
    time.sleep(chance.uniform(0.01, 0.35))
    process.kill()
    process.communicate(timeout=20)
    return "killed" if process.returncode < 0 else "done"
