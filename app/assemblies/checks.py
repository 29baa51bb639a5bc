"""What must hold in the rosters, whatever happened: `qinlian check` runs it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from app.assemblies.holders import TABLE
from app.assemblies.models import Seat, SeatHolder, Term
from app.core import crypto
from app.core.db import Database
from app.households.residents.personal import phone_index
from app.members.models import Member, MemberStage
from app.members.personal import phone_of
from app.members.service import TABLE as MEMBER_TABLE

_CHUNK = 2000


def seats(db: Database) -> Iterator[str]:
    """One holder a seat and one seat a person at a time, inside the term; the terms of a body follow one another."""
    held: Any = (
        select(
            col(SeatHolder.id), col(SeatHolder.seat_id), col(SeatHolder.from_on), col(SeatHolder.to_on),
            col(SeatHolder.resident_id), col(SeatHolder.user_id), col(Term.id).label("term_id"),
            col(Term.starts_on), col(Term.ends_on),
        )
        .join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
        .join(Term, col(Term.id) == col(Seat.term_id))
        .order_by(col(SeatHolder.seat_id), col(SeatHolder.from_on))
    )  # fmt: skip
    with db.read() as s:
        rows = s.execute(held).all()
        terms = s.scalars(select(Term).order_by(col(Term.community_id), col(Term.body), col(Term.starts_on))).all()
    for row in rows:
        if not row.starts_on <= row.from_on <= (row.to_on or row.ends_on) <= row.ends_on:
            yield f"holder {row.id} sits outside the term ({row.starts_on} to {row.ends_on})"
    for earlier, later in pairwise(rows):
        if earlier.seat_id == later.seat_id and (earlier.to_on is None or earlier.to_on >= later.from_on):
            yield f"seat {later.seat_id} has two holders on {later.from_on}"
    yield from _twice(rows)
    for before, after in pairwise(terms):
        same = (before.community_id, before.body) == (after.community_id, after.body)
        if same and before.ends_on >= after.starts_on:
            yield f"two terms of the {after.body} hold on {after.starts_on} (term {after.id})"


def _twice(rows: Sequence[Any]) -> Iterator[str]:
    """Whoever holds two seats of one term on the same day."""
    for person in ("resident_id", "user_id"):
        known = [row for row in rows if getattr(row, person) is not None]
        known.sort(key=lambda row: (row.term_id, getattr(row, person), row.from_on))
        for earlier, later in pairwise(known):
            same = (earlier.term_id, getattr(earlier, person)) == (later.term_id, getattr(later, person))
            if same and (earlier.to_on is None or earlier.to_on >= later.from_on):
                yield f"holders {earlier.id} and {later.id} are one person with two seats on {later.from_on}"


def members(db: Database) -> Iterator[str]:
    """Everybody in the register has reached a stage, and nobody is in it twice at a time as the same resident."""
    staged = select(col(MemberStage.member_id))
    open_ones = select(col(Member.resident_id)).where(col(Member.to_on).is_(None), col(Member.resident_id).is_not(None))
    with db.read() as s:
        for member_id in s.scalars(select(col(Member.id)).where(col(Member.id).not_in(staged))):
            yield f"member {member_id} has reached no stage"
        seen = set()
        for resident_id in s.scalars(open_ones):
            if resident_id in seen:
                yield f"resident {resident_id} is in the members' register twice"
            seen.add(resident_id)


def phones(db: Database) -> Iterator[str]:
    """Every sealed number opens under this secret and has the blind index of its content."""
    with db.read() as s:
        tables: tuple[tuple[str, Any], ...] = ((TABLE, SeatHolder), (MEMBER_TABLE, Member))
        for table, model in tables:
            sealed = select(model).where(model.phone_sealed.is_not(None))
            for row in s.scalars(sealed.execution_options(yield_per=_CHUNK)):
                try:
                    phone = phone_of(table, row)
                except crypto.SealBroken as broken:
                    yield f"{broken} does not open: another APP_SECRET, or it was changed"
                    continue
                if phone and phone_index(phone) != row.phone_index:
                    yield f"{table} {row.id} has the index of another telephone number"
