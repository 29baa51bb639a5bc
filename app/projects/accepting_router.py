"""Acceptance by representatives, on their own phones."""

from __future__ import annotations

from uuid import UUID

from fastapi import Response

from app.accounts.permissions import ProjectsAccept
from app.core.clock import now
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.projects import accepting, shown
from app.projects.schemas import AcceptanceCreate, ProjectDetail

router = APIRouter(prefix="/projects/{project_id}/acceptances", tags=["projects"])


@router.get("/new")
@html("projects/acceptance_form.html", extra=shown.acceptance_extra)
def show_acceptance_form(s: SessionDep, who: ProjectsAccept, project_id: UUID) -> ProjectDetail:
    """The form on which representatives say what they found."""
    return shown.whole(s, who, project_id)


@router.post("", status_code=201)
@html(
    form="projects/acceptance_form.html",
    extra=shown.acceptance_extra,
    current=shown.current,
    then=shown.home,
    done=N_("验收已登记。"),
)
def create_acceptance(
    s: SessionDep,
    who: ProjectsAccept,
    project_id: UUID,
    data: AcceptanceCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ProjectDetail:
    """Records an acceptance, or the defects that stand in its way."""
    accepting.accept(s, who, project_id, data, now())
    response.headers["Location"] = f"/projects/{project_id}"
    return shown.whole(s, who, project_id)
