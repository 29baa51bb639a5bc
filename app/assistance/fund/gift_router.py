"""Donations and the calls for them."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import FundRead, FundWrite
from app.assistance.fund import donations, listing, reading, shown
from app.assistance.fund.listing import DonationFiltersDep
from app.assistance.fund.schemas import (
    CampaignCreate,
    CampaignRead,
    CampaignUpdate,
    DonationCreate,
    DonationDetail,
    DonationRead,
)
from app.assistance.fund.words import DONORS, choices
from app.core.clock import now
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage, Search
from app.core.versions import IfMatch

router = APIRouter(prefix="/fund", tags=["fund"])
CampaignSearch = Annotated[Search, Query(description="words of the name or the purpose")]


def _donation_list_extra(view: View) -> dict[str, Any]:
    return {**shown.places(view), "donors": choices(DONORS)}


@router.get("/donations")
@html("fund/donations.html", extra=_donation_list_extra)
def list_fund_donations(
    s: SessionDep, who: FundRead, filters: DonationFiltersDep, paging: PagingDep
) -> Page[DonationRead]:
    """Donations, the newest receipt first. Outside the community names are masked."""
    statement = filters.narrow(donations.visible(who), who)
    found = paginate(s, statement, paging, listing.DONATION_KEYS, descending=True)
    return cast(Page[DonationRead], {**found, "items": reading.donations(s, who, found["items"])})


@router.get("/donations/export", response_class=Response)
def export_fund_donations(
    s: SessionDep,
    who: FundRead,
    filters: DonationFiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    rows = listing.donation_rows(s, who, filters)
    answer = table_response(format, _("捐款登记"), listing.donation_columns(), rows)
    db = cast(Database, request.app.state.db)
    note_export(db, who, "fund_donation", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/donations/new")
@html("fund/donation_form.html", extra=shown.donation_extra)
def show_donation_form(s: SessionDep, who: FundWrite) -> FormPage:
    """The form for a donation."""
    return FormPage(action="/fund/donations")


@router.post("/donations", status_code=201)
@html(form="fund/donation_form.html", extra=shown.donation_extra, done=N_("捐款已入账，可以打印收据。"))
def create_donation(
    s: SessionDep, who: FundWrite, data: DonationCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> DonationDetail:
    """Takes a donation: the money is booked and the receipt has its number."""
    donation = donations.give(s, who, data, now())
    response.headers["Location"] = f"/fund/donations/{donation.id}"
    return reading.donation(s, who, donation)


@router.get("/donations/{donation_id}")
@html("fund/donation.html", extra=shown.places)
def read_fund_donation(s: SessionDep, who: FundRead, donation_id: UUID) -> DonationDetail:
    """A donation with its receipt, to be printed."""
    return shown.donation(s, who, donation_id)


@router.get("/campaigns")
@html("fund/campaigns.html", extra=shown.places)
def list_fund_campaigns(s: SessionDep, who: FundRead, paging: PagingDep, q: CampaignSearch = "") -> Page[CampaignRead]:
    """Calls for donations, the newest first, with what came of them."""
    found = paginate(s, listing.campaigns(who, q), paging, listing.CAMPAIGN_KEYS, descending=True)
    return cast(Page[CampaignRead], {**found, "items": reading.campaigns(s, found["items"])})


@router.get("/campaigns/export", response_class=Response)
def export_fund_campaigns(
    s: SessionDep,
    who: FundRead,
    request: Request,
    q: CampaignSearch = "",
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("募捐"), listing.campaign_columns(), listing.campaign_rows(s, who, q))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "fund_campaign", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/campaigns/new")
@html("fund/campaign_form.html", extra=shown.places)
def show_campaign_form(s: SessionDep, who: FundWrite) -> FormPage:
    """The form for a call for donations."""
    return FormPage(action="/fund/campaigns")


@router.post("/campaigns", status_code=201)
@html(form="fund/campaign_form.html", extra=shown.places, then="/fund/campaigns", done=N_("募捐已登记。"))
def create_fund_campaign(
    s: SessionDep, who: FundWrite, data: CampaignCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> CampaignRead:
    """Opens a call for donations, from–to."""
    campaign = donations.call(s, who, data, now())
    response.headers["Location"] = f"/fund/campaigns/{campaign.id}"
    return reading.campaigns(s, [campaign])[0]


@router.get("/campaigns/{campaign_id}")
@html("fund/campaign_form.html", extra=shown.places)
def read_fund_campaign(s: SessionDep, who: FundRead, campaign_id: UUID) -> CampaignRead:
    """A call for donations and what came of it."""
    return shown.campaign(s, who, campaign_id)


@router.patch("/campaigns/{campaign_id}")
@html(
    form="fund/campaign_form.html",
    extra=shown.places,
    current=shown.current_campaign,
    then="/fund/campaigns",
    done=N_("已保存。"),
)
def update_fund_campaign(
    s: SessionDep, who: FundWrite, campaign_id: UUID, data: CampaignUpdate, if_match: IfMatch
) -> CampaignRead:
    """Changes a call for donations."""
    return reading.campaigns(s, [donations.update_campaign(s, who, campaign_id, data, if_match)])[0]
