"""Bringing a motion: writing, handing in, seconding, withdrawing; who may do so, and whose motion it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import Role
from app.accounts.permissions import Principal
from app.assemblies.models import TermBody
from app.assemblies.motions import service, states
from app.assemblies.motions.models import (
    Motion,
    MotionEvent,
    MotionNote,
    MotionProposer,
    MotionSecond,
    ProposerKind,
)
from app.assemblies.motions.models import MotionState as S
from app.assemblies.motions.schemas import MotionCreate, MotionUpdate
from app.assemblies.rosters import Sitting, sitting
from app.core.clock import local_date
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.members.service import own_community

# An amendment changes a text that was admitted and is not decided.
AMENDABLE = frozenset({S.admitted, S.scheduled, S.debated, S.adjourned, S.no_quorum})
SECONDABLE = frozenset({S.submitted, S.admitted})


def in_office(s: Session, community_id: UUID, at: datetime) -> dict[UUID, Sitting]:
    """The representatives of a day, by the id of their time in office."""
    found = sitting(s, community_id, TermBody.representative_assembly, local_date(at))
    return {each.id: each for each in found}


def seat_of(s: Session, who: Principal, at: datetime) -> Sitting | None:
    """The seat that a representative's account holds on the day; None for others and after the term."""
    if who.community_id is None or who.role != Role.representative:
        return None
    return next((x for x in in_office(s, who.community_id, at).values() if x.user_id == who.id), None)


def is_author(s: Session, who: Principal, motion: Motion) -> bool:
    """Whoever wrote it down, and whoever it was written down for."""
    if motion.created_by is not None and motion.created_by == who.id:
        return True
    brought = service.of_person(who, MotionProposer).where(col(MotionProposer.motion_id) == motion.id)
    return s.scalar(brought.limit(1)) is not None


def require_author(s: Session, who: Principal, motion: Motion) -> None:
    if not (who.may("motions:write") or is_author(s, who, motion)):
        raise Forbidden(_("只有提出议案的人可以这样做。"), code="not_author")


def create(s: Session, who: Principal, data: MotionCreate, at: datetime, opinion_id: UUID | None = None) -> Motion:
    """A draft with the next number of its year; handed in at once where `data.submit` says so."""
    community_id = own_community(who)
    holders = _holders(s, who, data.proposer_kind, data.holder_ids, community_id, at)
    _check_parent(s, who, data.parent_id)
    kind = ProposerKind.representative if who.role == Role.representative else data.proposer_kind
    _check_names(kind, data.proposer_names)
    year = local_date(at).year
    ordinal = int(next_serial(s, community_id, "motion", year).rsplit("-", 1)[1])
    motion = Motion(
        community_id=community_id,
        year=year,
        ordinal=ordinal,
        number=f"{year}-{ordinal:02d}",
        proposer_kind=kind,
        created_by=who.id if who.kind == "user" else None,
        proposed_at=at,
        opinion_id=opinion_id,
        **data.model_dump(include={"title", "text", "matter", "parent_id", "reach", "proposer_names", "no_project"}),
    )
    s.add(motion)
    s.flush()
    _put_proposers(s, motion, holders)
    if data.submit:
        submit(s, who, motion, at)
    return motion


def _holders(
    s: Session, who: Principal, kind: ProposerKind, wanted: Iterable[UUID], community_id: UUID, at: datetime
) -> list[UUID]:
    """Whose motion it is: a representative's own, or those whom the director names. All must be in office."""
    if who.role == Role.representative:
        mine = seat_of(s, who, at)
        if mine is None:
            raise Conflict(_("您现在没有居民代表的席位，不能提出或附议议案。"), code="not_in_office")
        return [mine.id]
    asked = list(dict.fromkeys(wanted)) if kind == ProposerKind.representative else []
    if kind == ProposerKind.representative and not asked:
        raise Invalid(_("请选择提出议案的居民代表。"), code="missing", field="holder_ids")
    if set(asked) - in_office(s, community_id, at).keys():
        raise Invalid(_("所选的人那天不是在任的居民代表。"), code="not_in_office", field="holder_ids")
    return asked


def _check_names(kind: ProposerKind | str, names: str) -> None:
    if kind == ProposerKind.residents and not names:
        raise Invalid(_("请填写提出议案的居民。"), code="missing", field="proposer_names")


def _check_parent(s: Session, who: Principal, parent_id: UUID | None) -> None:
    if parent_id is None:
        return
    try:
        parent = service.find(s, who, parent_id)
    except NotFound:
        raise Invalid(_("没有这个议案。"), field="parent_id") from None
    if parent.parent_id is not None:
        raise Conflict(_("修正案不能再被修正，请直接修正原案。"), code="amendment_of_amendment", field="parent_id")
    if parent.state not in AMENDABLE:
        raise Conflict(
            _("议案现在是“%(state)s”，不能提修正案。", state=_(states.LABELS[parent.state])),
            code="not_amendable",
            field="parent_id",
        )


def _put_proposers(s: Session, motion: Motion, holders: Iterable[UUID]) -> None:
    """Makes these the proposers, and nobody else."""
    there = {p.holder_id: p for p in proposers(s, motion.id)}
    wanted = list(holders)
    for gone in there.keys() - set(wanted):
        s.delete(there[gone])
    for holder_id in wanted:
        if holder_id not in there:
            s.add(MotionProposer(community_id=motion.community_id, motion_id=motion.id, holder_id=holder_id))
    s.flush()


