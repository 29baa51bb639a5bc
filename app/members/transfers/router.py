"""Transfers in and out: the form, recording, and taking back the last one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col

from app.accounts.permissions import MembersRead, MembersWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.schemas import Read
from app.households.words import choices
from app.members import listing
from app.members import service as members
from app.members.models import Affiliation, Branch
from app.members.schemas import MemberRead
from app.members.transfers import service
from app.members.transfers.models import Direction
from app.members.transfers.schemas import TransferCreate, TransferRead, TransferUndo

router = APIRouter(prefix="/members/{member_id}/transfers", tags=["members"])
_FORM = "members/transfer.html"
DIRECTIONS = {
    Direction.incoming: N_("转入本社区"),
    Direction.outgoing: N_("转出本社区"),
    Direction.within: N_("在本社区支部之间"),
}


class Transfers(Read):
    """Every transfer of one person, the last one first; those taken back stay, with the reason."""

    items: list[TransferRead]


def _extra(view: View) -> dict[str, Any]:
    wanted = members.branches(view.who).where(col(Branch.dissolved_on).is_(None)).order_by(col(Branch.name))
    direct = view.data.affiliation == Affiliation.direct
    kinds = {key: text for key, text in DIRECTIONS.items() if direct or key == Direction.incoming}
    return {
        "branches": [(b.id, b.name) for b in view.s.scalars(wanted)],
        "directions": choices(kinds),
        "transfers": service.shown(view.who, service.of(view.s, view.data.id)),
    }


def _current(view: View) -> MemberRead:
    return listing.detail(view.s, view.who, members.find(view.s, view.who, view.param("member_id")))


def _to_member(_data: Any, request: Request) -> str:
    return f"/members/{request.path_params['member_id']}"


@router.get("")
def list_member_transfers(s: SessionDep, who: MembersRead, member_id: UUID) -> Transfers:
    """The transfers of one person, with the other organisation, the day and the number of the paper."""
    member = members.find(s, who, member_id)
    return Transfers(items=service.shown(who, service.of(s, member.id)))


@router.get("/new")
@html(_FORM, extra=_extra)
def show_transfer_form(s: SessionDep, who: MembersWrite, member_id: UUID) -> MemberRead:
    """The form for a transfer in, out, or to another branch."""
    return listing.detail(s, who, members.find(s, who, member_id))


@router.post("", status_code=201)
@html(form=_FORM, extra=_extra, current=_current, then=_to_member, done=N_("转接已登记。"))
def create_member_transfer(
    s: SessionDep, who: MembersWrite, member_id: UUID, data: TransferCreate, response: Response
) -> TransferRead:
    """Records a transfer. From its day on the new place holds; of the days before, counts keep what held then."""
    transfer = service.record(s, who, member_id, data)
    response.headers["Location"] = f"/members/{member_id}"
    return service.shown(who, [transfer])[0]


@router.post("/undo")
@html(form=_FORM, extra=_extra, current=_current, then=_to_member, done=N_("转接已撤回。"))
def undo_member_transfer(s: SessionDep, who: MembersWrite, member_id: UUID, data: TransferUndo) -> TransferRead:
    """Takes back the last transfer, which was a mistake; the history keeps it with the reason."""
    return service.shown(who, [service.undo(s, who, member_id, data.reason)])[0]
