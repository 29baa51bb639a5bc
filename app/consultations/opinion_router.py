"""Opinions: the list and its figures, taking one down, one in full, correcting it, and the speaker's telephone."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import Session, col

from app.accounts.permissions import OpinionsRead, OpinionsWrite, Principal, ResidentsReveal
from app.communities.areas import service as areas
from app.consultations import figures, meetings, opinions, reading, steps, tracking, words
from app.consultations.models import Consultation, ConsultationState
from app.consultations.reading import QueryDep
from app.consultations.schemas import (
    OpinionCreate,
    OpinionCreated,
    OpinionDetail,
    OpinionFigures,
    OpinionRead,
    OpinionUpdate,
    PhoneRevealed,
    Reason,
)
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep
from app.core.schemas import AnyDate, FormPage
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/opinions", tags=["opinions"])


def page_words(view: View) -> dict[str, Any]:
    """Choices and words of the list and of one opinion."""
    return {**words.words(), "areas": areas.choices(view.s, view.who)}


def list_extra(view: View) -> dict[str, Any]:
    """The list says first how answering goes this year."""
    return {**page_words(view), "figures": figures.of(view.s, view.who, None, None)}


def form_extra(view: View) -> dict[str, Any]:
    """Meetings at which something may have been said: those to come or not yet finished."""
    open_states = [ConsultationState.planned, ConsultationState.held]
    wanted = meetings.visible(view.who).where(col(Consultation.state).in_(open_states))
    found = view.s.scalars(wanted.order_by(col(Consultation.held_at).desc()).limit(50))
    choices = [(m.id, f"{m.number} {m.topic}") for m in found]
    return {**page_words(view), "record": None, "meetings": choices}


def opinion_extra(view: View) -> dict[str, Any]:
    """Words, and who may answer."""
    able = steps.assignees(view.s, view.data.community_id) if view.who.may("opinions:write") else []
    return {**page_words(view), "assignees": able, "answer_days": steps.ANSWER_DAYS}


def current(view: View) -> OpinionDetail:
    """The opinion beneath a refused form."""
    return detail(view.s, view.who, view.param("opinion_id"))


def detail(s: Session, who: Principal, opinion_id: UUID) -> OpinionDetail:
    return reading.detail(s, who, opinions.find(s, who, opinion_id))


def to_page(_data: Any, request: Request) -> str:
    return f"/opinions/{request.path_params['opinion_id']}"


def with_code(s: Session, who: Principal, opinion: Any, code: str) -> OpinionCreated:
    s.flush()
    return OpinionCreated(**reading.detail(s, who, opinion).model_dump(), code=tracking.grouped(code))


@router.get("")
@html("consultations/opinions.html", extra=list_extra)
def list_opinions(s: SessionDep, who: OpinionsRead, query: QueryDep, paging: PagingDep) -> Page[OpinionRead]:
    """Opinions, the latest first; names are masked unless one may write."""
    return cast(Page[OpinionRead], reading.page(s, who, query, paging))


@router.get("/export", response_class=Response)
def export_opinions(
    s: SessionDep,
    who: OpinionsRead,
    query: QueryDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it and masked the same way, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("居民意见"), reading.columns(), reading.rows(s, who, query))
    note_export(database(request), who, "opinion", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/figures")
@html("consultations/figures.html", extra=page_words)
def read_opinion_figures(
    s: SessionDep,
    who: OpinionsRead,
    from_on: Annotated[Choice[AnyDate], Query()] = None,
    to_on: Annotated[Choice[AnyDate], Query()] = None,
) -> OpinionFigures:
    """How many opinions were answered in time, of how many that were due, each figure with its list."""
    return figures.of(s, who, from_on, to_on)


@router.get("/new")
@html("consultations/opinion_form.html", extra=form_extra)
def show_opinion_form(
    s: SessionDep,
    who: OpinionsWrite,
    consultation_id: Annotated[Choice[UUID], Query(description="where it was said")] = None,
) -> FormPage:
    """The form that takes an opinion down."""
    return FormPage(action="/opinions")


@router.post("", status_code=201)
@html(form="consultations/opinion_form.html", extra=form_extra, shows="consultations/code.html")
def create_opinion(
    s: SessionDep, who: OpinionsWrite, data: OpinionCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> OpinionCreated:
    """Takes an opinion down; the answer shows the tracking code, once."""
    opinion, code = opinions.create(s, who, data)
    response.headers["Location"] = f"/opinions/{opinion.id}"
    return with_code(s, who, opinion, code)


@router.get("/{opinion_id}")
@html("consultations/opinion.html", extra=opinion_extra)
def read_opinion(s: SessionDep, who: OpinionsRead, opinion_id: UUID) -> OpinionDetail:
    """One opinion with every step."""
    return detail(s, who, opinion_id)


@router.get("/{opinion_id}/edit")
@html("consultations/opinion_form.html", extra=lambda view: {**form_extra(view), "record": view.data})
def show_opinion_edit(s: SessionDep, who: OpinionsWrite, opinion_id: UUID) -> OpinionDetail:
    """The form that corrects how an opinion was taken down."""
    return detail(s, who, opinion_id)


@router.patch("/{opinion_id}")
@html(
    form="consultations/opinion_form.html",
    extra=lambda view: {**form_extra(view), "record": view.data},
    current=current,
    then=to_page,
    done=N_("已保存。"),
)
def update_opinion(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionUpdate, if_match: IfMatch
) -> OpinionDetail:
    """Corrects how an opinion was taken down."""
    return reading.detail(s, who, opinions.update(s, who, opinion_id, data, if_match))


@router.post("/{opinion_id}/code")
@html(form="consultations/opinion.html", extra=opinion_extra, current=current, shows="consultations/code.html")
def renew_opinion_code(s: SessionDep, who: OpinionsWrite, opinion_id: UUID, if_match: IfMatch) -> OpinionCreated:
    """A new tracking code for a speaker who lost the old one, shown this once."""
    opinion, code = opinions.renew_code(s, who, opinion_id, if_match)
    return with_code(s, who, opinion, code)


@router.get("/{opinion_id}/reveal")
@html("consultations/reveal.html")
def show_opinion_reveal(s: SessionDep, who: ResidentsReveal, opinion_id: UUID) -> OpinionDetail:
    """The form that asks why the telephone number is wanted in full."""
    return detail(s, who, opinion_id)


@router.post("/{opinion_id}/reveal")
@html(form="consultations/reveal.html", current=current, shows="consultations/revealed.html")
def reveal_opinion_phone(s: SessionDep, who: ResidentsReveal, opinion_id: UUID, data: Reason) -> PhoneRevealed:
    """Shows the speaker's number in full, once; who saw it, and why, stands in the audit log."""
    return PhoneRevealed(id=opinion_id, value=opinions.reveal_phone(s, who, opinion_id, data.reason))
