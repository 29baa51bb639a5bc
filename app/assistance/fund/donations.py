"""Donations: what is given, by whom or by nobody in particular, with a receipt; and the calls for them."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assistance.fund import ledger
from app.assistance.fund.models import EntryKind, FundCampaign, FundDonation
from app.assistance.fund.schemas import CampaignCreate, CampaignUpdate, DonationCreate
from app.communities.service import in_scope
from app.core.clock import local_date
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.members.service import own_community

_DUES = "党费"


def visible(who: Principal) -> Select[FundDonation]:
    return select(FundDonation).where(in_scope(who, FundDonation.community_id))


def find(s: Session, who: Principal, donation_id: UUID) -> FundDonation:
    found = s.scalars(visible(who).where(col(FundDonation.id) == donation_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def give(s: Session, who: Principal, data: DonationCreate, at: datetime) -> FundDonation:
    """Takes a donation: the money is booked and the receipt has its number."""
    community_id, today = own_community(who), local_date(at)
    _refuse_dues(data)
    if not data.amount_fen:
        raise Invalid(_("请填写金额。"), code="missing", field="amount_yuan")
    if not data.anonymous and not data.donor_name:
        raise Invalid(_("请填写捐款人，或者选择匿名。"), code="missing", field="donor_name")
    received = data.received_on or today
    if received > today:
        raise Invalid(_("日期不能晚于今天。"), code="date_in_future", field="received_on")
    _check_campaign(s, community_id, data, received)
    ledger.hold(s, community_id)
    number = next_serial(s, community_id, "fund_receipt", today.year)
    entry = ledger.book(s, who, community_id, EntryKind.donation, data.amount_fen, number, at)
    donation = FundDonation(
        community_id=community_id,
        number=number,
        donor_kind=data.donor_kind,
        donor_name=data.donor_name,
        anonymous=data.anonymous,
        amount_fen=data.amount_fen,
        method=data.method,
        received_on=received,
        campaign_id=data.campaign_id,
        note=data.note,
        entry_id=entry.id,
        at=at,
        by_user_id=who.id,
        by_name=who.name,
    )
    s.add(donation)
    s.flush()
    return donation


def _refuse_dues(data: DonationCreate) -> None:
    """Dues are regulated income of the Party and are kept elsewhere."""
    if not data.voluntary or _DUES in data.note or _DUES in data.donor_name:
        text = _("党费不能进入帮困基金，请按党费管理规定另行收缴。自愿捐款请勾选“这是自愿捐款，不是党费”。")
        raise Conflict(text, code="membership_dues", field="voluntary")


def _check_campaign(s: Session, community_id: UUID, data: DonationCreate, received: date) -> None:
    if data.campaign_id is None:
        return
    campaign = s.get(FundCampaign, data.campaign_id)
    if campaign is None or campaign.community_id != community_id:
        raise Invalid(_("本社区没有这次募捐。"), code="no_such_campaign", field="campaign_id")
    if not campaign.starts_on <= received <= campaign.ends_on:
        raise Conflict(_("收款日期不在这次募捐的期间内。"), code="campaign_over", field="campaign_id")


def campaigns(who: Principal) -> Select[FundCampaign]:
    return select(FundCampaign).where(in_scope(who, FundCampaign.community_id))


def find_campaign(s: Session, who: Principal, campaign_id: UUID) -> FundCampaign:
    found = s.scalars(campaigns(who).where(col(FundCampaign.id) == campaign_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def call(s: Session, who: Principal, data: CampaignCreate, at: datetime) -> FundCampaign:
    """Opens a call for donations."""
    campaign = FundCampaign(
        community_id=own_community(who), name=data.name, starts_on=data.starts_on, ends_on=data.ends_on, created_at=at
    )
    _apply(s, campaign, data)
    return campaign


def update_campaign(
    s: Session, who: Principal, campaign_id: UUID, data: CampaignUpdate, version: int | None
) -> FundCampaign:
    campaign = find_campaign(s, who, campaign_id)
    check_version(campaign, version)
    touch(campaign)
    _apply(s, campaign, data)
    return campaign


def _apply(s: Session, campaign: FundCampaign, data: CampaignUpdate) -> None:
    changes = data.model_dump(exclude_unset=True, exclude={"goal_yuan"}, exclude_none=True)
    if data.goal_yuan is not None:
        changes["goal_fen"] = data.goal_yuan
    campaign.sqlmodel_update(changes)
    if campaign.ends_on < campaign.starts_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="ends_on")
    s.add(campaign)
    flush_or(s, Conflict(_("本社区已有同名的募捐。"), code="campaign_taken", field="name"))
