"""The lists of the fund: what they are narrowed to, and all of each as a table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assistance.fund import donations, ledger, reading, relief, statements, states
from app.assistance.fund.models import (
    DonorKind,
    EntryKind,
    FundCampaign,
    FundDonation,
    FundEntry,
    FundRelief,
    ReliefKind,
    State,
)
from app.assistance.fund.statements import Period
from app.assistance.fund.words import DONORS, ENTRIES, METHODS, RELIEFS
from app.core.i18n import gettext as _
from app.core.money import shown
from app.core.schemas import Search
from app.households.scope import Choice, is_outsider

_AT_ONCE = 200
ENTRY_KEYS: list[Any] = [(col(FundEntry.booked_on), date), (col(FundEntry.id), UUID)]
DONATION_KEYS: list[Any] = [(col(FundDonation.number), str), (col(FundDonation.id), UUID)]
RELIEF_KEYS: list[Any] = [(col(FundRelief.number), str), (col(FundRelief.id), UUID)]
CAMPAIGN_KEYS: list[Any] = [(col(FundCampaign.starts_on), date), (col(FundCampaign.id), UUID)]
Flag = Annotated[bool | None, Query()]


@dataclass(frozen=True)
class EntryFilters:
    """Which entries: those of a period, of a kind, or what was taken back."""

    q: str = ""
    period: str | None = None
    kind: EntryKind | None = None
    reversal: bool | None = None
    community_id: UUID | None = None

    def narrow(self, statement: Select[Any]) -> Select[Any]:
        if self.q:
            statement = statement.where(_holds(self.q, FundEntry.number, FundEntry.reference))
        if self.period:
            statement = statement.where(statements.within(self.period))
        if self.kind is not None:
            statement = statement.where(col(FundEntry.kind) == self.kind)
        if self.reversal is not None:
            statement = statement.where(col(FundEntry.reverses_id).is_not(None) == self.reversal)
        return _of(statement, FundEntry.community_id, self.community_id)


async def _entry_filters(
    q: Annotated[Search, Query(description="number of the entry, the receipt or the request")] = "",
    period: Annotated[Choice[Period], Query(description="2026 or 2026-07")] = None,
    kind: Annotated[Choice[EntryKind], Query()] = None,
    reversal: Annotated[Choice[bool], Query(description="true: only what takes something back")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> EntryFilters:
    return EntryFilters(q, period, kind, reversal, community_id)


@dataclass(frozen=True)
class DonationFilters:
    """Which donations."""

    q: str = ""
    donor_kind: DonorKind | None = None
    campaign_id: UUID | None = None
    reversed: bool | None = None
    community_id: UUID | None = None

    def narrow(self, statement: Select[Any], who: Principal) -> Select[Any]:
        """A donor's name is no way to a donation for those who may not read it."""
        if self.q:
            named = () if is_outsider(who) else (FundDonation.donor_name,)
            statement = statement.where(_holds(self.q, FundDonation.number, *named))
        if self.donor_kind is not None:
            statement = statement.where(col(FundDonation.donor_kind) == self.donor_kind)
        if self.campaign_id is not None:
            statement = statement.where(col(FundDonation.campaign_id) == self.campaign_id)
        if self.reversed is not None:
            back = select(col(FundEntry.reverses_id)).where(col(FundEntry.reverses_id).is_not(None))
            statement = statement.where(col(FundDonation.entry_id).in_(back) == self.reversed)
        return _of(statement, FundDonation.community_id, self.community_id)


