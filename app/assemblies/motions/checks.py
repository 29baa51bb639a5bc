"""What must hold of motions, whatever happened: `qinlian check` runs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.assemblies.motions import states
from app.assemblies.motions.models import EventKind, Motion, MotionEvent, MotionState
from app.core.db import Database


def histories(db: Database) -> Iterator[str]:
    """Events are numbered without a gap, follow the graph or are corrections, and end in the motion's state."""
    followed: dict[UUID, list[MotionEvent]] = defaultdict(list)
    with db.read() as s:
        for event in s.scalars(select(MotionEvent).order_by(col(MotionEvent.motion_id), col(MotionEvent.seq))):
            followed[event.motion_id].append(event)
        for motion_id, number, state in s.execute(select(col(Motion.id), col(Motion.number), col(Motion.state))):
            fault = _fault(followed[motion_id], state)
            if fault:
                yield f"motion {number} ({motion_id}): {fault}"


def _fault(events: Sequence[MotionEvent], ends: str) -> str:
    state: str = MotionState.draft
    for seq, event in enumerate(events, start=1):
        if (event.seq, event.from_state) != (seq, state):
            return f"step {seq} is missing or does not follow"
        if event.kind == EventKind.move and event.to_state not in states.GRAPH[MotionState(state)]:
            return f"step {seq} skips the graph"
        state = event.to_state
    return "" if state == ends else f"is {ends}, but its last step says {state}"
