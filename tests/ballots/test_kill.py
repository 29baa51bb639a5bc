"""Kill -9 between any two statements of a press or of closing: nothing acknowledged is lost, nothing is half done."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import event

from app.ballots import invariants, service
from app.ballots.models import BallotBox, Secrecy
from app.core.db import Database
from tests.ballots.helpers import SECRECIES, do, opened, press, see
from tests.cast import Cast

MOST_STATEMENTS = 80


def _killed_at(url: str, step: int, work: Callable[[Database], str]) -> str | None:
    """Does the work in a process that dies at its n-th statement or commit; what it said, if it lived that long."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _work_and_die(url, step, work, writing)
    os.close(writing)
    with os.fdopen(reading, "rb") as said:
        answer = said.read().decode()
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, answer
    return None if os.WIFSIGNALED(status) else answer


def _work_and_die(url: str, step: int, work: Callable[[Database], str], writing: int) -> None:
    try:
        db = Database(url)
        left = [step]

        def count(*_args: Any) -> None:
            left[0] -= 1
            if left[0] == 0:
                os.kill(os.getpid(), signal.SIGKILL)

        for engine in {id(e): e for e in (db.engine, db._write_engine, db._glance_engine)}.values():
            event.listen(engine, "before_cursor_execute", count)
            event.listen(engine, "commit", count)
        os.write(writing, work(db).encode())
        os._exit(0)
    except BaseException as error:
        os.write(writing, repr(error).encode())
        os._exit(1)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_killed_press_is_whole_or_nothing(db: Database, cast: Cast, database_url: str, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy, MOST_STATEMENTS)
    deaths = 0
    for step, slip in enumerate(box.slips, start=1):
        before = see(db, box, service.turnout).answered
        token = slip.token
        said = _killed_at(database_url, step, lambda d, t=token: str(press(d, t, "form", texts={"c.why": "好"})))
        assert [*invariants._boxes(db), *invariants._orphans(db)] == []
        answered = see(db, box, service.turnout).answered - before
        assert answered == (said is not None), "acknowledged is stored; a death before the commit leaves nothing"
        again = press(db, token, "form", texts={"c.why": "好"})
        assert again and (said is None or again == said)
        assert see(db, box, service.turnout).answered == before + 1
        if said is not None:
            break
        deaths += 1
    else:
        pytest.fail("the press never came to its end")
    assert deaths >= 6


def test_a_death_after_the_commit_shows_the_receipt_again(db: Database, cast: Cast, database_url: str) -> None:
    """The answer was stored but never arrived: the same press shows the receipt and stores nothing more."""
    box = opened(db, cast, Secrecy.secret)
    token = box.slips[0].token

    def press_and_die(d: Database) -> str:
        press(d, token, "form")
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    assert _killed_at(database_url, 0, press_and_die) is None
    assert see(db, box, service.turnout).answered == 1
    assert press(db, token, "form") and see(db, box, service.turnout).answered == 1


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_killed_closing_is_whole_or_nothing_and_runs_again(
    db: Database, cast: Cast, database_url: str, secrecy: Secrecy
) -> None:
    box = opened(db, cast, secrecy, 8)
    for slip in box.slips[:6]:
        assert press(db, slip.token, answers={"c": {"q": slip.serial}}, texts={"c.why": slip.serial})

    def close(d: Database) -> str:
        do(d, box, service.close_box)
        return str(service.after_close(d, box.id))

    for step in range(1, MOST_STATEMENTS):
        said = _killed_at(database_url, step, close)
        with db.read() as s:
            found = s.get_one(BallotBox, box.id)
            assert (found.state, found.key_sealed is None) in (("open", False), ("closed", True))
        assert [f for f in invariants._boxes(db) if "may still be on the disk" not in f] == []
        if said is not None:
            break
    else:
        pytest.fail("closing never came to its end")
    assert said == "True" and step > 12
    wanted = sorted(slip.serial for slip in box.slips[:6])
    assert sorted(sheet.answers["c"]["q"] for sheet in see(db, box, service.sheets)) == wanted
    assert sorted(content for _field, content in see(db, box, service.texts)) == wanted
    assert [*invariants._boxes(db)] == [] and service.sweep(db) == 0
