"""Motions as they are shown: who proposed them, what happened, and what the reader may do now."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.models import Role
from app.accounts.permissions import Principal
from app.assemblies.models import ResidentsGroup, Seat, SeatHolder
from app.assemblies.motions import handling, proposing, related, service, states
from app.assemblies.motions.models import (
    Motion,
    MotionEvent,
    MotionProposer,
    MotionSecond,
    ProposerKind,
)
from app.assemblies.motions.models import MotionState as S
from app.assemblies.motions.schemas import (
    CorrectionRead,
    EventRead,
    MotionDetail,
    MotionLink,
    MotionRead,
    NoteRead,
    SupporterRead,
)
from app.assemblies.rules.definition import Matter
from app.communities.models import Community
from app.core import clock
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.scope import is_outsider

_BETWEEN_NAMES = re.compile(r"[、，,；;\s]+")


def local(instant: datetime) -> str:
    """The community's own time, for tables to take away."""
    return instant.astimezone(clock.zone()).strftime("%Y-%m-%d %H:%M")


def _name(who: Principal, name: str) -> str:
    return mask_name(name) if is_outsider(who) else name


def reads(s: Session, who: Principal, motions: Sequence[Motion]) -> list[MotionRead]:
    ids = [motion.id for motion in motions]
    names = _proposer_names(s, who, ids)
    counted = select(col(MotionSecond.motion_id), func.count()).where(col(MotionSecond.motion_id).in_(ids))
    seconds: dict[UUID, int] = {row[0]: row[1] for row in s.execute(counted.group_by(col(MotionSecond.motion_id)))}
    owners = {motion.community_id for motion in motions}
    communities = {c.id: c.name for c in s.scalars(select(Community).where(col(Community.id).in_(owners)))}
    return [
        MotionRead(
            **motion.model_dump(),
            community_name=communities[motion.community_id],
            of_owners=Matter(motion.matter).of_owners,
            proposers=_proposers(who, motion, names[motion.id]),
            seconds=seconds.get(motion.id, 0),
        )
        for motion in motions
    ]


def _proposer_names(s: Session, who: Principal, ids: Iterable[UUID]) -> dict[UUID, list[str]]:
    wanted = (
        select(col(MotionProposer.motion_id), col(SeatHolder.name))
        .join(SeatHolder, col(SeatHolder.id) == col(MotionProposer.holder_id))
        .where(col(MotionProposer.motion_id).in_(list(ids)))
        .order_by(col(MotionProposer.id))
    )
    found: dict[UUID, list[str]] = defaultdict(list)
    for motion_id, name in s.execute(wanted):
        found[motion_id].append(_name(who, name))
    return found


def _proposers(who: Principal, motion: Motion, representatives: list[str]) -> list[str]:
    if motion.proposer_kind == ProposerKind.committee:
        return [_("居民委员会")]
    written = [_name(who, name) for name in _BETWEEN_NAMES.split(motion.proposer_names) if name]
    return written if motion.proposer_kind == ProposerKind.residents else representatives


def detail(s: Session, who: Principal, motion: Motion, at: datetime) -> MotionDetail:
    """A motion's page. `at` decides whose seat somebody holds now."""
    supporters = proposing.seconds(s, motion.id)
    brought = proposing.proposers(s, motion.id)
    people = _people(s, who, {x.holder_id for x in supporters} | {x.holder_id for x in brought})
    correction = handling.open_correction(s, motion.id)
    may = _may(s, who, motion, at, correction is not None)
    return MotionDetail(
        **reads(s, who, [motion])[0].model_dump(),
        text=motion.text,
        reach=motion.reach,
        opinion_id=motion.opinion_id,
        parent=_link(s, who, motion.parent_id),
        merged_into=_link(s, who, motion.merged_into_id),
        merged=_links(who, s.scalars(select(Motion).where(col(Motion.merged_into_id) == motion.id))),
        amendments=_links(who, service.amendments(s, motion.id)),
        similar=_similar(s, motion) if "merge" in may else [],
        supporters=[people[x.holder_id].model_copy(update={"at": x.at}) for x in supporters],
        proposer_holders=[people[x.holder_id] for x in brought],
        seconds_needed=handling.seconds_needed(s, motion, at)[0],
        events=events(s, who, motion.id),
        notes=[
            NoteRead(id=n.id, author_name=_name(who, n.author_name), text=n.text, at=n.at)
            for n in proposing.notes(s, motion.id)
        ],
        correction=CorrectionRead(
            **correction.model_dump(exclude={"asked_name"}),
            asked_name=_name(who, correction.asked_name),
            mine=correction.asked_by == who.id,
        )
        if correction
        else None,
        corrections_to=handling.correctable(motion) if "correct" in may else [],
        related=related.of(s, who, "motion", motion.id),
        may=may,
    )


