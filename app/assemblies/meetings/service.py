"""The rules of assemblies: who sees them, planning, changing, and what other rooms ask of them.

The interface for other rooms: `get`, `held`, `entitled`, `present_at`, `quorum_at`, `log`, `require_open`,
`advance`. Every function that acts takes the instant (`at`), so that a past may be told as it was.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import states
from app.assemblies.meetings.models import AgendaItem, Assembly, EventKind, ItemState, State
from app.assemblies.meetings.presence import (
    Entitled,
    Present,
    Quorum,
    entitled,
    present_at,
    quorum_at,
)
from app.assemblies.meetings.record import hold, log
from app.core.errors import NotFound
from app.core.i18n import gettext as _
from app.households.scope import communities_of

__all__ = [
    "Entitled",
    "Present",
    "Quorum",
    "advance",
    "entitled",
    "get",
    "held",
    "hold",
    "log",
    "present_at",
    "quorum_at",
    "require_open",
    "visible",
]


def visible(who: Principal) -> Select[Assembly]:
    return select(Assembly).where(communities_of(who, col(Assembly.community_id)))


def get(s: Session, who: Principal, assembly_id: UUID) -> Assembly:
    """An assembly within reach."""
    found = s.scalars(visible(who).where(col(Assembly.id) == assembly_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, assembly_id: UUID) -> Assembly:
    """The same, its row held for this transaction: for whatever depends on the state it is in."""
    return hold(s, get(s, who, assembly_id))


def require_open(s: Session, assembly: Assembly) -> None:
    """That it is being held at this instant and not suspended: no vote opens otherwise."""
    hold(s, assembly)
    states.require(assembly, State.open, rule=_("只有进行中的会议才能表决；中止的会议要先恢复。"))


def advance(s: Session, assembly: Assembly, to: State, at: datetime | None = None) -> None:
    """Moves a closed assembly along with its minutes: minutes_draft, minutes_confirmed, published."""
    hold(s, assembly)
    states.move(assembly, to)
    log(s, assembly, EventKind.minutes, states.label(to), {"state": str(to)}, at)


def items(s: Session, assembly_id: UUID) -> list[AgendaItem]:
    """The agenda in its order."""
    wanted = select(AgendaItem).where(col(AgendaItem.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(AgendaItem.position))))


def current_item(s: Session, assembly_id: UUID) -> AgendaItem | None:
    """What is on the floor now."""
    wanted = select(AgendaItem).where(
        col(AgendaItem.assembly_id) == assembly_id, col(AgendaItem.state) == ItemState.current
    )
    found: AgendaItem | None = s.scalars(wanted).one_or_none()
    return found
