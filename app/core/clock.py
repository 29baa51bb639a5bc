"""The time: always UTC inside, local dates where people count days."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.core.config import get_settings

EARLIEST = date(1900, 1, 1)


def now() -> datetime:
    """The present instant, cut to milliseconds so that it reads back from any store as it was written."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def zone() -> ZoneInfo:
    return ZoneInfo(get_settings().time_zone)


def today() -> date:
    return now().astimezone(zone()).date()


def local_date(instant: datetime) -> date:
    return instant.astimezone(zone()).date()


def day_start(day: date) -> datetime:
    """The instant at which a local day begins."""
    return datetime(day.year, day.month, day.day, tzinfo=zone()).astimezone(UTC)


def day_end(day: date) -> datetime:
    return day_start(day + timedelta(days=1))


def add_months(day: date, months: int) -> date:
    """Month arithmetic that clamps to the month's end: 2024-02-29 + 12 is 2025-02-28."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def age_on(born: date, day: date) -> int:
    """Completed years; somebody born on 29 February is a year older on 1 March."""
    return day.year - born.year - ((day.month, day.day) < (born.month, born.day))
