"""Who sits where on any date, the terms of the elected bodies, and their seats."""

from __future__ import annotations

from collections import defaultdict
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import RostersRead, RostersWrite
from app.assemblies import audit_words, service, shown
from app.assemblies.group_router import router as groups
from app.assemblies.import_router import router as imports
from app.assemblies.models import ResidentsGroup, Term, TermBody
from app.assemblies.schemas import (
    RosterRead,
    SeatCreate,
    SeatRead,
    SittingRead,
    TermCreate,
    TermDetail,
    TermRead,
    TermUpdate,
)
from app.assemblies.seat_router import router as seats
from app.assemblies.staff_router import router as staff
from app.assemblies.words import BODIES, POSTS, WAYS
from app.communities import service as communities
from app.core.apart import database
from app.core.clock import today
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import RULES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, FormPage
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.households.words import choices, translated

router = APIRouter(tags=["assemblies"])
for part in (groups, imports, seats, staff):
    router.routes.extend(part.routes)
_LAST = 10_000
DayQuery = Annotated[Choice[AnyDate], Query(description="today by default")]
CommunityQuery = Annotated[Choice[UUID], Query(description="one's own, or the first within reach, by default")]


def words(_view: View) -> dict[str, Any]:
    """Words and choices of this room."""
    return {
        "bodies": choices(BODIES),
        "body_words": translated(BODIES),
        "post_words": translated(POSTS),
        "way_words": translated(WAYS),
    }


def roster_extra(view: View) -> dict[str, Any]:
    """The communities to choose from, and the representatives by their groups, those without one last."""
    found = [] if view.who.community_id else communities.choices(view.s, view.who)
    groups: dict[tuple[int, str], list[SittingRead]] = defaultdict(list)
    for body in view.data.bodies:
        for member in body.sitting if body.body == TermBody.representative_assembly else ():
            groups[member.group_number or _LAST, member.group_name or ""].append(member)
    by_group = [(name, members) for (_number, name), members in sorted(groups.items(), key=lambda g: g[0])]
    return {**words(view), "communities": found, "by_group": by_group}


@router.get("/rosters")
@html("assemblies/roster.html", extra=roster_extra)
def read_roster(
    s: SessionDep, who: RostersRead, as_of: DayQuery = None, community_id: CommunityQuery = None
) -> RosterRead:
    """Who sat in which body on a day, and who worked for the community."""
    return shown.roster(s, who, community_id, as_of or today())


@router.get("/rosters/export", response_class=Response)
def export_roster(
    s: SessionDep,
    who: RostersRead,
    request: Request,
    as_of: DayQuery = None,
    community_id: CommunityQuery = None,
    body: Annotated[Choice[TermBody], Query()] = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """Those in office on a day as CSV or XLSX. Each export stands in the audit log."""
    rows = shown.rows(s, who, community_id, body, as_of or today())
    answer = table_response(format, _("任职名册"), shown.columns(), rows)
    note_export(database(request), who, "seat_holder", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/terms")
@html("assemblies/terms.html", extra=words)
def list_terms(
    s: SessionDep,
    who: RostersRead,
    paging: PagingDep,
    body: Annotated[Choice[TermBody], Query()] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> Page[TermRead]:
    """Terms within reach, the latest first."""
    statement = service.terms(who)
    if body is not None:
        statement = statement.where(col(Term.body) == body)
    if community_id is not None:
        statement = statement.where(col(Term.community_id) == community_id)
    keys: list[Any] = [(col(Term.starts_on), type(today())), (col(Term.id), UUID)]
    page = paginate(s, statement, paging, keys, descending=True)
    return Page[TermRead](**{**page, "items": shown.term_reads(s, page["items"])})


def new_extra(view: View) -> dict[str, Any]:
    return {**words(view), "record": None}


def edit_extra(view: View) -> dict[str, Any]:
    return {**words(view), "record": service.find_term(view.s, view.who, view.param("term_id"))}


@router.get("/terms/new")
@html("assemblies/term_form.html", extra=new_extra)
def show_term_form(who: RostersWrite) -> FormPage:
    """The form for a new term."""
    return FormPage(action="/terms")


@router.post("/terms", status_code=201)
@html(form="assemblies/term_form.html", extra=new_extra, done=N_("这一届已建立。"))
def create_term(s: SessionDep, who: RostersWrite, data: TermCreate, response: Response) -> TermRead:
    """Opens a term of a body, with its seats."""
    term = service.create_term(s, who, data)
    response.headers["Location"] = f"/terms/{term.id}"
    return shown.term_reads(s, [term])[0]


def term_extra(view: View) -> dict[str, Any]:
    """What a term's page offers: groups to choose from, and posts of this body."""
    term = service.find_term(view.s, view.who, view.param("term_id"))
    listed = service.groups(view.who).where(col(ResidentsGroup.community_id) == term.community_id)
    found = view.s.scalars(listed.order_by(col(ResidentsGroup.number))).all()
    return {
        **words(view),
        "groups": [(g.id, g.name) for g in found],
        "posts": service.post_choices(TermBody(term.body)),
    }


def current(view: View) -> TermDetail:
    """The term beneath a refused form."""
    return shown.term_detail(view.s, view.who, service.find_term(view.s, view.who, view.param("term_id")), None)


@router.get("/terms/{term_id}")
@html("assemblies/term.html", extra=term_extra)
def read_term(s: SessionDep, who: RostersRead, term_id: UUID, as_of: DayQuery = None) -> TermDetail:
    """A term with its seats and who held them on a day."""
    return shown.term_detail(s, who, service.find_term(s, who, term_id), as_of)


@router.get("/terms/{term_id}/edit")
@html("assemblies/term_form.html", extra=edit_extra)
def show_term_edit(s: SessionDep, who: RostersWrite, term_id: UUID) -> TermRead:
    """The form that changes a term."""
    return shown.term_reads(s, [service.find_term(s, who, term_id)])[0]


def _to_term(_data: Any, request: Request) -> str:
    return f"/terms/{request.path_params['term_id']}"


@router.patch("/terms/{term_id}")
@html(form="assemblies/term_form.html", extra=edit_extra, then=_to_term, done=N_("已保存。"))
def update_term(s: SessionDep, who: RostersWrite, term_id: UUID, data: TermUpdate, if_match: IfMatch) -> TermRead:
    """Changes a term; nobody may be left holding a seat outside it."""
    return shown.term_reads(s, [service.update_term(s, who, term_id, data, if_match)])[0]


@router.delete("/terms/{term_id}", status_code=204)
@html(form="assemblies/term_form.html", extra=edit_extra, then="/terms", done=N_("这一届已删除。"))
def delete_term(s: SessionDep, who: RostersWrite, term_id: UUID, if_match: IfMatch) -> None:
    """Deletes a term in which nobody ever sat."""
    service.remove_term(s, who, term_id, if_match)


@router.post("/terms/{term_id}/seats", status_code=201)
@html(form="assemblies/term.html", extra=term_extra, current=current, then=_to_term, done=N_("席位已添加。"))
def create_seat(s: SessionDep, who: RostersWrite, term_id: UUID, data: SeatCreate, response: Response) -> SeatRead:
    """Adds a seat to a term."""
    seat = service.add_seat(s, who, term_id, data)
    response.headers["Location"] = f"/seats/{seat.id}"
    return shown.seat_reads(s, who, [seat], None)[0]


add_nav(NavItem("/rosters", N_("代表和班子"), "landmark", "rosters:read", 45, RULES))
audit_words.register()
