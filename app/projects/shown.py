"""What the pages of this room share: the project beneath a form, choices, and where a form goes back to."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities import service as communities
from app.communities.models import GridArea
from app.core.clock import today
from app.core.hypermedia import View
from app.projects import accepting, ledger, origins, reading, service, states
from app.projects.models import Project, State
from app.projects.schemas import ProjectDetail
from app.projects.words import words


def whole(s: Session, who: Principal, project_id: UUID) -> ProjectDetail:
    """A project of one's own reach, in full, as it stands today."""
    return reading.detail(s, who, ledger.find(s, who, project_id), today())


def current(view: View) -> ProjectDetail:
    """The project beneath a refused form."""
    return whole(view.s, view.who, view.param("project_id"))


def home(_data: Any, request: Request) -> str:
    return f"/projects/{request.path_params['project_id']}"


def form_extra(view: View) -> dict[str, Any]:
    """Choices of the form of a project: resolutions, and accounts that may answer for it."""
    project: Project | None = None
    if "project_id" in view.request.path_params:
        project = ledger.find(view.s, view.who, view.param("project_id"))
    community_id = project.community_id if project else view.who.community_id
    return {
        **words(view),
        "record": view.data if isinstance(view.data, ProjectDetail) else current(view) if project else None,
        "resolutions": origins.choices(view.s, community_id) if community_id else [],
        "owners": service.owner_choices(view.s, community_id) if community_id else [],
        "areas": [(str(a.id), a.name) for a in _areas(view, community_id)],
        "communities": [] if view.who.community_id else communities.choices(view.s, view.who),
    }


def _areas(view: View, community_id: UUID | None) -> list[GridArea]:
    wanted = select(GridArea).where(col(GridArea.community_id) == community_id).order_by(col(GridArea.number))
    return list(view.s.scalars(wanted)) if community_id else []


def step_extra(view: View) -> dict[str, Any]:
    """The steps that may be taken by hand from where the project stands."""
    project = ledger.find(view.s, view.who, view.param("project_id"))
    allowed = [step for step in states.BY_HAND if step in states.NEXT[State(project.state)]]
    return {**words(view), "steps": [(str(step), states.label(step)) for step in allowed]}


def acceptance_extra(view: View) -> dict[str, Any]:
    """The representatives in office today, and which of them is the one who asks."""
    project = ledger.find(view.s, view.who, view.param("project_id"))
    present = accepting.representatives(view.s, project.community_id, today())
    return {
        **words(view),
        "representatives": [(str(p.id), p.name) for p in present],
        "own": [str(p.id) for p in present if p.user_id == view.who.id],
        "fewest": accepting.FEWEST,
    }
