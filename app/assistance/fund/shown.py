"""What the pages of this room share: whose fund is shown, the record beneath a form, choices and ways back."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from fastapi import Request
from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assistance.fund import donations, ledger, listing, reading, relief, statements, states
from app.assistance.fund.models import DonorKind, FundCampaign, FundRelief, Method, State
from app.assistance.fund.schemas import (
    CampaignRead,
    DonationDetail,
    EntryDetail,
    FundOverview,
    ReliefDetail,
    StatementRead,
)
from app.assistance.fund.words import DONORS, METHODS, choices, words
from app.communities import service as communities
from app.communities.models import Community
from app.core.clock import today
from app.core.errors import NotFound
from app.core.hypermedia import View

STATEMENT, ENTRIES = "/fund/statement", "/fund/entries"
_LATEST = 6


def community_of(s: Session, who: Principal, community_id: UUID | None) -> Community:
    """The community whose fund is looked at: the one that is named, one's own, or the first within reach."""
    if community_id is not None:
        return communities.find(s, who, community_id)
    found: Community | None = s.scalars(communities.visible(who).order_by(col(Community.code)).limit(1)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def statement(s: Session, who: Principal, community: Community, period: str) -> StatementRead:
    mine = "" if who.community_id else f"?community_id={community.id}"
    return statements.statement(s, community, period, ENTRIES + mine, STATEMENT + mine)


def overview(s: Session, who: Principal, community: Community, day: date) -> FundOverview:
    """The fund as it stands: what it has, what is promised, what is waiting, and what was booked last."""
    mine = relief.visible(who).where(col(FundRelief.community_id) == community.id).subquery()
    by_state = s.execute(select(mine.c.state, func.count()).group_by(mine.c.state)).all()
    promised = select(func.sum(col(FundRelief.amount_fen))).where(
        col(FundRelief.community_id) == community.id, col(FundRelief.state) == State.approved
    )
    filters = listing.EntryFilters(community_id=community.id)
    latest = filters.narrow(ledger.visible(who)).order_by(*(key.desc() for key, _kind in listing.ENTRY_KEYS))
    return FundOverview(
        community_id=community.id,
        community_name=community.name,
        community_code=community.code,
        balance_fen=ledger.balance(s, community.id),
        waiting_fen=int(s.scalar(promised) or 0),
        year=statement(s, who, community, str(day.year)),
        states=dict(by_state),
        latest=reading.entries(s, list(s.scalars(latest.limit(_LATEST)))),
    )


def entry(s: Session, who: Principal, entry_id: UUID) -> EntryDetail:
    return reading.entry(s, who, ledger.find(s, who, entry_id))


def current_entry(view: View) -> EntryDetail:
    return entry(view.s, view.who, view.param("fund_entry_id"))


def donation(s: Session, who: Principal, donation_id: UUID) -> DonationDetail:
    return reading.donation(s, who, donations.find(s, who, donation_id))


def campaign(s: Session, who: Principal, campaign_id: UUID) -> CampaignRead:
    return reading.campaigns(s, [donations.find_campaign(s, who, campaign_id)])[0]


def current_campaign(view: View) -> CampaignRead:
    return campaign(view.s, view.who, view.param("campaign_id"))


def request(s: Session, who: Principal, relief_id: UUID) -> ReliefDetail:
    return reading.relief(s, who, relief.find(s, who, relief_id))


def current_relief(view: View) -> ReliefDetail:
    return request(view.s, view.who, view.param("relief_id"))


def home(_data: Any, asked: Request) -> str:
    return f"/fund/relief/{asked.path_params['relief_id']}"


def places(view: View) -> dict[str, Any]:
    """Words, and the communities that somebody of a district may choose from."""
    return {
        **words(view),
        "communities": [] if view.who.community_id else communities.choices(view.s, view.who),
    }


def donation_extra(view: View) -> dict[str, Any]:
    """Choices of the form of a donation: the calls that are open, and those that have just ended."""
    wanted = donations.campaigns(view.who).order_by(col(FundCampaign.starts_on).desc())
    open_now = [c for c in view.s.scalars(wanted) if c.starts_on <= today()]
    return {
        **words(view),
        "donors": choices({key: DONORS[key] for key in DonorKind}),
        "methods": choices({key: METHODS[key] for key in Method}),
        "campaigns": [(str(c.id), c.name) for c in open_now],
    }


def relief_extra(view: View) -> dict[str, Any]:
    """Which acts the reader may take from the page of this request, and who of the office may be named a relative."""
    who, data = view.who, view.data or current_relief(view)
    inside = who.community_id == data.community_id
    writes = inside and who.may("fund:write") and State(data.state) in states.OPEN
    users = select(User).where(col(User.community_id) == data.community_id, col(User.is_active).is_(True))
    before_pay = State.paid not in data.path[: data.path.index(data.state) + 1] if data.state in data.path else False
    return {
        **words(view),
        "inside": inside,
        "writes": writes,
        "files": writes and data.entry_id is None,
        "approves": inside and who.may("fund:approve"),
        "pays": inside and who.may("fund:pay"),
        "by_hand": data.next_state in states.BY_HAND,
        "withdraws": writes and before_pay,
        "rejects": inside and who.may("fund:approve") and before_pay and data.state not in ("reported", "approved"),
        "editable": writes and State(data.state) in states.EDITABLE,
        "methods": choices(METHODS),
        "people": [(str(u.id), u.display_name) for u in view.s.scalars(users.order_by(col(User.display_name)))],
        "receipts": [(str(f.id), f.caption or f.filename) for f in data.files],
        "checked": any(check.user_id == who.id for check in data.checks),
        "short_fen": max(data.amount_fen - data.balance_fen, 0),
    }
