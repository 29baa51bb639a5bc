"""One seat: its history, a new holder, corrections, and a look at a holder's phone."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col

from app.accounts.permissions import ResidentsReveal, RostersRead, RostersWrite
from app.assemblies import holders, service, shown
from app.assemblies.models import ResidentsGroup, SeatHolder, TermBody
from app.assemblies.schemas import HolderCreate, HolderRead, HolderUpdate, SeatDetail, SeatRead, SeatUpdate
from app.assemblies.words import BODIES, POSTS, WAYS
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.versions import IfMatch
from app.households.words import SEXES, choices, translated
from app.members import personal
from app.members.schemas import PhoneReveal, PhoneRevealed

router = APIRouter(prefix="/seats", tags=["assemblies"])


def current(view: View) -> SeatDetail:
    """The seat beneath a refused form."""
    return shown.seat_detail(view.s, view.who, service.find_seat(view.s, view.who, view.param("seat_id")))


def extra(view: View) -> dict[str, Any]:
    """Words, choices, and the holder whom a form is about."""
    seat = service.find_seat(view.s, view.who, view.param("seat_id"))
    term = service.find_term(view.s, view.who, seat.term_id)
    listed = service.groups(view.who).where(col(ResidentsGroup.community_id) == seat.community_id)
    found = view.s.scalars(listed.order_by(col(ResidentsGroup.number))).all()
    return {
        "body_words": translated(BODIES),
        "post_words": translated(POSTS),
        "way_words": translated(WAYS),
        "ways": choices(WAYS),
        "sexes": choices(SEXES),
        "sex_words": translated(SEXES),
        "posts": service.post_choices(TermBody(term.body)),
        "groups": [(g.id, g.name) for g in found],
        "accounts": holders.accounts(view.s, term) if view.who.may("rosters:write") else [],
        "record": _record(view),
    }


def _record(view: View) -> HolderRead | None:
    if "seat_holder_id" not in view.request.path_params:
        return None
    holder = holders.find(view.s, view.who, view.param("seat_id"), view.param("seat_holder_id"))
    return shown.holder_reads(view.s, view.who, [holder])[0]


def to_seat(_data: Any, request: Request) -> str:
    return f"/seats/{request.path_params['seat_id']}"


@router.get("/{seat_id}")
@html("assemblies/seat.html", extra=extra)
def read_seat(s: SessionDep, who: RostersRead, seat_id: UUID) -> SeatDetail:
    """A seat with everybody who held it."""
    return shown.seat_detail(s, who, service.find_seat(s, who, seat_id))


@router.get("/{seat_id}/edit")
@html("assemblies/seat_form.html", extra=extra)
def show_seat_edit(s: SessionDep, who: RostersWrite, seat_id: UUID) -> SeatDetail:
    """The form that changes a seat."""
    return shown.seat_detail(s, who, service.find_seat(s, who, seat_id))


@router.patch("/{seat_id}")
@html(form="assemblies/seat_form.html", extra=extra, current=current, then=to_seat, done=N_("已保存。"))
def update_seat(s: SessionDep, who: RostersWrite, seat_id: UUID, data: SeatUpdate, if_match: IfMatch) -> SeatRead:
    """Changes a seat's number, post or group."""
    return shown.seat_reads(s, who, [service.update_seat(s, who, seat_id, data, if_match)], None)[0]


@router.delete("/{seat_id}", status_code=204)
@html(form="assemblies/seat_form.html", extra=extra, current=current, then="/terms", done=N_("席位已删除。"))
def delete_seat(s: SessionDep, who: RostersWrite, seat_id: UUID, if_match: IfMatch) -> None:
    """Deletes a seat that nobody ever held."""
    service.remove_seat(s, who, seat_id, if_match)


@router.get("/{seat_id}/holders/new")
@html("assemblies/holder_new.html", extra=extra)
def show_holder_form(s: SessionDep, who: RostersWrite, seat_id: UUID) -> SeatDetail:
    """The form with which somebody takes the seat."""
    return shown.seat_detail(s, who, service.find_seat(s, who, seat_id))


