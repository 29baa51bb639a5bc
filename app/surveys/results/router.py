"""Published rounds for everybody, and the calendar of rounds for those who run them."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query

from app.accounts.permissions import RoundsRead
from app.communities import service as communities
from app.core import qr
from app.core.clock import today
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.pagination import PagingDep
from app.core.schemas import Code, Search
from app.households.scope import Choice
from app.surveys.results import service
from app.surveys.results.schemas import CalendarRead, CommentsRead, PublishedPage, ReceiptsPage, ResultRead
from app.surveys.rounds import panels, states
from app.surveys.scores import labels

router = APIRouter(tags=["results"])
CommunityCode = Annotated[Code, Path()]
Year = Annotated[int | None, Query(ge=1990, le=2200, description="the present one by default")]


def _words(view: View) -> dict[str, Any]:
    words = {"kind": labels.kind}
    code = qr.picture(f"sha256:{view.data.bundle_sha256}")
    return {"panels": {key: _(text) for key, text in panels.LABELS.items()}, "code": code, **words}


def _calendar_words(view: View) -> dict[str, Any]:
    found = view.s.scalars(communities.visible(view.who)).all() if view.who.community_id is None else []
    named = {key: _(text) for key, text in states.LABELS.items()}
    return {"communities": [(c.id, c.name) for c in found], "states": {**named, service.PLANNED: _("计划")}}


@router.get("/rounds/calendar")
@html("surveys/rounds/calendar.html", extra=_calendar_words)
def read_calendar(
    s: SessionDep, who: RoundsRead, year: Year = None, community_id: Annotated[Choice[UUID], Query()] = None
) -> CalendarRead:
    """The rounds of a year by schedule and month: those there are and those to come."""
    return service.calendar(s, who, year or today().year, community_id)


@router.get("/rounds/{round_id}/result")
@html("surveys/rounds/result.html", extra=_words)
def read_result(s: SessionDep, round_id: UUID) -> ResultRead:
    """A published round: its figures with their intervals, and the proof."""
    return service.result(s, round_id)


@router.get("/rounds/{round_id}/receipts")
@html("surveys/rounds/receipts.html")
def list_receipts(
    s: SessionDep,
    paging: PagingDep,
    round_id: UUID,
    q: Annotated[
        Search, Query(description="a receipt, or how it begins; small letters and hyphens do not matter")
    ] = "",
) -> ReceiptsPage:
    """The receipts of the counted ballots of a published round."""
    return service.receipts(s, round_id, paging, q)


@router.get("/rounds/{round_id}/comments")
@html("surveys/rounds/comments.html")
def read_comments(s: SessionDep, who: RoundsRead, round_id: UUID) -> CommentsRead:
    """The free texts of a closed round in random order, from ten ballots on."""
    return service.comments(s, who, round_id)


@router.get("/board/{community_code}/rounds")
@html("surveys/rounds/published.html")
def list_published_rounds(s: SessionDep, paging: PagingDep, community_code: CommunityCode) -> PublishedPage:
    """What a community has published, for everybody."""
    return service.listed(s, community_code, paging)
