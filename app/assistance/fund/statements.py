"""Statements of a month or a year: opening + in - out = closing, each figure with the address of its entries.

What was taken back is subtracted where it was added: a donation that bounced lessens what came in, a payment that
came back lessens what went out. Entries carry the day on which they were booked, so a past statement never changes.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query
from pydantic import StringConstraints
from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from app.assistance.fund.models import EntryKind, FundEntry
from app.assistance.fund.schemas import FigureRead, MonthRead, StatementRead
from app.communities.models import Community

PERIOD = r"^(19|20|21)\d\d(-(0[1-9]|1[0-2]))?$"
Period = Annotated[str, StringConstraints(pattern=PERIOD)]
PeriodQuery = Annotated[Period | None, Query(description="2026 or 2026-07; this year where none is named")]


@dataclass(frozen=True)
class Moved:
    """What one kind of entry moved on one day, as the fund sees it."""

    kind: EntryKind
    reversal: bool
    booked_on: date
    amount_fen: int
    entries: int

    @property
    def is_income(self) -> bool:
        return self.kind == EntryKind.donation


def span(period: str) -> tuple[date, date]:
    """The first and the last day of a period."""
    year, _dash, month = period.partition("-")
    if not month:
        return date(int(year), 1, 1), date(int(year), 12, 31)
    last = calendar.monthrange(int(year), int(month))[1]
    return date(int(year), int(month), 1), date(int(year), int(month), last)


def within(period: str) -> ColumnElement[bool]:
    first, last = span(period)
    return col(FundEntry.booked_on).between(first, last)


def statement(s: Session, community: Community, period: str, entries_at: str, here: str) -> StatementRead:
    """The statement of a period. `entries_at` is where its entries are listed, `here` where statements are shown."""
    first, last = span(period)
    opening = _until(s, community.id, first - timedelta(days=1))
    moved = _moved(s, community.id, period)
    gain, loss = _sums(moved)
    return StatementRead(
        community_id=community.id,
        community_name=community.name,
        community_code=community.code,
        period=period,
        from_on=first,
        to_on=last,
        opening_fen=opening,
        in_fen=gain,
        out_fen=loss,
        closing_fen=opening + gain - loss,
        income=_figures(moved, (EntryKind.donation,), period, entries_at),
        spending=_figures(moved, (EntryKind.relief, EntryKind.condolence), period, entries_at),
        months=_months(moved, opening, period, here),
        years=_years(s, community.id, first.year),
        entries_href=_address(entries_at, period=period),
    )


def _until(s: Session, community_id: UUID, day: date) -> int:
    wanted = select(func.sum(col(FundEntry.amount_fen))).where(
        col(FundEntry.community_id) == community_id, col(FundEntry.booked_on) <= day
    )
    return int(s.scalar(wanted) or 0)


def _moved(s: Session, community_id: UUID, period: str) -> list[Moved]:
    reversal = col(FundEntry.reverses_id).is_not(None)
    columns = (col(FundEntry.kind), reversal, col(FundEntry.booked_on))
    wanted = (
        select(*columns, func.sum(col(FundEntry.amount_fen)), func.count())
        .where(col(FundEntry.community_id) == community_id, within(period))
        .group_by(*columns)
    )
    return [Moved(EntryKind(kind), bool(back), on, int(fen), n) for kind, back, on, fen, n in s.execute(wanted)]


def _sums(moved: Iterable[Moved]) -> tuple[int, int]:
    """What came in and what went out."""
    gain = loss = 0
    for one in moved:
        if one.is_income:
            gain += one.amount_fen
        else:
            loss -= one.amount_fen
    return gain, loss


def _figures(moved: list[Moved], kinds: Iterable[EntryKind], period: str, entries_at: str) -> list[FigureRead]:
    """Each kind, and what was taken back of it where there is any."""
    found = []
    for kind in kinds:
        for reversal in (False, True):
            mine = [one for one in moved if (one.kind, one.reversal) == (kind, reversal)]
            if mine or not reversal:
                href = _address(entries_at, period=period, kind=str(kind), reversal=str(reversal).lower())
                fen, entries = abs(sum(one.amount_fen for one in mine)), sum(one.entries for one in mine)
                found.append(FigureRead(kind=kind, reversal=reversal, amount_fen=fen, entries=entries, href=href))
    return found


def _address(base: str, **query: str) -> str:
    return f"{base}{'&' if '?' in base else '?'}{urlencode(query)}"


def _months(moved: list[Moved], opening: int, period: str, here: str) -> list[MonthRead]:
    """The months of a year, each opening where the one before closed. A month has none."""
    if "-" in period:
        return []
    found, balance = [], opening
    for month in range(1, 13):
        gain, loss = _sums(one for one in moved if one.booked_on.month == month)
        key = f"{period}-{month:02d}"
        found.append(
            MonthRead(
                period=key,
                opening_fen=balance,
                in_fen=gain,
                out_fen=loss,
                closing_fen=balance + gain - loss,
                href=_address(here, period=key),
            )
        )
        balance += gain - loss
    return found


def _years(s: Session, community_id: UUID, shown: int) -> list[int]:
    """Every year from the first entry to the last, and the one that is shown; the newest first."""
    edges = select(func.min(col(FundEntry.booked_on)), func.max(col(FundEntry.booked_on))).where(
        col(FundEntry.community_id) == community_id
    )
    first, last = s.execute(edges).one()
    booked = range(first.year, last.year + 1) if first else ()
    return sorted({*booked, shown}, reverse=True)
