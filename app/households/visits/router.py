"""Visits: the tablet's PUT, one visit with its history, lists and exports; needs; events that call for a visit."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.accounts.permissions import VisitsRead, VisitsWrite
from app.communities.areas import service as areas
from app.core import pages
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import Group, NavItem, Section, add_nav
from app.core.negotiation import wants_html
from app.core.pagination import Page, PagingDep
from app.core.schemas import AnyDate, Search
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.households.visits import form, labels, recording, service, tables, today
from app.households.visits import panel as _panel  # noqa: F401 - registers the timeline
from app.households.visits.models import Outcome
from app.households.visits.needs_router import router as needs_router
from app.households.visits.plan_router import router as plan_router
from app.households.visits.schemas import VisitDetail, VisitForm, VisitRead, VisitWrite

own = APIRouter(prefix="/visits", tags=["visits"])


def _query(
    household_id: Annotated[Choice[UUID], Query()] = None,
    worker_id: Annotated[Choice[UUID], Query()] = None,
    grid_area_id: Annotated[Choice[UUID], Query()] = None,
    outcome: Annotated[Choice[Outcome], Query()] = None,
    since: Annotated[Choice[AnyDate], Query(alias="from", description="first day")] = None,
    until: Annotated[Choice[AnyDate], Query(alias="to", description="last day, included")] = None,
    q: Annotated[Search, Query(description="room number or words of the note")] = "",
) -> service.VisitQuery:
    return service.VisitQuery(household_id, worker_id, grid_area_id, outcome, since, until, q)


QueryDep = Annotated[service.VisitQuery, Depends(_query)]


def _list_extra(view: View) -> dict[str, Any]:
    return {
        "areas": [(str(k), t) for k, t in areas.choices(view.s, view.who)],
        "workers": service.workers(view.s, view.who),
        "outcomes": labels.choices("outcome"),
        **labels.words(),
    }


@own.get("")
@html("visits/list.html", extra=_list_extra)
def list_visits(s: SessionDep, who: VisitsRead, query: QueryDep, paging: PagingDep) -> Page[VisitRead]:
    """Visits, the latest first."""
    return cast(Page[VisitRead], service.page(s, who, query, paging))


@own.get("/export", response_class=Response)
def export_visits(
    s: SessionDep,
    who: VisitsRead,
    query: QueryDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("走访记录"), tables.visit_columns(), tables.visit_rows(s, who, query))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "visit", who.community_id, format, request.query_params.keys())
    return answer


@own.get("/new")
@html("visits/form.html", extra=form.extra)
def show_visit_form(s: SessionDep, who: VisitsWrite, household_id: Annotated[UUID, Query()]) -> VisitForm:
    """The form for a visit to a household, under a new id, with who lives there."""
    return form.blank(s, who, household_id)


def _detail_extra(_view: View) -> dict[str, Any]:
    return labels.words()


@own.get("/{visit_id}")
@html("visits/visit.html", extra=_detail_extra)
def read_visit(s: SessionDep, who: VisitsRead, visit_id: UUID) -> VisitDetail:
    """One visit, its needs, and every earlier wording."""
    return service.detail(s, who, visit_id)


@own.get("/{visit_id}/edit")
@html("visits/form.html", extra=form.extra)
def show_visit_edit(s: SessionDep, who: VisitsWrite, visit_id: UUID) -> VisitForm:
    """The form that corrects a visit, for its author and the director."""
    return form.of_visit(s, who, visit_id)


def _onward(data: VisitRead, request: Request) -> str:
    """After a new visit the next household of Today; after a correction the visit."""
    if not getattr(request.state, "new_visit", False):
        return f"/visits/{data.id}"
    with cast(Database, request.app.state.db).read() as s:
        following = today.next_stop(s, request.state.principal, data.household_id)
    return f"/visits/new?household_id={following}" if following else "/today"


@own.put("/{visit_id}", responses={201: {"description": "Recorded", "model": VisitRead}})
@html(form="visits/form.html", extra=form.extra, current=form.refused, then=_onward)
def put_visit(
    s: SessionDep,
    who: VisitsWrite,
    request: Request,
    response: Response,
    visit_id: UUID,
    data: VisitWrite,
    if_match: IfMatch,
) -> VisitRead:
    """Records a visit under an id that the tablet chose; the same content again changes nothing.

    Other content under the same id corrects the visit and needs If-Match; every earlier wording is kept.
    """
    shown, new = recording.put(s, who, visit_id, data, if_match)
    if wants_html(request):
        request.state.new_visit = new
        _say(response, new, shown.household_label)
    elif new:
        response.status_code = 201
        response.headers["Location"] = f"/visits/{shown.id}"
    return shown


def _say(response: Response, new: bool, label: str) -> None:
    text = _("%(label)s 的走访已保存。", label=label) if new else _("%(label)s 的走访记录已保存。", label=label)
    response.set_cookie(pages.FLASH_COOKIE, pages.flash_cookie("good", text), max_age=60, httponly=True, samesite="lax")


router = APIRouter()
for part in (plan_router, needs_router, own):  # flat: include_router would match every address twice
    router.routes.extend(part.routes)

VISITS = Section(N_("走访"), "footprints", Group.daily)
add_nav(
    NavItem("/today", N_("今日"), "sun", "visits:read", 10, Group.daily, phone=True),
    NavItem("/visits", N_("走访记录"), "footprints", "visits:read", 11, VISITS),
    NavItem("/visits/due", N_("走访计划"), "calendar-days", "visits:read", 12, VISITS),
    NavItem("/visits/overview", N_("走访概览"), "chart-column", "visits:overview", 13, VISITS),
    NavItem("/needs", N_("居民需求"), "hand-heart", "visits:read", 14, VISITS),
    NavItem("/visit-events", N_("突发情况"), "triangle-alert", "visits:read", 15, VISITS),
    NavItem("/visit-policies", N_("走访规则"), "list-checks", "visits:read", 16, VISITS),
)
