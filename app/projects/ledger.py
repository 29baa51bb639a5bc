"""Adding to a project's ledger: its events in order, under the lock of its row."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.service import in_scope
from app.core.clock import day_start, local_date
from app.core.db import lock_row, touch
from app.core.errors import Invalid, NotFound
from app.core.i18n import gettext as _
from app.projects.models import EventKind, Milestone, Project, ProjectCost, ProjectEvent, State


def visible(who: Principal) -> Select[Project]:
    return select(Project).where(in_scope(who, Project.community_id))


def find(s: Session, who: Principal, project_id: UUID) -> Project:
    found = s.scalars(visible(who).where(col(Project.id) == project_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, project_id: UUID) -> Project:
    """The project, its row held for this transaction: whatever changes it takes its turn here."""
    find(s, who, project_id)
    found: Project | None = lock_row(s, Project, project_id)
    if found is None:
        raise NotFound()
    return found


def add_event(
    s: Session,
    project: Project,
    who: Principal | None,
    kind: EventKind,
    at: datetime,
    text: str = "",
    *,
    to: State | None = None,
    **data: object,
) -> None:
    """Writes down what happened; with `to` the project goes there. `who` None is the software itself."""
    before = project.state
    if to is not None:
        project.state = to
    project.events += 1
    touch(project)
    event = ProjectEvent(
        community_id=project.community_id,
        project_id=project.id,
        seq=project.events,
        kind=kind,
        from_state=before if to is not None else "",
        to_state=to or "",
        at=at,
        by_user_id=who.id if who is not None and who.kind == "user" else None,
        by_name=who.name if who is not None else "",
        text=text,
        data=data,
    )
    s.add_all([project, event])
    s.flush()


def instant_of(on: date | None, at: datetime) -> datetime:
    """The instant for a day that somebody names: now if that is today, else the beginning of that day."""
    return at if on is None or on == local_date(at) else day_start(on)


def not_before(on: date, earliest: date, what: str) -> None:
    """Refuses a day before something that had to happen first."""
    if on < earliest:
        raise Invalid(_("日期不能早于%(what)s。", what=what), code="date_order", field="on")


def milestones_of(s: Session, project_id: UUID) -> list[Milestone]:
    wanted = select(Milestone).where(col(Milestone.project_id) == project_id)
    return list(s.scalars(wanted.order_by(col(Milestone.position))))


def costs_of(s: Session, project_id: UUID) -> list[ProjectCost]:
    wanted = select(ProjectCost).where(col(ProjectCost.project_id) == project_id)
    return list(s.scalars(wanted.order_by(col(ProjectCost.spent_on), col(ProjectCost.id))))


def cost_fen(s: Session, project_id: UUID) -> int:
    """What a project has cost: the sum of its lines, reversals included."""
    total = select(func.sum(col(ProjectCost.amount_fen))).where(col(ProjectCost.project_id) == project_id)
    return int(s.scalar(total) or 0)


def last_move(s: Session, project: Project) -> date:
    """The day on which a project came to its present state."""
    wanted = select(func.max(col(ProjectEvent.at))).where(
        col(ProjectEvent.project_id) == project.id, col(ProjectEvent.to_state) != ""
    )
    at: datetime | None = s.scalar(wanted)
    return local_date(at or project.created_at)
