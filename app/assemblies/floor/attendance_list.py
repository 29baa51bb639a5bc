"""The attendance list as a table to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.assemblies.meetings.schemas import AttendanceRead
from app.core.clock import zone
from app.core.i18n import gettext as _


def columns() -> list[str]:
    seat = [_("席位号"), _("姓名"), _("居民小组")]
    return [*seat, _("在场"), _("受委托人"), _("到会时间"), _("离会时间"), _("在场分钟")]


def rows(found: AttendanceRead) -> Iterator[list[Any]]:
    for seat in found.attendees:
        yield [
            seat.seat_number,
            seat.name,
            seat.group_number,
            _("是") if seat.here else _("否"),
            seat.proxy_name,
            seat.first_in_at and seat.first_in_at.astimezone(zone()),
            seat.last_out_at and seat.last_out_at.astimezone(zone()),
            seat.minutes,
        ]
