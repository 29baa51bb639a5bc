"""The costs of a project: lines that are added and, where they were wrong, taken back by another line."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlmodel import Session

from app.accounts.permissions import ProjectsWrite
from app.core.clock import now
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.projects import costs, shown
from app.projects.models import ProjectCost
from app.projects.schemas import CostCreate, CostRead, CostReverse, ProjectDetail
from app.projects.words import words

router = APIRouter(prefix="/projects/{project_id}/costs", tags=["projects"])


def _read(line: ProjectCost) -> CostRead:
    return CostRead.model_validate({**line.model_dump(), "reversed": False})


@router.get("/new")
@html("projects/cost_form.html", extra=words)
def show_cost_form(s: SessionDep, who: ProjectsWrite, project_id: UUID) -> ProjectDetail:
    """The form for a line of cost."""
    return shown.whole(s, who, project_id)


@router.post("", status_code=201)
@html(form="projects/cost_form.html", extra=words, current=shown.current, then=shown.home, done=N_("费用已登记。"))
def create_cost(
    s: SessionDep,
    who: ProjectsWrite,
    project_id: UUID,
    data: CostCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CostRead:
    """Adds a line of cost; it is never changed, only taken back."""
    line = costs.add(s, who, project_id, data, now())
    response.headers["Location"] = f"/projects/{project_id}"
    return _read(line)


def _line_of(view: View, project: ProjectDetail) -> CostRead:
    found = next((line for line in project.costs if line.id == view.param("cost_id")), None)
    if found is None:
        raise NotFound()
    return found


def _reversal_extra(view: View) -> dict[str, Any]:
    return {**words(view), "line": _line_of(view, view.data or shown.current(view))}


def _with_line(s: Session, who: Any, project_id: UUID, cost_id: UUID) -> ProjectDetail:
    project = shown.whole(s, who, project_id)
    if all(line.id != cost_id for line in project.costs):
        raise NotFound()
    return project


@router.get("/{cost_id}/reversal")
@html("projects/reversal.html", extra=_reversal_extra)
def show_reversal_form(s: SessionDep, who: ProjectsWrite, project_id: UUID, cost_id: UUID) -> ProjectDetail:
    """The form that takes a line of cost back."""
    return _with_line(s, who, project_id, cost_id)


@router.post("/{cost_id}/reversal", status_code=201)
@html(form="projects/reversal.html", extra=_reversal_extra, current=shown.current, then=shown.home, done=N_("已冲销。"))
def reverse_cost(
    s: SessionDep,
    who: ProjectsWrite,
    project_id: UUID,
    cost_id: UUID,
    data: CostReverse,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> CostRead:
    """Takes a line of cost back by one of the opposite sign, with the reason."""
    line = costs.reverse(s, who, project_id, cost_id, data, now())
    response.headers["Location"] = f"/projects/{project_id}"
    return _read(line)
