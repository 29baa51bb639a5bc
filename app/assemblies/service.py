"""The rules of residents' groups, terms and seats: who sees them, founding, changing, taking back."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.models import ResidentsGroup, Seat, SeatHolder, SeatPost, Term, TermBody
from app.assemblies.schemas import (
    MOST_SEATS,
    GroupCreate,
    GroupUpdate,
    SeatCreate,
    SeatUpdate,
    TermCreate,
    TermUpdate,
)
from app.assemblies.words import POSTS
from app.communities.models import Community
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.scope import communities_of
from app.members.service import own_community


def groups(who: Principal) -> Select[ResidentsGroup]:
    return select(ResidentsGroup).where(communities_of(who, col(ResidentsGroup.community_id)))


def find_group(s: Session, who: Principal, group_id: UUID) -> ResidentsGroup:
    found = s.scalars(groups(who).where(col(ResidentsGroup.id) == group_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create_group(s: Session, who: Principal, data: GroupCreate) -> ResidentsGroup:
    group = ResidentsGroup(community_id=own_community(who), **data.model_dump())
    s.add(group)
    flush_or(s, _group_taken())
    return group


def update_group(s: Session, who: Principal, group_id: UUID, data: GroupUpdate, version: int | None) -> ResidentsGroup:
    group = find_group(s, who, group_id)
    check_version(group, version)
    group.sqlmodel_update(data.model_dump(exclude_unset=True))
    touch(group)
    flush_or(s, _group_taken())
    return group


def remove_group(s: Session, who: Principal, group_id: UUID, version: int | None) -> None:
    """Only a group that never elected anybody can go."""
    group = find_group(s, who, group_id)
    check_version(group, version)
    s.delete(group)
    flush_or(s, Conflict(_("这个居民小组有席位，不能删除。"), code="group_in_use"))


def _group_taken() -> Conflict:
    return Conflict(_("本社区已有同一编号的居民小组。"), code="number_taken", field="number")


def terms(who: Principal) -> Select[Term]:
    return select(Term).where(communities_of(who, col(Term.community_id)))


def find_term(s: Session, who: Principal, term_id: UUID) -> Term:
    found = s.scalars(terms(who).where(col(Term.id) == term_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create_term(s: Session, who: Principal, data: TermCreate) -> Term:
    """A new term with its seats. Terms of one body do not overlap."""
    community_id = own_community(who)
    term = Term(community_id=community_id, **data.model_dump(exclude={"seats"}))
    _check_term(s, term)
    s.add(term)
    flush_or(s, _overlap())
    for number in range(1, data.seats + 1):
        post = _default_post(data.body, number)
        s.add(Seat(community_id=community_id, term_id=term.id, number=number, post=post))
    s.flush()
    return term


def _default_post(body: TermBody, number: int) -> SeatPost:
    if body == TermBody.representative_assembly:
        return SeatPost.representative
    return SeatPost.director if number == 1 else SeatPost.member


def _check_term(s: Session, term: Term) -> None:
    """Terms of one body follow one another: the community's row is the lock under which that is looked at."""
    if term.ends_on < term.starts_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="ends_on")
    with s.no_autoflush:
        lock_row(s, Community, term.community_id)
        others = select(col(Term.id)).where(
            col(Term.community_id) == term.community_id,
            col(Term.body) == term.body,
            col(Term.id) != term.id,
            col(Term.starts_on) <= term.ends_on,
            col(Term.ends_on) >= term.starts_on,
        )
        if s.scalar(others.limit(1)) is not None:
            raise _overlap()


def _overlap() -> Conflict:
    return Conflict(
        _("与同一组织的另一届时间重叠，请先把上一届的结束日期改到换届前一天。"), code="terms_overlap", field="starts_on"
    )


def update_term(s: Session, who: Principal, term_id: UUID, data: TermUpdate, version: int | None) -> Term:
    """Changes a term; nobody may be left holding a seat outside it."""
    term = find_term(s, who, term_id)
    check_version(term, version)
    changes = {key: value for key, value in data.model_dump(exclude_unset=True).items() if value is not None}
    term.sqlmodel_update(changes)
    _check_term(s, term)
    outside = select(func.count()).select_from(SeatHolder).join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
    outside = outside.where(
        col(Seat.term_id) == term.id,
        (col(SeatHolder.from_on) < term.starts_on)
        | (col(SeatHolder.from_on) > term.ends_on)
        | (col(SeatHolder.to_on) > term.ends_on),
    )
    with s.no_autoflush:
        if s.scalar(outside):
            raise Conflict(
                _("有人的任职时间会落在这一届之外，请先更正任职日期。"), code="holders_outside", field="ends_on"
            )
    touch(term)
    s.add(term)
    flush_or(s, _overlap())
    return term


