"""An opinion's way: assigned, answered, followed up, closed; published, or become a motion or a need.

Every function takes the instant at which it happened (now by default), so that what was kept on paper can be entered
with its own dates.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import Role, User
from app.accounts.permissions import Principal
from app.consultations.models import ClosedAs, Opinion, OpinionState, Satisfaction
from app.consultations.opinions import Speaker, hold, log
from app.consultations.schemas import (
    OpinionAnswer,
    OpinionAssign,
    OpinionClose,
    OpinionFollowUp,
    OpinionPublication,
)
from app.consultations.states import check_step
from app.core.clock import local_date, now
from app.core.db import touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _

ANSWER_DAYS = 7  # suggested where nobody names a day; a community decides each time
_LATEST = timedelta(days=366)


def assign(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionAssign, version: int | None, at: datetime | None = None
) -> Opinion:
    """Names who answers and by when. The first day named is the one by which punctuality counts."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    check_step(opinion.state, OpinionState.assigned)
    _check_due(data.due_on, at)
    person = s.get(User, data.assignee_id)
    if person is None or person not in _able(s, opinion.community_id):
        raise Invalid(_("请选择本社区的主任或社区工作者。"), code="no_such_assignee", field="assignee_id")
    opinion.assignee_id, opinion.due_on = person.id, data.due_on
    opinion.promised_on = opinion.promised_on or data.due_on
    charged = f"{person.display_name} · {data.due_on}"
    return _step(s, who, opinion, OpinionState.assigned, at, f"{charged} · {data.note}" if data.note else charged)


def assignees(s: Session, community_id: UUID) -> list[tuple[UUID, str]]:
    return [(user.id, user.display_name) for user in _able(s, community_id)]


def _able(s: Session, community_id: UUID) -> list[User]:
    wanted = select(User).where(
        col(User.community_id) == community_id,
        col(User.role).in_([Role.director, Role.worker]),
        col(User.is_active),
    )
    return list(s.exec(wanted.order_by(col(User.role), col(User.display_name))))


def _check_due(due_on: date, at: datetime) -> None:
    begun = local_date(at)
    if due_on < begun:
        raise Invalid(_("答复期限不能早于交办当天。"), code="due_before", field="due_on")
    if due_on > begun + _LATEST:
        raise Invalid(_("答复期限不能超过一年。"), code="due_too_late", field="due_on")


def answer(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionAnswer, version: int | None, at: datetime | None = None
) -> Opinion:
    """Answers. What nobody was charged with yet is answered on the spot by whoever answers."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    if opinion.state == OpinionState.received:
        opinion.assignee_id, opinion.due_on = who.id, local_date(at)
        opinion.promised_on = local_date(at)
        _step(s, who, opinion, OpinionState.assigned, at, f"{who.name} · {opinion.due_on}")
    check_step(opinion.state, OpinionState.answered)
    opinion.answer, opinion.answered_at, opinion.satisfaction = data.answer, at, None
    opinion.first_answered_on = opinion.first_answered_on or local_date(at)
    _show(opinion, data)
    return _step(s, who, opinion, OpinionState.answered, at, data.answer)


def publish_answer(
    s: Session,
    who: Principal,
    opinion_id: UUID,
    data: OpinionPublication,
    version: int | None,
    at: datetime | None = None,
) -> Opinion:
    """Shows the answer to everybody, or no longer."""
    opinion = hold(s, who, opinion_id, version)
    if opinion.answered_at is None:
        raise Conflict(_("还没有答复，不能公开。"), code="no_answer", field="public")
    _show(opinion, data)
    touch(opinion)
    s.add(opinion)
    log(s, who, opinion, "published" if opinion.public else "hidden", at or now())
    return opinion


def _show(opinion: Opinion, data: OpinionAnswer | OpinionPublication) -> None:
    if data.public and not data.public_text:
        raise Invalid(
            _("公开前请写一段不含姓名、房号和电话的意见摘要。"), code="public_text_missing", field="public_text"
        )
    opinion.public = data.public
    opinion.public_text = data.public_text or opinion.public_text


def follow_up(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionFollowUp, version: int | None, at: datetime | None = None
) -> Opinion:
    """Records what the speaker says to the answer; dissatisfied, an answer is owed again."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    return judge(s, who, opinion, data, at)


def judge(s: Session, who: Principal | Speaker, opinion: Opinion, data: OpinionFollowUp, at: datetime) -> Opinion:
    """The same for a worker who asked and for the speaker who tells by the code."""
    back = data.satisfaction == Satisfaction.dissatisfied
    to = OpinionState.returned if back else OpinionState.followed_up
    check_step(opinion.state, to)
    opinion.satisfaction = data.satisfaction
    if back:
        due_on = data.due_on or local_date(at) + timedelta(days=ANSWER_DAYS)
        _check_due(due_on, at)
        opinion.due_on = due_on
        opinion.public = False  # an answer that did not satisfy is not shown as one
    return _step(s, who, opinion, to, at, data.note)


def close(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionClose, version: int | None, at: datetime | None = None
) -> Opinion:
    """Ends an opinion: settled after the follow-up, or withdrawn or a duplicate, with the reason."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    settled = data.closed_as == ClosedAs.settled
    check_step(opinion.state, OpinionState.closed)
    if settled != (opinion.state == OpinionState.followed_up):
        raise Conflict(
            _("答复并回访过的意见才能按“答复并回访”办结；其余的只能因撤回或重复而结束。"), code="opinion_state"
        )
    if not settled and not data.note:
        raise Invalid(_("请写明原因。"), code="reason_missing", field="note")
    opinion.closed_as = ClosedAs(data.closed_as)
    return _step(s, who, opinion, OpinionState.closed, at, data.note)


def _step(
    s: Session, who: Principal | Speaker, opinion: Opinion, to: OpinionState, at: datetime, note: str = ""
) -> Opinion:
    opinion.state = to
    touch(opinion)
    s.add(opinion)
    log(s, who, opinion, to, at, note)
    return opinion
