"""How groups, terms, seats and holders look to whoever asks: outsiders see masked names, nobody a whole phone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies import holders, rosters, service, staff
from app.assemblies.models import Installed, ResidentsGroup, Seat, SeatHolder, SeatPost, StaffPost, Term, TermBody
from app.assemblies.schemas import (
    BodyRead,
    GroupRead,
    HolderRead,
    RosterRead,
    SeatDetail,
    SeatRead,
    SittingRead,
    TermDetail,
    TermRead,
)
from app.assemblies.words import BODIES, POSTS, WAYS
from app.communities import service as communities
from app.communities.models import Community
from app.core.clock import today
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.queries import pairs
from app.households.residents.models import Sex
from app.households.scope import is_outsider
from app.households.words import SEXES
from app.members.personal import masked_phone


def groups(s: Session, found: Sequence[ResidentsGroup]) -> list[GroupRead]:
    """Groups with how many representatives sit for them today."""
    counted = (
        select(col(Seat.group_id), func.count())
        .join(SeatHolder, col(SeatHolder.seat_id) == col(Seat.id))
        .join(Term, col(Term.id) == col(Seat.term_id))
        .where(
            col(Seat.group_id).in_([g.id for g in found]),
            col(Term.body) == TermBody.representative_assembly,
            *rosters.in_office(today()),
        )
        .group_by(col(Seat.group_id))
    )
    sitting = pairs(s, counted)
    return [GroupRead(**g.model_dump(), representatives=sitting.get(g.id, 0)) for g in found]


def holder_reads(s: Session, who: Principal, found: Sequence[SeatHolder]) -> list[HolderRead]:
    """Holders; accounts, residents and reasons only for those inside the community."""
    hidden = is_outsider(who)
    wanted = {holder.user_id for holder in found if holder.user_id}
    names = pairs(s, select(col(User.id), col(User.username)).where(col(User.id).in_(wanted)))
    return [
        HolderRead.model_validate(
            {
                **holder.model_dump(),
                "name": mask_name(holder.name) if hidden else holder.name,
                "phone": masked_phone(holders.TABLE, holder),
                "account": names.get(holder.user_id) if holder.user_id and not hidden else None,
                "end_reason": "" if hidden else holder.end_reason,
            }
            | ({"resident_id": None, "user_id": None} if hidden else {})
        )
        for holder in found
    ]


def seat_reads(s: Session, who: Principal, seats: Sequence[Seat], day: date | None) -> list[SeatRead]:
    """Seats with whoever holds them on a day."""
    wanted = select(SeatHolder).where(col(SeatHolder.seat_id).in_([seat.id for seat in seats]))
    here = [h for h in s.scalars(wanted) if day and h.from_on <= day and (h.to_on is None or h.to_on >= day)]
    held = {holder.seat_id: holder for holder in holder_reads(s, who, here)}
    named = select(ResidentsGroup).where(col(ResidentsGroup.id).in_({x.group_id for x in seats if x.group_id}))
    of_id = {group.id: group for group in s.scalars(named)}
    return [
        SeatRead(
            **seat.model_dump(),
            group_number=of_id[seat.group_id].number if seat.group_id else None,
            group_name=of_id[seat.group_id].name if seat.group_id else None,
            holder=held.get(seat.id),
        )
        for seat in seats
    ]


def seat_detail(s: Session, who: Principal, seat: Seat) -> SeatDetail:
    """A seat with its whole history."""
    term = service.find_term(s, who, seat.term_id)
    day = today() if term.starts_on <= today() <= term.ends_on else None
    return SeatDetail(
        **seat_reads(s, who, [seat], day)[0].model_dump(),
        body=TermBody(term.body),
        term_name=term.name,
        starts_on=term.starts_on,
        ends_on=term.ends_on,
        holders=holder_reads(s, who, holders.of_seat(s, seat.id)),
    )


def term_reads(s: Session, found: Sequence[Term]) -> list[TermRead]:
    """Terms with their seats counted: all, and those held."""
    ids = [term.id for term in found]
    seats = service.seats_of(s, ids)
    by_day: dict[date, list[UUID]] = defaultdict(list)
    for term in found:
        by_day[service.last_day(term, today())].append(term.id)
    filled: dict[UUID, int] = {}
    for day, some in by_day.items():
        held = (
            select(col(Seat.term_id), func.count())
            .join(SeatHolder, col(SeatHolder.seat_id) == col(Seat.id))
            .join(Term, col(Term.id) == col(Seat.term_id))
            .where(col(Seat.term_id).in_(some), *rosters.in_office(day))
            .group_by(col(Seat.term_id))
        )
        filled |= pairs(s, held)
    return [
        TermRead.model_validate({**t.model_dump(), "seats": seats.get(t.id, 0), "filled": filled.get(t.id, 0)})
        for t in found
    ]


def term_detail(s: Session, who: Principal, term: Term, as_of: date | None) -> TermDetail:
    """A term's seats in the order of their numbers with who held them on a day."""
    day = as_of or service.last_day(term, today())
    seats = s.scalars(select(Seat).where(col(Seat.term_id) == term.id).order_by(col(Seat.number), col(Seat.id))).all()
    return TermDetail(**term_reads(s, [term])[0].model_dump(), as_of=day, places=seat_reads(s, who, seats, day))


