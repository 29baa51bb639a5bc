"""What the director does with a motion: admitting, returning, merging duplicates, and corrections by two people."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.models import TermBody
from app.assemblies.motions import proposing, service, states
from app.assemblies.motions.models import (
    CorrectionState,
    Motion,
    MotionCorrection,
    MotionEvent,
    MotionProposer,
    MotionSecond,
    ProposerKind,
)
from app.assemblies.motions.models import MotionState as S
from app.assemblies.motions.similar import ALIKE, likeness
from app.assemblies.rules import service as rules
from app.assemblies.rules.decide import Outcome
from app.core.clock import local_date
from app.core.db import flush_or, lock_row, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.events import MotionCarried, publish
from app.core.i18n import gettext as _

_MOST_SIMILAR = 5
# Where a motion has left its assembly again, or never reached one.
_BEFORE_AN_AGENDA = frozenset({S.draft, S.submitted, S.returned, S.admitted, S.merged, S.withdrawn})


def seconds_needed(s: Session, motion: Motion, at: datetime) -> tuple[int, str]:
    """How many representatives must second a representative's motion, and where that is written."""
    if motion.proposer_kind != ProposerKind.representative:
        return 0, ""
    try:
        version = rules.pack_for(s, motion.community_id, TermBody.representative_assembly, local_date(at))
    except Conflict:
        return 0, ""
    found = rules.rules_of(version, TermBody.representative_assembly)
    return found.seconders, found.sources.seconders or version.citation


def admit(s: Session, who: Principal, motion: Motion, at: datetime) -> MotionEvent:
    """Takes a motion up: it may be put on an agenda. Refused (409) while the rules ask for more seconds."""
    motion = service.locked(s, motion)
    states.require(motion.state, S.admitted)
    needed, source = seconds_needed(s, motion, at)
    there = len(proposing.seconds(s, motion.id))
    if there < needed:
        raise Conflict(
            _("附议还不够：需要 %(needed)s 位代表，现有 %(there)s 位（%(source)s）。",
              needed=needed, there=there, source=source),
            code="seconds_missing",
        )  # fmt: skip
    return service.record(s, who, motion, S.admitted, at)


def merge(s: Session, who: Principal, motion: Motion, into_id: UUID, at: datetime, reason: str = "") -> MotionEvent:
    """Makes a duplicate part of another motion: its proposers and seconders go with it."""
    target = _target(s, who, motion, into_id)
    for each in sorted((motion, target), key=lambda m: m.id):  # one order of locks for all, so that none waits for two
        lock_row(s, Motion, each.id)
    states.require(motion.state, S.merged)
    if target.state in states.FINAL or target.state == S.draft:
        raise Conflict(
            _("不能并入这个议案：它现在是“%(state)s”。", state=_(states.LABELS[target.state])),
            code="target_closed",
            field="into_id",
        )
    _carry_over(s, motion, target)
    motion.merged_into_id = target.id
    return service.record(
        s, who, motion, S.merged, at, reason=reason or _("与议案 %(number)s 内容相同", number=target.number)
    )


def _target(s: Session, who: Principal, motion: Motion, into_id: UUID) -> Motion:
    refusal = Invalid(_("请选择本社区的另一个议案。"), field="into_id")
    try:
        target = service.find(s, who, into_id)
    except NotFound:
        raise refusal from None
    if target.id == motion.id or target.community_id != motion.community_id or target.parent_id != motion.parent_id:
        raise refusal
    return target


def _carry_over(s: Session, motion: Motion, target: Motion) -> None:
    community_id, motion_id = target.community_id, target.id
    brought = {p.holder_id for p in proposing.proposers(s, motion_id)}
    for holder_id in {p.holder_id for p in proposing.proposers(s, motion.id)} - brought:
        s.add(MotionProposer(community_id=community_id, motion_id=motion_id, holder_id=holder_id))
        brought.add(holder_id)
    supported = {x.holder_id: x for x in proposing.seconds(s, motion_id)}
    for holder_id in supported.keys() & brought:
        s.delete(supported[holder_id])  # now among the proposers
    for second in proposing.seconds(s, motion.id):
        if second.holder_id not in supported.keys() | brought:
            s.add(
                MotionSecond(community_id=community_id, motion_id=motion_id, holder_id=second.holder_id, at=second.at)
            )
    s.flush()


def by_likeness(s: Session, motion: Motion) -> list[tuple[Motion, float]]:
    """The undecided motions into which this one might be merged, those with the most similar title first."""
    wanted = select(Motion).where(
        col(Motion.community_id) == motion.community_id,
        col(Motion.id) != motion.id,
        col(Motion.parent_id).is_(None) if motion.parent_id is None else col(Motion.parent_id) == motion.parent_id,
        col(Motion.state).in_(sorted(states.PENDING | {S.returned})),
    )
    found = [(other, likeness(motion.title, other.title)) for other in s.scalars(wanted)]
    return sorted(found, key=lambda x: (-x[1], x[0].year, x[0].ordinal))


