"""Projects: the promise ledger."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import AnyoneAtAll, AssembliesRead, ProjectsWrite
from app.communities import service as communities
from app.communities.service import in_scope
from app.core.apart import database
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import PROMISES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.promises import ratio
from app.core.schemas import FormPage
from app.core.versions import IfMatch
from app.projects import audit_words, costs, files, links, listing, promises, reading, service, shown, states
from app.projects.accepting_router import router as accepting_router
from app.projects.costs_router import router as costs_router
from app.projects.listing import FiltersDep
from app.projects.milestones_router import router as milestones_router
from app.projects.models import Project, State
from app.projects.promises import Which
from app.projects.public_router import router as public_router
from app.projects.schemas import (
    Move,
    ProjectCreate,
    ProjectDetail,
    ProjectRead,
    ProjectUpdate,
    PromiseRead,
    Stop,
)
from app.projects.words import words

own = APIRouter(prefix="/projects", tags=["projects"])
WhichQuery = Annotated[Which, Query(description="due are those that were kept and those that were broken")]


def _list_extra(view: View) -> dict[str, Any]:
    """Choices, and the on-time rate of everything within reach, with its two sides."""
    scope = in_scope(view.who, Project.community_id)
    return {
        **words(view),
        "states": [(str(key), _(text)) for key, text in states.LABELS.items()],
        "communities": [] if view.who.community_id else communities.choices(view.s, view.who),
        "on_time": ratio(promises.on_time(view.s, scope, today())),
        "overdue": promises.count(view.s, scope, Which.overdue, today()),
    }


@own.get("")
@html("projects/list.html", extra=_list_extra)
def list_projects(s: SessionDep, who: AssembliesRead, filters: FiltersDep, paging: PagingDep) -> Page[ProjectRead]:
    """Projects within reach, the newest first."""
    return cast(Page[ProjectRead], listing.page(s, who, filters, paging, today()))


@own.get("/export", response_class=Response)
def export_projects(
    s: SessionDep,
    who: AssembliesRead,
    filters: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("实事项目"), listing.columns(), listing.rows(s, who, filters, today()))
    note_export(database(request), who, "project", who.community_id, format, request.query_params.keys())
    return answer


def _promise_extra(view: View) -> dict[str, Any]:
    scope = in_scope(view.who, Project.community_id)
    return {**words(view), "counts": {str(w): promises.count(view.s, scope, w, today()) for w in Which}}


@own.get("/promises")
@html("projects/promises.html", extra=_promise_extra)
def list_promises(
    s: SessionDep, who: AssembliesRead, paging: PagingDep, which: WhichQuery = Which.due
) -> Page[PromiseRead]:
    """Milestones by what became of the promise: the records behind the on-time rate, and what is overdue."""
    scope = in_scope(who, Project.community_id)
    return cast(Page[PromiseRead], promises.page(s, scope, which, today(), paging))


@own.get("/promises/export", response_class=Response)
def export_promises(
    s: SessionDep,
    who: AssembliesRead,
    request: Request,
    which: WhichQuery = Which.due,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    found = promises.rows(s, in_scope(who, Project.community_id), which, today())
    answer = table_response(format, _("承诺节点"), promises.columns(), found)
    note_export(database(request), who, "project_milestone", who.community_id, format, request.query_params.keys())
    return answer


@own.get("/new")
@html("projects/form.html", extra=shown.form_extra)
def show_project_form(
    s: SessionDep,
    who: ProjectsWrite,
    vote_id: Annotated[UUID | None, Query(description="the resolution, chosen beforehand")] = None,
) -> FormPage:
    """The form for a new project."""
    return FormPage(action="/projects")


@own.post("", status_code=201)
@html(form="projects/form.html", extra=shown.form_extra, done=N_("项目已立项。接下来写明节点和承诺日期。"))
def create_project(
    s: SessionDep,
    who: ProjectsWrite,
    data: ProjectCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ProjectDetail:
    """Opens a project from a resolution; a carried motion opens one by itself."""
    project = service.create(s, who, data, now())
    response.headers["Location"] = f"/projects/{project.id}"
    return reading.detail(s, who, project, today())


def _story_extra(view: View) -> dict[str, Any]:
    """What the reader may open and do from the page of this project."""
    who, data = view.who, view.data
    inside = who is not None and who.may("assemblies:read") and who.community_id in (None, data.community_id)
    writes = inside and who.may("projects:write") and who.community_id == data.community_id
    steps = [step for step in states.BY_HAND if step in states.NEXT[data.state]]
    return {
        **words(view),
        "inside": inside,
        "writes": writes,
        "changes": writes and data.state in states.OPEN,
        "costs": writes and data.state in costs.OPEN_IN,
        "accepts": inside and data.state == State.works and who.may("projects:accept"),
        "next": states.label(steps[0]) if steps else "",
    }


@own.get("/{project_id}")
@html("projects/story.html", extra=_story_extra)
def read_project(s: SessionDep, who: AnyoneAtAll, project_id: UUID) -> ProjectDetail:
    """The story of a project, open to everybody: from the motion to what residents say of the result."""
    project = s.get(Project, project_id)
    if project is None:
        raise NotFound()
    return reading.detail(s, who, project, today())


@own.get("/{project_id}/edit")
@html("projects/form.html", extra=shown.form_extra)
def show_project_edit(s: SessionDep, who: ProjectsWrite, project_id: UUID) -> ProjectDetail:
    """The form that changes a project."""
    return shown.whole(s, who, project_id)


@own.patch("/{project_id}")
@html(form="projects/form.html", extra=shown.form_extra, current=shown.current, then=shown.home, done=N_("已保存。"))
def update_project(
    s: SessionDep, who: ProjectsWrite, project_id: UUID, data: ProjectUpdate, if_match: IfMatch
) -> ProjectDetail:
    """Changes a project; what was promised is settled once money is found."""
    return reading.detail(s, who, service.update(s, who, project_id, data, if_match), today())


@own.get("/{project_id}/step")
@html("projects/step.html", extra=shown.step_extra)
def show_project_step(s: SessionDep, who: ProjectsWrite, project_id: UUID) -> ProjectDetail:
    """The form for the next step of a project."""
    return shown.whole(s, who, project_id)


@own.post("/{project_id}/moves")
@html(
    form="projects/step.html", extra=shown.step_extra, current=shown.current, then=shown.home, done=N_("已进入下一步。")
)
def move_project(s: SessionDep, who: ProjectsWrite, project_id: UUID, data: Move) -> ProjectDetail:
    """Takes a project to its next step: money found, contract signed, work begun."""
    return reading.detail(s, who, service.move(s, who, project_id, data, now()), today())


@own.get("/{project_id}/stop")
@html("projects/stop.html", extra=words)
def show_project_stop(s: SessionDep, who: ProjectsWrite, project_id: UUID) -> ProjectDetail:
    """The form that ends a project before it is finished."""
    return shown.whole(s, who, project_id)


@own.post("/{project_id}/stop")
@html(form="projects/stop.html", extra=words, current=shown.current, then=shown.home, done=N_("项目已停止。"))
def stop_project(s: SessionDep, who: ProjectsWrite, project_id: UUID, data: Stop) -> ProjectDetail:
    """Ends a project for good; the reason is public."""
    return reading.detail(s, who, service.stop(s, who, project_id, data, now()), today())


router = APIRouter(tags=["projects"])
for part in (public_router, own, milestones_router, costs_router, accepting_router):
    router.routes.extend(part.routes)

add_nav(NavItem("/projects", N_("实事项目"), "list-checks", "assemblies:read", 50, PROMISES))
audit_words.register()
links.register()
files.register()
