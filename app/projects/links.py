"""The project that a motion or a resolution became, for the pages of these."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import ColumnElement
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.motions import related
from app.assemblies.motions.schemas import RelatedRead
from app.core.i18n import gettext as _
from app.projects import ledger, states
from app.projects.models import Project, State


def _of(s: Session, who: Principal, condition: ColumnElement[bool]) -> list[RelatedRead]:
    return [
        RelatedRead(
            href=f"/projects/{project.id}",
            title=project.title,
            sub=_("实事项目 %(number)s", number=project.number),
            badge=_(states.LABELS[State(project.state)]),
            tone=states.TONES.get(State(project.state), ""),
        )
        for project in s.scalars(ledger.visible(who).where(condition))
    ]


def of_motion(s: Session, who: Principal, motion_id: UUID) -> list[RelatedRead]:
    return _of(s, who, col(Project.motion_id) == motion_id)


def of_vote(s: Session, who: Principal, vote_id: UUID) -> list[RelatedRead]:
    return _of(s, who, col(Project.vote_id) == vote_id)


def register() -> None:
    related.register("motion", of_motion)
    related.register("vote", of_vote)
