"""Evaluation rounds: making one, what is due, extending, closing, publishing, correcting, voiding."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.accounts.permissions import RoundsRead, RoundsRun, RoundsWrite
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ROUNDS, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import LineOrEmpty, Search
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.surveys import audit_words
from app.surveys.rounds import draw_router, reading, service, triggers
from app.surveys.rounds.models import State
from app.surveys.rounds.schemas import (
    ReasonGiven,
    RoundCreate,
    RoundExtend,
    RoundRead,
    RoundRow,
    RunDue,
    RunResult,
)
from app.surveys.rounds.shown import PAGE, again, here, words

router = APIRouter(prefix="/rounds", tags=["rounds"])


def _filters(
    q: Annotated[Search, Query(description="part of the title, the period or the instrument's key")] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    schedule_id: Annotated[Choice[UUID], Query()] = None,
    instrument: Annotated[Choice[LineOrEmpty], Query(description="an instrument's key")] = None,
    state: Annotated[Choice[State], Query()] = None,
    period: Annotated[Choice[LineOrEmpty], Query(description="2012-06, 2012-Q2, 2012-H1, 2012")] = None,
) -> service.Filters:
    return service.Filters(q, community_id, schedule_id, instrument, state, period)


FiltersDep = Annotated[service.Filters, Depends(_filters)]


@router.get("")
@html("surveys/rounds/list.html", extra=words)
def list_rounds(s: SessionDep, who: RoundsRead, wanted: FiltersDep, paging: PagingDep) -> Page[RoundRow]:
    """Evaluation rounds, the latest first."""
    return cast(Page[RoundRow], reading.page(s, who, wanted, paging))


@router.post("", status_code=201)
def create_round(
    s: SessionDep, who: RoundsWrite, data: RoundCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Schedules the round of a period by hand; the next run opens it when its hour has come."""
    made = service.create(s, who, data)
    response.headers["Location"] = f"/rounds/{made.id}"
    return reading.one(s, who, made)


@router.post("/run-due")
@html(then="/rounds", done=N_("到时的轮次已处理。"))
def run_due_rounds(
    request: Request, who: RoundsRun, data: RunDue | None = None, idempotency_key: IdempotencyKey = None
) -> RunResult:
    """Opens, reminds, closes and publishes whatever is due; as often and as parallel as one likes."""
    return triggers.run_due(request, who, data, idempotency_key)


@router.get("/export", response_class=Response)
def export_rounds(
    s: SessionDep,
    who: RoundsRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX."""
    answer = table_response(format, _("评议轮次"), reading.columns(), reading.rows(s, who, wanted))
    note_export(database(request), who, "evaluation_round", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/{round_id}")
@html(PAGE, extra=words)
def read_round(s: SessionDep, who: RoundsRead, round_id: UUID) -> RoundRead:
    """One round; while it is open only how many were invited, answered and reminded."""
    return reading.one(s, who, service.get(s, who, round_id))


@router.patch("/{round_id}")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("截止时间已延长。"))
def extend_round(s: SessionDep, who: RoundsWrite, round_id: UUID, data: RoundExtend, if_match: IfMatch) -> RoundRead:
    """Moves the closing hour of an open round, with a reason."""
    return reading.one(s, who, service.extend(s, who, round_id, data, if_match))


@router.post("/{round_id}/void")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("本轮已作废。"))
def void_round(
    request: Request, who: RoundsWrite, round_id: UUID, data: ReasonGiven, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Ends a round without a result, with a reason; the sheets of an open round are destroyed unread."""
    return triggers.ended(request, who, idempotency_key, lambda s: service.void(s, who, round_id, data.reason))


@router.post("/{round_id}/close")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("本轮已截止。"))
def close_round(
    request: Request, who: RoundsWrite, round_id: UUID, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Closes an open round before its hour."""
    return triggers.ended(request, who, idempotency_key, lambda s: service.close(s, who, round_id))


@router.post("/{round_id}/publish")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("结果已公布。"))
def publish_round(s: SessionDep, who: RoundsWrite, round_id: UUID, idempotency_key: IdempotencyKey = None) -> RoundRead:
    """Counts and publishes a closed round; what is published never changes."""
    return reading.one(s, who, service.publish(s, who, round_id))


router.routes.extend(draw_router.router.routes)
add_nav(
    NavItem("/rounds", N_("评议轮次"), "vote", "rounds:read", 44, ROUNDS, phone=True),
    NavItem("/rounds/calendar", N_("年历"), "calendar-days", "rounds:read", 45, ROUNDS),
)
audit_words.register()