def community_for(s: Session, who: Principal, community_id: UUID | None) -> Community | None:
    """The community that was asked for, one's own, or the first within reach; None where there is none."""
    wanted = community_id or who.community_id
    if wanted is not None:
        return communities.find(s, who, wanted)
    first = communities.visible(who).order_by(col(Community.code)).limit(1)
    found: Community | None = s.scalars(first).one_or_none()
    return found


def roster(s: Session, who: Principal, community_id: UUID | None, day: date) -> RosterRead:
    """Who sat in which body on a day, and who worked for the community."""
    community = community_for(s, who, community_id)
    if community is None:
        return RosterRead(as_of=day, community_id=None, community_name="", bodies=[], staff=[])
    return RosterRead(
        as_of=day,
        community_id=community.id,
        community_name=community.name,
        bodies=[_body(s, who, community.id, body, day) for body in TermBody],
        staff=staff.shown(s, who, rosters.staff_on(s, community.id, day)),
    )


def _body(s: Session, who: Principal, community_id: UUID, body: TermBody, day: date) -> BodyRead:
    wanted = select(Term).where(
        col(Term.community_id) == community_id,
        col(Term.body) == body,
        col(Term.starts_on) <= day,
        col(Term.ends_on) >= day,
    )
    term = s.scalars(wanted).one_or_none()
    return BodyRead(
        body=body,
        term_id=term.id if term else None,
        term_name=term.name if term else "",
        starts_on=term.starts_on if term else None,
        ends_on=term.ends_on if term else None,
        seats=service.seats_of(s, [term.id]).get(term.id, 0) if term else 0,
        sitting=sitting(s, who, community_id, body, day) if term else [],
    )


def sitting(s: Session, who: Principal, community_id: UUID, body: TermBody, day: date) -> list[SittingRead]:
    """Those in office on a day: by post, then by the seat's number."""
    hidden = is_outsider(who)
    statement: Any = (
        select(SeatHolder, Seat, ResidentsGroup)
        .join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
        .join(Term, col(Term.id) == col(Seat.term_id))
        .outerjoin(ResidentsGroup, col(ResidentsGroup.id) == col(Seat.group_id))
        .where(col(Term.community_id) == community_id, col(Term.body) == body, *rosters.in_office(day))
        .order_by(rosters.post_order(), col(Seat.number))
    )
    return [
        SittingRead.model_validate(
            {
                **holder.model_dump(include={"seat_id", "sex", "from_on", "how"}),
                "holder_id": holder.id,
                "number": seat.number,
                "name": mask_name(holder.name) if hidden else holder.name,
                "post": seat.post,
                "group_number": group.number if group else None,
                "group_name": group.name if group else None,
            }
        )
        for holder, seat, group in s.execute(statement)
    ]


def columns() -> list[str]:
    return [_("组织"), _("席位号"), _("职务"), _("居民小组"), _("姓名"), _("性别"), _("任职日期"), _("产生方式")]


def rows(
    s: Session, who: Principal, community_id: UUID | None, body: TermBody | None, day: date
) -> Iterator[list[Any]]:
    """Everybody in office on a day, masked as on the page, for an export."""
    community = community_for(s, who, community_id)
    for each in TermBody if community else ():
        if body not in (None, each):
            continue
        for item in sitting(s, who, community.id, each, day) if community else []:
            yield [
                _(BODIES[each]),
                item.number,
                _(POSTS[SeatPost(item.post)]),
                item.group_name,
                item.name,
                _(SEXES[Sex(item.sex)]),
                item.from_on,
                _(WAYS[Installed(item.how)]),
            ]


def staff_columns() -> list[str]:
    return [_("姓名"), _("岗位"), _("到岗日期"), _("离岗日期")]


def staff_rows(s: Session, who: Principal, posts: Sequence[StaffPost]) -> Iterator[list[Any]]:
    for post in staff.shown(s, who, posts):
        yield [post.name, post.position, post.from_on, post.to_on]
