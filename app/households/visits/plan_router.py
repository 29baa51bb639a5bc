"""The plan: the day's work, what is due, the overview, and the policy behind it."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.accounts.permissions import VisitPoliciesWrite, VisitsOverview, VisitsRead
from app.communities.areas import service as areas
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pagination import Page, PagingDep
from app.core.schemas import AnyDate
from app.core.versions import IfMatch
from app.households.residents.models import CareCategory
from app.households.scope import Choice
from app.households.visits import due_list, labels, overview, policy, refresh, today
from app.households.visits.models import Tier
from app.households.visits.plan_schemas import (
    DueHousehold,
    OverviewRead,
    PolicyList,
    PolicyRead,
    PolicyUpdate,
    TodayRead,
)

router = APIRouter(tags=["visits"])
AreaChoice = Annotated[Choice[UUID], Query(description="one grid area instead of all within reach")]


def area_choices(view: View) -> list[tuple[str, str]]:
    """Grid areas to choose from, where there is more than one."""
    if view.who.grid_area_ids is not None and len(view.who.grid_area_ids) < 2:
        return []
    found = areas.choices(view.s, view.who)
    return [(str(key), text) for key, text in found] if len(found) > 1 else []


def _today_extra(view: View) -> dict[str, Any]:
    return {
        "areas": area_choices(view),
        "say": labels.Sayings(),
        **labels.words(),
    }


@router.get("/today")
@html("visits/today.html", extra=_today_extra)
def read_today(s: SessionDep, who: VisitsRead, request: Request, grid_area_id: AreaChoice = None) -> TodayRead:
    """Whom to visit today in one's grid areas, in walking order; open events, urgent needs and meetings."""
    return today.read(s, who, grid_area_id, db=cast(Database, request.app.state.db))


def _overview_extra(view: View) -> dict[str, Any]:
    found = [(str(key), text) for key, text in areas.choices(view.s, view.who)]
    return {"areas": found, "area_names": dict(found), **labels.words()}


@router.get("/visits/overview")
@html("visits/overview.html", extra=_overview_extra)
def read_visits_overview(
    s: SessionDep,
    who: VisitsOverview,
    grid_area_id: AreaChoice = None,
    since: Annotated[Choice[AnyDate], Query(description="first day; the month's first by default")] = None,
    until: Annotated[Choice[AnyDate], Query(description="last day, included; today by default")] = None,
) -> OverviewRead:
    """Done, due and overdue by grid area, care category and tier; coverage of 30 and 90 days; visits by month."""
    return overview.read(s, who, grid_area_id, since, until)


def _due_query(
    state: Annotated[Choice[due_list.State], Query()] = None,
    tier: Annotated[Choice[Tier], Query()] = None,
    category: Annotated[Choice[CareCategory], Query()] = None,
    grid_area_id: AreaChoice = None,
    unvisited_days: Annotated[Choice[Annotated[int, Field(ge=0, le=3660)]], Query()] = None,
    visited_from: Annotated[Choice[AnyDate], Query(description="a completed visit on or after this day")] = None,
    visited_to: Annotated[Choice[AnyDate], Query(description="and on or before this day")] = None,
) -> due_list.DueQuery:
    return due_list.DueQuery(state, tier, category, grid_area_id, unvisited_days, visited_from, visited_to)


DueQueryDep = Annotated[due_list.DueQuery, Depends(_due_query)]


def _due_extra(view: View) -> dict[str, Any]:
    return {
        "areas": [(str(k), t) for k, t in areas.choices(view.s, view.who)],
        "tiers": labels.choices("tier"),
        "categories": labels.choices("care"),
        "states": [("overdue", _("已逾期")), ("due", _("今天应访")), ("ahead", _("未到期"))],
        **labels.words(),
    }


@router.get("/visits/due")
@html("visits/due.html", extra=_due_extra)
def list_due_households(s: SessionDep, who: VisitsRead, query: DueQueryDep, paging: PagingDep) -> Page[DueHousehold]:
    """Households in the plan by how they stand, the longest overdue first."""
    return cast(Page[DueHousehold], due_list.page(s, who, query, paging))


@router.get("/visits/due/export", response_class=Response)
def export_due_households(
    s: SessionDep,
    who: VisitsRead,
    query: DueQueryDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it in walking order, as CSV or XLSX."""
    answer = table_response(format, _("走访计划"), due_list.columns(), due_list.rows(s, who, query))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "visit_due", who.community_id, format, request.query_params.keys())
    return answer


def _policy_extra(_view: View) -> dict[str, Any]:
    return {**labels.words(), "categories": labels.choices("care"), "units": labels.choices("unit")}


@router.get("/visit-policies")
@html("visits/policies.html", extra=_policy_extra)
def list_visit_policies(
    s: SessionDep, who: VisitsRead, community_id: Annotated[Choice[UUID], Query()] = None
) -> PolicyList:
    """How often each tier of households is visited, who belongs to it, and where the rule comes from."""
    return PolicyList(items=[PolicyRead.model_validate(p) for p in policy.of_community(s, who, community_id)])


@router.get("/visit-policies/{policy_id}")
@html("visits/policy_form.html", extra=_policy_extra)
def read_visit_policy(s: SessionDep, who: VisitsRead, policy_id: UUID) -> PolicyRead:
    """One rule; whoever may change it gets its form."""
    return cast(PolicyRead, policy.get(s, who, policy_id))


def _policy(view: View) -> PolicyRead:
    return PolicyRead.model_validate(policy.get(view.s, view.who, view.param("policy_id")))


@router.put("/visit-policies/{policy_id}")
@html(
    form="visits/policy_form.html",
    extra=_policy_extra,
    current=_policy,
    then="/visit-policies",
    done=N_("走访规则已保存，应访日期已重新计算。"),
)
def update_visit_policy(
    s: SessionDep, who: VisitPoliciesWrite, policy_id: UUID, data: PolicyUpdate, if_match: IfMatch
) -> PolicyRead:
    """Changes a rule and recomputes every due date of the community."""
    changed = policy.update(s, who, policy_id, data, if_match)
    refresh.refresh_community(s, changed.community_id)
    return cast(PolicyRead, changed)
