"""Minutes: drawn, added to, signed by two, published; on paper; corrections beneath."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import Session, col

from app.accounts import passwords
from app.accounts.models import User
from app.accounts.permissions import AssembliesRead, AssembliesRun, AssembliesWrite, Principal
from app.assemblies.meetings.models import Assembly
from app.assemblies.minutes import audit_words, checks, links, paper, reading, service, words
from app.assemblies.minutes.models import Minutes, MinutesState
from app.assemblies.minutes.schemas import CorrectionNote, MinutesItem, MinutesRead, NoteRead, Remarks, Sign
from app.core import audit
from app.core.clock import zone
from app.core.db import Database, SessionDep
from app.core.errors import Invalid
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ASSEMBLIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import Search
from app.core.versions import IfMatch
from app.core.xlsx import Cell
from app.households.scope import Choice

router = APIRouter(tags=["minutes"])
State = Annotated[Choice[MinutesState], Query()]
Text = Annotated[Choice[Search], Query(description="in the assembly's title")]


def _words(_view: View) -> dict[str, Any]:
    return words.words()


def _list_words(view: View) -> dict[str, Any]:
    """Also the assemblies that are over and still lack their minutes."""
    waiting = reading.awaiting(view.s, view.who) if view.who.may("assemblies:write") else []
    return {**words.words(), "awaiting": waiting}


def _current(view: View) -> MinutesRead:
    return _read(view.s, view.who, view.param("minutes_id"))


def _read(s: Session, who: Principal, minutes_id: UUID) -> MinutesRead:
    return reading.one(s, who, service.find(s, who, minutes_id))


def _to_page(_data: Any, request: Request) -> str:
    return f"/minutes/{request.path_params['minutes_id']}"


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


@router.get("/minutes")
@html("minutes/list.html", extra=_list_words)
def list_minutes(
    s: SessionDep, who: AssembliesRead, paging: PagingDep, state: State = None, q: Text = None
) -> Page[MinutesItem]:
    """Minutes, the latest assembly first; drafts only for those who run assemblies."""
    return cast(Page[MinutesItem], reading.page(s, who, state, q, paging))


@router.get("/minutes/export", response_class=Response)
def export_minutes(
    s: SessionDep,
    who: AssembliesRead,
    request: Request,
    state: State = None,
    q: Text = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    found = s.execute(service.filtered(who, state, q).order_by(col(Assembly.scheduled_at).desc(), col(Minutes.id)))
    columns = [_("会议"), _("召开时间"), _("状态"), _("签字")]
    rows: Iterator[list[Cell]] = (
        [m.title, f"{m.held_at.astimezone(zone()):%Y-%m-%d %H:%M}", _(words.STATES[m.state]), m.signatures]
        for m in reading.items(s, found.all())
    )
    answer = table_response(format, _("会议记录"), columns, rows)
    note_export(_db(request), who, "minutes", who.community_id, format, request.query_params.keys())
    return answer


@router.post("/assemblies/{assembly_id}/minutes", status_code=201)
@html(form="minutes/refused.html", done=N_("草稿已根据会议的记载写好。"))
def draft_minutes(
    s: SessionDep, who: AssembliesWrite, assembly_id: UUID, response: Response, idempotency_key: IdempotencyKey = None
) -> MinutesRead:
    """Draws the first draft of the minutes from the record of an assembly that is over."""
    minutes = service.draft(s, who, assembly_id)
    response.headers["Location"] = f"/minutes/{minutes.id}"
    return reading.one(s, who, minutes)


@router.get("/minutes/{minutes_id}")
@html("minutes/minutes.html", extra=_words)
def read_minutes(s: SessionDep, who: AssembliesRead, minutes_id: UUID) -> MinutesRead:
    """Minutes with their facts, remarks, signatures and corrections."""
    return _read(s, who, minutes_id)


@router.get("/minutes/{minutes_id}/edit")
@html("minutes/edit.html", extra=_words)
def show_minutes_edit(s: SessionDep, who: AssembliesWrite, minutes_id: UUID) -> MinutesRead:
    """The form that adds to the parts of a draft."""
    return _read(s, who, minutes_id)


@router.patch("/minutes/{minutes_id}")
@html(form="minutes/edit.html", extra=_words, current=_current, then=_to_page, done=N_("已保存。"))
def update_minutes(
    s: SessionDep, who: AssembliesWrite, minutes_id: UUID, data: Remarks, if_match: IfMatch
) -> MinutesRead:
    """Writes what people add. Facts are not edited, and signatures over other words no longer count."""
    return reading.one(s, who, service.remark(s, who, minutes_id, data, if_match))


@router.post("/minutes/{minutes_id}/redraw")
@html(form="minutes/minutes.html", extra=_words, current=_current, then=_to_page, done=N_("已重新读取会议的记载。"))
def redraw_minutes(s: SessionDep, who: AssembliesWrite, minutes_id: UUID, if_match: IfMatch) -> MinutesRead:
    """Reads the record of the assembly again; what people added stays."""
    return reading.one(s, who, service.redraw(s, who, minutes_id, if_match))


@router.post("/minutes/{minutes_id}/signatures", status_code=201)
@html(form="minutes/minutes.html", extra=_words, current=_current, then=_to_page, done=N_("已签字。"))
def sign_minutes(request: Request, who: AssembliesRun, minutes_id: UUID, data: Sign, if_match: IfMatch) -> MinutesRead:
    """Signs as chair or clerk, with one's password. The second signature locks the minutes by their hash."""
    db = _db(request)
    with db.read() as s:
        service.find(s, who, minutes_id)
        user = s.get(User, who.id)
        stored = user.password_hash if user else None
    if not passwords.matches(stored, data.password):
        raise Invalid(_("密码不对。"), field="password", code="wrong_password")
    with db.write() as s:
        audit.set_actor(s, who)
        return reading.one(s, who, service.sign(s, who, minutes_id, data.role, if_match))


