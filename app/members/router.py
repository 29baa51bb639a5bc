"""The members' register: the list, one person's page, entering, changing, stages, leaving, a look at a phone."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import MembersRead, MembersWrite, ResidentsReveal
from app.core.clock import today
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import PARTY, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import AnyDate, FormPage
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.households.words import EDUCATIONS, SEXES, choices, translated
from app.members import audit_words, listing, personal, service, sources, tallies  # noqa: F401 - registers its figures
from app.members.branch_router import router as branches
from app.members.import_router import router as imports
from app.members.joining.router import router as joining
from app.members.listing import FiltersDep
from app.members.models import Branch, Left
from app.members.schemas import (
    MemberCounts,
    MemberCreate,
    MemberItem,
    MemberLeave,
    MemberRead,
    MemberUpdate,
    PhoneReveal,
    PhoneRevealed,
)
from app.members.transfers import service as transfers
from app.members.transfers.router import DIRECTIONS
from app.members.transfers.router import router as transfer_router
from app.members.words import AFFILIATIONS, AGES, LEFT, STAGES

router = APIRouter(tags=["members"])
router.routes.extend(branches.routes)
router.routes.extend(imports.routes)
router.routes.extend(joining.routes)
router.routes.extend(transfer_router.routes)


def branch_choices(view: View) -> list[tuple[UUID, str]]:
    """The branches that take members."""
    wanted = service.branches(view.who).where(col(Branch.dissolved_on).is_(None)).order_by(col(Branch.name))
    return [(b.id, b.name) for b in view.s.scalars(wanted)]


def words(view: View) -> dict[str, Any]:
    """Choices and words of this room's pages."""
    return {
        "branches": branch_choices(view),
        "affiliations": choices(AFFILIATIONS),
        "affiliation_words": translated(AFFILIATIONS),
        "stages": choices(STAGES),
        "stage_words": translated(STAGES),
        "sexes": choices(SEXES),
        "sex_words": translated(SEXES),
        "educations": choices(EDUCATIONS),
        "education_words": translated(EDUCATIONS),
        "age_words": translated(AGES),
        "ages": choices(AGES),
    }


def list_extra(view: View) -> dict[str, Any]:
    groups = [("member", _("党员（正式和预备）")), ("developing", _("发展中"))]
    return {**words(view), "stage_filters": [*groups, *choices(STAGES)]}


@router.get("/members")
@html("members/list.html", extra=list_extra)
def list_members(s: SessionDep, who: MembersRead, wanted: FiltersDep, paging: PagingDep) -> Page[MemberItem]:
    """The register on a day (today by default), in the order of pinyin; phones are masked."""
    return cast(Page[MemberItem], listing.page(s, who, wanted, paging))


@router.get("/members/export", response_class=Response)
def export_members(
    s: SessionDep,
    who: MembersRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it and masked the same way, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("党员"), listing.columns(), listing.rows(s, who, wanted))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "member", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/members/counts")
