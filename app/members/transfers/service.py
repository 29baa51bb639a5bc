"""Transfers of the party relationship. Counts of the days before a transfer keep what held then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import now
from app.core.db import flush_or, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.scope import is_outsider
from app.members import service as members
from app.members.joining import service as joining
from app.members.models import Affiliation, Left, Member
from app.members.transfers.models import Direction, MemberTransfer
from app.members.transfers.schemas import TransferCreate, TransferRead


def of(s: Session, member_id: UUID) -> list[MemberTransfer]:
    """Every transfer of a person, the last one first; those taken back too."""
    wanted = select(MemberTransfer).where(col(MemberTransfer.member_id) == member_id)
    return list(s.scalars(wanted.order_by(col(MemberTransfer.on_day).desc(), col(MemberTransfer.id).desc())))


def shown(who: Principal, transfers: Sequence[MemberTransfer]) -> list[TransferRead]:
    hidden = is_outsider(who)
    return [
        TransferRead.model_validate(
            x.model_dump()
            | {"stage": x.stage or None}
            | ({"note": "", "by_name": mask_name(x.by_name), "undone_by": "", "undone_reason": ""} if hidden else {})
        )
        for x in transfers
    ]


def _last(s: Session, member_id: UUID) -> MemberTransfer | None:
    return next((x for x in of(s, member_id) if x.undone_at is None), None)


def record(s: Session, who: Principal, member_id: UUID, data: TransferCreate) -> MemberTransfer:
    """In, out, or to another branch of the community, with the other organisation and the number of its paper."""
    member = joining.held(s, who, member_id)
    if member.to_on is not None:
        raise Conflict(_("已经离开名册，不能再转接。"), code="left")
    _check_day(s, member, data.on_day)
    if data.direction != Direction.within and not data.organisation:
        raise Invalid(_("请填写对方党组织。"), code="organisation_missing", field="organisation")
    stage, until = joining.probation_at(s, member, data.on_day)
    transfer = MemberTransfer(
        community_id=member.community_id,
        member_id=member.id,
        **data.model_dump(include={"direction", "organisation", "on_day", "paper_number", "note"}),
        was_affiliation=member.affiliation,
        was_branch_id=member.branch_id,
        was_home_branch=member.home_branch,
        stage=stage,
        probation_until=until,
        by_user_id=who.id,
        by_name=who.name,
    )
    if data.direction == Direction.outgoing:
        _go(member, transfer, stays=data.stays)
    else:
        _come(member, transfer, data)
    members.check_place(s, who, member)
    s.add(transfer)
    _write(s, member)
    return transfer


def _check_day(s: Session, member: Member, on: date) -> None:
    last = _last(s, member.id)
    since = max(member.from_on, last.on_day) if last else member.from_on
    if on < since:
        raise Invalid(
            _("不能早于登记或上一次转接的日期 %(day)s。", day=since.isoformat()), code="date_order", field="on_day"
        )


def _go(member: Member, transfer: MemberTransfer, *, stays: bool) -> None:
    if member.affiliation != Affiliation.direct:
        raise Conflict(_("组织关系本来就不在本社区，不能从这里转出。"), code="not_direct", field="direction")
    if stays:
        member.affiliation, member.branch_id, member.home_branch = Affiliation.resident, None, transfer.organisation
        return
    transfer.leaves, transfer.changed = True, False
    member.to_on, member.to_kind, member.to_reason = transfer.on_day, Left.transferred, transfer.organisation


def _come(member: Member, transfer: MemberTransfer, data: TransferCreate) -> None:
    """Into a branch. Who is directly managed already only gets the paper of having come."""
    direct = member.affiliation == Affiliation.direct
    if data.direction == Direction.within and not direct:
        raise Conflict(_("组织关系不在本社区的支部，不能在支部之间转接。"), code="not_direct", field="direction")
    if data.direction == Direction.incoming and direct and data.branch_id in (None, member.branch_id):
        transfer.changed = False
        return
    if data.branch_id is None or data.branch_id == member.branch_id:
        raise Invalid(_("请选择转入的支部。"), code="branch_missing", field="branch_id")
    member.affiliation, member.branch_id = Affiliation.direct, data.branch_id


def undo(s: Session, who: Principal, member_id: UUID, reason: str) -> MemberTransfer:
    """Takes back the last transfer, which was a mistake: everything is as before it, and the history keeps it."""
    member = joining.held(s, who, member_id)
    last = _last(s, member.id)
    if last is None:
        raise Conflict(_("没有可以撤回的转接。"), code="no_transfer")
    if last.leaves:
        members.back(s, who, member)
    elif last.changed:
        member.affiliation, member.branch_id = last.was_affiliation, last.was_branch_id
        member.home_branch = last.was_home_branch
        members.check_place(s, who, member)
    _void(s, who, last, reason)
    _write(s, member)
    return last


def void_leaving(s: Session, who: Principal, member_id: UUID) -> None:
    """A leaving was taken back: the transfer that it came with is, too."""
    last = _last(s, member_id)
    if last is not None and last.leaves:
        _void(s, who, last, _("撤回离开"))
        s.flush()


def _void(s: Session, who: Principal, transfer: MemberTransfer, reason: str) -> None:
    transfer.undone_at, transfer.undone_by, transfer.undone_reason = now(), who.name, reason
    touch(transfer)
    s.add(transfer)


def _write(s: Session, member: Member) -> None:
    touch(member)
    s.add(member)
    flush_or(s, members.registered())