async def _donation_filters(
    q: Annotated[Search, Query(description="number of the receipt, or part of the donor's name")] = "",
    donor_kind: Annotated[Choice[DonorKind], Query()] = None,
    campaign_id: Annotated[Choice[UUID], Query()] = None,
    reversed: Annotated[Choice[bool], Query(description="true: only what bounced or was given back")] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> DonationFilters:
    return DonationFilters(q, donor_kind, campaign_id, reversed, community_id)


@dataclass(frozen=True)
class ReliefFilters:
    """Which requests."""

    q: str = ""
    state: State | None = None
    kind: ReliefKind | None = None
    case_id: UUID | None = None
    community_id: UUID | None = None

    def narrow(self, statement: Select[Any], who: Principal) -> Select[Any]:
        if self.q:
            said = () if is_outsider(who) else (FundRelief.purpose,)
            statement = statement.where(_holds(self.q, FundRelief.number, *said))
        if self.state is not None:
            statement = statement.where(col(FundRelief.state) == self.state)
        if self.kind is not None:
            statement = statement.where(col(FundRelief.kind) == self.kind)
        if self.case_id is not None:
            statement = statement.where(col(FundRelief.case_id) == self.case_id)
        return _of(statement, FundRelief.community_id, self.community_id)


async def _relief_filters(
    q: Annotated[Search, Query(description="number of the request, or words of its purpose")] = "",
    state: Annotated[Choice[State], Query()] = None,
    kind: Annotated[Choice[ReliefKind], Query()] = None,
    case_id: Annotated[Choice[UUID], Query()] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> ReliefFilters:
    return ReliefFilters(q, state, kind, case_id, community_id)


EntryFiltersDep = Annotated[EntryFilters, Depends(_entry_filters)]
DonationFiltersDep = Annotated[DonationFilters, Depends(_donation_filters)]
ReliefFiltersDep = Annotated[ReliefFilters, Depends(_relief_filters)]


def _holds(q: str, *columns: Any) -> Any:
    return or_(*(col(column).icontains(q, autoescape=True) for column in columns))


def _of(statement: Select[Any], column: Any, community_id: UUID | None) -> Select[Any]:
    return statement if community_id is None else statement.where(col(column) == community_id)


def campaigns(who: Principal, q: str) -> Select[FundCampaign]:
    found = donations.campaigns(who)
    return found.where(_holds(q, FundCampaign.name, FundCampaign.purpose)) if q else found


def _all(
    s: Session, statement: Select[Any], keys: list[Any], read: Callable[[list[Any]], Sequence[Any]]
) -> Iterator[Any]:
    """Everything that a list holds, the newest first, read a few hundred at a time."""
    rows = s.scalars(statement.order_by(*(column.desc() for column, _kind in keys))).all()
    for at in range(0, len(rows), _AT_ONCE):
        yield from read(list(rows[at : at + _AT_ONCE]))


def entry_columns() -> list[str]:
    return [_("编号"), _("记账日期"), _("类别"), _("对应单号"), _("收入（元）"), _("支出（元）"), _("备注")]


def entry_rows(s: Session, who: Principal, filters: EntryFilters) -> Iterator[list[Any]]:
    statement = filters.narrow(ledger.visible(who))
    for e in _all(s, statement, ENTRY_KEYS, lambda rows: reading.entries(s, rows)):
        gain = shown(e.amount_fen) if e.amount_fen > 0 else ""
        loss = shown(-e.amount_fen) if e.amount_fen < 0 else ""
        note = _("冲销") if e.reverses_id else _("已冲销") if e.reversed else ""
        yield [e.number, e.booked_on, _(ENTRIES[e.kind]), e.reference, gain, loss, note]


def donation_columns() -> list[str]:
    return [
        _("收据编号"), _("收款日期"), _("捐款人"), _("捐款人类别"), _("金额（元）"), _("方式"), _("募捐"),
        _("记账编号"), _("备注"),
    ]  # fmt: skip


def donation_rows(s: Session, who: Principal, filters: DonationFilters) -> Iterator[list[Any]]:
    statement = filters.narrow(donations.visible(who), who)
    for d in _all(s, statement, DONATION_KEYS, lambda rows: reading.donations(s, who, rows)):
        name = _("匿名") if d.anonymous else d.donor_name
        note = _("已冲销") if d.reversed else ""
        yield [
            d.number, d.received_on, name, _(DONORS[d.donor_kind]), shown(d.amount_fen), _(METHODS[d.method]),
            d.campaign_name, d.entry_number, note,
        ]  # fmt: skip


def relief_columns() -> list[str]:
    return [
        _("编号"), _("类别"), _("状态"), _("房号"), _("姓名"), _("事由"), _("金额（元）"), _("上报日期"), _("发放日期"),
    ]  # fmt: skip


def relief_rows(s: Session, who: Principal, filters: ReliefFilters) -> Iterator[list[Any]]:
    statement = filters.narrow(relief.visible(who), who)
    for r in _all(s, statement, RELIEF_KEYS, lambda rows: reading.reliefs(s, who, rows)):
        yield [
            r.number, _(RELIEFS[r.kind]), states.label(r.state), r.room, r.person, r.purpose, shown(r.amount_fen),
            r.reported_on, r.paid_on,
        ]  # fmt: skip


def campaign_columns() -> list[str]:
    return [_("募捐"), _("用途"), _("开始"), _("结束"), _("目标（元）"), _("已募（元）"), _("笔数")]


def campaign_rows(s: Session, who: Principal, q: str) -> Iterator[list[Any]]:
    for c in _all(s, campaigns(who, q), CAMPAIGN_KEYS, lambda rows: reading.campaigns(s, rows)):
        goal = shown(c.goal_fen) if c.goal_fen else ""
        yield [c.name, c.purpose, c.starts_on, c.ends_on, goal, shown(c.raised_fen), c.donations]