def proposers(s: Session, motion_id: UUID) -> list[MotionProposer]:
    wanted = select(MotionProposer).where(col(MotionProposer.motion_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(MotionProposer.id))))


def update(
    s: Session, who: Principal, motion_id: UUID, data: MotionUpdate, version: int | None, at: datetime
) -> Motion:
    """Changes a motion that is still its author's: a draft, or one that was returned."""
    motion = service.locked(s, service.find(s, who, motion_id))
    require_author(s, who, motion)
    check_version(motion, version)
    if motion.state not in states.EDITABLE:
        raise Conflict(_("议案提交后不能直接修改：请先退回，或者提修正案。"), code="not_editable")
    _check_names(motion.proposer_kind, data.proposer_names)
    if who.role != Role.representative and motion.proposer_kind == ProposerKind.representative:
        kind = ProposerKind(motion.proposer_kind)
        _put_proposers(s, motion, _holders(s, who, kind, data.holder_ids, motion.community_id, at))
    changes = data.model_dump(include={"title", "text", "matter", "reach", "proposer_names", "no_project"})
    motion.sqlmodel_update(changes)
    touch(motion)
    s.add(motion)
    s.flush()
    if data.submit:
        submit(s, who, motion, at)
    return motion


def submit(s: Session, who: Principal, motion: Motion, at: datetime) -> MotionEvent:
    """Hands a motion in."""
    require_author(s, who, motion)
    if not motion.text.strip():
        raise Invalid(_("提交前请写明议案的内容。"), code="missing", field="text")
    return service.move(s, who, motion, S.submitted, at)


def withdraw(s: Session, who: Principal, motion: Motion, at: datetime, reason: str) -> MotionEvent:
    """Takes a motion back, until it is voted on; its amendments fall with it."""
    require_author(s, who, motion)
    happened = service.move(s, who, motion, S.withdrawn, at, reason=reason)
    for amendment in service.amendments(s, motion.id):
        if amendment.state in states.WITHDRAWABLE:
            service.move(s, who, amendment, S.withdrawn, at, reason=_("原案已撤回"))
    return happened


def second(s: Session, who: Principal, motion: Motion, at: datetime, holder_id: UUID | None = None) -> MotionSecond:
    """A representative supports that the motion be dealt with; once, and never a motion of one's own."""
    motion = service.locked(s, motion)
    if motion.state not in SECONDABLE:
        raise Conflict(
            _("议案现在是“%(state)s”，不需要附议。", state=_(states.LABELS[motion.state])), code="not_secondable"
        )
    supporter = _seconder(s, who, motion, at, holder_id)
    if supporter in {p.holder_id for p in proposers(s, motion.id)}:
        raise Conflict(_("提出议案的人不能附议自己的议案。"), code="own_motion")
    found = _second_of(s, motion.id, supporter)
    if found is not None:
        return found
    made = MotionSecond(community_id=motion.community_id, motion_id=motion.id, holder_id=supporter, at=at)
    s.add(made)
    flush_or(s, Conflict(_("已经附议过。"), code="seconded"))
    return made


def _seconder(s: Session, who: Principal, motion: Motion, at: datetime, holder_id: UUID | None) -> UUID:
    if who.role != Role.representative and holder_id is None:
        raise Invalid(_("请选择附议的居民代表。"), code="missing", field="holder_id")
    wanted = [holder_id] if holder_id else []
    try:
        return _holders(s, who, ProposerKind.representative, wanted, motion.community_id, at)[0]
    except Invalid as refusal:
        raise Invalid(refusal.message, code=refusal.code, field="holder_id") from None


def _second_of(s: Session, motion_id: UUID, holder_id: UUID) -> MotionSecond | None:
    return s.scalars(
        select(MotionSecond).where(col(MotionSecond.motion_id) == motion_id, col(MotionSecond.holder_id) == holder_id)
    ).one_or_none()


def unsecond(s: Session, who: Principal, motion: Motion, at: datetime) -> None:
    """Takes one's own second back, until the motion is admitted. Without one nothing changes."""
    motion = service.locked(s, motion)
    if motion.state != S.submitted:
        raise Conflict(_("议案已经受理，附议不能再撤回。"), code="already_admitted")
    mine = seat_of(s, who, at)
    found = _second_of(s, motion.id, mine.id) if mine else None
    if found is not None:
        s.delete(found)
        s.flush()


def seconds(s: Session, motion_id: UUID) -> list[MotionSecond]:
    wanted = select(MotionSecond).where(col(MotionSecond.motion_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(MotionSecond.at), col(MotionSecond.id))))


def add_note(s: Session, who: Principal, motion: Motion, text: str, at: datetime) -> MotionNote:
    """What somebody said about the motion; it stays as it was said."""
    note = MotionNote(
        community_id=motion.community_id,
        motion_id=motion.id,
        author_id=who.id if who.kind == "user" else None,
        author_name=who.name,
        text=text,
        at=at,
    )
    s.add(note)
    s.flush()
    return note


def notes(s: Session, motion_id: UUID) -> list[MotionNote]:
    wanted = select(MotionNote).where(col(MotionNote.motion_id) == motion_id)
    return list(s.scalars(wanted.order_by(col(MotionNote.at), col(MotionNote.id))))
