"""Periods and openings, with the vectors of the field."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import local_date
from app.surveys.schedules import periods

CADENCES = ["monthly", "quarterly", "halfyearly", "yearly", "once"]


@dataclass
class Plan:
    cadence: str = "monthly"
    opens_month: int = 1
    opens_day: int = 25
    opens_hour: int = 9
    starts_on: date = date(2011, 10, 1)
    ends_on: date | None = None
    paused: bool = False


@pytest.mark.parametrize(
    ("instant", "wanted"),
    [
        ("2026-06-30T15:59:59+00:00", ["2026-06", "2026-Q2", "2026-H1", "2026"]),
        ("2026-06-30T16:00:00+00:00", ["2026-07", "2026-Q3", "2026-H2", "2026"]),
        ("2025-12-31T16:30:00+00:00", ["2026-01", "2026-Q1", "2026-H1", "2026"]),
    ],
)
def test_periods_are_in_community_time(instant: str, wanted: list[str]) -> None:
    day = local_date(datetime.fromisoformat(instant))
    assert [periods.period_of(c, day) for c in CADENCES[:4]] == wanted


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("2012-02", "2012-02-01", "2012-02-29"),
        ("2012-Q2", "2012-04-01", "2012-06-30"),
        ("2012-H1", "2012-01-01", "2012-06-30"),
        ("2012-H2", "2012-07-01", "2012-12-31"),
        ("2012", "2012-01-01", "2012-12-31"),
        ("2012-06-03", "2012-06-03", "2012-06-03"),
    ],
)
def test_bounds(period: str, first: str, last: str) -> None:
    assert periods.bounds(period) == (date.fromisoformat(first), date.fromisoformat(last))


@pytest.mark.parametrize(
    "bad", ["", "2012-13", "2012-Q5", "2012-H3", "12", "2012-6", "2012-02-30", "0000", "2012\n", "２０１２"]
)
def test_what_is_no_period(bad: str) -> None:
    with pytest.raises(ValueError):
        periods.bounds(bad)


@given(st.dates(date(1901, 1, 1), date(2199, 12, 31)), st.sampled_from(CADENCES))
def test_every_day_lies_in_its_period_and_periods_follow_each_other(day: date, cadence: str) -> None:
    period = periods.period_of(cadence, day)
    first, last = periods.bounds(period)
    assert first <= day <= last and periods.cadence_of(period) == cadence
    assert periods.following(periods.previous(period)) == period
    assert periods.bounds(periods.previous(period))[1] + timedelta(days=1) == first


def test_a_day_that_the_month_does_not_have_is_its_last() -> None:
    plan = Plan(opens_day=31)
    assert periods.opens_at(plan, "2012-02") == datetime(2012, 2, 29, 1, tzinfo=UTC)
    assert periods.opens_at(plan, "2011-02") == datetime(2011, 2, 28, 1, tzinfo=UTC)


def test_the_month_within_the_period() -> None:
    assert periods.opening_day(Plan("halfyearly", 6, 15), "2012-H1") == date(2012, 6, 15)
    assert periods.opening_day(Plan("halfyearly", 6, 15), "2012-H2") == date(2012, 12, 15)
    assert periods.opening_day(Plan("quarterly", 2, 31), "2012-Q2") == date(2012, 5, 31)
    assert periods.opening_day(Plan("yearly", 11, 1), "2012") == date(2012, 11, 1)


def test_due_to_the_second() -> None:
    plan, opening = Plan(), datetime(2012, 6, 25, 1, tzinfo=UTC)
    assert periods.due_periods(plan, opening - timedelta(seconds=1))[-1] == "2012-05"
    assert periods.due_periods(plan, opening)[-1] == "2012-06"
    assert periods.due_periods(plan, opening)[0] == "2011-10"


def test_nothing_before_it_starts_after_it_ends_or_while_it_rests() -> None:
    late = datetime(2012, 6, 30, tzinfo=UTC)
    assert periods.due_periods(Plan(starts_on=date(2012, 4, 26)), late) == ["2012-05", "2012-06"]
    assert periods.due_periods(Plan(starts_on=date(2012, 4, 1), ends_on=date(2012, 5, 24)), late) == ["2012-04"]
    assert periods.due_periods(Plan(paused=True), late) == []
    assert periods.next_opening(Plan(ends_on=date(2012, 6, 1)), late) is None


def test_once_is_the_day_itself() -> None:
    plan = Plan("once", starts_on=date(2012, 6, 3))
    assert periods.due_periods(plan, datetime(2012, 6, 3, 0, 59, tzinfo=UTC)) == []
    assert periods.due_periods(plan, datetime(2030, 1, 1, tzinfo=UTC)) == ["2012-06-03"]


@given(
    st.sampled_from(CADENCES), st.integers(1, 12), st.integers(1, 31), st.integers(0, 23),
    st.dates(date(2000, 1, 1), date(2030, 1, 1)), st.integers(0, 4000),
)  # fmt: skip
def test_each_period_is_due_once_in_order_and_next_is_the_rest(
    cadence: str, month: int, day: int, hour: int, start: date, days: int
) -> None:
    plan = Plan(cadence, month, day, hour, start)
    upto = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(days=days)
    due = periods.due_periods(plan, upto)
    assert due == sorted(set(due))
    for period in due:
        opening = periods.opens_at(plan, period)
        assert opening <= upto and periods.period_of(cadence, local_date(opening)) == period
    ahead = periods.next_opening(plan, upto)
    assert ahead is None if cadence == "once" and due else ahead is not None
    if ahead is not None:
        assert ahead[1] > upto and ahead[0] not in due
