"""The hardship fund: a ledger of whole fen, the donations that fill it and the relief that leaves it.

An entry and its lines are written once: the lines first, then the entry that seals them. Triggers refuse an entry
whose lines do not sum to zero, a line for an entry that is sealed, and every later change. A mistake is reversed.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, instant, new_id

_NAME = {"info": {"audit": "name"}}
_TEXT = {"info": {"audit": "text"}}


class AccountKey(StrEnum):
    """The accounts of a fund: what it has, and where it came from or went."""

    fund = "fund"
    donations = "donations"
    relief = "relief"
    condolence = "condolence"


class EntryKind(StrEnum):
    """What moved money. A reversal is of the kind of what it takes back."""

    donation = "donation"
    relief = "relief"
    condolence = "condolence"


class DonorKind(StrEnum):
    """Who gives."""

    member = "member"
    resident = "resident"
    organization = "organization"
    other = "other"


class Method(StrEnum):
    """How money changes hands."""

    cash = "cash"
    transfer = "transfer"
    mobile = "mobile"


class ReliefKind(StrEnum):
    """Help for a household in need, or a condolence visit."""

    relief = "relief"
    condolence = "condolence"


class State(StrEnum):
    """Where a request stands; which path it takes says `states.PATHS`."""

    reported = "reported"
    applied = "applied"
    checked = "checked"
    opined = "opined"
    reviewed = "reviewed"
    noticed = "noticed"
    approved = "approved"
    paid = "paid"
    followed_up = "followed_up"
    closed = "closed"
    rejected = "rejected"
    withdrawn = "withdrawn"


class EventKind(StrEnum):
    """What an event of a request tells."""

    moved = "moved"
    checked = "checked"
    relative = "relative"
    reversed = "reversed"


def account_id(community_id: UUID, key: AccountKey) -> UUID:
    """An account's id follows from whose it is, so that two first writers mean the same row."""
    return uuid5(NAMESPACE_URL, f"qinlian:fund:{community_id}:{key}")


