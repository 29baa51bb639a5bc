"""The rules of joining as arithmetic: earliest days, what is missing, what is late, clamping to the month's end."""

from __future__ import annotations

from datetime import date

import pytest

from app.members.joining import rules
from app.members.joining.models import Fact
from app.members.joining.rules import Course, Done, StepState
from app.members.models import Stage

A, C, T, P, F = Stage
D = date.fromisoformat


def course(*stages: tuple[Stage, str], facts: tuple[tuple[Fact, str], ...] = (), months: int = 0) -> Course:
    done = [Done(fact, D(day), months if fact == Fact.extension else 0) for fact, day in facts]
    return Course(tuple((stage, D(day)) for stage, day in stages), tuple(done))


@pytest.mark.parametrize(
    ("admitted", "months", "ends"),
    [
        ("2012-10-15", 0, "2013-10-15"),
        ("2012-10-15", 6, "2014-04-15"),
        ("2012-10-15", 12, "2014-10-15"),
        ("2024-02-29", 0, "2025-02-28"),
        ("2024-02-29", 6, "2025-08-29"),  # counted from the admission, not from the clamped 28th
        ("2025-08-31", 6, "2027-02-28"),
        ("2023-02-28", 12, "2025-02-28"),
    ],
)
def test_probation_ends(admitted: str, months: int, ends: str) -> None:
    facts = ((Fact.extension, rules.add_months(D(admitted), 12).isoformat()),) if months else ()
    way = course((P, admitted), facts=facts, months=months)
    assert rules.probation_ends(way) == D(ends)
    assert rules.earliest(way, F) == D(ends)


def test_window_of_an_extension() -> None:
    assert rules.extension_window(course((P, "2012-10-15"))) == (D("2014-04-15"), D("2014-10-15"))
    assert rules.extension_window(course((C, "2012-10-15"))) is None


@pytest.mark.parametrize(
    ("born", "adult"),
    [("2008-11-21", "2026-11-21"), ("2008-02-29", "2026-03-01"), ("2008-02-28", "2026-02-28")],
)
def test_adult(born: str, adult: str) -> None:
    assert rules.adult_on(D(born)) == D(adult)
    way = Course(born=D(born))
    assert [str(x) for x in rules.obstacles(way, A, D("2026-01-01"))] == [f"too_early:{adult}"]
    assert rules.obstacles(way, A, D(adult)) == []


@pytest.mark.parametrize(
    ("activist", "on", "n"),
    [
        ("2024-02-29", "2024-08-28", 0),
        ("2024-02-29", "2024-08-29", 1),
        ("2024-02-29", "2025-02-27", 1),
        ("2024-02-29", "2025-02-28", 2),
        ("2024-08-31", "2025-02-27", 0),
        ("2024-08-31", "2025-02-28", 1),
        ("2024-08-31", "2025-08-30", 1),
        ("2024-08-31", "2025-08-31", 2),
        ("2024-08-31", "2024-08-31", 0),
        ("2024-08-31", "2020-01-01", 0),
    ],
)
def test_reviews_due(activist: str, on: str, n: int) -> None:
    assert rules.reviews_due(D(activist), D(on)) == n


TALKED = ((Fact.talk, "2020-01-20"),)
REVIEWED = ((Fact.review, "2020-12-01"), (Fact.review, "2021-06-01"))
PREPARED = ((Fact.training, "2021-09-01"), (Fact.political_review, "2021-10-08"))


