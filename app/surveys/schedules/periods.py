"""Periods and openings, in community time: `2012-06`, `2012-Q2`, `2012-H1`, `2012`, and a day for what happens once."""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from app.core import clock

MONTHS = {"monthly": 1, "quarterly": 3, "halfyearly": 6, "yearly": 12}
_PERIOD = re.compile(r"(\d{4})(?:-(?:(0[1-9]|1[0-2])|Q([1-4])|H([12])|((?:0[1-9]|1[0-2])-\d\d)))?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 1900, 2200


class Plan(Protocol):
    """What of a schedule decides when it opens."""

    cadence: str
    opens_month: int
    opens_day: int
    opens_hour: int
    starts_on: date
    ends_on: date | None
    paused: bool


def period_of(cadence: str, day: date) -> str:
    """The period in which a local day lies."""
    if cadence == "monthly":
        return f"{day.year:04d}-{day.month:02d}"
    if cadence == "quarterly":
        return f"{day.year:04d}-Q{(day.month + 2) // 3}"
    if cadence == "halfyearly":
        return f"{day.year:04d}-H{1 if day.month <= 6 else 2}"
    if cadence == "yearly":
        return f"{day.year:04d}"
    if cadence == "once":
        return day.isoformat()
    raise ValueError(cadence)


def cadence_of(period: str) -> str:
    """Tells the kind of a period from how it is written; raises ValueError for anything else."""
    found = _PERIOD.fullmatch(period)
    if found is None or not _FIRST_YEAR <= int(found[1]) <= _LAST_YEAR:
        raise ValueError(period)
    _year, month, quarter, half, day = found.groups()
    if day:
        date.fromisoformat(period)
        return "once"
    return "monthly" if month else "quarterly" if quarter else "halfyearly" if half else "yearly"


def bounds(period: str) -> tuple[date, date]:
    """First and last day."""
    cadence = cadence_of(period)
    if cadence == "once":
        day = date.fromisoformat(period)
        return day, day
    year, part = int(period[:4]), period[5:].lstrip("QH")
    length = MONTHS[cadence]
    first = date(year, (int(part or 1) - 1) * length + 1, 1)
    last_month = first.month + length - 1
    return first, date(year, last_month, calendar.monthrange(year, last_month)[1])


def previous(period: str) -> str:
    """The period before, of the same kind; the day before for what happens once."""
    return period_of(cadence_of(period), bounds(period)[0] - timedelta(days=1))


def following(period: str) -> str:
    return period_of(cadence_of(period), bounds(period)[1] + timedelta(days=1))


def opening_day(plan: Plan, period: str) -> date:
    """The day on which the round of a period opens: `opens_day` of the period's `opens_month`-th month, clamped."""
    first, _last = bounds(period)
    if plan.cadence == "once":
        return first
    month = first.month + min(plan.opens_month, MONTHS[plan.cadence]) - 1
    return date(first.year, month, min(plan.opens_day, calendar.monthrange(first.year, month)[1]))


def opens_at(plan: Plan, period: str) -> datetime:
    """The instant (UTC) at which the round of a period opens."""
    day = opening_day(plan, period)
    return datetime(day.year, day.month, day.day, plan.opens_hour, tzinfo=clock.zone()).astimezone(UTC)


def openings(plan: Plan) -> Iterator[tuple[str, datetime]]:
    """Every period of a schedule with its opening, from the first on; ends with the schedule."""
    period = period_of(plan.cadence, plan.starts_on)
    while int(period[:4]) <= _LAST_YEAR:
        day = opening_day(plan, period)
        if plan.ends_on is not None and day > plan.ends_on:
            return
        if day >= plan.starts_on:
            yield period, opens_at(plan, period)
        if plan.cadence == "once":
            return
        period = following(period)


def due_periods(plan: Plan, upto: datetime) -> list[str]:
    """The periods whose opening has come by then, the oldest first; none while the schedule is paused."""
    due: list[str] = []
    if plan.paused:
        return due
    for period, instant in openings(plan):
        if instant > upto:
            break
        due.append(period)
    return due


def next_opening(plan: Plan, after: datetime) -> tuple[str, datetime] | None:
    """The first opening after an instant, paused or not."""
    return next(((period, instant) for period, instant in openings(plan) if instant > after), None)
