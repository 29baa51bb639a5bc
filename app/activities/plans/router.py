"""Year plans of the lines of work, and what residents see of them."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response
from sqlmodel import Session, col, select

from app.accounts.permissions import ActivitiesRead, AnyoneAtAll, PlansWrite
from app.activities import lines
from app.activities.plans import audit_words, reading, service
from app.activities.plans.models import YearPlan
from app.activities.plans.schemas import PlanCreate, PlanDetail, PlanFigures, PlanRead, PlanUpdate
from app.activities.plans.task_router import LineQuery, YearQuery
from app.activities.plans.task_router import router as task_router
from app.activities.plans.words import words
from app.communities import service as communities
from app.communities.models import Community
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.navigation import PROMISES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage, PastDate
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.surveys.instruments.service import home_of

own = APIRouter(prefix="/plans", tags=["plans"])
public = APIRouter(prefix="/board/{community_code}/plan", tags=["plans"])
_KEYS: list[Any] = [(col(YearPlan.year), int), (col(YearPlan.line), str), (col(YearPlan.id), UUID)]


def _list_extra(view: View) -> dict[str, Any]:
    """The choices, and the code under which residents read the same plans."""
    who = view.who
    community = view.s.get(Community, who.community_id) if who.community_id else None
    return {
        **words(view),
        "lines": list(lines.names(view.s, who.community_id).items()) if who.community_id else [],
        "code": community.code if community else "",
        "year": today().year,
    }


@own.get("")
@html("plans/list.html", extra=_list_extra)
def list_plans(
    s: SessionDep, who: ActivitiesRead, paging: PagingDep, year: YearQuery = None, line: LineQuery = ""
) -> Page[PlanRead]:
    """Plans within reach, the newest year first, each with its progress and its on-time rate."""
    statement = service.visible(who).where(*reading.within(year, line))
    page = paginate(s, statement, paging, _KEYS, descending=True)
    items = reading.briefs(s, page["items"], today())
    return Page[PlanRead](items=items, next=page["next"], total=page["total"])


def _form_extra(view: View) -> dict[str, Any]:
    who = view.who
    chosen = list(lines.names(view.s, who.community_id).items()) if who.community_id else list(lines.DEFAULTS.items())
    return {
        **words(view),
        "lines": chosen,
        "year": today().year,
        "communities": [] if who.community_id else communities.choices(view.s, who),
    }


@own.get("/new")
@html("plans/form.html", extra=_form_extra)
def show_plan_form(s: SessionDep, who: PlansWrite) -> FormPage:
    """The form for a new plan."""
    return FormPage(action="/plans")


@own.post("", status_code=201)
@html(form="plans/form.html", extra=_form_extra, done=N_("计划已建立。接下来写明任务、责任人和期限。"))
def create_plan(
    s: SessionDep, who: PlansWrite, data: PlanCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> PlanDetail:
    """Begins a plan of a line of work for a year, empty or with the tasks of the year before."""
    plan = service.create(s, who, data, now())
    response.headers["Location"] = f"/plans/{plan.id}"
    return reading.detail(s, plan, today())


@own.get("/figures")
def read_plan_figures(
    s: SessionDep,
    who: ActivitiesRead,
    year: Annotated[int, Query(ge=1990, le=2200)],
    as_of: Annotated[PastDate | None, Query(description="today where none is named")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> PlanFigures:
    """All published plans of a community in a year, as they stood on a day; each figure names the tasks behind it."""
    community = s.get_one(Community, home_of(s, who, community_id))
    return reading.figures(s, community, year, as_of or today(), published=True)


def _current(view: View) -> PlanDetail:
    return reading.detail(view.s, service.find(view.s, view.who, view.param("plan_id")), today())


def _plan_extra(view: View) -> dict[str, Any]:
    plan = service.find(view.s, view.who, view.param("plan_id"))
    inside = view.who.community_id == plan.community_id
    return {**words(view), "writes": inside and view.who.may("plans:write")}


def _here(_data: Any, request: Request) -> str:
    return f"/plans/{request.path_params['plan_id']}"


@own.get("/{plan_id}")
@html("plans/plan.html", extra=_plan_extra)
def read_plan(s: SessionDep, who: ActivitiesRead, plan_id: UUID) -> PlanDetail:
    """A plan with its tasks, who answers for each, and how far it is."""
    return reading.detail(s, service.find(s, who, plan_id), today())


@own.patch("/{plan_id}")
@html(form="plans/plan.html", extra=_plan_extra, current=_current, then=_here, done=N_("已保存。"))
def update_plan(s: SessionDep, who: PlansWrite, plan_id: UUID, data: PlanUpdate, if_match: IfMatch) -> PlanDetail:
    """Changes the words above the tasks."""
    return reading.detail(s, service.update(s, who, plan_id, data, if_match), today())


@own.post("/{plan_id}/publish")
@html(form="plans/plan.html", extra=_plan_extra, current=_current, then=_here, done=N_("计划已向居民公开。"))
def publish_plan(s: SessionDep, who: PlansWrite, plan_id: UUID) -> PlanDetail:
    """Shows the plan to residents; what it promises stays from now on."""
    return reading.detail(s, service.publish(s, who, plan_id, now()), today())


def _public_extra(view: View) -> dict[str, Any]:
    community = _community(view.s, view.request.path_params["community_code"])
    wanted = select(col(YearPlan.year)).where(
        col(YearPlan.community_id) == community.id, col(YearPlan.published_on).is_not(None)
    )
    return {**words(view), "years": sorted(set(view.s.scalars(wanted)), reverse=True)}


def _community(s: Session, code: str) -> Community:
    found = s.exec(select(Community).where(Community.code == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found


@public.get("/{year}")
@html("plans/public.html", extra=_public_extra)
def read_public_plan(
    s: SessionDep,
    who: AnyoneAtAll,
    community_code: Annotated[str, Path(pattern=r"^\d{12}$", description="statistical code")],
    year: Annotated[int, Path(ge=1990, le=2200)],
) -> PlanFigures:
    """What the community promised to do in a year: each task, who answers for it, its day, and how far it is."""
    day: date = today()
    return reading.figures(s, _community(s, community_code), year, day, published=True)


router = APIRouter(tags=["plans"])
for part in (task_router, own, public):
    router.routes.extend(part.routes)

add_nav(NavItem("/plans", N_("责任计划"), "clipboard-list", "activities:read", 51, PROMISES))
audit_words.register()