def remove_term(s: Session, who: Principal, term_id: UUID, version: int | None) -> None:
    """A term in which nobody ever sat goes with its seats."""
    term = find_term(s, who, term_id)
    check_version(term, version)
    seats = s.scalars(select(Seat).where(col(Seat.term_id) == term.id)).all()
    held = select(col(SeatHolder.id)).where(col(SeatHolder.seat_id).in_([seat.id for seat in seats]))
    if s.scalar(held.limit(1)) is not None:
        raise Conflict(_("这一届已有人任职，不能删除。"), code="term_in_use")
    for seat in seats:
        s.delete(seat)
    s.flush()
    s.delete(term)


def seats(who: Principal) -> Select[Seat]:
    return select(Seat).where(communities_of(who, col(Seat.community_id)))


def find_seat(s: Session, who: Principal, seat_id: UUID) -> Seat:
    found = s.scalars(seats(who).where(col(Seat.id) == seat_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def add_seat(s: Session, who: Principal, term_id: UUID, data: SeatCreate) -> Seat:
    term = find_term(s, who, term_id)
    lock_row(s, Term, term.id)
    count, last = s.execute(select(func.count(), func.max(col(Seat.number))).where(col(Seat.term_id) == term.id)).one()
    if count >= MOST_SEATS:
        raise Conflict(_("一届最多 %(n)s 个席位。", n=MOST_SEATS), code="too_many_seats")
    seat = Seat(
        community_id=term.community_id,
        term_id=term.id,
        number=data.number or (last or 0) + 1,
        post=data.post,
        group_id=data.group_id,
    )
    _check_seat(s, term, seat)
    s.add(seat)
    flush_or(s, _seat_taken())
    return seat


def update_seat(s: Session, who: Principal, seat_id: UUID, data: SeatUpdate, version: int | None) -> Seat:
    seat = find_seat(s, who, seat_id)
    check_version(seat, version)
    term = find_term(s, who, seat.term_id)
    for key, value in data.model_dump(exclude_unset=True).items():
        if value is not None or key == "group_id":
            setattr(seat, key, value)
    _check_seat(s, term, seat)
    touch(seat)
    flush_or(s, _seat_taken())
    return seat


def remove_seat(s: Session, who: Principal, seat_id: UUID, version: int | None) -> None:
    """Only a seat that nobody ever held can go."""
    seat = find_seat(s, who, seat_id)
    check_version(seat, version)
    s.delete(seat)
    flush_or(s, Conflict(_("这个席位已有人任职，不能删除。"), code="seat_in_use"))


def _seat_taken() -> Conflict:
    return Conflict(_("这一届已有同一编号的席位。"), code="number_taken", field="number")


def _check_seat(s: Session, term: Term, seat: Seat) -> None:
    """Representatives sit in the assembly, posts in committees; a seat's group is of the same community."""
    of_assembly = term.body == TermBody.representative_assembly
    if (seat.post == SeatPost.representative) != of_assembly:
        raise Invalid(_("这个职务不属于这一组织。"), code="wrong_post", field="post")
    if seat.group_id is not None:
        with s.no_autoflush:
            group = s.get(ResidentsGroup, seat.group_id)
        if group is None or group.community_id != term.community_id:
            raise Invalid(_("本社区没有这个居民小组。"), code="no_such_group", field="group_id")


def last_day(term: Term, on: date) -> date:
    """The day for which a term is shown: today while it lasts, its last or first day otherwise."""
    return max(term.starts_on, min(on, term.ends_on))


def seats_of(s: Session, term_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many seats each term has."""
    counted: Any = (
        select(col(Seat.term_id), func.count()).where(col(Seat.term_id).in_(term_ids)).group_by(col(Seat.term_id))
    )
    return {row[0]: row[1] for row in s.execute(counted)}


def post_choices(body: TermBody) -> list[tuple[str, str]]:
    """The posts of a body to choose from."""
    of_assembly = body == TermBody.representative_assembly
    return [(str(p), _(word)) for p, word in POSTS.items() if (p == SeatPost.representative) == of_assembly]
