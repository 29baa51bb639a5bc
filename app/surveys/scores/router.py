"""Satisfaction scores: the feed of district systems, one score in detail, trends, and communities side by side."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any, Literal, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool

from app.accounts.permissions import Principal, Requires, ScoresRead
from app.communities import service as communities
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, csv_text, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import ROUNDS, NavItem, add_nav
from app.core.negotiation import VARY, wants_csv, wants_html
from app.core.pagination import Paging, PagingDep
from app.core.routing import quick
from app.core.schemas import Search
from app.core.versions import is_current
from app.core.xlsx import Cell
from app.households.scope import Choice
from app.surveys.scores import facts, feed, labels, views
from app.surveys.scores.feed import FiltersDep, PeriodText
from app.surveys.scores.schemas import ComparisonRead, FeedPage, ScoreDetail, ScoreRead, TrendRead

router = APIRouter(prefix="/scores", tags=["scores"])
COLUMNS = tuple(ScoreRead.model_fields)
_AT_ONCE = 500
_VARY = {"Vary": f"Accept-Encoding, {VARY}"}
_may_read = Requires("scores:read")
_FEED_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string"}}}},
    304: {"description": "Nothing was published since"},
}


def list_extra(view: View) -> dict[str, Any]:
    """Choices of the filters."""
    found = views.choices(view.s, view.who)
    return {
        **labels.words(view),
        "instruments": list(dict.fromkeys(key for key, _period, _kind in found)),
        "periods": list(dict.fromkeys(period for _key, period, _kind in found)),
        "kinds": list(dict.fromkeys(kind for _key, _period, kind in found)),
        "communities": [(c.code, c.name) for c in view.s.scalars(communities.visible(view.who))],
        "figures": {score.id: views.figure(score) for score in views.shown(view.s, view.who, view.data)},
    }


FormatQuery = Annotated[Literal["json", "csv"] | None, Query(description="instead of Accept: text/csv")]


async def _at_hand(request: Request) -> Response | None:
    """What is known without reading a score: "not modified", or a page that was built for this very query before."""
    if wants_html(request):
        return None
    who, db = await _may_read(request), cast(Database, request.app.state.db)
    now = feed.remembered(db, who)
    if now is None:  # on SQLite quicker than a change of threads; a server may be slow
        now = feed.ask(db, who) if db.is_sqlite else await run_in_threadpool(feed.ask, db, who)
    query: bytes = request.scope["query_string"]
    form = _form(request, request.query_params.get("format") if b"format" in query else None)
    headers = _headers(request, who, now, form) | _VARY
    offered = request.headers.get("if-none-match", "")
    if headers["ETag"] in offered:  # a tag for this very query: it was answered before
        return Response(status_code=304, headers=headers)
    page = _pages(request).get(feed.key_of(who, query), now) if form == "json" else None
    if page is None or not page.in_form(_zipped(request, form)):
        return None
    return Response(status_code=304, headers=headers) if "*" in offered else _sent(request, page, headers)


@router.get("", responses=_FEED_ANSWERS)
@html("surveys/scores/list.html", extra=list_extra)
@quick(_at_hand)
def list_scores(
    request: Request,
    s: SessionDep,
    who: ScoresRead,
    wanted: FiltersDep,
    paging: PagingDep,
    format: FormatQuery = None,
) -> FeedPage:
    """Published scores in the order of publication: `cursor`, kept, is where the next pull goes on.

    Rows never change; a correction is a new row. Unchanged answers are 304 to `If-None-Match`. Browsers see the newest
    first. With several server processes a publication shows on each within a second.
    """
    if wants_html(request):
        found = feed.find(s, who, wanted, paging, newest_first=True)
        return FeedPage.model_validate_json(feed.body(found))
    return cast(FeedPage, _feed(request, who, wanted, paging, _form(request, format)))


def _form(request: Request, format: str | None) -> str:
    return "csv" if format == "csv" or (format is None and wants_csv(request)) else "json"


def _feed(request: Request, who: Principal, wanted: feed.Filters, paging: Paging, form: str) -> Response:
    """The feed as bytes: "not modified" after one small statement, or a page that is built now and kept."""
    db, pages = cast(Database, request.app.state.db), _pages(request)
    now, key = feed.ask(db, who), feed.key_of(who, request.scope["query_string"])
    headers = _headers(request, who, now, form)
    if is_current(request.headers.get("if-none-match", ""), headers["ETag"]):
        return Response(status_code=304, headers=headers)
    if form == "csv":
        with db.glance() as connection:
            return _csv(feed.find(connection, who, wanted, paging), headers)
    page = pages.get(key, now)
    if page is None:
        with db.glance() as connection:
            page = feed.build(connection, who, wanted, paging)
        pages.put(key, page)
        headers = _headers(request, who, page.built, form)
    return _sent(request, page, headers)


def _sent(request: Request, page: feed.KeptPage, headers: dict[str, str]) -> Response:
    zipped = _zipped(request, "json")
    if zipped:
        headers["Content-Encoding"] = "gzip"
    return Response(page.zipped if zipped else page.plain, headers=headers, media_type="application/json")


def _headers(request: Request, who: Principal, now: feed.State, form: str) -> dict[str, str]:
    sent = "json-gz" if _zipped(request, form) else form
    tag = feed.etag(feed.reach(who), now, request.scope["query_string"], sent)
    return {"ETag": tag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding"}


def _zipped(request: Request, form: str) -> bool:
    return form == "json" and "gzip" in request.headers.get("accept-encoding", "")


def _pages(request: Request) -> feed.Pages:
    state = request.app.state
    if not hasattr(state, "score_pages"):
        state.score_pages = feed.Pages()
    return cast(feed.Pages, state.score_pages)


def _csv(found: feed.Found, headers: dict[str, str]) -> Response:
    """A page of the feed as a table; where it goes on stands in the headers."""
    if found.next:
        headers["Link"] = f'<{found.next}>; rel="next"'
    if found.cursor:
        headers["X-Cursor"] = found.cursor
    text = csv_text(COLUMNS, (_cells(json.loads(item)) for item in found.items))
    return Response(text, headers=headers, media_type="text/csv; charset=utf-8")


def _cells(item: dict[str, Any]) -> list[Cell]:
    """Values as JSON writes them, so that both forms of the feed say the same."""
    return [("true" if v else "false") if isinstance(v, bool) else v for v in (item[name] for name in COLUMNS)]


@router.get("/export", response_class=Response)
def export_scores(
    request: Request,
    s: SessionDep,
    who: ScoresRead,
    wanted: FiltersDep,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("满意度"), COLUMNS, _all(s, who, wanted))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "score", who.community_id, format, request.query_params.keys())
    return answer


def _all(s: Session, who: Principal, wanted: feed.Filters) -> Iterator[list[Cell]]:
    cursor: str | None = None
    while rows := feed.rows(s, who, wanted, _AT_ONCE, cursor):
        for row in rows:
            yield _cells(json.loads(facts.item(row.id, facts.opening(row.code, row.name), row.line)))
        cursor = feed.cursor_of(rows[-1])


def trend_extra(view: View) -> dict[str, Any]:
    found = views.choices(view.s, view.who)
    return {
        **labels.words(view),
        "instruments": list(dict.fromkeys(key for key, _period, _kind in found)),
        "communities": communities.choices(view.s, view.who),
    }


@router.get("/trends")
@html("surveys/scores/trends.html", extra=trend_extra)
def read_trends(
    s: SessionDep,
    who: ScoresRead,
    community_id: Annotated[Choice[UUID], Query()] = None,
    instrument: Annotated[Search, Query()] = "",
) -> TrendRead:
    """How a community's scores went, period after period, with what can be said of each change."""
    return views.trends(s, who, community_id, instrument)


