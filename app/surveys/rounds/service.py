"""The rules of rounds that people set off: who sees them, making one, extending, voiding, and drawing in public."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.ballots.models import Invitation, InvitationState
from app.communities.service import in_scope
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.surveys.rounds import framing, opening, publishing, states
from app.surveys.rounds.models import Absence, Round, RoundDraw, State
from app.surveys.rounds.schemas import RoundCreate, RoundExtend
from app.surveys.schedules import periods
from app.surveys.schedules.models import Method, Schedule

LONGEST = timedelta(days=180)


@dataclass(frozen=True)
class Filters:
    """What a list of rounds is narrowed to."""

    q: str = ""
    community_id: UUID | None = None
    schedule_id: UUID | None = None
    instrument: str | None = None
    state: State | None = None
    period: str | None = None


def visible(who: Principal) -> Select[Any]:
    return select(Round).where(in_scope(who, Round.community_id))


def listed(who: Principal, wanted: Filters) -> Select[Any]:
    statement = visible(who)
    for column, value in (
        (Round.community_id, wanted.community_id),
        (Round.schedule_id, wanted.schedule_id),
        (Round.instrument_key, wanted.instrument),
        (Round.state, wanted.state),
        (Round.period, wanted.period),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    if wanted.q:
        like = [col(c).icontains(wanted.q, autoescape=True) for c in (Round.title, Round.period, Round.instrument_key)]
        statement = statement.where(like[0] | like[1] | like[2])
    return statement


def get(s: Session, who: Principal, round_id: UUID) -> Round:
    found: Round | None = s.scalars(visible(who).where(col(Round.id) == round_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, round_id: UUID) -> Round:
    """The round, held for this transaction, as every run holds it too."""
    get(s, who, round_id)
    found: Round = lock_row(s, Round, round_id)  # type: ignore[assignment]
    return found


def schedule_of(s: Session, round_: Round) -> Schedule:
    return s.get_one(Schedule, round_.schedule_id)


def create(s: Session, who: Principal, data: RoundCreate) -> Round:
    """Schedules the round of a period by hand. There is never a second one of the same schedule and period."""
    visible_schedules = select(Schedule).where(in_scope(who, Schedule.community_id))
    schedule: Schedule | None = s.scalars(visible_schedules.where(col(Schedule.id) == data.schedule_id)).one_or_none()
    if schedule is None:
        raise Invalid(_("没有这个评议安排。"), code="unknown_schedule", field="schedule_id")
    _check_period(schedule, data.period)
    starts = data.opens_at or max(periods.opens_at(schedule, data.period), now())
    round_ = opening.new_round(s, schedule, data.period, starts)
    if round_ is None:
        raise Conflict(_("问卷还没有发布的版本。"), code="no_version")
    s.add(round_)
    flush_or(s, Conflict(_("这个周期已经有一轮评议。"), code="round_exists", field="period"))
    return round_


def _check_period(schedule: Schedule, period: str) -> None:
    try:
        kind = periods.cadence_of(period)
    except ValueError:
        raise Invalid(_("周期写法不对，例如 2012-06、2012-Q2、2012-H1、2012。"), field="period") from None
    if kind != schedule.cadence:
        example = periods.period_of(schedule.cadence, now().date())
        raise Invalid(_("这个安排的周期应写作 %(example)s 的样子。", example=example), field="period")


def extend(s: Session, who: Principal, round_id: UUID, data: RoundExtend, version: int | None) -> Round:
    """Gives more time, before the closing hour only and with a reason that stays on the round."""
    round_ = held(s, who, round_id)
    check_version(round_, version)
    states.require(round_, State.open, rule=_("只有进行中的轮次才能延长。"))
    if now() >= round_.closes_at:
        raise Conflict(_("已过截止时间，不能再延长。"), code="already_over")
    if data.closes_at <= round_.closes_at:
        raise Invalid(_("新的截止时间必须晚于原来的。"), field="closes_at")
    if data.closes_at > (round_.opened_at or round_.opens_at) + LONGEST:
        raise Invalid(_("一轮评议最长 %(n)s 天。", n=LONGEST.days), field="closes_at")
    round_.closes_at, round_.extension_reason = data.closes_at, data.reason
    touch(round_)
    return round_


def void(s: Session, who: Principal, round_id: UUID, reason: str) -> Round:
    """Ends a round without a result. Sheets of an open box are destroyed unread; the reason stays."""
    round_ = held(s, who, round_id)
    was = round_.state
    states.move(round_, State.void)
    if was == State.open:
        ballots.void_box(s, publishing.box_of(s, round_))
    round_.void_reason = reason
    touch(round_)
    return round_


def close(s: Session, who: Principal, round_id: UUID) -> Round:
    """Closes before the hour; the reason is the person's own business, the audit log has the name."""
    round_ = held(s, who, round_id)
    publishing.close(s, round_, now())
    return round_