class FundAccount(Identified, table=True):
    """An account with its balance: debit is positive. What the fund has is never below zero, whoever writes."""

    __tablename__ = "fund_account"
    __audit__ = False
    __table_args__ = (
        CheckConstraint("key IN ('fund', 'donations', 'relief', 'condolence')", name="key_known"),
        CheckConstraint("key <> 'fund' OR balance_fen >= 0", name="never_overspent"),
        UniqueConstraint("community_id", "key"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    key: str = Field(max_length=12)
    balance_fen: int = Field(default=0, sa_type=BigInteger)


class FundEntry(Identified, table=True):
    """A movement of money, on the day on which it was booked, so that a statement never changes afterwards.

    `amount_fen` is what the fund gained or, below zero, paid. `reference` is the number of the
    receipt, the request, or the entry that is taken back: it names nobody, for entries are public.
    """

    __tablename__ = "fund_entry"
    __table_args__ = (
        CheckConstraint("kind IN ('donation', 'relief', 'condolence')", name="kind_known"),
        CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
        CheckConstraint("((kind = 'donation') = (amount_fen > 0)) = (reverses_id IS NULL)", name="direction"),
        CheckConstraint("reverses_id IS NULL OR reason <> ''", name="reversed_with_reason"),
        UniqueConstraint("community_id", "number"),
        UniqueConstraint("reverses_id"),
        Index("ix_fund_entry_book", "community_id", "booked_on", "number"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    kind: str = Field(max_length=12)
    booked_on: date
    amount_fen: int = Field(sa_type=BigInteger)
    reference: str = Field(default="", max_length=20)
    reverses_id: UUID | None = Field(default=None, foreign_key="fund_entry.id")
    reason: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)


def _sealing_entry() -> Any:
    """Lines are there before the entry that seals them, so the key is checked at the end of the transaction."""
    return Field(sa_column_args=[ForeignKey("fund_entry.id", deferrable=True, initially="DEFERRED")])


class FundLine(SQLModel, table=True):
    """One side of an entry."""

    __tablename__ = "fund_line"
    __audit__ = False
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
        UniqueConstraint("entry_id", "account_id"),
        Index("ix_fund_line_account_id", "account_id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    entry_id: UUID = _sealing_entry()
    account_id: UUID = Field(foreign_key="fund_account.id")
    amount_fen: int = Field(sa_type=BigInteger)


class FundCampaign(Identified, table=True):
    """A call for donations, from–to (both days included)."""

    __tablename__ = "fund_campaign"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="order"),
        CheckConstraint("goal_fen >= 0", name="goal_not_negative"),
        UniqueConstraint("community_id", "name"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    name: str = Field(max_length=120)
    purpose: str = Field(default="", max_length=500)
    starts_on: date
    ends_on: date
    goal_fen: int = Field(default=0, sa_type=BigInteger)


class FundDonation(Identified, table=True):
    """A gift with its receipt. Written once: one that bounces is reversed in the ledger and stays here."""

    __tablename__ = "fund_donation"
    __table_args__ = (
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("donor_kind IN ('member', 'resident', 'organization', 'other')", name="donor_known"),
        CheckConstraint("method IN ('cash', 'transfer', 'mobile')", name="method_known"),
        CheckConstraint("anonymous OR donor_name <> ''", name="named_or_anonymous"),
        UniqueConstraint("community_id", "number"),
        UniqueConstraint("entry_id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    donor_kind: str = Field(max_length=12)
    donor_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
    anonymous: bool = False
    amount_fen: int = Field(sa_type=BigInteger)
    method: str = Field(max_length=10)
    received_on: date
    campaign_id: UUID | None = Field(default=None, foreign_key="fund_campaign.id", index=True)
    note: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
    entry_id: UUID = Field(foreign_key="fund_entry.id")
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)


class FundRelief(Identified, table=True):
    """A request for relief or a condolence visit, its household or purpose, and the three who acted on it."""

    __tablename__ = "fund_relief"
    __table_args__ = (
        CheckConstraint("kind IN ('relief', 'condolence')", name="kind_known"),
        CheckConstraint("amount_fen > 0", name="amount_positive"),
        CheckConstraint("kind <> 'relief' OR household_id IS NOT NULL", name="relief_has_household"),
        CheckConstraint("kind <> 'condolence' OR NOT urgent", name="only_relief_is_urgent"),
        CheckConstraint("approver_id IS NULL OR approver_id <> requester_id", name="approved_by_another"),
        CheckConstraint(
            "payer_id IS NULL OR (payer_id <> requester_id AND payer_id <> approver_id)", name="paid_by_a_third"
        ),
        CheckConstraint("(entry_id IS NULL) = (receipt_id IS NULL)", name="paid_against_a_receipt"),
        UniqueConstraint("community_id", "number"),
        UniqueConstraint("entry_id"),
        Index("ix_fund_relief_list", "community_id", "state", "number"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    kind: str = Field(max_length=12)
    urgent: bool = False
    case_id: UUID | None = Field(default=None, index=True)
    household_id: UUID | None = Field(default=None, foreign_key="household.id", index=True)
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    purpose: str = Field(max_length=120, sa_column_kwargs=_TEXT)
    situation: str = Field(default="", sa_type=Text, sa_column_kwargs=_TEXT)
    amount_fen: int = Field(sa_type=BigInteger)
    state: str = Field(default=State.reported, max_length=12)
    reported_on: date
    notice_from: date | None = None
    notice_to: date | None = None
    requester_id: UUID = Field(foreign_key="user_account.id")
    approver_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    payer_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    paid_on: date | None = None
    receipt_id: UUID | None = Field(default=None, foreign_key="attachment.id")
    entry_id: UUID | None = Field(default=None, foreign_key="fund_entry.id")
    events: int = 0


class FundCheck(Identified, table=True):
    """What one person found at the door. Two people have to have looked."""

    __tablename__ = "fund_check"
    __table_args__ = (UniqueConstraint("relief_id", "user_id"),)

    community_id: UUID = Field(foreign_key="community.id")
    relief_id: UUID = Field(foreign_key="fund_relief.id")
    user_id: UUID = Field(foreign_key="user_account.id")
    checked_on: date
    findings: str = Field(max_length=500, sa_column_kwargs=_TEXT)
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)


class FundRelative(Identified, table=True):
    """Somebody of the office who is related to the applicant, and so takes no part in the request."""

    __tablename__ = "fund_relative"
    __table_args__ = (UniqueConstraint("relief_id", "user_id"),)

    community_id: UUID = Field(foreign_key="community.id")
    relief_id: UUID = Field(foreign_key="fund_relief.id")
    user_id: UUID = Field(foreign_key="user_account.id")
    relation: str = Field(max_length=120, sa_column_kwargs=_TEXT)


class FundEvent(Identified, table=True):
    """What happened to a request, in order. Only added."""

    __tablename__ = "fund_event"
    __table_args__ = (UniqueConstraint("relief_id", "seq"),)

    community_id: UUID = Field(foreign_key="community.id")
    relief_id: UUID = Field(foreign_key="fund_relief.id")
    seq: int
    kind: str = Field(max_length=12)
    from_state: str = Field(default="", max_length=12)
    to_state: str = Field(default="", max_length=12)
    entry_id: UUID | None = Field(default=None, foreign_key="fund_entry.id")
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
    text: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)
