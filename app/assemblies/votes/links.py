"""The votes of a motion and of an assembly, for the pages of these."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.motions import related
from app.assemblies.motions.schemas import RelatedRead
from app.assemblies.rules import words
from app.assemblies.votes import service, states
from app.assemblies.votes.models import State, Vote
from app.core.i18n import gettext as _


def _of(s: Session, who: Principal, condition: ColumnElement[bool]) -> list[RelatedRead]:
    wanted = service.visible(who).where(condition, col(Vote.state) != State.draft)
    return [_link(vote) for vote in s.scalars(wanted.order_by(col(Vote.opened_at), col(Vote.id)))]


def _link(vote: Vote) -> RelatedRead:
    declared = bool(vote.outcome)
    said = _(words.OUTCOMES[str(vote.outcome)]) if declared else states.label(vote.state)
    number = _("决议 %(number)s", number=vote.resolution_number) if vote.resolution_number else ""
    return RelatedRead(
        href=f"/votes/{vote.id}",
        title=vote.question,
        sub=" · ".join(part for part in (_("表决"), number) if part),
        badge=said,
        tone=words.TONES.get(str(vote.outcome), "bad") if declared else states.TONES.get(vote.state, ""),
    )


def of_motion(s: Session, who: Principal, motion_id: UUID) -> list[RelatedRead]:
    return _of(s, who, col(Vote.motion_id) == motion_id)


def of_assembly(s: Session, who: Principal, assembly_id: UUID) -> list[RelatedRead]:
    return _of(s, who, col(Vote.assembly_id) == assembly_id)


def register() -> None:
    related.register("motion", of_motion)
    related.register("assembly", of_assembly)
