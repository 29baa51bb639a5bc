"""The ledger: what is booked, what it takes to book it, and what the fund has.

Whoever books holds the row of the fund's account first, so that the balance that was looked at is the one that is
changed. Where a request is held too, it is held before.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assistance.fund.models import AccountKey, EntryKind, FundAccount, FundEntry, FundLine, account_id
from app.communities.service import in_scope
from app.core.clock import local_date
from app.core.db import flush_or, lock_row
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.core.models import new_id
from app.core.money import shown
from app.core.serials import next_serial

_OTHER_SIDE = {
    EntryKind.donation: AccountKey.donations,
    EntryKind.relief: AccountKey.relief,
    EntryKind.condolence: AccountKey.condolence,
}


def hold(s: Session, community_id: UUID) -> FundAccount:
    """What the fund has, held for this transaction: whoever books takes a turn here."""
    key = account_id(community_id, AccountKey.fund)
    found: FundAccount | None = lock_row(s, FundAccount, key)
    if found is None:
        _open_accounts(s, community_id)
        found = lock_row(s, FundAccount, key)
    if found is None:
        raise NotFound()
    return found


def _open_accounts(s: Session, community_id: UUID) -> None:
    """Two first writers mean the same accounts: the second one finds them."""
    make: Any = sqlite_insert if s.get_bind().dialect.name == "sqlite" else insert
    rows = [
        FundAccount(id=account_id(community_id, key), community_id=community_id, key=key).model_dump()
        for key in AccountKey
    ]
    s.execute(make(FundAccount).on_conflict_do_nothing(), rows)


def balance(s: Session, community_id: UUID) -> int:
    """What the fund has. Where nothing was booked yet, nothing."""
    account = s.get(FundAccount, account_id(community_id, AccountKey.fund), populate_existing=True)
    return account.balance_fen if account else 0


def visible(who: Principal) -> Select[FundEntry]:
    return select(FundEntry).where(in_scope(who, FundEntry.community_id))


def find(s: Session, who: Principal, entry_id: UUID) -> FundEntry:
    found = s.scalars(visible(who).where(col(FundEntry.id) == entry_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def reversal_of(s: Session, entry_id: UUID) -> FundEntry | None:
    """The entry that took this one back."""
    return s.scalars(select(FundEntry).where(col(FundEntry.reverses_id) == entry_id)).one_or_none()


def short_of(have_fen: int, want_fen: int) -> Conflict:
    """The fund has less than it would take, by at least one fen."""
    text = _(
        "基金余额 %(have)s 元，还差 %(short)s 元，没有记账。请等有了捐款再办。",
        have=shown(have_fen),
        short=shown(want_fen - have_fen),
    )
    return Conflict(text, code="fund_short")


def book(
    s: Session,
    who: Principal,
    community_id: UUID,
    kind: EntryKind,
    amount_fen: int,
    reference: str,
    at: datetime,
    *,
    reverses: FundEntry | None = None,
    reason: str = "",
) -> FundEntry:
    """Books an amount that the fund gains or, below zero, pays: both lines, then the entry that seals them."""
    held = hold(s, community_id)
    if held.balance_fen + amount_fen < 0:
        raise short_of(held.balance_fen, -amount_fen)
    day = local_date(at)
    entry = FundEntry(
        id=new_id(),
        community_id=community_id,
        number=next_serial(s, community_id, "fund", day.year),
        kind=kind,
        booked_on=day,
        amount_fen=amount_fen,
        reference=reference,
        reverses_id=reverses.id if reverses else None,
        reason=reason,
        at=at,
        by_user_id=who.id,
        by_name=who.name,
    )
    for key, side in ((AccountKey.fund, amount_fen), (_OTHER_SIDE[kind], -amount_fen)):
        s.add(FundLine(entry_id=entry.id, account_id=account_id(community_id, key), amount_fen=side))
    s.flush()
    s.add(entry)
    flush_or(s, Conflict(_("这一笔已经冲销过了。"), code="reversed_already"))
    s.refresh(held)
    return entry


def reverse(s: Session, who: Principal, wrong: FundEntry, reason: str, at: datetime) -> FundEntry:
    """Takes an entry back by one of the opposite sign, once."""
    if wrong.reverses_id is not None:
        raise Conflict(_("冲销的一笔不能再冲销。"), code="is_a_reversal")
    hold(s, wrong.community_id)
    if reversal_of(s, wrong.id) is not None:
        raise Conflict(_("这一笔已经冲销过了。"), code="reversed_already")
    kind = EntryKind(wrong.kind)
    return book(s, who, wrong.community_id, kind, -wrong.amount_fen, wrong.number, at, reverses=wrong, reason=reason)
