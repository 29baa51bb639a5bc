"""The hardship fund: what it has, its statements and its ledger."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import FundPay, FundRead
from app.assistance.fund import audit_words, files, ledger, listing, reading, shown, steps
from app.assistance.fund.gift_router import router as gift_router
from app.assistance.fund.listing import EntryFiltersDep
from app.assistance.fund.public_router import router as public_router
from app.assistance.fund.relief_router import router as relief_router
from app.assistance.fund.schemas import EntryDetail, EntryRead, EntryReverse, FundOverview, StatementRead
from app.assistance.fund.statements import PeriodQuery
from app.assistance.fund.step_router import router as step_router
from app.core.clock import now, today
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import HELP, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate

own = APIRouter(prefix="/fund", tags=["fund"])
CommunityQuery = Annotated[UUID | None, Query(description="whose fund; one's own where none is named")]


@own.get("")
@html("fund/home.html", extra=shown.places)
def read_fund(s: SessionDep, who: FundRead, community_id: CommunityQuery = None) -> FundOverview:
    """The fund as it stands: its balance, this year, and what is waiting."""
    return shown.overview(s, who, shown.community_of(s, who, community_id), today())


@own.get("/statement")
@html("fund/statement.html", extra=shown.places)
def read_fund_statement(
    s: SessionDep, who: FundRead, period: PeriodQuery = None, community_id: CommunityQuery = None
) -> StatementRead:
    """The statement of a month or a year: opening, in, out and closing, each figure with its entries."""
    return shown.statement(s, who, shown.community_of(s, who, community_id), period or str(today().year))


@own.get("/entries")
@html("fund/entries.html", extra=shown.places)
def list_fund_entries(s: SessionDep, who: FundRead, filters: EntryFiltersDep, paging: PagingDep) -> Page[EntryRead]:
    """The ledger, the newest entry first."""
    found = paginate(s, filters.narrow(ledger.visible(who)), paging, listing.ENTRY_KEYS, descending=True)
    return cast(Page[EntryRead], {**found, "items": reading.entries(s, found["items"])})


@own.get("/entries/export", response_class=Response)
def export_fund_entries(
    s: SessionDep,
    who: FundRead,
    filters: EntryFiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same ledger, all of it, as CSV or XLSX. Each export stands in the audit log."""
    rows = listing.entry_rows(s, who, filters)
    answer = table_response(format, _("帮困基金账"), listing.entry_columns(), rows)
    db = cast(Database, request.app.state.db)
    note_export(db, who, "fund_entry", who.community_id, format, request.query_params.keys())
    return answer


def _entry_extra(view: View) -> dict[str, Any]:
    data = view.data or shown.current_entry(view)
    pays = view.who.may("fund:pay") and view.who.community_id == data.community_id
    return {**shown.places(view), "reverses": pays and not data.reversed and data.reverses_id is None}


@own.get("/entries/{fund_entry_id}")
@html("fund/entry.html", extra=_entry_extra)
def read_fund_entry(s: SessionDep, who: FundRead, fund_entry_id: UUID) -> EntryDetail:
    """An entry with both its sides, and the donation or the request behind it."""
    return shown.entry(s, who, fund_entry_id)


@own.get("/entries/{fund_entry_id}/reversal")
@html("fund/reversal.html", extra=_entry_extra)
def show_fund_reversal(s: SessionDep, who: FundPay, fund_entry_id: UUID) -> EntryDetail:
    """The form that takes an entry back."""
    return shown.entry(s, who, fund_entry_id)


@own.post("/entries/{fund_entry_id}/reversal", status_code=201)
@html(form="fund/reversal.html", extra=_entry_extra, current=shown.current_entry, done=N_("已冲销，两笔都留在账上。"))
def reverse_fund_entry(
    s: SessionDep,
    who: FundPay,
    fund_entry_id: UUID,
    data: EntryReverse,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> EntryDetail:
    """Takes an entry back by one of the opposite sign, with the reason; a payment then waits to be paid again."""
    entry = steps.take_back(s, who, fund_entry_id, data.reason, now())
    response.headers["Location"] = f"/fund/entries/{entry.id}"
    return reading.entry(s, who, entry)


router = APIRouter(tags=["fund"])
for part in (public_router, own, gift_router, relief_router, step_router):
    router.routes.extend(part.routes)

add_nav(
    NavItem("/fund", N_("基金概况"), "wallet", "fund:read", 26, HELP),
    NavItem("/fund/relief", N_("救助和慰问"), "hand-heart", "fund:read", 27, HELP),
    NavItem("/fund/donations", N_("捐款"), "inbox", "fund:read", 28, HELP),
    NavItem("/fund/entries", N_("账目"), "file-text", "fund:read", 29, HELP),
)
audit_words.register()
files.register()
