"""Who is entitled, who is present at an instant, and whether that is a quorum. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select
from sqlmodel import Session, col

from app.assemblies.meetings import packs
from app.assemblies.meetings.models import Assembly, Attendance
from app.assemblies.models import Seat, TermBody
from app.assemblies.rosters import Sitting, sitting
from app.assemblies.rules.decide import Tested
from app.core.clock import local_date


@dataclass(frozen=True)
class Entitled:
    """A seat that counts in an assembly: its holder on the meeting day."""

    holder_id: UUID
    name: str
    seat_id: UUID
    seat_number: int
    group_number: int | None
    post: str
    user_id: UUID | None


@dataclass(frozen=True)
class Present:
    """A seat that counts as present: its holder, and who carries it when the holder himself is away."""

    holder_id: UUID
    name: str
    seat_number: int
    proxy_by: UUID | None = None


@dataclass(frozen=True)
class Quorum:
    """The quorum at an instant. `tested` are the pack's conditions with both sides; `needed` the most they ask for."""

    present: int
    entitled: int
    needed: int
    holds: bool
    tested: tuple[Tested, ...] = ()


def meeting_day(assembly: Assembly) -> date:
    """The local day on which it is held: that decides who sits."""
    return local_date(assembly.opened_at or assembly.scheduled_at)


def shown_instant(assembly: Assembly, at: datetime) -> datetime:
    """For which instant a page counts: now, or the last moment of a meeting that is over."""
    return assembly.closed_at - timedelta(milliseconds=1) if assembly.closed_at else at


def entitled(s: Session, assembly: Assembly) -> list[Entitled]:
    """Whose seats count: those in office on the meeting day, by their seats' numbers."""
    found = sitting(s, assembly.community_id, TermBody(assembly.body), meeting_day(assembly))
    numbers = _seat_numbers(s, found)
    listed = [
        Entitled(x.id, x.name, x.seat_id, numbers[x.seat_id], x.group_number, str(x.post), x.user_id) for x in found
    ]
    return sorted(listed, key=lambda x: x.seat_number)


def _seat_numbers(s: Session, found: list[Sitting]) -> dict[UUID, int]:
    wanted: Any = select(col(Seat.id), col(Seat.number)).where(col(Seat.id).in_([x.seat_id for x in found]))
    return {row[0]: row[1] for row in s.execute(wanted)}


def intervals(s: Session, assembly_id: UUID, at: datetime | None = None) -> list[Attendance]:
    """The intervals of presence, all or those that cover an instant."""
    wanted = select(Attendance).where(col(Attendance.assembly_id) == assembly_id, col(Attendance.mistaken).is_(False))
    if at is not None:
        covers = or_(col(Attendance.out_at).is_(None), col(Attendance.out_at) > at)
        wanted = wanted.where(col(Attendance.in_at) <= at, covers)
    return list(s.scalars(wanted.order_by(col(Attendance.in_at), col(Attendance.id))))


def all_leave(s: Session, assembly: Assembly, at: datetime) -> None:
    """Ends every interval that is open: the meeting is over, or will not be held."""
    for interval in intervals(s, assembly.id):
        if interval.out_at is None:
            interval.out_at = max(at, interval.in_at)
    s.flush()


def present_at(s: Session, assembly: Assembly, at: datetime) -> list[Present]:
    """The seats that count as present at an instant, one entry each, by their numbers.

    A carried seat counts only while whoever carries it is present himself.
    """
    return present_of(entitled(s, assembly), intervals(s, assembly.id, at))


def present_of(seats: list[Entitled], covering: list[Attendance]) -> list[Present]:
    """The same from what is at hand: the entitled, and the intervals that cover the instant."""
    here = {x.holder_id for x in covering if x.proxy_for_id is None}
    carried = {x.proxy_for_id: x.holder_id for x in covering if x.proxy_for_id and x.holder_id in here}
    return [
        Present(
            seat.holder_id, seat.name, seat.seat_number, None if seat.holder_id in here else carried[seat.holder_id]
        )
        for seat in seats
        if seat.holder_id in here or seat.holder_id in carried
    ]


def quorum_at(s: Session, assembly: Assembly, at: datetime) -> Quorum:
    """Whether the pack's quorum holds at an instant."""
    seats = entitled(s, assembly)
    return quorum_of(s, assembly, len(present_of(seats, intervals(s, assembly.id, at))), len(seats))


def quorum_of(s: Session, assembly: Assembly, present: int, entitled_count: int) -> Quorum:
    """The pack's quorum conditions on two counts. Where the pack names none (`needed` 0) there never is a quorum."""
    tested = packs.test_quorum(packs.rules_shown(s, assembly), present, entitled_count)
    holds = bool(tested) and all(one.holds for one in tested)
    return Quorum(present, entitled_count, max((one.needed for one in tested), default=0), holds, tuple(tested))
