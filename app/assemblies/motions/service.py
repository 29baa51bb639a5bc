"""What happens to a motion: every step is one event, in the order of the graph, under the lock of its row.

Rooms above call `schedule`, `unschedule`, `to_debate`, `to_voting`, `decided`, `resume`; each takes the instant `at`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.models import SeatHolder
from app.assemblies.motions import states
from app.assemblies.motions.models import EventKind, Motion, MotionEvent, MotionProposer, MotionSecond
from app.assemblies.motions.models import MotionState as S
from app.assemblies.rules.decide import Outcome
from app.communities.service import in_scope
from app.core.db import lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import MotionCarried, publish
from app.core.i18n import gettext as _


@dataclass(frozen=True)
class Person:
    """Somebody who answers for a step, where only the id and the name are known."""

    id: UUID | None
    name: str


Signer = Principal | Person


def visible(who: Principal) -> Select[Any]:
    """Motions within reach; a draft is its author's, and the director's who helps with it."""
    statement = select(Motion).where(in_scope(who, Motion.community_id))
    if who.may("motions:write"):
        return statement
    own = or_(col(Motion.created_by) == who.id, col(Motion.id).in_(of_person(who, MotionProposer)))
    return statement.where(or_(col(Motion.state) != S.draft, own))


def of_person(who: Principal, of: type[MotionProposer] | type[MotionSecond]) -> Select[Any]:
    """The motions that somebody's own seats proposed or seconded."""
    return (
        select(col(of.motion_id))
        .join(SeatHolder, col(SeatHolder.id) == col(of.holder_id))
        .where(col(SeatHolder.user_id) == who.id)
    )


def find(s: Session, who: Principal, motion_id: UUID) -> Motion:
    found: Motion | None = s.scalars(visible(who).where(col(Motion.id) == motion_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def locked(s: Session, motion: Motion) -> Motion:
    """The motion as it is now, held for this transaction."""
    found: Motion | None = lock_row(s, Motion, motion.id)
    if found is None:
        raise NotFound()
    return found


def move(
    s: Session, who: Signer | None, motion: Motion, to: S, at: datetime, reason: str = "", vote_id: UUID | None = None
) -> MotionEvent:
    """One step of the graph (409 otherwise). `who` is None where the system acts."""
    motion = locked(s, motion)
    states.require(motion.state, to)
    if to in states.NEEDS_REASON and not reason:
        raise Invalid(_("请写明理由。"), field="reason")
    return record(s, who, motion, to, at, reason=reason, vote_id=vote_id)


def record(
    s: Session,
    who: Signer | None,
    motion: Motion,
    to: S,
    at: datetime,
    *,
    reason: str = "",
    vote_id: UUID | None = None,
    confirmed_by: Signer | None = None,
) -> MotionEvent:
    """Writes the event and the new state. With `confirmed_by` it is a correction; the caller has checked the rule."""
    with s.no_autoflush:  # the state and what it implies (`merged_into_id`) are stored together, below
        last = s.scalar(select(func.max(col(MotionEvent.seq))).where(col(MotionEvent.motion_id) == motion.id))
    happened = MotionEvent(
        community_id=motion.community_id,
        motion_id=motion.id,
        seq=(last or 0) + 1,
        kind=EventKind.correction if confirmed_by else EventKind.move,
        from_state=motion.state,
        to_state=to,
        at=at,
        actor_id=who.id if who else None,
        actor_name=who.name if who else "",
        second_id=confirmed_by.id if confirmed_by else None,
        second_name=confirmed_by.name if confirmed_by else "",
        reason=reason,
        assembly_id=motion.assembly_id,
        vote_id=vote_id,
    )
    s.add(happened)
    motion.state = to
    touch(motion)
    s.add(motion)
    s.flush()
    return happened


# --- for the rooms above --------------------------------------------------------------------------------------


def schedule(
    s: Session, who: Signer | None, motion: Motion, assembly_id: UUID, at: datetime, reason: str = ""
) -> MotionEvent:
    """Puts an admitted, adjourned or undecided motion on an assembly's agenda."""
    motion = locked(s, motion)
    states.require(motion.state, S.scheduled)
    if motion.parent_id is not None and s.get_one(Motion, motion.parent_id).state in states.FINAL:
        raise Conflict(_("所修正的议案已经办结，修正案不能再列入议程。"), code="parent_decided")
    motion.assembly_id = assembly_id
    return record(s, who, motion, S.scheduled, at, reason=reason)


def unschedule(s: Session, who: Signer | None, motion: Motion, at: datetime, reason: str = "") -> MotionEvent:
    """Takes a motion from the agenda: before the debate it is admitted again, in debate it is adjourned."""
    motion = locked(s, motion)
    to = S.adjourned if motion.state == S.debated else S.admitted
    happened = move(s, who, motion, to, at, reason=reason)
    motion.assembly_id = None
    s.flush()
    return happened


def to_debate(s: Session, who: Signer | None, motion: Motion, at: datetime) -> MotionEvent:
    """The motion is on the floor."""
    return move(s, who, motion, S.debated, at)


def to_voting(s: Session, who: Signer | None, motion: Motion, at: datetime, vote_id: UUID | None = None) -> MotionEvent:
    """A vote on it opens. Amendments come first, the furthest-reaching of them before the others (409)."""
    motion = locked(s, motion)
    states.require(motion.state, S.voting)
    before = first_to_vote_on(s, motion)
    if before is not None:
        raise Conflict(
            _(
                "请先表决修正案 %(number)s《%(title)s》：修正案先于原案表决，改动最大的最先。",
                number=before.number,
                title=before.title,
            ),
            code="amendments_first",
        )
    motion.vote_id = vote_id
    return record(s, who, motion, S.voting, at, vote_id=vote_id)


def decided(
    s: Session,
    who: Signer | None,
    motion: Motion,
    outcome: Outcome | str,
    vote_id: UUID,
    at: datetime,
    reason: str = "",
) -> MotionEvent:
    """A declared vote decides the motion; `adjourned` where the vote was void. A carried one is announced."""
    to = S.adjourned if outcome == S.adjourned else states.OF_OUTCOME[Outcome(outcome)]
    happened = move(s, who, motion, to, at, reason=reason, vote_id=vote_id)
    if to == S.carried and motion.parent_id is None:
        publish(s, MotionCarried(motion.id, vote_id))
    return happened


def resume(s: Session, who: Signer | None, motion: Motion, assembly_id: UUID, at: datetime) -> None:
    """Takes an adjourned or undecided motion up again in an assembly, straight to the floor, by its two steps."""
    schedule(s, who, motion, assembly_id, at)
    to_debate(s, who, motion, at)


# --- amendments -----------------------------------------------------------------------------------------------


def amendments(s: Session, motion_id: UUID) -> list[Motion]:
    """Amendments to a motion in the order in which they are voted on: the furthest-reaching first."""
    wanted = select(Motion).where(col(Motion.parent_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(Motion.reach).desc(), col(Motion.year), col(Motion.ordinal))))


def first_to_vote_on(s: Session, motion: Motion) -> Motion | None:
    """What must be decided before this motion: an amendment to it, or one to the same motion that reaches further."""
    waiting = [m for m in amendments(s, motion.parent_id or motion.id) if m.state in states.PENDING]
    if motion.parent_id is None:
        return waiting[0] if waiting else None
    return waiting[0] if waiting and waiting[0].reach > motion.reach else None
