"""What `qinlian check` says about the fund: entries balance, balances are their ledger, payments are owed."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.assistance.fund import states
from app.assistance.fund.models import (
    AccountKey,
    EntryKind,
    FundAccount,
    FundDonation,
    FundEntry,
    FundEvent,
    FundLine,
    FundRelief,
    State,
)
from app.core.db import Database

_CHUNK = 500


def ledgers(db: Database) -> Iterator[str]:
    with db.read() as s:
        yield from _unbalanced(s)
        yield from _accounts(s)
        yield from _history(s)
        yield from _donations(s)


def _unbalanced(s: Session) -> Iterator[str]:
    """Entries whose lines do not sum to zero, or do not move what the entry says."""
    fund = select(col(FundAccount.id)).where(col(FundAccount.key) == AccountKey.fund)
    own = func.sum(col(FundLine.amount_fen)).filter(col(FundLine.account_id).in_(fund))
    sums = (
        select(col(FundLine.entry_id), func.sum(col(FundLine.amount_fen)).label("total"), own.label("own"))
        .group_by(col(FundLine.entry_id))
        .subquery()
    )
    wanted = select(col(FundEntry.number), col(FundEntry.amount_fen), sums.c.total, sums.c.own).join(
        sums, sums.c.entry_id == col(FundEntry.id), isouter=True
    )
    for number, fen, total, moved in s.execute(wanted.order_by(col(FundEntry.number))):
        if total != 0:
            yield f"the lines of fund entry {number} sum to {total}, not to zero"
        elif moved != fen:
            yield f"fund entry {number} says {fen} fen and moves {moved}"


def _accounts(s: Session) -> Iterator[str]:
    """Accounts whose balance is not the sum of their lines, and funds below zero."""
    total = func.coalesce(func.sum(col(FundLine.amount_fen)), 0)
    wanted = (
        select(FundAccount, total)
        .join(FundLine, col(FundLine.account_id) == col(FundAccount.id), isouter=True)
        .group_by(col(FundAccount.id))
    )
    for account, fen in s.execute(wanted):
        if account.balance_fen != fen:
            yield f"fund account {account.key} of {account.community_id} shows {account.balance_fen}, its ledger {fen}"
        if account.key == AccountKey.fund and account.balance_fen < 0:
            yield f"the fund of {account.community_id} is overspent: {account.balance_fen}"


def _history(s: Session) -> Iterator[str]:
    """Requests that stand where their events did not leave them, or are paid without the entry that paid them."""
    for relief in s.scalars(select(FundRelief).order_by(col(FundRelief.id)).execution_options(yield_per=_CHUNK)):
        wanted = select(FundEvent).where(col(FundEvent.relief_id) == relief.id).order_by(col(FundEvent.seq))
        events = s.scalars(wanted).all()
        moves = [event.to_state for event in events if event.to_state]
        if [event.seq for event in events] != list(range(1, relief.events + 1)):
            yield f"relief {relief.number} has {len(events)} events where it counts {relief.events}"
        if not moves or moves[-1] != relief.state:
            yield f"relief {relief.number} is {relief.state}, its events left it {moves[-1] if moves else 'nowhere'}"
        yield from _payment(s, relief)


def _payment(s: Session, relief: FundRelief) -> Iterator[str]:
    if states.behind(relief, State.paid) != (relief.entry_id is not None):
        yield f"relief {relief.number} is {relief.state}, which does not agree with its payment"
    if relief.entry_id is None:
        return
    entry = s.get_one(FundEntry, relief.entry_id)
    if (entry.amount_fen, entry.kind) != (-relief.amount_fen, relief.kind):
        yield f"relief {relief.number} of {relief.amount_fen} fen was paid by an entry of {entry.amount_fen}"
    people = [relief.requester_id, relief.approver_id, relief.payer_id]
    if None in people or len(set(people)) != len(people):
        yield f"relief {relief.number} was not asked for, approved and paid by three people"


def _donations(s: Session) -> Iterator[str]:
    """Donations without the entry that booked them, and entries of donations without a donation."""
    gifts = select(func.count()).select_from(FundDonation)
    booked = select(func.count()).where(col(FundEntry.kind) == EntryKind.donation, col(FundEntry.reverses_id).is_(None))
    if s.scalar(gifts) != s.scalar(booked.select_from(FundEntry)):
        yield "donations and the entries that booked them are not the same number"
    wrong = (
        select(col(FundDonation.number))
        .join(FundEntry, col(FundEntry.id) == col(FundDonation.entry_id))
        .where((col(FundEntry.amount_fen) != col(FundDonation.amount_fen)) | (col(FundEntry.kind) != "donation"))
    )
    for number in s.scalars(wrong):
        yield f"fund donation {number} and its entry do not agree"
