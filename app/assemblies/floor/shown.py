"""What the day's screen needs, whichever router shows it again."""

from __future__ import annotations

from typing import Any, get_args
from urllib.parse import urlsplit

from fastapi import Request

from app.assemblies.floor import reading
from app.assemblies.floor.schemas import FloorRead, RoomMethod
from app.assemblies.meetings import shown
from app.assemblies.meetings.schemas import AttendeeRead
from app.assemblies.votes import shown as votes
from app.assemblies.votes import states
from app.core.clock import now
from app.core.hypermedia import View
from app.core.i18n import gettext as _

PAGE = "floor/floor.html"


def extra(view: View) -> dict[str, Any]:
    """The words of votes and of meetings, and how a vote may be taken in the room."""
    methods = [(str(method), _(states.METHODS[method])) for method in get_args(RoomMethod)]
    return {**votes.words(view), **meeting_words(view), "room_methods": methods}


def meeting_words(view: View) -> dict[str, Any]:
    return {**shown.extra(view), "named": _named}


def _named(seats: list[AttendeeRead]) -> list[tuple[str, str]]:
    return [(str(seat.holder_id), f"{seat.seat_number} {seat.name}") for seat in seats]


def again(view: View) -> FloorRead:
    """The meeting beneath a refused press."""
    return reading.floor(view.s, view.who, shown.find(view), now())


def here(_data: object, request: Request) -> str:
    return f"/assemblies/{request.path_params['assembly_id']}/floor"


def to_seats(_data: object, request: Request) -> str:
    return f"{here(_data, request)}#seats"


def where_pressed(_data: object, request: Request) -> str:
    """The agenda on the page where the button was: the assembly's own, or the day's screen."""
    floor = here(_data, request)
    came = urlsplit(request.headers.get("referer", "")).path
    return floor if came == floor else f"{floor.removesuffix('/floor')}#agenda"
