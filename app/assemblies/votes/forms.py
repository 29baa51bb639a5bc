"""The forms of a vote: what is settled already, and what there is to choose from."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import AgendaItem, Assembly, State
from app.assemblies.motions import service as motions
from app.assemblies.motions.models import Motion
from app.assemblies.rules.definition import Matter
from app.assemblies.votes.models import Method, Vote
from app.assemblies.votes.schemas import VoteForm
from app.core.hypermedia import View

_MOST = 20


def new(
    s: Session, who: Principal, assembly_id: UUID | None, agenda_item_id: UUID | None, motion_id: UUID | None
) -> VoteForm:
    """For an item of an agenda, for a motion, or for anything else."""
    item = s.get(AgendaItem, agenda_item_id) if agenda_item_id else None
    assembly = meetings.get(s, who, assembly_id) if assembly_id else None
    if item is not None and (assembly is None or item.assembly_id != assembly.id):
        item = None
    motion = motions.find(s, who, motion_id) if motion_id else None
    if motion is None and item is not None and item.motion_id is not None:
        motion = s.get(Motion, item.motion_id)
    return VoteForm(
        action="/votes",
        vote_id=None,
        version=None,
        assembly_id=assembly.id if assembly else None,
        agenda_item_id=item.id if item else None,
        question=motion.title if motion else item.title if item else "",
        assemblies=_assemblies(s, who),
        **_motion(motion),
    )


def edit(s: Session, who: Principal, vote: Vote) -> VoteForm:
    motion = s.get(Motion, vote.motion_id) if vote.motion_id else None
    settled = _motion(motion)
    return VoteForm(
        action=f"/votes/{vote.id}",
        vote_id=vote.id,
        version=vote.version,
        assembly_id=vote.assembly_id,
        agenda_item_id=vote.agenda_item_id,
        question=vote.question,
        assemblies=[],
        **{**settled, "matter": vote.matter, "method": vote.method},
    )


def _motion(motion: Motion | None) -> dict[str, Any]:
    by_owners = motion is not None and Matter(motion.matter).of_owners
    return {
        "motion_id": motion.id if motion else None,
        "motion_title": f"{motion.number} {motion.title}" if motion else "",
        "matter": motion.matter if motion else Matter.ordinary,
        "method": Method.owners if by_owners else Method.hands,
    }


def _assemblies(s: Session, who: Principal) -> list[tuple[UUID, str]]:
    """Those that are running or still to come."""
    coming = meetings.visible(who).where(col(Assembly.state).in_([State.noticed, State.open, State.suspended]))
    found = s.scalars(coming.order_by(col(Assembly.scheduled_at), col(Assembly.id)).limit(_MOST))
    return [(assembly.id, assembly.title) for assembly in found]


def refused(view: View) -> VoteForm:
    """The form again, with the assembly and the motion that it was for."""
    return new(view.s, view.who, *[_id(view, name) for name in ("assembly_id", "agenda_item_id", "motion_id")])


def _id(view: View, name: str) -> UUID | None:
    """What came along in a hidden field; whatever is no id, or names nothing within reach, is left out."""
    try:
        wanted = UUID(str(view.values.get(name) or ""))
    except ValueError:
        return None
    find = {"assembly_id": meetings.visible, "motion_id": motions.visible}.get(name)
    table: Any = {"assembly_id": Assembly, "motion_id": Motion}.get(name)
    if find is None:
        return wanted
    return wanted if view.s.scalar(find(view.who).where(col(table.id) == wanted)) is not None else None
