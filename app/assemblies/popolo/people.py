"""Bodies, their seats, and who held them, in the terms of Popolo: organisations, posts, memberships, persons."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid5

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.models import Seat, SeatHolder, SeatPost, Term, TermBody
from app.assemblies.popolo.schemas import PopoloMembership, PopoloOrganization, PopoloPerson, PopoloPost
from app.assemblies.words import BODIES, POSTS
from app.communities.models import Community
from app.core.i18n import gettext as _
from app.households.residents.models import Sex


@dataclass(frozen=True)
class Holding:
    """Somebody's time on a seat of a term."""

    holder: SeatHolder
    seat: Seat
    term: Term


def holdings(s: Session, community_id: UUID) -> list[Holding]:
    """Everybody who holds or held a seat, the earliest first."""
    wanted = (
        select(SeatHolder, Seat, Term)
        .join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
        .join(Term, col(Term.id) == col(Seat.term_id))
        .where(col(Term.community_id) == community_id)
        .order_by(col(SeatHolder.from_on), col(Term.body), col(Seat.number), col(SeatHolder.id))
    )
    return [Holding(*row) for row in s.execute(wanted)]


def seats(s: Session, community_id: UUID) -> list[tuple[Seat, Term]]:
    wanted = select(Seat, Term).join(Term, col(Term.id) == col(Seat.term_id))
    wanted = wanted.where(col(Term.community_id) == community_id)
    found = s.execute(wanted.order_by(col(Term.starts_on), col(Term.body), col(Seat.number)))
    return [(seat, term) for seat, term in found]


def body_id(community_id: UUID, body: str) -> UUID:
    """A body is the same organisation in every term."""
    return uuid5(community_id, f"body:{body}")


def person_id(holder: SeatHolder) -> UUID:
    """One person in all terms where the roster knows that it is; it leads back to no resident."""
    return uuid5(holder.community_id, f"person:{holder.resident_id or holder.user_id or holder.id}")


def organizations(community: Community, found: Iterable[tuple[Seat, Term]]) -> list[PopoloOrganization]:
    """The community, and in it each body that has or had a term."""
    first: dict[str, date] = {}
    for _seat, term in found:
        first[term.body] = min(first.get(term.body, term.starts_on), term.starts_on)
    whole = PopoloOrganization(
        id=community.id, name=community.name, classification="community", founding_date=community.founded_on
    )
    bodies = [
        PopoloOrganization(
            id=body_id(community.id, body),
            name=f"{community.name}{_(BODIES[body])}",
            classification=str(body),
            parent_id=community.id,
            founding_date=first[body],
        )
        for body in TermBody
        if body in first
    ]
    return [whole, *bodies]


def posts(community_id: UUID, found: Iterable[tuple[Seat, Term]]) -> list[PopoloPost]:
    """Every seat of every term."""
    return [
        PopoloPost(
            id=seat.id,
            label=_("%(term)s %(post)s %(n)s 号席位", term=term.name, post=_post(seat), n=seat.number),
            role=_post(seat),
            organization_id=body_id(community_id, term.body),
            start_date=term.starts_on,
            end_date=term.ends_on,
        )
        for seat, term in found
    ]


def _post(seat: Seat) -> str:
    return _(POSTS[SeatPost(seat.post)])


def memberships(held: Iterable[Holding]) -> list[PopoloMembership]:
    return [
        PopoloMembership(
            id=x.holder.id,
            role=_post(x.seat),
            person_id=person_id(x.holder),
            organization_id=body_id(x.term.community_id, x.term.body),
            post_id=x.seat.id,
            start_date=x.holder.from_on,
            end_date=x.holder.to_on,
        )
        for x in held
    ]


def persons(held: Sequence[Holding]) -> list[PopoloPerson]:
    """Each person once, under the latest name."""
    latest = {person_id(x.holder): x.holder for x in held}
    return [
        PopoloPerson(id=key, name=x.name, gender=None if x.sex == Sex.unknown else x.sex) for key, x in latest.items()
    ]
