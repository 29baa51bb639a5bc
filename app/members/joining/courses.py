"""Somebody's way towards joining as it is recorded: stages, facts that stand, and what waits for a second person."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.members.joining.models import EventKind, Fact, JoiningEvent, JoiningRequest, RequestState
from app.members.joining.rules import Course, Done
from app.members.models import Member, MemberStage, Stage


def events_of(s: Session, member_ids: Iterable[UUID]) -> dict[UUID, list[JoiningEvent]]:
    """What happened to each, in its order."""
    found: dict[UUID, list[JoiningEvent]] = defaultdict(list)
    wanted = select(JoiningEvent).where(col(JoiningEvent.member_id).in_(list(member_ids)))
    for event in s.scalars(wanted.order_by(col(JoiningEvent.member_id), col(JoiningEvent.seq))):
        found[event.member_id].append(event)
    return found


def standing(events: Iterable[JoiningEvent]) -> list[JoiningEvent]:
    """The facts that nobody took back, by their day."""
    listed = list(events)
    struck = {x.event_id for x in listed if x.kind == EventKind.strike}
    facts = [x for x in listed if x.kind == EventKind.fact and x.id not in struck]
    return sorted(facts, key=lambda x: (x.on_day, x.seq))


def made(member: Member, stages: Iterable[MemberStage], events: Iterable[JoiningEvent]) -> Course:
    reached = sorted(((Stage(x.stage), x.from_on) for x in stages), key=lambda x: x[1])
    facts = [Done(Fact(x.what), x.on_day, x.months or 0) for x in standing(events)]
    return Course(tuple(reached), tuple(facts), member.birth_on)


def of(s: Session, member: Member, at: date | None = None) -> Course:
    """The course of one person, as far as a day where one is named."""
    return of_many(s, [member], at)[member.id]


def of_many(s: Session, members: Iterable[Member], at: date | None = None) -> dict[UUID, Course]:
    people = {member.id: member for member in members}
    stages: dict[UUID, list[MemberStage]] = defaultdict(list)
    for stage in s.scalars(select(MemberStage).where(col(MemberStage.member_id).in_(list(people)))):
        stages[stage.member_id].append(stage)
    events = events_of(s, people)
    courses = {key: made(member, stages[key], events[key]) for key, member in people.items()}
    return courses if at is None else {key: course.until(at) for key, course in courses.items()}


def pending(s: Session, member_id: UUID) -> JoiningRequest | None:
    wanted = select(JoiningRequest).where(
        col(JoiningRequest.member_id) == member_id, col(JoiningRequest.state) == RequestState.asked
    )
    return s.scalars(wanted).one_or_none()


def next_seq(s: Session, member_id: UUID) -> int:
    """Asked under the lock of the member's row."""
    last = s.scalar(select(func.max(col(JoiningEvent.seq))).where(col(JoiningEvent.member_id) == member_id))
    return (last or 0) + 1
