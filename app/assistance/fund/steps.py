"""Taking a request along its path: three different people ask, approve and pay; relatives of the applicant never act.

Whatever acts holds the request first and the fund afterwards, so that of two who press together the second is told
what the first did.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assistance.fund import ledger, relief, states
from app.assistance.fund.files import KIND
from app.assistance.fund.models import EntryKind, EventKind, FundCheck, FundEntry, FundRelative, FundRelief, State
from app.assistance.fund.schemas import (
    Approval,
    CheckCreate,
    Payment,
    Rejection,
    RelativeCreate,
    ReliefMove,
)
from app.attachments.models import Attachment
from app.core.clock import local_date
from app.core.db import flush_or, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _

CHECKERS = 2
ASKED = (State.reported, State.applied)


def move(s: Session, who: Principal, relief_id: UUID, data: ReliefMove, at: datetime) -> FundRelief:
    """The steps that need no more than a word: applied, judged, reviewed, shown, followed up, closed."""
    found = relief.held(s, who, relief_id)
    relief.refuse_relative(s, found, who)
    to = State(data.to)
    states.check(found, to)
    if to == State.noticed:
        found.notice_from = local_date(at)
        found.notice_to = found.notice_from + timedelta(days=data.days - 1)
    if to in (State.opined, State.reviewed, State.followed_up) and not data.note:
        raise Invalid(_("请写明意见或情况。"), code="missing", field="note")
    if to == State.closed:
        _require_notice_over(found, at)
    relief.add_event(s, found, who, at, data.note, to=to)
    return found


def _require_notice_over(found: FundRelief, at: datetime) -> None:
    """Who was shown was shown for all the days that were announced."""
    if found.notice_to is not None and local_date(at) <= found.notice_to:
        raise Conflict(_("公示到 %(day)s 结束，之后才能办理。", day=found.notice_to.isoformat()), code="notice_running")


def check(s: Session, who: Principal, relief_id: UUID, data: CheckCreate, at: datetime) -> FundRelief:
    """What one person found at the door; with the second one the household is checked."""
    found = relief.held(s, who, relief_id)
    relief.require_unrelated(s, found, who, data.unrelated)
    states.check(found, State.checked)
    checked_on = data.checked_on or local_date(at)
    if checked_on > local_date(at):
        raise Invalid(_("日期不能晚于今天。"), code="date_in_future", field="checked_on")
    s.add(
        FundCheck(
            community_id=found.community_id,
            relief_id=found.id,
            user_id=who.id,
            checked_on=checked_on,
            findings=data.findings,
            by_name=who.name,
        )
    )
    flush_or(s, Conflict(_("您已经核实过了，还需要另一个人核实。"), code="checked_already"))
    wanted = select(func.count()).select_from(FundCheck).where(col(FundCheck.relief_id) == found.id)
    enough = (s.scalar(wanted) or 0) >= CHECKERS
    relief.add_event(s, found, who, at, to=State.checked if enough else None, kind=EventKind.checked)
    return found


def declare(s: Session, who: Principal, relief_id: UUID, data: RelativeCreate, at: datetime) -> FundRelief:
    """Says that somebody of the office is related to the applicant."""
    found = relief.held(s, who, relief_id)
    if State(found.state) not in states.OPEN:
        raise states.refuse(found, _("已经办结，不再登记。"))
    user = s.get(User, data.user_id)
    if user is None or user.community_id != found.community_id:
        raise Invalid(_("本社区没有这个账号。"), code="no_such_user", field="user_id")
    s.add(FundRelative(community_id=found.community_id, relief_id=found.id, user_id=user.id, relation=data.relation))
    flush_or(s, Conflict(_("这个人已经申报过了。"), code="declared_already", field="user_id"))
    text = f"{user.display_name}：{data.relation}"
    relief.add_event(s, found, who, at, text, kind=EventKind.relative)
    return found


def approve(s: Session, who: Principal, relief_id: UUID, data: Approval, at: datetime) -> FundRelief:
    """The decision of somebody who did not ask, once the notice is over; for urgent relief before it."""
    found = relief.held(s, who, relief_id)
    states.check(found, State.approved)
    if who.id == found.requester_id or who.id in relief.acted(s, found, ASKED):
        raise Conflict(_("申请人不能批准自己提出的申请，请由别人批准。"), code="own_request")
    relief.require_unrelated(s, found, who, data.unrelated)
    _require_notice_over(found, at)
    found.approver_id = who.id
    relief.add_event(s, found, who, at, data.note, to=State.approved)
    return found


def reject(s: Session, who: Principal, relief_id: UUID, data: Rejection, at: datetime) -> FundRelief:
    """Ends a request that was asked for and not approved; the notice is taken down."""
    found = relief.held(s, who, relief_id)
    relief.refuse_relative(s, found, who)
    if found.state == State.reported or states.behind(found, State.approved) or State(found.state) not in states.OPEN:
        raise states.refuse(found, _("只有申请以后、批准以前才能不予批准。"))
    relief.add_event(s, found, who, at, data.reason, to=State.rejected)
    return found


def withdraw(s: Session, who: Principal, relief_id: UUID, data: Rejection, at: datetime) -> FundRelief:
    """Takes a request back while nothing is paid."""
    found = relief.held(s, who, relief_id)
    if states.behind(found, State.paid) or State(found.state) not in states.OPEN:
        raise states.refuse(found, _("发放以后不能撤回；款项退回的，请在账上冲销。"))
    relief.add_event(s, found, who, at, data.reason, to=State.withdrawn)
    return found


def pay(s: Session, who: Principal, relief_id: UUID, data: Payment, at: datetime) -> FundRelief:
    """The third act: a third person pays against the signed receipt, and never more than the fund has."""
    found = relief.held(s, who, relief_id)
    states.check(found, State.paid)
    if who.id in {found.requester_id, found.approver_id, *relief.acted(s, found, ASKED)}:
        raise Conflict(_("申请、批准、发放必须是三个人，请由别人发放。"), code="third_person")
    relief.require_unrelated(s, found, who, data.unrelated)
    receipt = _receipt(s, found, data.receipt_id)
    kind = EntryKind(found.kind)
    entry = ledger.book(s, who, found.community_id, kind, -found.amount_fen, found.number, at)
    found.entry_id, found.receipt_id, found.payer_id, found.paid_on = entry.id, receipt, who.id, entry.booked_on
    relief.add_event(s, found, who, at, to=State.paid, entry_id=entry.id)
    return found


def _receipt(s: Session, found: FundRelief, receipt_id: UUID | None) -> UUID:
    """The file of the request that the recipient signed."""
    receipt = s.get(Attachment, receipt_id) if receipt_id is not None else None
    if receipt is None or (receipt.owner_kind, receipt.owner_id) != (KIND, found.id):
        text = _("没有签收单不能发放：请先上传领款人签字的签收单，再选择它。")
        raise Conflict(text, code="receipt_missing", field="receipt_id")
    return receipt.id


def take_back(s: Session, who: Principal, entry_id: UUID, reason: str, at: datetime) -> FundEntry:
    """Reverses an entry. A payment that came back leaves its request approved, to be paid again or withdrawn."""
    wrong = ledger.find(s, who, entry_id)
    paid = s.scalars(select(FundRelief).where(col(FundRelief.entry_id) == wrong.id)).one_or_none()
    if paid is None:
        return ledger.reverse(s, who, wrong, reason, at)
    found = relief.held(s, who, paid.id)
    entry = ledger.reverse(s, who, wrong, reason, at)
    found.entry_id = found.receipt_id = found.payer_id = found.paid_on = None
    touch(found)
    relief.add_event(s, found, who, at, reason, to=State.approved, kind=EventKind.reversed, entry_id=entry.id)
    return entry
