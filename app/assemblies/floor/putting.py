"""Putting what is on the floor to the vote. Never commits."""

from __future__ import annotations

from datetime import datetime

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.floor.schemas import ToVote
from app.assemblies.meetings import agenda
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.record import hold
from app.assemblies.votes import opening
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import State
from app.assemblies.votes.schemas import VoteCreate
from app.core.errors import Conflict
from app.core.i18n import gettext as _

_UNDER_WAY = (State.open, State.closed)


def to_vote(s: Session, who: Principal, assembly: Assembly, data: ToVote, at: datetime) -> None:
    """A vote on the item, open at once. Where one is under way already, somebody was quicker: nothing is added."""
    hold(s, assembly)
    item = agenda.current(s, assembly.id)
    if item is None or item.id != data.current_id:
        raise Conflict(_("现在审议的已经不是这一项。"), code="item_state")
    if any(vote.agenda_item_id == item.id and vote.state in _UNDER_WAY for vote in votes.of_assembly(s, assembly.id)):
        return
    wanted = VoteCreate(
        assembly_id=assembly.id,
        agenda_item_id=item.id,
        motion_id=item.motion_id,
        question=data.question or ("" if item.motion_id else item.title),
        method=data.method,
    )
    opening.open_vote(s, who, votes.create(s, who, wanted, at).id, at)
