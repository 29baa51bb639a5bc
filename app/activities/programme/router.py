"""Activities: the programme of a community, what becomes of each, and what residents see of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Path, Query, Request, Response
from sqlmodel import Session, col, or_, select

from app.accounts.permissions import ActivitiesRead, ActivitiesWrite, AnyoneAtAll
from app.activities import access, lines
from app.activities.models import Activity, State, Venue
from app.activities.programme import audit_words, listing, reading, service, states
from app.activities.programme.listing import FiltersDep
from app.activities.programme.schemas import (
    ActivityCreate,
    ActivityDetail,
    ActivityFigures,
    ActivityListed,
    ActivityUpdate,
    Cancel,
    PublicProgramme,
    Step,
    VenueCreate,
    VenueRead,
)
from app.activities.words import KINDS
from app.communities.models import Community
from app.core.apart import database
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ACTIVITIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, FormPage
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.households.visits.form import local_minute
from app.members.models import Branch
from app.surveys.instruments.service import home_of

own = APIRouter(prefix="/activities", tags=["activities"])
venues = APIRouter(prefix="/venues", tags=["activities"])
public = APIRouter(prefix="/board/{community_code}/activities", tags=["activities"])


def _words(_view: View | None = None) -> dict[str, Any]:
    return {
        "kind_words": {str(key): _(text) for key, text in KINDS.items()},
        "state_words": {str(key): _(text) for key, text in states.LABELS.items()},
        "state_tones": {str(key): states.TONES.get(key, "") for key in states.LABELS},
        "local": local_minute,
        "audience_words": {str(key): _(text) for key, text in states.AUDIENCES.items()},
    }


def _list_extra(view: View) -> dict[str, Any]:
    """Choices, what took place this year, and the code under which residents read the same programme."""
    who, year = view.who, today().year
    if not who.community_id:
        return {**_words(view), "lines": list(lines.DEFAULTS.items()), "code": "", "figures": None}
    community = view.s.get_one(Community, who.community_id)
    return {
        **_words(view),
        "lines": list(lines.names(view.s, community.id).items()),
        "code": community.code,
        "figures": reading.figures(view.s, community.id, date(year, 1, 1), date(year, 12, 31)),
    }


@own.get("")
@html("activities/list.html", extra=_list_extra)
def list_activities(s: SessionDep, who: ActivitiesRead, wanted: FiltersDep, paging: PagingDep) -> Page[ActivityListed]:
    """Activities within reach, the latest first."""
    return cast(Page[ActivityListed], listing.page(s, who, wanted, paging))


@own.get("/export", response_class=Response)
def export_activities(
    s: SessionDep,
    who: ActivitiesRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("活动"), listing.columns(), listing.rows(s, who, wanted))
    note_export(database(request), who, "activity", who.community_id, format, request.query_params.keys())
    return answer


@own.get("/figures")
@html("activities/figures.html", extra=_words)
def read_activity_figures(
    s: SessionDep,
    who: ActivitiesRead,
    since: Annotated[Choice[AnyDate], Query(description="this year's first day where none is named")] = None,
    until: Annotated[Choice[AnyDate], Query(description="today where none is named")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> ActivityFigures:
    """What took place in a period, by kind and line of work, each figure with the list behind it."""
    day = until or today()
    return reading.figures(s, home_of(s, who, community_id or _first(s, who)), since or date(day.year, 1, 1), day)


def _first(s: Session, who: ActivitiesRead) -> UUID | None:
    """Whoever looks after a whole district begins with its first community."""
    if who.community_id is not None:
        return who.community_id
    return s.scalars(access.communities(who).order_by(col(Community.code)).limit(1)).first()


def _form_extra(view: View) -> dict[str, Any]:
    who, s = view.who, view.s
    record = _current(view) if "activity_id" in view.request.path_params else None
    home = record.community_id if record else who.community_id
    open_ = select(Venue).where(col(Venue.community_id) == home, col(Venue.closed_on).is_(None))
    branches = select(Branch).where(col(Branch.community_id) == home, col(Branch.dissolved_on).is_(None))
    return {
        **_words(view),
        "record": record,
        "lines": list(lines.names(s, home).items()) if home else list(lines.DEFAULTS.items()),
        "venues": [(str(v.id), v.name) for v in s.scalars(open_.order_by(col(Venue.name)))],
        "branches": [(str(b.id), b.name) for b in s.scalars(branches.order_by(col(Branch.name)))],
    }


@own.get("/new")
@html("activities/form.html", extra=_form_extra)
def show_activity_form(s: SessionDep, who: ActivitiesWrite) -> FormPage:
    """The form for a new activity."""
    return FormPage(action="/activities")


@own.post("", status_code=201)
@html(form="activities/form.html", extra=_form_extra, done=N_("活动已登记为草稿。核对无误后发布。"))
def create_activity(
    s: SessionDep,
    who: ActivitiesWrite,
    data: ActivityCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ActivityDetail:
    """Plans an activity; of an exclusive venue nobody else may hold the same hour."""
    activity = service.create(s, who, data, now())
    response.headers["Location"] = f"/activities/{activity.id}"
    return reading.detail(s, activity)


def _current(view: View) -> ActivityDetail:
    return reading.detail(view.s, access.find(view.s, view.who, Activity, view.param("activity_id")))


def _page_extra(view: View) -> dict[str, Any]:
    """The next step, and what the reader may do."""
    data = view.data if isinstance(view.data, ActivityDetail) else _current(view)
    writes = view.who.may("activities:write") and view.who.community_id == data.community_id
    ahead = [to for to in states.NEXT[data.state] if to is not State.cancelled] if writes else []
    return {
        **_words(view),
        "next": str(ahead[0]) if ahead else "",
        "changes": writes and data.state in states.OPEN,
        "begun": data.starts_at <= now(),
    }


def _here(_data: Any, request: Request) -> str:
    return f"/activities/{request.path_params['activity_id']}"


@own.get("/{activity_id}")
@html("activities/page.html", extra=_page_extra)
def read_activity(s: SessionDep, who: ActivitiesRead, activity_id: UUID) -> ActivityDetail:
    """An activity and everything that happened to it."""
    return reading.detail(s, access.find(s, who, Activity, activity_id))


@own.get("/{activity_id}/edit")
@html("activities/form.html", extra=_form_extra)
def show_activity_edit(s: SessionDep, who: ActivitiesWrite, activity_id: UUID) -> ActivityDetail:
    """The form that changes an activity."""
    return reading.detail(s, access.find(s, who, Activity, activity_id))


@own.patch("/{activity_id}")
@html(form="activities/form.html", extra=_form_extra, current=_current, then=_here, done=N_("已保存。"))
def update_activity(
    s: SessionDep, who: ActivitiesWrite, activity_id: UUID, data: ActivityUpdate, if_match: IfMatch
) -> ActivityDetail:
    """Changes what is announced; a new time or place stands in the story with the old one."""
    return reading.detail(s, service.update(s, who, activity_id, data, if_match, now()))


@own.post("/{activity_id}/steps")
@html(form="activities/page.html", extra=_page_extra, current=_current, then=_here, done=N_("已登记。"))
def step_activity(s: SessionDep, who: ActivitiesWrite, activity_id: UUID, data: Step) -> ActivityDetail:
    """Takes an activity to its next step: announced, held, closed with a summary."""
    return reading.detail(s, service.step(s, who, activity_id, data, now()))


@own.post("/{activity_id}/cancel")
@html(form="activities/page.html", extra=_page_extra, current=_current, then=_here, done=N_("活动已取消。"))
def cancel_activity(s: SessionDep, who: ActivitiesWrite, activity_id: UUID, data: Cancel) -> ActivityDetail:
    """Calls an activity off; its reason is shown wherever it was announced."""
    return reading.detail(s, service.cancel(s, who, activity_id, data, now()))


@venues.get("")
@html("activities/venues.html", extra=_words)
def list_venues(s: SessionDep, who: ActivitiesRead, paging: PagingDep) -> Page[VenueRead]:
    """Rooms and squares of the community."""
    keys: list[Any] = [(col(Venue.name), str), (col(Venue.id), UUID)]
    return cast(Page[VenueRead], paginate(s, access.visible(who, Venue), paging, keys))


@venues.post("", status_code=201)
@html(
    form="activities/venues.html",
    extra=_words,
    current=lambda view: Page[VenueRead](
        items=[VenueRead.model_validate(v) for v in view.s.scalars(access.visible(view.who, Venue))]
    ),
    then=lambda _data, _request: "/venues",
    done=N_("场地已登记。"),
)
def create_venue(
    s: SessionDep, who: ActivitiesWrite, data: VenueCreate, idempotency_key: IdempotencyKey = None
) -> VenueRead:
    """Registers a room or square."""
    return VenueRead.model_validate(service.add_venue(s, who, data))


@public.get("")
@html("activities/public.html", extra=_words)
def read_public_programme(
    s: SessionDep,
    who: AnyoneAtAll,
    community_code: Annotated[str, Path(pattern=r"^\d{12}$", description="statistical code")],
    paging: PagingDep,
) -> PublicProgramme:
    """What a community announces to everybody and what took place, the latest first."""
    community = s.exec(select(Community).where(Community.code == community_code)).one_or_none()
    if community is None:
        raise NotFound()
    shown = or_(col(Activity.state).in_((State.announced, *reading.TOOK_PLACE)), col(Activity.state) == State.cancelled)
    wanted = select(Activity).where(col(Activity.community_id) == community.id, col(Activity.public), shown)
    found = paginate(s, wanted, paging, listing.KEYS, descending=True)
    return PublicProgramme(
        community_name=community.name,
        community_code=community.code,
        items=reading.public(s, found["items"]),
        next=found["next"],
        total=found["total"],
    )


router = APIRouter(tags=["activities"])
for part in (own, venues, public):
    router.routes.extend(part.routes)

add_nav(
    NavItem("/activities", N_("活动安排"), "calendar-days", "activities:read", 32, ACTIVITIES),
    NavItem("/activities/figures", N_("活动统计"), "chart-column", "activities:read", 33, ACTIVITIES),
    NavItem("/venues", N_("场地"), "map-pin", "activities:read", 34, ACTIVITIES),
)
audit_words.register()
