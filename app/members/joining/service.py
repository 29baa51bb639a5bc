"""Recording the way towards joining. What the rules do not allow needs a reason and a second person.

A member's row is the lock under which stages and events are looked at and written.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core import audit
from app.core.clock import now, today
from app.core.db import flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.members import rosters
from app.members import service as members
from app.members.joining import courses, rules
from app.members.joining.models import EventKind, Fact, JoiningEvent
from app.members.joining.schemas import FactCreate, FactStrike
from app.members.joining.words import FACTS, explain
from app.members.models import Affiliation, Member, MemberStage, Stage
from app.members.schemas import StageCreate
from app.members.words import STAGES


def held(s: Session, who: Principal, member_id: UUID) -> Member:
    """A member whose course is being written: the row is locked."""
    member = members.find(s, who, member_id)
    lock_row(s, Member, member.id)
    return member


def _still_here(member: Member) -> None:
    if member.to_on is not None:
        raise Conflict(_("已经离开名册，不能再登记阶段。"), code="left")


def against(s: Session, member: Member, stage: Stage, on: date) -> list[rules.Obstacle]:
    """Which rules a stage on a day would go against."""
    return judged(s, member, courses.of(s, member), stage, on)


def judged(s: Session, member: Member, course: rules.Course, stage: Stage, on: date) -> list[rules.Obstacle]:
    """The same for a course that is given. What a branch elsewhere decided is recorded here, not judged."""
    kind = s.scalar(select(rosters.kind_on(on)).where(col(Member.id) == member.id))
    if kind != Affiliation.direct:
        return []
    return rules.obstacles(course, stage, on, entered=member.from_on)


def reach_stage(s: Session, who: Principal, member_id: UUID, data: StageCreate) -> MemberStage:
    """Records a stage that the rules allow on its day (work rules for developing members, 2014)."""
    member = held(s, who, member_id)
    _still_here(member)
    members.check_stage(members.stages_of(s, member.id), data.stage, data.from_on)
    require(against(s, member, data.stage, data.from_on))
    return put_stage(s, member, data.stage, data.from_on)


def require(found: list[rules.Obstacle]) -> None:
    """Refuses (409) what the rules do not allow, with every rule in a sentence."""
    if not found:
        return
    sentences = _("；").join(explain(str(obstacle)) for obstacle in found)
    raise Conflict(
        _("还不能登记：%(why)s。确有理由的，可以申请破例，由另一人确认。", why=sentences),
        code=found[0].code,
        field="from_on",
    )


def put_stage(s: Session, member: Member, stage: Stage, on: date) -> MemberStage:
    reached = MemberStage(community_id=member.community_id, member_id=member.id, stage=stage, from_on=on)
    s.add(reached)
    changed(s, member)
    return reached


def changed(s: Session, member: Member) -> None:
    touch(member)
    s.add(member)
    flush_or(s, Conflict(_("这一天已登记了别的阶段。"), code="stage_order", field="from_on"))


def record_fact(s: Session, who: Principal, member_id: UUID, data: FactCreate) -> JoiningEvent:
    """A fact within the stage that asks for it: a talk, a review, training, an approval, an extension."""
    member = held(s, who, member_id)
    _still_here(member)
    course = courses.of(s, member)
    if (data.fact == Fact.extension) != (data.months is not None):
        raise Invalid(_("延长预备期须写明延长几个月，其他登记不写。"), code="months_of_extension", field="months")
    _check_span(course, data.fact, data.on_day)
    if any(x.fact == data.fact and x.on == data.on_day for x in course.facts):
        raise Conflict(_("这一天已经登记过。"), code="fact_twice", field="on_day")
    if data.fact == Fact.extension:
        _check_extension(course, data.on_day)
    return note(s, who, member, EventKind.fact, data.fact, data.on_day, text=data.note, months=data.months)


def _check_span(course: rules.Course, fact: Fact, on: date) -> None:
    stage = rules.STAGE_OF[fact]
    span = course.span(stage)
    if span is None or not span[0] <= on <= span[1]:
        raise Conflict(
            _("“%(fact)s”要在“%(stage)s”阶段之内登记。", fact=_(FACTS[fact]), stage=_(STAGES[stage])),
            code="outside_stage",
            field="on_day",
        )


def _check_extension(course: rules.Course, on: date) -> None:
    """Once, and not before the probation would have ended."""
    if course.done(Fact.extension):
        raise Conflict(_("预备期只能延长一次。"), code="extended_already", field="fact")
    ends = rules.probation_ends(course)
    if ends is not None and on < ends:
        raise Conflict(
            _("预备期到 %(day)s 满，之前不能决定延长。", day=ends.isoformat()), code="too_early", field="on_day"
        )


def note(
    s: Session,
    who: Principal,
    member: Member,
    kind: EventKind,
    what: Fact | Stage,
    on_day: date,
    *,
    text: str = "",
    months: int | None = None,
    event_id: UUID | None = None,
    at: datetime | None = None,
) -> JoiningEvent:
    """Appends to what happened; the caller holds the member's row."""
    event = JoiningEvent(
        community_id=member.community_id,
        member_id=member.id,
        seq=courses.next_seq(s, member.id),
        kind=kind,
        what=what,
        on_day=on_day,
        months=months,
        event_id=event_id,
        text=text,
        by_user_id=who.id,
        by_name=who.name,
        at=at or now(),
    )
    s.add(event)
    changed(s, member)
    return event


def strike_fact(s: Session, who: Principal, member_id: UUID, data: FactStrike) -> JoiningEvent:
    """Takes back a fact that was recorded by mistake. It stays in the history, with the reason."""
    member = held(s, who, member_id)
    standing = courses.standing(courses.events_of(s, [member.id])[member.id])
    found = next((x for x in standing if x.id == data.event_id), None)
    if found is None:
        raise NotFound()
    return note(s, who, member, EventKind.strike, Fact(found.what), today(), text=data.reason, event_id=found.id)


def probation_at(s: Session, member: Member, at: date) -> tuple[str, date | None]:
    """The stage on a day and, in probation, when it ends: what goes along with a transfer."""
    course = courses.of(s, member, at)
    ends = rules.probation_ends(course) if course.stage == Stage.probationary else None
    return str(course.stage or ""), ends


def audit_decision(s: Session, action: str, member: Member, **said: str) -> None:
    audit.note(s, action, members.TABLE, member.id, member.community_id, **said)
