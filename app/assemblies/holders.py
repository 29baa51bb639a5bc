"""Who holds a seat: taking it (a by-election keeps the history), corrections, the end, and the account behind it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import Role, User
from app.accounts.permissions import Principal
from app.assemblies import service
from app.assemblies.models import Seat, SeatHolder, Term, TermBody
from app.assemblies.schemas import HolderCreate, HolderUpdate
from app.communities.models import Community
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.households.residents.names import sort_key_of
from app.members.people import resident_of
from app.members.personal import seal_phone

TABLE = "seat_holder"


def of_seat(s: Session, seat_id: UUID) -> list[SeatHolder]:
    """Everybody who held a seat, the latest first."""
    wanted = select(SeatHolder).where(col(SeatHolder.seat_id) == seat_id)
    return list(s.scalars(wanted.order_by(col(SeatHolder.from_on).desc())))


def find(s: Session, who: Principal, seat_id: UUID, holder_id: UUID) -> SeatHolder:
    seat = service.find_seat(s, who, seat_id)
    holder = s.get(SeatHolder, holder_id)
    if holder is None or holder.seat_id != seat.id:
        raise NotFound()
    return holder


def install(s: Session, who: Principal, seat_id: UUID, data: HolderCreate) -> SeatHolder:
    """Gives the seat to somebody from a day on; whoever holds it then gives it up on the day before."""
    seat = service.find_seat(s, who, seat_id)
    lock_row(s, Community, seat.community_id)
    term = service.find_term(s, who, seat.term_id)
    resident = resident_of(s, who, data.name, data.resident_id, data.room)
    holder = SeatHolder(
        community_id=seat.community_id,
        seat_id=seat.id,
        resident_id=resident.id if resident else None,
        sort_key=sort_key_of(data.name),
        **data.model_dump(include={"name", "sex", "from_on", "how", "user_id"}),
    )
    seal_phone(TABLE, holder, data.phone)
    _give_up(s, seat, holder, data.reason)
    check(s, term, holder)
    s.add(holder)
    flush_or(s, _held())
    return holder


def _give_up(s: Session, seat: Seat, successor: SeatHolder, reason: str) -> None:
    """Ends the open time of the present holder on the day before."""
    for present in of_seat(s, seat.id):
        if present.to_on is None and present.from_on < successor.from_on:
            present.to_on = successor.from_on - timedelta(days=1)
            present.end_reason = reason or _("由%(name)s接任", name=successor.name)
            touch(present)
            s.add(present)
    s.flush()


def update(
    s: Session, who: Principal, seat_id: UUID, holder_id: UUID, data: HolderUpdate, version: int | None
) -> SeatHolder:
    """Corrects somebody's time on a seat, or ends it."""
    holder = find(s, who, seat_id, holder_id)
    lock_row(s, Community, holder.community_id)
    s.refresh(holder)
    check_version(holder, version)
    term = service.find_term(s, who, service.find_seat(s, who, seat_id).term_id)
    resident = resident_of(s, who, data.name or holder.name, data.resident_id, data.room)
    sent = data.model_dump(exclude_unset=True, exclude={"phone", "forget_phone", "resident_id", "room"})
    clearable = {"to_on", "user_id"}
    for key, value in sent.items():
        if value is not None or key in clearable:
            setattr(holder, key, value)
    holder.sort_key = sort_key_of(holder.name)
    holder.resident_id = resident.id if resident else holder.resident_id
    if data.phone or data.forget_phone:
        seal_phone(TABLE, holder, data.phone)
    check(s, term, holder)
    touch(holder)
    s.add(holder)
    flush_or(s, _held())
    return holder


def remove(s: Session, who: Principal, seat_id: UUID, holder_id: UUID, version: int | None) -> None:
    """Takes back an entry that was a mistake; the audit log keeps it."""
    holder = find(s, who, seat_id, holder_id)
    check_version(holder, version)
    s.delete(holder)
    flush_or(s, Conflict(_("还有别的记录与这次任职有关，不能删除。"), code="holder_in_use"))


def _held() -> Conflict:
    return Conflict(_("这个席位那时已有人。"), code="seat_held", field="from_on")


def check(s: Session, term: Term, holder: SeatHolder) -> None:
    """Inside the term, never two at once on a seat, one seat a person in a term, an account that fits.

    Held by the community's row, which whoever calls has locked: of two who seat one person at once, the second sees it.
    """
    if holder.to_on is not None and holder.to_on < holder.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="to_on")
    if not term.starts_on <= holder.from_on <= (holder.to_on or term.ends_on) <= term.ends_on:
        raise Invalid(
            _(
                "任职须在本届之内：%(first)s 至 %(last)s。",
                first=term.starts_on.isoformat(),
                last=term.ends_on.isoformat(),
            ),
            code="outside_term",
            field="to_on" if holder.to_on and holder.to_on > term.ends_on else "from_on",
        )
    with s.no_autoflush:
        for other in of_seat(s, holder.seat_id):
            if other.id != holder.id and _overlap(holder, other):
                raise _held()
        _check_person(s, term, holder)
        _check_account(s, term, holder)


def _overlap(one: SeatHolder, other: SeatHolder) -> bool:
    return (other.to_on is None or one.from_on <= other.to_on) and (one.to_on is None or other.from_on <= one.to_on)


def _check_person(s: Session, term: Term, holder: SeatHolder) -> None:
    """The same resident or account holds one seat of a body at a time."""
    wanted = select(SeatHolder).join(Seat, col(Seat.id) == col(SeatHolder.seat_id)).where(col(Seat.term_id) == term.id)
    for column, value in ((col(SeatHolder.resident_id), holder.resident_id), (col(SeatHolder.user_id), holder.user_id)):
        if value is None:
            continue
        for other in s.scalars(wanted.where(column == value, col(SeatHolder.id) != holder.id)):
            if _overlap(holder, other):
                field = "name" if value == holder.resident_id else "user_id"
                raise Conflict(_("这个人在本届已有席位。"), code="two_seats", field=field)


def _check_account(s: Session, term: Term, holder: SeatHolder) -> None:
    """A representative answers with an account of that role; posts may be linked to any account of the community."""
    if holder.user_id is None:
        return
    user = s.get(User, holder.user_id)
    if user is None or user.community_id != term.community_id:
        raise Invalid(_("没有这个账户。"), code="no_such_account", field="user_id")
    if term.body == TermBody.representative_assembly and user.role != Role.representative:
        raise Invalid(_("居民代表的席位只能关联角色为居民代表的账户。"), code="wrong_role", field="user_id")


def accounts(s: Session, term: Term) -> list[tuple[UUID, str]]:
    """The accounts to choose from."""
    wanted = select(User).where(col(User.community_id) == term.community_id, col(User.is_active))
    if term.body == TermBody.representative_assembly:
        wanted = wanted.where(col(User.role) == Role.representative)
    found = s.scalars(wanted.order_by(col(User.display_name)))
    return [(u.id, f"{u.display_name} ({u.username})") for u in found]
