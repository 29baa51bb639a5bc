"""Who sat where on a day: what rounds, votes and meetings ask. Never commits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlmodel import Session, col

from app.assemblies.models import ResidentsGroup, Seat, SeatHolder, SeatPost, StaffPost, Term, TermBody


@dataclass(frozen=True)
class Sitting:
    """Somebody who holds a seat on a day. `id` is the holder's: the same person in another term has another one."""

    id: UUID
    name: str
    seat_id: UUID
    group_number: int | None
    post: str
    user_id: UUID | None
    resident_id: UUID | None


def in_office(on: date) -> list[ColumnElement[bool]]:
    """That a `SeatHolder` of a `Term` held the seat on a day: within his time and within the term."""
    return [
        col(Term.starts_on) <= on,
        col(Term.ends_on) >= on,
        col(SeatHolder.from_on) <= on,
        or_(col(SeatHolder.to_on).is_(None), col(SeatHolder.to_on) >= on),
    ]


def post_order() -> Any:
    return case({str(post): place for place, post in enumerate(SeatPost)}, value=col(Seat.post), else_=len(SeatPost))


def sitting(s: Session, community_id: UUID, body: TermBody, on: date) -> list[Sitting]:
    """Those who hold a seat of the body on a day: by post, then by the seat's number."""
    statement: Any = (
        select(
            col(SeatHolder.id),
            col(SeatHolder.name),
            col(Seat.id),
            col(ResidentsGroup.number),
            col(Seat.post),
            col(SeatHolder.user_id),
            col(SeatHolder.resident_id),
        )
        .join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
        .join(Term, col(Term.id) == col(Seat.term_id))
        .outerjoin(ResidentsGroup, col(ResidentsGroup.id) == col(Seat.group_id))
        .where(col(Term.community_id) == community_id, col(Term.body) == body, *in_office(on))
        .order_by(post_order(), col(Seat.number), col(SeatHolder.id))
    )
    return [Sitting(*row) for row in s.execute(statement)]


def employed_on(on: date) -> list[ColumnElement[bool]]:
    """That a `StaffPost` was filled on a day."""
    return [col(StaffPost.from_on) <= on, or_(col(StaffPost.to_on).is_(None), col(StaffPost.to_on) >= on)]


def staff_on(s: Session, community_id: UUID, on: date) -> list[StaffPost]:
    """The community workers on a day, the longest serving first."""
    statement = select(StaffPost).where(col(StaffPost.community_id) == community_id, *employed_on(on))
    return list(s.scalars(statement.order_by(col(StaffPost.from_on), col(StaffPost.sort_key), col(StaffPost.id))))


def counts(s: Session, community_id: UUID, on: date) -> dict[str, int]:
    """How many seats of each body are filled on a day, how many there are, and how many workers are employed."""
    found: dict[str, int] = {}
    for body in TermBody:
        found[str(body)] = len(sitting(s, community_id, body, on))
        seats = (
            select(func.count())
            .select_from(Seat)
            .join(Term, col(Term.id) == col(Seat.term_id))
            .where(
                col(Term.community_id) == community_id,
                col(Term.body) == body,
                col(Term.starts_on) <= on,
                col(Term.ends_on) >= on,
            )
        )
        found[f"{body}_seats"] = s.scalar(seats) or 0
    found["staff"] = len(staff_on(s, community_id, on))
    return found