@pytest.mark.parametrize(
    ("way", "stage", "on", "against"),
    [
        (course((A, "2020-01-05")), C, "2020-06-01", ["missing:talk"]),
        (course((A, "2020-01-05"), facts=TALKED), C, "2020-06-01", []),
        (course((A, "2020-01-05"), facts=TALKED), C, "2020-01-19", ["missing:talk"]),
        (course((A, "2020-01-05"), facts=TALKED), T, "2022-01-19", ["skipped:activist"]),
        (course((C, "2020-06-01"), facts=REVIEWED), T, "2021-05-31", ["too_early:2021-06-01"]),
        (course((C, "2020-06-01"), facts=REVIEWED), T, "2021-06-01", []),
        (course((C, "2020-06-01"), facts=REVIEWED), T, "2021-12-01", ["missing:review"]),
        (course((C, "2020-06-01"), facts=REVIEWED[:1]), T, "2021-06-01", ["missing:review"]),
        (course((C, "2020-02-29")), T, "2021-02-27", ["too_early:2021-02-28", "missing:review"]),
        (course((T, "2021-06-01")), P, "2022-01-01", ["missing:training", "missing:political_review"]),
        (course((T, "2021-06-01"), facts=PREPARED[:1]), P, "2022-01-01", ["missing:political_review"]),
        (course((T, "2021-06-01"), facts=PREPARED), P, "2021-10-08", []),
        (course((T, "2021-06-01"), facts=PREPARED), P, "2021-10-07", ["missing:political_review"]),
        (course((P, "2012-10-15")), F, "2013-10-14", ["too_early:2013-10-15", "missing:approval"]),
        (course((P, "2012-10-15"), facts=((Fact.approval, "2012-12-01"),)), F, "2013-10-15", []),
        (course((A, "2020-01-05")), F, "2025-01-05", ["skipped:probationary"]),
        # Told afterwards: an earlier stage is judged by what it makes of the one after it.
        (course((T, "2021-06-01")), C, "2020-06-01", []),
        (course((T, "2021-06-01")), C, "2020-06-02", ["next_too_early:development_target"]),
    ],
)
def test_what_speaks_against_a_stage(way: Course, stage: Stage, on: str, against: list[str]) -> None:
    assert [str(x) for x in rules.obstacles(way, stage, D(on))] == against
    assert rules.obstacles(way, stage, D(on), entered=D("2030-01-01")) == [], "reached elsewhere, before coming here"


@pytest.mark.parametrize(
    ("way", "at", "steps"),
    [
        (
            course((A, "2024-01-31")),
            "2024-02-10",
            [(Fact.talk, "2024-01-31", "2024-02-29", StepState.soon), (C, "2024-01-31", None, StepState.waiting)],
        ),
        (course((A, "2024-01-31")), "2024-03-01", [(Fact.talk, "2024-01-31", "2024-02-29", StepState.late), None]),
        (course((A, "2020-01-05"), facts=TALKED), "2020-02-01", [(C, "2020-01-20", None, StepState.open)]),
        (
            course((C, "2020-06-01")),
            "2020-07-01",
            [(Fact.review, "2020-06-01", "2020-12-01", StepState.open), (T, "2021-06-01", None, StepState.waiting)],
        ),
        (course((C, "2020-06-01")), "2020-12-02", [(Fact.review, "2020-06-01", "2020-12-01", StepState.late), None]),
        (
            course((C, "2020-06-01"), facts=REVIEWED),
            "2021-06-01",
            [(Fact.review, "2021-06-01", "2021-12-01", StepState.open), (T, "2021-06-01", None, StepState.open)],
        ),
        (
            course((T, "2021-06-01"), facts=PREPARED[:1]),
            "2021-09-02",
            [
                (Fact.political_review, "2021-06-01", None, StepState.open),
                (P, "2021-09-01", None, StepState.waiting),
            ],
        ),
        (
            course((P, "2025-08-31")),
            "2025-12-01",
            [
                (Fact.approval, "2025-08-31", "2025-11-30", StepState.late),
                (F, "2026-08-31", "2026-09-30", StepState.waiting),
            ],
        ),
        (
            course((P, "2012-10-15"), facts=((Fact.approval, "2012-12-01"),)),
            "2013-10-16",
            [(F, "2013-10-15", "2013-11-15", StepState.soon)],
        ),
        (
            course((P, "2012-10-15"), facts=((Fact.approval, "2012-12-01"), (Fact.extension, "2013-10-20")), months=6),
            "2014-06-01",
            [(F, "2014-04-15", "2014-05-15", StepState.late)],
        ),
        # What was done later does not change what was late then.
        (course((A, "2020-01-05"), facts=((Fact.talk, "2020-04-01"),)), "2020-02-06", [
            (Fact.talk, "2020-01-05", "2020-02-05", StepState.late), None]),
        (course((P, "2012-10-15"), (F, "2013-10-15")), "2013-10-15", []),
        (course(), "2020-01-01", []),
    ],
)  # fmt: skip
def test_what_comes_next(way: Course, at: str, steps: list[tuple[object, str, str | None, StepState] | None]) -> None:
    found = rules.next_steps(way, D(at))
    assert len(found) == len(steps)
    for step, wanted in zip(found, steps, strict=True):
        if wanted is not None:
            what, earliest, due, state = wanted
            assert (step.what, step.earliest, step.due) == (what, D(earliest), D(due) if due else None)
            assert step.state(D(at)) == state
