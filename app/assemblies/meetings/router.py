"""Assemblies: the list and the plan of the year, planning one, its notice, moving, merging and cancelling it."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import Field

from app.accounts.permissions import AssembliesRead, AssembliesWrite
from app.assemblies.meetings import (
    agenda_router,
    audit_words,
    calendar_router,
    calling,
    listing,
    notices,
    owners,
    planning,
    reading,
    service,
    shown,
    words,
)
from app.assemblies.meetings.models import Kind, State
from app.assemblies.meetings.schemas import (
    AssemblyCreate,
    AssemblyMerge,
    AssemblyMove,
    AssemblyRead,
    AssemblyRow,
    AssemblyUpdate,
    NoticeGive,
    NoticesRead,
    NoticeTell,
    Quarter,
    ReasonGiven,
    Signers,
    YearRead,
)
from app.assemblies.meetings.shown import PAGE, again, extra, here, page_extra
from app.assemblies.models import TermBody
from app.core.apart import database
from app.core.clock import now, today
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ASSEMBLIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import FormPage, Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/assemblies", tags=["meetings"])
YearQuery = Annotated[Choice[Annotated[int, Field(ge=1949, le=2200)]], Query()]


def _filters(
    q: Annotated[Search, Query(description="part of the title or the place")] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    body: Annotated[Choice[TermBody], Query()] = None,
    kind: Annotated[Choice[Kind], Query()] = None,
    state: Annotated[Choice[State], Query()] = None,
    year: YearQuery = None,
) -> listing.Filters:
    return listing.Filters(q, community_id, body, kind, state, year)


FiltersDep = Annotated[listing.Filters, Depends(_filters)]


@router.get("")
@html("meetings/list.html", extra=extra)
def list_assemblies(s: SessionDep, who: AssembliesRead, wanted: FiltersDep, paging: PagingDep) -> Page[AssemblyRow]:
    """Assemblies, the latest first."""
    return cast(Page[AssemblyRow], listing.page(s, who, wanted, paging))


@router.get("/export", response_class=Response)
def export_assemblies(
    s: SessionDep,
    who: AssembliesRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX."""
    answer = table_response(format, _("会议"), listing.columns(), listing.export(s, who, wanted))
    note_export(database(request), who, "assembly", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/plan")
@html("meetings/plan.html", extra=extra)
def read_assembly_plan(
    s: SessionDep,
    who: AssembliesRead,
    year: YearQuery = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> YearRead:
    """The year's regular assemblies by quarters, and which quarter still owes one."""
    return reading.plan(s, who, community_id, year or today().year, today())


def _form_extra(view: View) -> dict[str, Any]:
    return {**extra(view), "record": None, **_choices()}


def _choices() -> dict[str, Any]:
    return {
        "kinds": [(str(kind), _(text)) for kind, text in words.KINDS.items()],
        "callers": [(str(caller), _(text)) for caller, text in calling.LABELS.items()],
    }


def _edit_extra(view: View) -> dict[str, Any]:
    return {**extra(view), "record": shown.find(view), **_choices()}


@router.get("/new")
@html("meetings/form.html", extra=_form_extra)
def show_assembly_form(
    who: AssembliesWrite,
    kind: Annotated[Choice[Kind], Query()] = None,
    year: YearQuery = None,
    quarter: Annotated[Quarter, Query()] = None,
) -> FormPage:
    """The form for a new assembly."""
    return FormPage(action="/assemblies")


@router.post("", status_code=201)
@html(form="meetings/form.html", extra=_form_extra, done=N_("会议已登记，接着写议程。"))
def create_assembly(
    s: SessionDep,
    who: AssembliesWrite,
    data: AssemblyCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> AssemblyRead:
    """Plans an assembly."""
    made = planning.create(s, who, data)
    response.headers["Location"] = f"/assemblies/{made.id}"
    return reading.one(s, who, made, now())


router.routes.extend(calendar_router.router.routes)


@router.get("/{assembly_id}")
@html(PAGE, extra=page_extra)
def read_assembly(s: SessionDep, who: AssembliesRead, assembly_id: UUID) -> AssemblyRead:
    """One assembly with its agenda and what happened in it."""
    return reading.one(s, who, service.get(s, who, assembly_id), now())


@router.get("/{assembly_id}/edit")
@html("meetings/form.html", extra=_edit_extra)
def show_assembly_edit(s: SessionDep, who: AssembliesWrite, assembly_id: UUID) -> AssemblyRead:
    """The form that changes an assembly before its notice."""
    return reading.one(s, who, service.get(s, who, assembly_id), now())


@router.patch("/{assembly_id}")
@html(form="meetings/form.html", extra=_edit_extra, current=again, then=here, done=N_("已保存。"))
def update_assembly(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: AssemblyUpdate, if_match: IfMatch
) -> AssemblyRead:
    """Changes an assembly of which nobody was told yet."""
    changed = planning.update(s, service.get(s, who, assembly_id), data, if_match)
    return reading.one(s, who, changed, now())


def _signers_extra(view: View) -> dict[str, Any]:
    return {**extra(view), "sitting": shown.signer_choices(view)}


@router.get("/{assembly_id}/signers")
@html("meetings/signers.html", extra=_signers_extra)
def read_call_signers(s: SessionDep, who: AssembliesWrite, assembly_id: UUID) -> AssemblyRead:
    """Who asked for an extraordinary assembly, and whether they are enough."""
    return reading.one(s, who, service.get(s, who, assembly_id), now())


@router.put("/{assembly_id}/signers")
@html(form="meetings/signers.html", extra=_signers_extra, current=again, then=here, done=N_("联名代表已登记。"))
def set_call_signers(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: Signers, if_match: IfMatch
) -> AssemblyRead:
    """Names the representatives who asked for an extraordinary assembly."""
    assembly = service.held(s, who, assembly_id)
    return reading.one(s, who, calling.set_signers(s, assembly, data.holder_ids, if_match, now()), now())


@router.post("/{assembly_id}/notice")
@html(form=PAGE, extra=page_extra, current=again, then=here, done=N_("会议通知已发出，议程从此固定。"))
def give_assembly_notice(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: NoticeGive, if_match: IfMatch
) -> AssemblyRead:
    """Tells everybody entitled; time, place, agenda and the rule pack are fixed from here on."""
    assembly = service.get(s, who, assembly_id)
    return reading.one(s, who, notices.give(s, assembly, data.channel, if_match, now()), now())


def _notices_again(view: View) -> NoticesRead:
    return reading.notice_proof(view.s, view.who, shown.find(view))


def _notices_here(_data: object, request: Request) -> str:
    return f"/assemblies/{request.path_params['assembly_id']}/notices"


@router.get("/{assembly_id}/notices")
@html("meetings/notices.html", extra=extra)
def read_assembly_notices(s: SessionDep, who: AssembliesRead, assembly_id: UUID) -> NoticesRead:
    """Proof of notice: who was told, when and how, and who is still to be told."""
    return reading.notice_proof(s, who, service.get(s, who, assembly_id))


@router.post("/{assembly_id}/notices")
@html(
    form="meetings/notices.html", extra=extra, current=_notices_again, then=_notices_here, done=N_("已记下补发的通知。")
)
def tell_of_assembly(s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: NoticeTell) -> NoticesRead:
    """Tells those who took a seat after the notice; whoever was told already is not told twice."""
    assembly = notices.tell(s, service.get(s, who, assembly_id), data.holder_ids, data.channel, now())
    return reading.notice_proof(s, who, assembly)


def _move_extra(view: View) -> dict[str, Any]:
    return {**extra(view), "others": shown.merge_choices(view)}


@router.get("/{assembly_id}/move")
@html("meetings/move.html", extra=_move_extra)
def show_assembly_move(s: SessionDep, who: AssembliesWrite, assembly_id: UUID) -> AssemblyRead:
    """The forms that move, merge or cancel an assembly."""
    return reading.one(s, who, service.get(s, who, assembly_id), now())


@router.post("/{assembly_id}/move")
@html(form="meetings/move.html", extra=_move_extra, current=again, then=here, done=N_("已改期，并重新通知。"))
def move_assembly(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: AssemblyMove, if_match: IfMatch
) -> AssemblyRead:
    """Another time or place for a noticed assembly; everybody is told anew, and the notice period runs anew."""
    assembly = service.get(s, who, assembly_id)
    return reading.one(s, who, notices.move(s, assembly, data, if_match, now()), now())


@router.post("/{assembly_id}/cancel")
@html(form="meetings/move.html", extra=_move_extra, current=again, then=here, done=N_("会议已取消。"))
def cancel_assembly(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: ReasonGiven, if_match: IfMatch
) -> AssemblyRead:
    """Calls an assembly off before it is held; its motions wait for another one."""
    assembly = service.get(s, who, assembly_id)
    return reading.one(s, who, notices.cancel(s, who, assembly, data.reason, if_match, now()), now())


def _to_target(data: Any, _request: Request) -> str:
    return f"/assemblies/{data.id}"


@router.post("/{assembly_id}/merge")
@html(form="meetings/move.html", extra=_move_extra, current=again, then=_to_target, done=N_("两次会议已并为一次。"))
def merge_assembly(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, data: AssemblyMerge, if_match: IfMatch
) -> AssemblyRead:
    """Holds two assemblies as one: the agenda goes over to the other, which is answered."""
    assembly = service.get(s, who, assembly_id)
    return reading.one(s, who, notices.merge(s, who, assembly, data, if_match, now()), now())


router.routes.extend(agenda_router.router.routes)
add_nav(
    NavItem("/assemblies", N_("会议"), "landmark", "assemblies:read", 37, ASSEMBLIES, phone=True),
    NavItem("/assemblies/plan", N_("年度计划"), "calendar-days", "assemblies:read", 38, ASSEMBLIES),
)
audit_words.register()
owners.register()