def publish(s: Session, who: Principal, round_id: UUID) -> Round:
    round_ = held(s, who, round_id)
    publishing.publish(s, round_, now())
    return round_


def _waiting(s: Session, round_: Round) -> RoundDraw:
    """The draw that waits for its public number."""
    states.require(round_, State.framed, rule=_("只有名册已冻结、等待公开号码的轮次才能这样做。"))
    drawn = framing.current(s, round_.id)
    if drawn is None or not drawn.waits:
        raise Conflict(_("本轮抽取不用公开号码。"), code="no_public_number")
    if drawn.drawn_at is not None:
        raise Conflict(_("号码已经录入，抽取已经完成。"), code="already_drawn")
    return drawn


def announce(s: Session, who: Principal, round_id: UUID, source_text: str) -> Round:
    """Says beforehand which number will count. What was announced is not changed any more: void and redraw instead."""
    round_ = held(s, who, round_id)
    drawn = _waiting(s, round_)
    if drawn.source_text:
        raise Conflict(_("已经公布过用哪个号码，不能更改；确需更改请作废重抽。"), code="already_announced")
    drawn.source_text, drawn.announced_at, drawn.announced_by = source_text, now(), who.id
    touch(drawn)
    touch(round_)
    s.add(drawn)
    return round_


def second_person(s: Session, who: Principal, round_: Round) -> str:
    """Why this person may not enter the number; "" if he may. Whoever made the frame or the schedule may not."""
    if who.kind != "user":
        return _("号码只能由本人登录后录入。")
    if who.id == round_.framed_by:
        return _("名册是您冻结的，号码须由另一人录入。")
    if who.id == creator_of(s, round_.schedule_id):
        return _("评议安排是您建立的，号码须由另一人录入。")
    return ""


def creator_of(s: Session, schedule_id: UUID) -> UUID | None:
    """Who made the schedule, as the audit log has it."""
    wanted = select(col(AuditEntry.actor_id)).where(
        col(AuditEntry.object_id) == schedule_id, col(AuditEntry.action) == f"{Schedule.__tablename__}.create"
    )
    found: UUID | None = s.scalars(wanted.limit(1)).first()
    return found


def enter_number(s: Session, who: Principal, round_id: UUID, public: str) -> Round:
    """Enters the number that was drawn in public; this draws the sample. The next run opens the round."""
    round_ = held(s, who, round_id)
    drawn = _waiting(s, round_)
    refusal = second_person(s, who, round_)
    if refusal:
        raise Forbidden(refusal, code="second_person_needed")
    if not drawn.source_text:
        raise Conflict(_("请先公布用哪个号码，再录入号码。"), code="not_announced")
    at = now()
    framing.execute(s, drawn, framing.units_of(s, round_.id), public, at)
    drawn.entered_at, drawn.entered_by = at, who.id
    touch(drawn)
    touch(round_)
    return round_


def redraw(s: Session, who: Principal, round_id: UUID, reason: str) -> Round:
    round_ = held(s, who, round_id)
    framing.redraw(s, round_, schedule_of(s, round_), reason, now())
    touch(round_)
    return round_


def replace(s: Session, who: Principal, round_id: UUID, public_id: str, why: Absence) -> Round:
    """Before opening the next reserve steps in; afterwards nobody does, the person only no longer counts as silent."""
    round_ = held(s, who, round_id)
    if round_.method != Method.sample:
        raise Conflict(_("全体参加的轮次没有候补。"), code="not_a_sample")
    if round_.state == State.open:
        _excuse(s, round_, public_id, why)
    else:
        framing.replace(s, round_, public_id, why)
    touch(round_)
    return round_


def _excuse(s: Session, round_: Round, public_id: str, why: Absence) -> None:
    entry, pick = framing.invited_pick(s, round_, public_id)
    invitation = s.scalars(
        select(Invitation).where(
            col(Invitation.box_id) == round_.box_id,
            col(Invitation.voter_kind) == entry.person_kind,
            col(Invitation.voter_id) == entry.person_id,
        )
    ).one()
    if invitation.state == InvitationState.ineligible:
        raise Conflict(_("这个人已经记为不能参加。"), code="already_ineligible")
    ballots.mark_ineligible(s, invitation)
    framing.note_absence(s, round_, pick, why)


def is_answerable(round_: Round, at: datetime | None = None) -> bool:
    """Whether answers are taken at this instant: from opening to the closing hour, even if no run closed it yet."""
    return round_.state == State.open and (at or now()) < round_.closes_at