@router.put("/minutes/{minutes_id}/published")
@html(form="minutes/minutes.html", extra=_words, current=_current, then=_to_page, done=N_("会议记录已公布。"))
def publish_minutes(s: SessionDep, who: AssembliesWrite, minutes_id: UUID, if_match: IfMatch) -> MinutesRead:
    """Publishes minutes that two people have signed."""
    return reading.one(s, who, service.publish(s, who, minutes_id, if_match))


@router.post("/minutes/{minutes_id}/notes", status_code=201)
@html(form="minutes/minutes.html", extra=_words, current=_current, then=_to_page, done=N_("更正说明已登记。"))
def add_minutes_note(
    s: SessionDep,
    who: AssembliesWrite,
    minutes_id: UUID,
    data: CorrectionNote,
    idempotency_key: IdempotencyKey = None,
) -> NoteRead:
    """Adds a correction beneath locked minutes, which stay as they were signed."""
    return NoteRead.model_validate(service.add_note(s, who, minutes_id, data))


@router.get("/minutes/{minutes_id}/docx", response_class=Response)
def download_minutes_docx(s: SessionDep, who: AssembliesRead, minutes_id: UUID) -> Response:
    """The minutes as a Word document."""
    minutes = _read(s, who, minutes_id)
    return _file(paper.docx(minutes), paper.DOCX, minutes.title, "docx")


@router.get("/minutes/{minutes_id}/pdf", response_class=Response)
def download_minutes_pdf(s: SessionDep, who: AssembliesRead, minutes_id: UUID) -> Response:
    """The minutes as PDF; 503 with a clear message where the server cannot typeset."""
    minutes = _read(s, who, minutes_id)
    return _file(paper.pdf(minutes), paper.PDF, minutes.title, "pdf")


def _file(content: bytes, media_type: str, title: str, kind: str) -> Response:
    name = f"attachment; filename=\"minutes.{kind}\"; filename*=UTF-8''{quote(title)}.{kind}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": name, "Cache-Control": "no-store"})


add_nav(NavItem("/minutes", N_("会议记录"), "file-text", "assemblies:read", 61, ASSEMBLIES))
audit_words.register()
links.register()
checks.register()
