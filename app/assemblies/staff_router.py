"""Community workers' posts: the list on any day, adding, changing, ending."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import RostersRead, RostersWrite
from app.assemblies import shown, staff
from app.assemblies.models import StaffPost
from app.assemblies.schemas import StaffCreate, StaffRead, StaffUpdate
from app.core.apart import database
from app.core.clock import today
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, FormPage
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/staff-posts", tags=["assemblies"])
DayQuery = Annotated[Choice[AnyDate], Query(description="who worked on that day; today by default")]
CommunityQuery = Annotated[Choice[UUID], Query()]
AllQuery = Annotated[Choice[bool], Query(description="everybody who ever worked here")]


def new_extra(view: View) -> dict[str, Any]:
    community = view.who.community_id
    return {"record": None, "accounts": staff.accounts(view.s, community) if community else []}


def edit_extra(view: View) -> dict[str, Any]:
    post = staff.find(view.s, view.who, view.param("staff_post_id"))
    return {"record": post, "accounts": staff.accounts(view.s, post.community_id)}


def _wanted(who: Any, as_of: Any, community_id: UUID | None, everybody: bool | None) -> Any:
    return staff.on_day(who, None if everybody else as_of or today(), community_id)


@router.get("")
@html("assemblies/staff.html")
def list_staff_posts(
    s: SessionDep,
    who: RostersRead,
    paging: PagingDep,
    as_of: DayQuery = None,
    community_id: CommunityQuery = None,
    everybody: AllQuery = None,
) -> Page[StaffRead]:
    """Community workers on a day, the longest serving first."""
    keys: list[Any] = [(col(StaffPost.from_on), type(today())), (col(StaffPost.id), UUID)]
    page = paginate(s, _wanted(who, as_of, community_id, everybody), paging, keys)
    return Page[StaffRead](**{**page, "items": staff.shown(s, who, page["items"])})


@router.get("/export", response_class=Response)
def export_staff_posts(
    s: SessionDep,
    who: RostersRead,
    request: Request,
    as_of: DayQuery = None,
    community_id: CommunityQuery = None,
    everybody: AllQuery = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list as CSV or XLSX. Each export stands in the audit log."""
    wanted = _wanted(who, as_of, community_id, everybody).order_by(col(StaffPost.from_on), col(StaffPost.id))
    rows = shown.staff_rows(s, who, s.scalars(wanted).all())
    answer = table_response(format, _("社区工作者"), shown.staff_columns(), rows)
    note_export(database(request), who, "staff_post", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/new")
@html("assemblies/staff_form.html", extra=new_extra)
def show_staff_form(s: SessionDep, who: RostersWrite) -> FormPage:
    """The form for a community worker's post."""
    return FormPage(action="/staff-posts")


@router.post("", status_code=201)
@html(form="assemblies/staff_form.html", extra=new_extra, then="/staff-posts", done=N_("已登记。"))
def create_staff_post(s: SessionDep, who: RostersWrite, data: StaffCreate, response: Response) -> StaffRead:
    """Registers a community worker's post."""
    post = staff.create(s, who, data)
    response.headers["Location"] = f"/staff-posts/{post.id}"
    return staff.shown(s, who, [post])[0]


@router.get("/{staff_post_id}")
@html("assemblies/staff_post.html")
def read_staff_post(s: SessionDep, who: RostersRead, staff_post_id: UUID) -> StaffRead:
    """One community worker's post."""
    return staff.shown(s, who, [staff.find(s, who, staff_post_id)])[0]


@router.get("/{staff_post_id}/edit")
@html("assemblies/staff_form.html", extra=edit_extra)
def show_staff_edit(s: SessionDep, who: RostersWrite, staff_post_id: UUID) -> StaffRead:
    """The form that changes or ends a post."""
    return staff.shown(s, who, [staff.find(s, who, staff_post_id)])[0]


@router.patch("/{staff_post_id}")
@html(form="assemblies/staff_form.html", extra=edit_extra, then="/staff-posts", done=N_("已保存。"))
def update_staff_post(
    s: SessionDep, who: RostersWrite, staff_post_id: UUID, data: StaffUpdate, if_match: IfMatch
) -> StaffRead:
    """Changes a post, or ends it with its last day."""
    return staff.shown(s, who, [staff.update(s, who, staff_post_id, data, if_match)])[0]


@router.delete("/{staff_post_id}", status_code=204)
@html(form="assemblies/staff_form.html", extra=edit_extra, then="/staff-posts", done=N_("已删除。"))
def delete_staff_post(s: SessionDep, who: RostersWrite, staff_post_id: UUID, if_match: IfMatch) -> None:
    """Takes back a post that was registered by mistake; one that ended keeps its history instead."""
    staff.remove(s, who, staff_post_id, if_match)
