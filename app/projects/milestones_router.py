"""The steps of a project: promised, changed while the plan is open, reported on, delayed."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import Session

from app.accounts.permissions import AssembliesRead, Principal, ProjectsWrite
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.versions import IfMatch
from app.projects import ledger, milestones, reading, shown, states
from app.projects.models import Milestone, State
from app.projects.schemas import (
    DelayCreate,
    MilestoneCreate,
    MilestoneRead,
    MilestoneUpdate,
    ProgressReport,
    ProjectDetail,
)
from app.projects.words import words

router = APIRouter(prefix="/projects/{project_id}/milestones", tags=["projects"])


def _read(s: Session, who: Principal, step: Milestone) -> MilestoneRead:
    project = ledger.find(s, who, step.project_id)
    return reading.milestone_reads(s, project, [step], today())[0]


def _one(view: View) -> MilestoneRead:
    """The step beneath a refused form."""
    project = ledger.find(view.s, view.who, view.param("project_id"))
    return _read(view.s, view.who, milestones.find(view.s, project, view.param("milestone_id")))


def _extra(view: View) -> dict[str, Any]:
    """The project of the step, and what may still change."""
    project = shown.current(view)
    writes = view.who.may("projects:write") and view.who.community_id == project.community_id
    return {
        **words(view),
        "project": project,
        "writes": writes,
        "open": writes and project.state in states.OPEN,
        "planned": project.state == State.planned,
    }


def _here(_data: Any, request: Request) -> str:
    return f"/projects/{request.path_params['project_id']}/milestones/{request.path_params['milestone_id']}"


@router.get("/new")
@html("projects/milestone_form.html", extra=words)
def show_milestone_form(s: SessionDep, who: ProjectsWrite, project_id: UUID) -> ProjectDetail:
    """The form for a new step."""
    return shown.whole(s, who, project_id)


@router.post("", status_code=201)
@html(
    form="projects/milestone_form.html",
    extra=words,
    current=shown.current,
    then=shown.home,
    done=N_("节点已写入承诺。"),
)
def create_milestone(
    s: SessionDep,
    who: ProjectsWrite,
    project_id: UUID,
    data: MilestoneCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MilestoneRead:
    """Promises a step by a day."""
    step = milestones.add(s, who, project_id, data, now())
    response.headers["Location"] = f"/projects/{project_id}/milestones/{step.id}"
    return _read(s, who, step)


@router.get("/{milestone_id}")
@html("projects/milestone.html", extra=_extra)
def read_milestone(s: SessionDep, who: AssembliesRead, project_id: UUID, milestone_id: UUID) -> MilestoneRead:
    """One step with its delays and pictures."""
    return _read(s, who, milestones.find(s, ledger.find(s, who, project_id), milestone_id))


@router.patch("/{milestone_id}")
@html(form="projects/milestone.html", extra=_extra, current=_one, then=_here, done=N_("已保存。"))
def update_milestone(
    s: SessionDep,
    who: ProjectsWrite,
    project_id: UUID,
    milestone_id: UUID,
    data: MilestoneUpdate,
    if_match: IfMatch,
) -> MilestoneRead:
    """Changes a step; its day and weight only while the project is planned."""
    return _read(s, who, milestones.update(s, who, project_id, milestone_id, data, if_match))


@router.delete("/{milestone_id}", status_code=204)
@html(form="projects/milestone.html", extra=_extra, current=_one, then=shown.home, done=N_("节点已删除。"))
def delete_milestone(
    s: SessionDep, who: ProjectsWrite, project_id: UUID, milestone_id: UUID, if_match: IfMatch
) -> None:
    """Takes a step out of a plan that is not settled yet."""
    milestones.remove(s, who, project_id, milestone_id, if_match)


@router.post("/{milestone_id}/progress")
@html(form="projects/milestone.html", extra=_extra, current=_one, then=_here, done=N_("进度已登记。"))
def report_progress(
    s: SessionDep, who: ProjectsWrite, project_id: UUID, milestone_id: UUID, data: ProgressReport
) -> MilestoneRead:
    """Says how far a step is; at 100 per cent it is done."""
    return _read(s, who, milestones.report(s, who, project_id, milestone_id, data, now()))


@router.post("/{milestone_id}/delays", status_code=201)
@html(
    form="projects/milestone.html", extra=_extra, current=_one, then=_here, done=N_("延期已登记，原来的承诺仍然保留。")
)
def delay_milestone(
    s: SessionDep,
    who: ProjectsWrite,
    project_id: UUID,
    milestone_id: UUID,
    data: DelayCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> MilestoneRead:
    """Names a later day with its reason; the first promise stays and decides whether the step was on time."""
    milestones.delay(s, who, project_id, milestone_id, data, now())
    response.headers["Location"] = f"/projects/{project_id}/milestones/{milestone_id}"
    return _read(s, who, milestones.find(s, ledger.find(s, who, project_id), milestone_id))
