"""Consultation meetings: the list, planning, holding, closing, calling off; opinions have routers of their own."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import OpinionsRead, OpinionsWrite
from app.consultations import audit_words, checks, meetings, words
from app.consultations.models import Consultation, ConsultationState
from app.consultations.opinion_router import router as opinions
from app.consultations.public_router import router as public
from app.consultations.schemas import (
    ConsultationDetail,
    ConsultationHeld,
    ConsultationRead,
    ConsultationUpdate,
    ConsultationWrite,
    Reason,
)
from app.consultations.step_router import router as steps
from app.consultations.words import MEETING_STATES
from app.core import qr
from app.core.apart import database
from app.core.clock import zone
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import PROMISES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage, Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(tags=["consultations"])
router.routes.extend(public.routes)
router.routes.extend(opinions.routes)
router.routes.extend(steps.routes)

Text = Annotated[Choice[Search], Query(description="topic, place or number")]
State = Annotated[Choice[ConsultationState], Query()]
Year = Annotated[Choice[int], Query(ge=1900, le=2200)]


def _words(_view: View) -> dict[str, Any]:
    return words.words()


def _new(_view: View) -> dict[str, Any]:
    return {**words.words(), "record": None}


def _edit(view: View) -> dict[str, Any]:
    return {**words.words(), "record": view.data}


def _page_extra(view: View) -> dict[str, Any]:
    """Words, and the QR code by which people in the hall write their opinion on their own phones."""
    meeting = view.data
    href = f"{qr.base(view.request)}/board/{meeting.community_code}/opinions/new?consultation_id={meeting.id}"
    takes = meeting.state in (ConsultationState.planned, ConsultationState.held)
    return {**words.words(), "href": href, "picture": qr.picture(href) if takes else ""}


def _current(view: View) -> ConsultationDetail:
    return meetings.detail(view.s, view.who, view.param("consultation_id"))


def _to_page(_data: Any, request: Request) -> str:
    return f"/consultations/{request.path_params['consultation_id']}"


@router.get("/consultations")
@html("consultations/meetings.html", extra=_words)
def list_consultations(
    s: SessionDep, who: OpinionsRead, paging: PagingDep, q: Text = None, state: State = None, year: Year = None
) -> Page[ConsultationRead]:
    """Consultation meetings, the latest first."""
    keys: list[Any] = [(col(Consultation.held_at), datetime), (col(Consultation.id), UUID)]
    page = paginate(s, meetings.filtered(who, q, state, year), paging, keys, descending=True)
    return Page[ConsultationRead](**{**page, "items": meetings.shown(s, who, page["items"])})


@router.get("/consultations/export", response_class=Response)
def export_consultations(
    s: SessionDep,
    who: OpinionsRead,
    request: Request,
    q: Text = None,
    state: State = None,
    year: Year = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    found = meetings.filtered(who, q, state, year).order_by(col(Consultation.held_at).desc(), col(Consultation.id))
    columns = [_("编号"), _("主题"), _("时间"), _("地点"), _("主持"), _("状态"), _("出席"), _("意见"), _("已答复")]
    rows = (
        [
            m.number,
            m.topic,
            f"{m.held_at.astimezone(zone()):%Y-%m-%d %H:%M}",
            m.place,
            m.host,
            _(MEETING_STATES[ConsultationState(m.state)]),
            m.attendance,
            m.opinions,
            m.answered,
        ]
        for m in meetings.shown(s, who, s.scalars(found).all())
    )
    answer = table_response(format, _("恳谈会"), columns, rows)
    note_export(database(request), who, "consultation", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/consultations/new")
@html("consultations/meeting_form.html", extra=_new)
def show_consultation_form(who: OpinionsWrite) -> FormPage:
    """The form that plans a meeting."""
    return FormPage(action="/consultations")


@router.post("/consultations", status_code=201)
@html(form="consultations/meeting_form.html", extra=_new, done=N_("恳谈会已安排。"))
def create_consultation(
    s: SessionDep,
    who: OpinionsWrite,
    data: ConsultationWrite,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ConsultationDetail:
    """Plans a meeting."""
    meeting = meetings.create(s, who, data)
    response.headers["Location"] = f"/consultations/{meeting.id}"
    return meetings.detail(s, who, meeting.id)


@router.get("/consultations/{consultation_id}")
@html("consultations/meeting.html", extra=_page_extra)
def read_consultation(s: SessionDep, who: OpinionsRead, consultation_id: UUID) -> ConsultationDetail:
    """One meeting with the opinions raised there."""
    return meetings.detail(s, who, consultation_id)


@router.get("/consultations/{consultation_id}/edit")
@html("consultations/meeting_form.html", extra=_edit)
def show_consultation_edit(s: SessionDep, who: OpinionsWrite, consultation_id: UUID) -> ConsultationDetail:
    """The form that changes a meeting."""
    return meetings.detail(s, who, consultation_id)


@router.patch("/consultations/{consultation_id}")
@html(
    form="consultations/meeting_form.html",
    extra=_edit,
    current=_current,
    then=_to_page,
    done=N_("已保存。"),
)
def update_consultation(
    s: SessionDep, who: OpinionsWrite, consultation_id: UUID, data: ConsultationUpdate, if_match: IfMatch
) -> ConsultationDetail:
    """Changes what is announced of a meeting, or what is noted of it afterwards."""
    meetings.update(s, who, consultation_id, data, if_match)
    return meetings.detail(s, who, consultation_id)


@router.get("/consultations/{consultation_id}/held")
@html("consultations/meeting_held.html", extra=_words)
def show_consultation_held(s: SessionDep, who: OpinionsWrite, consultation_id: UUID) -> ConsultationDetail:
    """The form that records how a meeting went."""
    return meetings.detail(s, who, consultation_id)


@router.put("/consultations/{consultation_id}/held")
@html(form="consultations/meeting_held.html", extra=_words, current=_current, then=_to_page, done=N_("已登记召开。"))
def hold_consultation(
    s: SessionDep, who: OpinionsWrite, consultation_id: UUID, data: ConsultationHeld, if_match: IfMatch
) -> ConsultationDetail:
    """Records that a meeting took place, and how many came."""
    meetings.hold_meeting(s, who, consultation_id, data, if_match)
    return meetings.detail(s, who, consultation_id)


@router.put("/consultations/{consultation_id}/closed")
@html(form="consultations/meeting.html", extra=_page_extra, current=_current, then=_to_page, done=N_("恳谈会已办结。"))
def close_consultation(
    s: SessionDep, who: OpinionsWrite, consultation_id: UUID, if_match: IfMatch
) -> ConsultationDetail:
    """Closes a meeting of which every opinion is answered."""
    meetings.close(s, who, consultation_id, if_match)
    return meetings.detail(s, who, consultation_id)


@router.put("/consultations/{consultation_id}/cancelled")
@html(form="consultations/meeting.html", extra=_page_extra, current=_current, then=_to_page, done=N_("恳谈会已取消。"))
def cancel_consultation(
    s: SessionDep, who: OpinionsWrite, consultation_id: UUID, data: Reason, if_match: IfMatch
) -> ConsultationDetail:
    """Calls off a meeting, with the reason."""
    meetings.cancel(s, who, consultation_id, data, if_match)
    return meetings.detail(s, who, consultation_id)


add_nav(
    NavItem("/opinions", N_("居民意见"), "megaphone", "opinions:read", 48, PROMISES),
    NavItem("/consultations", N_("恳谈会"), "users", "opinions:read", 49, PROMISES),
)
audit_words.register()
checks.register()