def similar(s: Session, motion: Motion) -> list[tuple[Motion, float]]:
    """Possible duplicates."""
    return [x for x in by_likeness(s, motion) if x[1] >= ALIKE][:_MOST_SIMILAR]


# --- corrections ----------------------------------------------------------------------------------------------


def correctable(motion: Motion) -> list[S]:
    """The states that a correction may ask for. What a vote decided only a recount of that vote changes."""
    if motion.state in (S.carried, S.rejected, S.voting):
        return []
    reachable = frozenset(S) - states.NOT_BY_CORRECTION - {S(motion.state)}
    if motion.assembly_id is None:
        reachable &= _BEFORE_AN_AGENDA
    return [state for state in S if state in reachable]


def open_correction(s: Session, motion_id: UUID) -> MotionCorrection | None:
    return s.scalars(
        select(MotionCorrection).where(
            col(MotionCorrection.motion_id) == motion_id, col(MotionCorrection.state) == CorrectionState.asked
        )
    ).one_or_none()


def ask_correction(s: Session, who: Principal, motion: Motion, to: S, reason: str, at: datetime) -> MotionCorrection:
    """Somebody says that the recorded state is wrong; nothing changes until another person confirms it."""
    motion = service.locked(s, motion)
    if to not in correctable(motion):
        raise Conflict(
            _(
                "不能更正为“%(to)s”：表决的结果只能由重新计票改变，合并只能按程序进行，没有列入议程的不能更正为会上的状态。",
                to=_(states.LABELS[to]),
            ),
            code="not_correctable",
            field="to",
        )
    asked = MotionCorrection(
        community_id=motion.community_id,
        motion_id=motion.id,
        from_state=motion.state,
        to_state=to,
        reason=reason,
        asked_by=who.id,
        asked_name=who.name,
        asked_at=at,
    )
    s.add(asked)
    flush_or(s, Conflict(_("已有一项更正在等待另一人确认。"), code="correction_open"))
    return asked


def find_correction(s: Session, motion: Motion, correction_id: UUID) -> MotionCorrection:
    found: MotionCorrection | None = lock_row(s, MotionCorrection, correction_id)
    if found is None or found.motion_id != motion.id:
        raise NotFound()
    return found


def settle_correction(
    s: Session, who: Principal, motion: Motion, correction_id: UUID, at: datetime, *, confirm: bool
) -> MotionCorrection:
    """Another person confirms or refuses; confirming needs the motion to be as it was when the correction was asked."""
    motion = service.locked(s, motion)
    asked = find_correction(s, motion, correction_id)
    if asked.state != CorrectionState.asked:
        raise Conflict(_("这项更正已经处理过。"), code="correction_settled")
    if asked.asked_by == who.id:
        raise Forbidden(_("更正须由另一人确认。"), code="second_person")
    if confirm and motion.state != asked.from_state:
        raise Conflict(_("议案的状态在此期间变了，请重新提出更正。"), code="correction_overtaken")
    asked.state = CorrectionState.confirmed if confirm else CorrectionState.refused
    asked.decided_by, asked.decided_name, asked.decided_at = who.id, who.name, at
    touch(asked)
    s.add(asked)
    s.flush()
    if confirm:
        _apply(s, who, motion, asked, at)
    return asked


def _apply(s: Session, who: Principal, motion: Motion, asked: MotionCorrection, at: datetime) -> None:
    first = service.Person(asked.asked_by, asked.asked_name)
    to = S(asked.to_state)
    motion.merged_into_id = None
    service.record(s, first, motion, to, at, reason=asked.reason, confirmed_by=who)
    if to in _BEFORE_AN_AGENDA:
        motion.assembly_id = None
        s.flush()


def recounted(
    s: Session,
    first: service.Person,
    second: service.Person,
    motion: Motion,
    outcome: Outcome,
    vote_id: UUID,
    at: datetime,
    reason: str,
) -> MotionEvent | None:
    """A recount of the declared vote, answered for by two people, gave another outcome. Nothing where it did not."""
    motion = service.locked(s, motion)
    to = states.OF_OUTCOME[outcome]
    if motion.vote_id != vote_id or motion.state not in states.OF_OUTCOME.values():
        raise Conflict(_("这次表决没有决定过这个议案。"), code="not_decided_by_vote")
    if first.id == second.id:
        raise Conflict(_("重新计票的结果须由两个人负责。"), code="second_person")
    if motion.state == to:
        return None
    happened = service.record(s, first, motion, to, at, reason=reason, vote_id=vote_id, confirmed_by=second)
    if to == S.carried and motion.parent_id is None:
        publish(s, MotionCarried(motion.id, vote_id))
    return happened