@html("members/counts.html", extra=words)
def count_members(
    s: SessionDep,
    who: MembersRead,
    as_of: Annotated[Choice[AnyDate], Query()] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> MemberCounts:
    """How many people stood where on a day, and who reached each stage within the year before."""
    return MemberCounts.model_validate(tallies.counts(s, who, as_of or today(), community_id))


@router.get("/members/new")
@html("members/new.html", extra=words)
def show_member_form(s: SessionDep, who: MembersWrite) -> FormPage:
    """The form for somebody who enters the register."""
    return FormPage(action="/members")


@router.post("/members", status_code=201)
@html(form="members/new.html", extra=words, done=N_("党员已登记。"))
def create_member(s: SessionDep, who: MembersWrite, data: MemberCreate, response: Response) -> MemberRead:
    """Enters somebody in the register."""
    member = service.create(s, who, data)
    response.headers["Location"] = f"/members/{member.id}"
    return listing.detail(s, who, member)


def current(view: View) -> MemberRead:
    """The person beneath a refused form."""
    return listing.detail(view.s, view.who, service.find(view.s, view.who, view.param("member_id")))


def to_page(_data: Any, request: Request) -> str:
    return f"/members/{request.path_params['member_id']}"


def member_extra(view: View) -> dict[str, Any]:
    """The same, with this person's transfers."""
    found = transfers.shown(view.who, transfers.of(view.s, view.data.id))
    return {
        **words(view),
        "transfers": found,
        "direction_words": translated(DIRECTIONS),
        "left_words": translated(LEFT),
    }


def leave_extra(view: View) -> dict[str, Any]:
    """Why somebody leaves. Who is transferred out is recorded as a transfer, with its paper."""
    kinds = {key: text for key, text in LEFT.items() if key != Left.transferred}
    return {**words(view), "left": choices(kinds)}


@router.get("/members/{member_id}")
@html("members/member.html", extra=member_extra)
def read_member(s: SessionDep, who: MembersRead, member_id: UUID) -> MemberRead:
    """One person of the register with every stage reached."""
    return listing.detail(s, who, service.find(s, who, member_id))


@router.get("/members/{member_id}/edit")
@html("members/edit.html", extra=words)
def show_member_edit(s: SessionDep, who: MembersWrite, member_id: UUID) -> MemberRead:
    """The form that changes a person's particulars."""
    return listing.detail(s, who, service.find(s, who, member_id))


@router.patch("/members/{member_id}")
@html(form="members/edit.html", extra=words, current=current, then=to_page, done=N_("已保存。"))
def update_member(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: MemberUpdate, if_match: IfMatch
) -> MemberRead:
    """Changes what is named. A phone stays unless a new one is sent or `forget_phone` says so."""
    return listing.detail(s, who, service.update(s, who, member_id, data, if_match))


@router.get("/members/{member_id}/leave")
@html("members/leave.html", extra=leave_extra)
def show_member_leave(s: SessionDep, who: MembersWrite, member_id: UUID) -> MemberRead:
    """The form that ends somebody's time in the register."""
    return listing.detail(s, who, service.find(s, who, member_id))


@router.put("/members/{member_id}/leave")
@html(form="members/leave.html", extra=leave_extra, current=current, then=to_page, done=N_("已登记离开。"))
def leave_register(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: MemberLeave, if_match: IfMatch
) -> MemberRead:
    """Ends somebody's time in the register; the record and its history stay."""
    return listing.detail(s, who, service.leave(s, who, member_id, data, if_match))


@router.delete("/members/{member_id}/leave")
@html(form="members/leave.html", extra=leave_extra, current=current, then=to_page, done=N_("离开已撤回。"))
def return_to_register(s: SessionDep, who: MembersWrite, member_id: UUID, if_match: IfMatch) -> MemberRead:
    """Takes back a leaving that was recorded by mistake."""
    member = service.come_back(s, who, member_id, if_match)
    transfers.void_leaving(s, who, member.id)
    return listing.detail(s, who, member)


@router.get("/members/{member_id}/reveal")
@html("members/reveal.html")
def show_member_reveal(s: SessionDep, who: ResidentsReveal, member_id: UUID) -> MemberRead:
    """The form that asks why the phone is wanted in full."""
    return listing.detail(s, who, service.find(s, who, member_id))


@router.post("/members/{member_id}/reveal")
@html(form="members/reveal.html", current=current, shows="members/revealed.html")
def reveal_member_phone(s: SessionDep, who: ResidentsReveal, member_id: UUID, data: PhoneReveal) -> PhoneRevealed:
    """Shows the phone in full, once; who saw it, and why, stands in the audit log."""
    member = service.find(s, who, member_id)
    value = personal.reveal(s, service.TABLE, member, member.community_id, data.reason)
    return PhoneRevealed(id=member.id, value=value)


add_nav(NavItem("/members", N_("党员"), "flag", "members:read", 24, PARTY))
audit_words.register()
