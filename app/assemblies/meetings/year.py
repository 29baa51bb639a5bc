"""The plan of a year: which quarters had their regular assembly, and which still owe one."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.meetings import packs, states
from app.assemblies.meetings.models import Assembly, Kind, State
from app.assemblies.models import TermBody
from app.core.clock import add_months

BODY = TermBody.representative_assembly
QUARTERS = (1, 2, 3, 4)
HELD, PLANNED, DUE, OVERDUE, AHEAD = "held", "planned", "due", "overdue", "ahead"
_TOOK_PLACE = frozenset({*states.RUNNING, *states.OVER})


def bounds(year: int, quarter: int) -> tuple[date, date]:
    """The first and the last day of a quarter."""
    first = date(year, 3 * quarter - 2, 1)
    return first, add_months(first, 3) - timedelta(days=1)


def of_year(s: Session, community_id: UUID, year: int) -> list[Assembly]:
    """The representatives' assemblies of a year in the order of their days."""
    wanted = select(Assembly).where(
        col(Assembly.community_id) == community_id, col(Assembly.year) == year, col(Assembly.body) == BODY
    )
    return list(s.scalars(wanted.order_by(col(Assembly.scheduled_at), col(Assembly.id))))


def took_place(assembly: Assembly) -> bool:
    """Whether it counts as held: opened, and not broken off."""
    return assembly.state in _TOOK_PLACE and not assembly.abandoned


def state_of(found: list[Assembly], year: int, quarter: int, on: date) -> str:
    """Of the regular assemblies for a quarter: held, planned, due (nothing planned yet), overdue, or still ahead."""
    first, last = bounds(year, quarter)
    if any(took_place(assembly) for assembly in found):
        return HELD
    if on > last:
        return OVERDUE
    if any(assembly.state in (State.draft, State.noticed) for assembly in found):
        return PLANNED
    return DUE if on >= first else AHEAD


def required(s: Session, community_id: UUID, year: int, on: date) -> int | None:
    """How many regular assemblies the rules want in a year; None where they do not say."""
    day = min(max(on, date(year, 1, 1)), date(year, 12, 31))
    return packs.rules_on(s, community_id, BODY, day).regular_per_year


def owed(held: int, wanted: int | None, year: int, on: date) -> int:
    """How many are missing of those for which the quarter has begun (of a year that is over: of all)."""
    if wanted is None:
        return 0
    begun = sum(on >= bounds(year, quarter)[0] for quarter in QUARTERS)
    return max(0, -(-wanted * begun // len(QUARTERS)) - held)


def regular(found: list[Assembly], quarter: int) -> list[Assembly]:
    return [assembly for assembly in found if assembly.kind == Kind.regular and assembly.quarter == quarter]
