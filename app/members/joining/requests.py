"""Stages against the rules and corrections of stages: one person asks with a reason, another one decides.

A correction changes what counts say of every day since, however much later it comes; what stood before stays in the
history as an event.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.attachments import service as attachments
from app.core.clock import now
from app.core.db import flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.members import service as members
from app.members.joining import courses, rules, service
from app.members.joining.models import EventKind, JoiningEvent, JoiningRequest, RequestKind, RequestState
from app.members.joining.schemas import CorrectionAsk, OverrideAsk
from app.members.models import Member, MemberStage, Stage

OWNER_KIND = "member_stage"


def ask_override(s: Session, who: Principal, member_id: UUID, data: OverrideAsk, at: datetime) -> JoiningRequest:
    """A stage that the rules do not allow yet. What they allow needs no override."""
    member = service.held(s, who, member_id)
    if member.to_on is not None:
        raise Conflict(_("已经离开名册，不能再登记阶段。"), code="left")
    members.check_stage(members.stages_of(s, member.id), data.stage, data.from_on)
    found = service.against(s, member, data.stage, data.from_on)
    if not found:
        raise Conflict(_("这一步符合规定，直接登记即可，不需要破例。"), code="no_override_needed", field="from_on")
    return _ask(s, who, member, RequestKind.override, data.stage, data.from_on, data.reason, at, found)


def ask_correction(
    s: Session, who: Principal, member_id: UUID, stage_id: UUID, data: CorrectionAsk, at: datetime
) -> JoiningRequest:
    """That a stage was recorded wrongly: another stage, another day, both, or that it was never reached."""
    member = service.held(s, who, member_id)
    stages = members.stages_of(s, member.id)
    stage = _one(stages, stage_id)
    if data.stage is None and data.from_on is None:
        if len(stages) == 1:
            raise Conflict(_("至少要保留一个阶段。"), code="last_stage")
        was, day = Stage(stage.stage), stage.from_on
        return _ask(s, who, member, RequestKind.removal, was, day, data.reason, at, [], stage)
    to, on = data.stage or Stage(stage.stage), data.from_on or stage.from_on
    if (to, on) == (stage.stage, stage.from_on):
        raise Invalid(_("改前改后一样，没有什么可更正。"), code="nothing_changed", field="from_on")
    members.check_stage([x for x in stages if x.id != stage.id], to, on)
    course = courses.of(s, member)
    kept = tuple(x for x in course.stages if x[0] != stage.stage)
    found = service.judged(s, member, rules.Course(kept, course.facts, course.born), to, on)
    return _ask(s, who, member, RequestKind.correction, to, on, data.reason, at, found, stage)


def _one(stages: list[MemberStage], stage_id: UUID) -> MemberStage:
    found = next((x for x in stages if x.id == stage_id), None)
    if found is None:
        raise NotFound()
    return found


def _ask(
    s: Session,
    who: Principal,
    member: Member,
    kind: RequestKind,
    stage: Stage,
    on: date,
    reason: str,
    at: datetime,
    found: list[rules.Obstacle],
    corrected: MemberStage | None = None,
) -> JoiningRequest:
    asked = JoiningRequest(
        community_id=member.community_id,
        member_id=member.id,
        kind=kind,
        stage=stage,
        on_day=on,
        stage_id=corrected.id if corrected else None,
        was_stage=corrected.stage if corrected else "",
        was_on=corrected.from_on if corrected else None,
        against=",".join(map(str, found)),
        reason=reason,
        asked_by=who.id,
        asked_name=who.name,
        asked_at=at,
    )
    s.add(asked)
    flush_or(s, Conflict(_("已有一项申请在等待另一人确认。"), code="request_open"))
    service.audit_decision(s, f"joining.{kind}_asked", member, reason=reason, stage=str(stage))
    return asked


def settle(
    s: Session, who: Principal, member_id: UUID, request_id: UUID, *, confirm: bool, at: datetime | None = None
) -> JoiningRequest:
    """Another person confirms or refuses. Confirming needs the stages to be as they were when it was asked."""
    instant = at or now()
    member = service.held(s, who, member_id)
    asked: JoiningRequest | None = lock_row(s, JoiningRequest, request_id)
    if asked is None or asked.member_id != member.id:
        raise NotFound()
    if asked.state != RequestState.asked:
        raise Conflict(_("这项申请已经处理过。"), code="request_settled")
    if who.kind != "user" or asked.asked_by == who.id:
        raise Forbidden(_("这项申请须由另一人确认。"), code="second_person")
    asked.state = RequestState.confirmed if confirm else RequestState.refused
    asked.decided_by, asked.decided_name, asked.decided_at = who.id, who.name, instant
    touch(asked)
    s.add(asked)
    s.flush()
    if confirm:
        _apply(s, who, member, asked, instant)
    verb = "confirmed" if confirm else "refused"
    service.audit_decision(s, f"joining.{asked.kind}_{verb}", member, reason=asked.reason, stage=asked.stage)
    return asked


def _apply(s: Session, who: Principal, member: Member, asked: JoiningRequest, at: datetime) -> None:
    stages = members.stages_of(s, member.id)
    stage = Stage(asked.stage)
    if asked.kind == RequestKind.override:
        members.check_stage(stages, stage, asked.on_day)
        service.put_stage(s, member, stage, asked.on_day)
    else:
        _amend(s, stages, asked)
    s.add(
        JoiningEvent(
            community_id=member.community_id,
            member_id=member.id,
            seq=courses.next_seq(s, member.id),
            kind=EventKind(asked.kind),
            what=asked.stage,
            on_day=asked.on_day,
            was_stage=asked.was_stage,
            was_on=asked.was_on,
            against=asked.against,
            text=asked.reason,
            by_user_id=asked.asked_by,
            by_name=asked.asked_name,
            second_id=who.id,
            second_name=who.name,
            at=at,
        )
    )
    service.changed(s, member)


def _amend(s: Session, stages: list[MemberStage], asked: JoiningRequest) -> None:
    """A correction meets what it was asked about, or is overtaken."""
    overtaken = Conflict(_("阶段在此期间变了，请重新提出。"), code="request_overtaken")
    stage = next((x for x in stages if x.id == asked.stage_id), None)
    if stage is None or (stage.stage, stage.from_on) != (asked.was_stage, asked.was_on):
        raise overtaken
    others = [x for x in stages if x.id != stage.id]
    if asked.kind == RequestKind.removal:
        if not others:
            raise overtaken
        if attachments.of(s, OWNER_KIND, stage.id):
            raise Conflict(_("这个阶段还有材料，请先移走材料再更正。"), code="stage_has_files")
        s.delete(stage)
        s.flush()
        return
    members.check_stage(others, asked.stage, asked.on_day)
    stage.stage, stage.from_on = asked.stage, asked.on_day
    s.add(stage)
