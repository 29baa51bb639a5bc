"""Photos and papers of projects and their milestones: everybody sees them, those who keep the ledger add them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.attachments import owners
from app.attachments.owners import OwnerRecord
from app.core.errors import Forbidden, NotFound
from app.core.i18n import gettext as _
from app.projects import ledger
from app.projects.models import Milestone, Project


def _record(project: Project | None) -> OwnerRecord | None:
    if project is None:
        return None
    return OwnerRecord(project.community_id, f"/projects/{project.id}", public=True)


def _writable(s: Session, who: Principal, project_id: UUID) -> OwnerRecord | None:
    try:
        project = ledger.find(s, who, project_id)
    except NotFound:
        return None
    if not who.may("projects:write"):
        raise Forbidden(_("您的角色没有这项权限。"), code="not_of_this_record")
    return _record(project)


def _project_of(s: Session, milestone_id: UUID) -> UUID:
    step = s.get(Milestone, milestone_id)
    return step.project_id if step is not None else UUID(int=0)


def register() -> None:
    owners.register("project", read=lambda s, _who, key: _record(s.get(Project, key)), write=_writable)
    owners.register(
        "milestone",
        read=lambda s, _who, key: _record(s.get(Project, _project_of(s, key))),
        write=lambda s, who, key: _writable(s, who, _project_of(s, key)),
    )
