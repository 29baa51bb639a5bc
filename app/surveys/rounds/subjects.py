"""Whom a round is about: as the rosters stand on the opening day, kept with the round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.assemblies import rosters as assemblies
from app.communities.models import Community
from app.members import rosters as members
from app.members.models import Affiliation
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds.models import Round, RoundSubject
from app.surveys.schedules.models import Schedule

_COMMITTEE = "居民委员会"  # part of the body's name, so the same in every language


def _committee(s: Session, schedule: Schedule, _on: date) -> Iterator[Subject]:
    community = s.get_one(Community, schedule.community_id)
    yield Subject("committee", "committee", f"{community.name}{_COMMITTEE}", community.id)


def _staff(s: Session, schedule: Schedule, on: date) -> Iterator[Subject]:
    for post in assemblies.staff_on(s, schedule.community_id, on):
        yield Subject(key_of("staff", post.id), "staff", post.name, post.id)


def _property(_s: Session, schedule: Schedule, _on: date) -> Iterator[Subject]:
    if schedule.property_company:
        yield Subject("property", "property_company", schedule.property_company)


def _members(s: Session, schedule: Schedule, on: date) -> Iterator[Subject]:
    for member in members.members_on(s, schedule.community_id, on, Affiliation.direct):
        yield Subject(key_of("member", member.id), "member", member.name, member.id)


Finder = Callable[[Session, Schedule, date], Iterator[Subject]]
_FINDERS: dict[str, Finder] = {
    "committee": _committee,
    "staff": _staff,
    "property_company": _property,
    "member": _members,
}


def register(kind: str, finder: Finder) -> None:
    """How a room above finds its own kind of subjects."""
    _FINDERS[kind] = finder


def key_of(kind: str, row: UUID) -> str:
    """Short enough for a form's field names; two people of a community never share these 60 bits."""
    return f"{kind}-{row.hex[-15:]}"


def of_schedule(s: Session, schedule: Schedule, on: date) -> list[Subject]:
    """Everybody and everything that the schedule names, on a day."""
    found: list[Subject] = []
    for kind in schedule.subject_kinds:
        if kind in _FINDERS:
            found.extend(_FINDERS[kind](s, schedule, on))
    return found


def keep(s: Session, round_: Round, subjects: list[Subject]) -> None:
    for position, subject in enumerate(subjects):
        s.add(
            RoundSubject(
                community_id=round_.community_id,
                round_id=round_.id,
                key=subject.key,
                kind=subject.kind,
                name=subject.name,
                ref_id=subject.ref_id,
                position=position,
            )
        )


def of_round(s: Session, round_id: UUID) -> list[Subject]:
    """The subjects that the round was opened with."""
    rows = s.exec(select(RoundSubject).where(RoundSubject.round_id == round_id).order_by(col(RoundSubject.position)))
    return [Subject(row.key, row.kind, row.name, row.ref_id) for row in rows]