def _people(s: Session, who: Principal, ids: Iterable[UUID]) -> dict[UUID, SupporterRead]:
    wanted: Any = (
        select(col(SeatHolder.id), col(SeatHolder.name), col(ResidentsGroup.number))
        .join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
        .outerjoin(ResidentsGroup, col(ResidentsGroup.id) == col(Seat.group_id))
        .where(col(SeatHolder.id).in_(list(ids)))
    )
    return {
        holder_id: SupporterRead(holder_id=holder_id, name=_name(who, name), group_number=number)
        for holder_id, name, number in s.execute(wanted)
    }


def _link(s: Session, who: Principal, motion_id: UUID | None) -> MotionLink | None:
    found = s.get(Motion, motion_id) if motion_id else None
    return MotionLink.model_validate(found) if found else None


def _links(who: Principal, found: Iterable[Motion]) -> list[MotionLink]:
    """Other motions; drafts of other people stay theirs."""
    seen = [m for m in found if m.state != S.draft or who.may("motions:write") or m.created_by == who.id]
    return [MotionLink.model_validate(m) for m in seen]


def _similar(s: Session, motion: Motion) -> list[MotionLink]:
    return [
        MotionLink.model_validate(other).model_copy(update={"likeness": round(likeness, 2)})
        for other, likeness in handling.similar(s, motion)
    ]


def events(s: Session, who: Principal, motion_id: UUID) -> list[EventRead]:
    """Everything that happened, in order."""
    wanted = select(MotionEvent).where(col(MotionEvent.motion_id) == motion_id).order_by(col(MotionEvent.seq))
    found = [EventRead.model_validate(row) for row in s.scalars(wanted)]
    for event in found:
        event.actor_name = _name(who, event.actor_name) if event.actor_name else ""
        event.second_name = _name(who, event.second_name) if event.second_name else ""
    return found


def _may(s: Session, who: Principal, motion: Motion, at: datetime, correcting: bool) -> list[str]:
    """What the buttons of the page are for; each step checks again for itself."""
    state, directs = S(motion.state), who.may("motions:write")
    author = who.may("motions:propose") and (directs or proposing.is_author(s, who, motion))
    following = states.GRAPH[state]
    steps = {
        "edit": author and state in states.EDITABLE,
        "submit": author and S.submitted in following,
        "withdraw": author and S.withdrawn in following,
        "admit": directs and S.admitted in following and state == S.submitted,
        "return": directs and S.returned in following,
        "merge": directs and S.merged in following,
        "amend": who.may("motions:propose") and motion.parent_id is None and state in proposing.AMENDABLE,
        "note": who.may("motions:propose"),
        "correct": directs and not correcting and bool(handling.correctable(motion)),
        **_seconding(s, who, motion, at),
    }
    return [step for step, allowed in steps.items() if allowed]


def _seconding(s: Session, who: Principal, motion: Motion, at: datetime) -> dict[str, bool]:
    open_to_seconds = motion.state in proposing.SECONDABLE
    if who.role != Role.representative:
        return {"second_for": open_to_seconds and who.may("motions:write")}
    mine = proposing.seat_of(s, who, at)
    if mine is None or not who.may("motions:propose"):
        return {}
    own = mine.id in {p.holder_id for p in proposing.proposers(s, motion.id)}
    has = mine.id in {x.holder_id for x in proposing.seconds(s, motion.id)}
    return {
        "second": open_to_seconds and not own and not has,
        "unsecond": has and motion.state == S.submitted,
    }
