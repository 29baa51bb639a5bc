"""Progress, kept promises and money as plain functions, and the lists that say the same in SQL."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass
from datetime import date, timedelta

import pytest
from sqlmodel import col

from app.core import promises as figures
from app.core.db import Database
from app.core.money import fen_of, shown, yuan
from app.core.promises import Kept, Ratio
from app.projects import promises, reading
from app.projects.models import Milestone, Project
from app.projects.promises import Which
from tests.cast import Cast

DAY = date(2012, 7, 1)


@dataclass
class Step:
    weight: int = 1
    progress: int = 0
    promised_on: date = DAY
    due_on: date = DAY
    done_on: date | None = None


def test_progress_is_weighed_exactly() -> None:
    assert figures.progress([Step(1, 100), Step(3, 0)]) == Ratio(100, 400)
    assert figures.progress([Step(1, 100), Step(3, 0)]).share == 0.25
    assert figures.progress([Step(1, 33), Step(1, 33), Step(1, 34)]) == Ratio(100, 300)
    assert figures.progress([]).share is None


def _day(offset: int | None) -> date | None:
    return None if offset is None else DAY + timedelta(days=offset)


@pytest.mark.parametrize(
    ("promised", "done", "stopped", "expected"),
    [
        (-1, None, None, Kept.missed),
        (-1, -1, None, Kept.on_time),
        (-1, -5, None, Kept.on_time),
        (-1, 0, None, Kept.late),
        (0, None, None, Kept.coming),  # the promised day is not over yet
        (0, 0, None, Kept.on_time),
        (0, -3, None, Kept.on_time),
        (1, None, None, Kept.coming),
        (1, 0, None, Kept.coming),  # done early, but the day has not come
        (-5, 1, None, Kept.missed),  # done only after the day that is asked about
        (-5, None, -6, Kept.coming),  # stopped before the day came
        (-5, None, -5, Kept.missed),
        (-5, -7, -6, Kept.on_time),  # done before it was stopped
    ],
)
def test_what_becomes_of_a_promise(promised: int, done: int | None, stopped: int | None, expected: Kept) -> None:
    step = Step(promised_on=DAY + timedelta(days=promised), done_on=_day(done))
    assert figures.kept(step, DAY, _day(stopped)) is expected


def test_the_rate_counts_what_has_come_due() -> None:
    assert figures.on_time([Kept.on_time, Kept.late, Kept.missed, Kept.coming]) == Ratio(1, 3)
    assert figures.on_time([Kept.coming]).share is None


def test_overdue_goes_by_the_day_that_holds_now() -> None:
    assert figures.overdue_days(Step(due_on=DAY - timedelta(days=5)), DAY) == 5
    assert figures.overdue_days(Step(due_on=DAY), DAY) == 0
    assert figures.overdue_days(Step(due_on=DAY - timedelta(days=5), done_on=DAY - timedelta(days=1)), DAY) == 0


def test_the_lists_say_what_the_functions_say(db: Database, cast: Cast) -> None:
    """Three hundred made-up steps, open and stopped: SQL and Python agree on each."""
    dice = random.Random(4)
    steps: list[tuple[Milestone, Project]] = []
    with db.write() as s:
        for n in range(30):
            stopped = DAY - timedelta(days=dice.randrange(6)) if dice.random() < 0.4 else None
            project = Project(
                community_id=cast.community, number=f"2012-{n:04d}", title="x", state="stopped" if stopped else "works",
                stopped_on=stopped, stopped_reason="y" if stopped else "",
            )  # fmt: skip
            s.add(project)
            s.flush()
            for position in range(10):
                promised = DAY + timedelta(days=dice.randrange(-5, 3))
                done = DAY - timedelta(days=dice.randrange(8)) if dice.random() < 0.5 else None
                made = Milestone(
                    community_id=cast.community, project_id=project.id, position=position, title="x",
                    promised_on=promised, due_on=promised + timedelta(days=dice.choice([0, 0, 4])), done_on=done,
                    progress=100 if done else 40,
                )  # fmt: skip
                s.add(made)
                steps.append((made, project))
    found = [
        (step, reading.kept(project, step, DAY), reading.overdue_days(project, step, DAY)) for step, project in steps
    ]
    wanted = {
        Which.due: {step.id for step, kept, _ in found if kept is not Kept.coming},
        Which.on_time: {step.id for step, kept, _ in found if kept is Kept.on_time},
        Which.broken: {step.id for step, kept, _ in found if kept in (Kept.late, Kept.missed)},
        Which.overdue: {step.id for step, _, days in found if days},
    }
    scope = col(Project.community_id) == cast.community
    with db.read() as s:
        for which, ids in wanted.items():
            assert {p.id for p in promises.first(s, scope, which, DAY, 500)} == ids, which
            assert promises.count(s, scope, which, DAY) == len(ids) > 5
        assert promises.on_time(s, scope, DAY) == figures.on_time(kept for _, kept, _ in found)


@pytest.mark.parametrize(
    ("typed", "fen"),
    [("0", 0), ("1", 100), ("1.5", 150), ("1.05", 105), ("1,234.50", 123450), ("１２０ 元", 12000), ("¥0.01", 1)],
)
def test_money_as_people_write_it(typed: str, fen: int) -> None:
    assert fen_of(typed) == fen
    assert fen_of(yuan(fen)) == fen and fen_of(shown(fen)) == fen


@pytest.mark.parametrize("typed", ["", "1.005", "-1", "1e3", "1.", "abc", "1" * 13, "٣"])
def test_what_is_no_amount(typed: str) -> None:
    with pytest.raises(ValueError, match=re.escape(typed) or "^$"):
        fen_of(typed)


def test_money_taken_back_is_negative() -> None:
    assert (shown(-123450), yuan(-5)) == ("-1,234.50", "-0.05")