def comparison_extra(view: View) -> dict[str, Any]:
    return {**labels.words(view), "choices": views.choices(view.s, view.who)}


@router.get("/comparison")
@html("surveys/scores/comparison.html", extra=comparison_extra)
def compare_communities(
    s: SessionDep,
    who: ScoresRead,
    instrument: Annotated[Search, Query()] = "",
    period: Annotated[Choice[PeriodText], Query()] = None,
    subject_kind: Annotated[Search, Query()] = "",
) -> ComparisonRead:
    """Communities side by side under one instrument in one period: intervals, and no ranking by chance."""
    return views.comparison(s, who, instrument, period or "", subject_kind)


def detail_extra(view: View) -> dict[str, Any]:
    return labels.words(view)


@router.get("/{score_id}")
@html("surveys/scores/score.html", extra=detail_extra)
def read_score(s: SessionDep, who: ScoresRead, score_id: UUID) -> ScoreDetail:
    """One published score: its items, its areas, its change, and every revision of it."""
    return views.detail(s, who, score_id)


add_nav(
    NavItem("/scores", N_("公布的结果"), "chart-column", "scores:read", 55, ROUNDS),
    NavItem("/scores/trends", N_("历期变化"), "chart-column", "scores:read", 56, ROUNDS),
    NavItem("/scores/comparison", N_("社区对照"), "scale", "scores:read", 57, ROUNDS),
)