@router.post("/{seat_id}/holders", status_code=201)
@html(form="assemblies/holder_new.html", extra=extra, current=current, then=to_seat, done=N_("任职已登记。"))
def create_seat_holder(
    s: SessionDep, who: RostersWrite, seat_id: UUID, data: HolderCreate, response: Response
) -> HolderRead:
    """Gives the seat to somebody from a day on; whoever holds it then gives it up on the day before."""
    holder = holders.install(s, who, seat_id, data)
    response.headers["Location"] = f"/seats/{seat_id}/holders/{holder.id}"
    return _one(s, who, holder)


def _one(s: Any, who: Any, holder: SeatHolder) -> HolderRead:
    return shown.holder_reads(s, who, [holder])[0]


@router.get("/{seat_id}/holders/{seat_holder_id}")
@html("assemblies/holder.html", extra=extra)
def read_seat_holder(s: SessionDep, who: RostersRead, seat_id: UUID, seat_holder_id: UUID) -> HolderRead:
    """Somebody's time on a seat."""
    return _one(s, who, holders.find(s, who, seat_id, seat_holder_id))


@router.get("/{seat_id}/holders/{seat_holder_id}/edit")
@html("assemblies/holder_edit.html", extra=extra)
def show_holder_edit(s: SessionDep, who: RostersWrite, seat_id: UUID, seat_holder_id: UUID) -> SeatDetail:
    """The form that corrects or ends somebody's time on a seat."""
    holders.find(s, who, seat_id, seat_holder_id)
    return shown.seat_detail(s, who, service.find_seat(s, who, seat_id))


@router.patch("/{seat_id}/holders/{seat_holder_id}")
@html(form="assemblies/holder_edit.html", extra=extra, current=current, then=to_seat, done=N_("已保存。"))
def update_seat_holder(
    s: SessionDep, who: RostersWrite, seat_id: UUID, seat_holder_id: UUID, data: HolderUpdate, if_match: IfMatch
) -> HolderRead:
    """Corrects somebody's time on a seat, or ends it."""
    return _one(s, who, holders.update(s, who, seat_id, seat_holder_id, data, if_match))


@router.delete("/{seat_id}/holders/{seat_holder_id}", status_code=204)
@html(form="assemblies/holder_edit.html", extra=extra, current=current, then=to_seat, done=N_("已删除。"))
def delete_seat_holder(
    s: SessionDep, who: RostersWrite, seat_id: UUID, seat_holder_id: UUID, if_match: IfMatch
) -> None:
    """Takes back an entry that was a mistake; the audit log keeps it."""
    holders.remove(s, who, seat_id, seat_holder_id, if_match)


@router.get("/{seat_id}/holders/{seat_holder_id}/reveal")
@html("assemblies/holder_reveal.html", extra=extra)
def show_holder_reveal(s: SessionDep, who: ResidentsReveal, seat_id: UUID, seat_holder_id: UUID) -> HolderRead:
    """The form that asks why the phone is wanted in full."""
    return _one(s, who, holders.find(s, who, seat_id, seat_holder_id))


@router.post("/{seat_id}/holders/{seat_holder_id}/reveal")
@html(form="assemblies/holder_reveal.html", extra=extra, current=_record, shows="assemblies/holder_revealed.html")
def reveal_holder_phone(
    s: SessionDep, who: ResidentsReveal, seat_id: UUID, seat_holder_id: UUID, data: PhoneReveal
) -> PhoneRevealed:
    """Shows the phone in full, once; who saw it, and why, stands in the audit log."""
    holder = holders.find(s, who, seat_id, seat_holder_id)
    value = personal.reveal(s, holders.TABLE, holder, holder.community_id, data.reason)
    return PhoneRevealed(id=holder.id, value=value)
