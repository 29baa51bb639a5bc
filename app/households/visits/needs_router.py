"""Needs heard at visits, and events that call for one."""

from __future__ import annotations

from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.accounts.permissions import VisitsRead, VisitsWrite
from app.communities.areas import service as areas
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep
from app.households import service as households
from app.households.scope import Choice
from app.households.visits import happenings, labels, needs, tables
from app.households.visits.models import NeedCategory, NeedState
from app.households.visits.schemas import EventFrame, EventRead, EventWrite, NeedListed

router = APIRouter(tags=["visits"])


def _query(
    state: Annotated[Choice[NeedState], Query()] = None,
    category: Annotated[Choice[NeedCategory], Query()] = None,
    urgent: Annotated[Choice[bool], Query()] = None,
    household_id: Annotated[Choice[UUID], Query()] = None,
    grid_area_id: Annotated[Choice[UUID], Query()] = None,
) -> needs.NeedQuery:
    return needs.NeedQuery(state, category, urgent, household_id, grid_area_id)


QueryDep = Annotated[needs.NeedQuery, Depends(_query)]


def _extra(view: View) -> dict[str, Any]:
    return {
        "areas": [(str(k), t) for k, t in areas.choices(view.s, view.who)],
        "categories": labels.choices("need"),
        "states": labels.choices("need_state"),
        **labels.words(),
    }


@router.get("/needs")
@html("visits/needs.html", extra=_extra)
def list_needs(s: SessionDep, who: VisitsRead, query: QueryDep, paging: PagingDep) -> Page[NeedListed]:
    """Needs heard at visits, the latest first."""
    return cast(Page[NeedListed], needs.page(s, who, query, paging))


@router.get("/needs/export", response_class=Response)
def export_needs(
    s: SessionDep,
    who: VisitsRead,
    query: QueryDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("居民需求"), tables.need_columns(), tables.need_rows(s, who, query))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "need", who.community_id, format, request.query_params.keys())
    return answer


def _event_extra(_view: View) -> dict[str, Any]:
    return {"kinds": labels.choices("event"), **labels.words()}


def _frame(view: View) -> EventFrame:
    return happenings.frame(view.s, view.who, view.param("household_id"))


@router.get("/households/{household_id}/visit-events/new")
@html("visits/event_form.html", extra=_event_extra)
def show_visit_event_form(s: SessionDep, who: VisitsWrite, household_id: UUID) -> EventFrame:
    """The form that reports a major change in a household."""
    return happenings.frame(s, who, household_id)


def _home(_data: EventRead, request: Request) -> str:
    return f"/households/{request.path_params['household_id']}"


@router.post("/households/{household_id}/visit-events", status_code=201)
@html(
    form="visits/event_form.html",
    extra=_event_extra,
    current=_frame,
    then=_home,
    done=N_("已登记，今日走访会列出这一户。"),
)
def report_visit_event(
    s: SessionDep, who: VisitsWrite, household_id: UUID, data: EventWrite, idempotency_key: IdempotencyKey = None
) -> EventRead:
    """Reports a bereavement, a hospital stay or the like; a visit is due within 24 hours by default."""
    return happenings.report(s, who, household_id, data)


@router.get("/households/{household_id}/visit-events")
def list_household_events(s: SessionDep, who: VisitsRead, household_id: UUID, paging: PagingDep) -> Page[EventRead]:
    """What happened in one household, the latest first."""
    households.get(s, who, household_id)
    return cast(Page[EventRead], happenings.page(s, who, paging, household_id=household_id))


@router.get("/visit-events")
@html("visits/events.html", extra=_event_extra)
def list_visit_events(
    s: SessionDep,
    who: VisitsRead,
    paging: PagingDep,
    state: Annotated[Choice[Literal["open", "done"]], Query()] = None,
) -> Page[EventRead]:
    """Events that call or called for a visit, the latest first."""
    return cast(Page[EventRead], happenings.page(s, who, paging, state=state))
