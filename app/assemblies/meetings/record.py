"""The log of an assembly: what happened, in order. Never commits."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.meetings.models import Assembly, AssemblyEvent
from app.core.clock import now
from app.core.db import lock_row


def hold(s: Session, assembly: Assembly) -> Assembly:
    """The assembly as it is now, held for this transaction: whatever changes it passes here one at a time."""
    s.flush()
    lock_row(s, Assembly, assembly.id)
    return assembly


def log(
    s: Session,
    assembly: Assembly,
    kind: str,
    text: str = "",
    data: dict[str, Any] | None = None,
    at: datetime | None = None,
) -> AssemblyEvent:
    """Adds an event. `at` is when it happened, `data` plain JSON values; the actor is the session's."""
    hold(s, assembly)
    actor = s.info.get("actor")
    assembly.pulse += 1
    event = AssemblyEvent(
        community_id=assembly.community_id,
        assembly_id=assembly.id,
        seq=assembly.pulse,
        kind=kind,
        at=at or now(),
        actor_id=actor.id if actor else None,
        actor_name=actor.name if actor else "",
        data=data or {},
        text=text,
    )
    s.add(event)
    s.flush()
    return event


def events(s: Session, assembly_id: UUID) -> list[AssemblyEvent]:
    """Everything that happened, in order."""
    wanted = select(AssemblyEvent).where(col(AssemblyEvent.assembly_id) == assembly_id)
    return list(s.scalars(wanted.order_by(col(AssemblyEvent.seq))))
