"""How many people stood where on a day, by kind, stage, age, sex and education; the lists take the same conditions."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import add_months
from app.households.queries import pairs
from app.households.residents.models import Education, Sex
from app.households.scope import communities_of
from app.members import rosters
from app.members.models import MEMBERS, Affiliation, Member, MemberStage, Stage
from app.members.schemas import AgeBand

_FROM = {
    AgeBand.up_to_35: 0,
    AgeBand.from_36_to_45: 36,
    AgeBand.from_46_to_59: 46,
    AgeBand.from_60_to_69: 60,
    AgeBand.from_70: 70,
}
_BANDS = tuple(_FROM)


def of_age(band: AgeBand, on: date) -> ColumnElement[bool]:
    """That a `Member` was of an age on a day. Somebody born on 29 February is a year older on 1 March."""
    born = col(Member.birth_on)
    if band == AgeBand.unknown:
        return born.is_(None)
    conditions: list[ColumnElement[bool]] = [born.is_not(None)]
    if _FROM[band]:
        conditions.append(born <= add_months(on, -12 * _FROM[band]))
    place = _BANDS.index(band) + 1
    if place < len(_BANDS):
        conditions.append(born > add_months(on, -12 * _FROM[_BANDS[place]]))
    return and_(*conditions)


def scope(who: Principal, community_id: UUID | None) -> list[Any]:
    conditions: list[Any] = [communities_of(who, col(Member.community_id))]
    return conditions if community_id is None else [*conditions, col(Member.community_id) == community_id]


def counts(s: Session, who: Principal, as_of: date, community_id: UUID | None) -> dict[str, Any]:
    """The figures of a day, and who reached each stage here in the year before it."""
    places = scope(who, community_id)
    found = {str(key): 0 for key in (*Affiliation, *Stage)}
    for key in s.scalars(select(col(Member.community_id)).where(*places).distinct()).all():
        for name, n in rosters.counts(s, key, as_of).items():
            found[name] += n
    since = add_months(as_of, -12) + timedelta(days=1)
    return {
        "as_of": as_of,
        "members": sum(found[stage] for stage in MEMBERS),
        "direct": found[Affiliation.direct],
        "resident": found[Affiliation.resident],
        "stages": {stage: found[stage] for stage in Stage},
        "joined": dict.fromkeys(Stage, 0) | reached_counts(s, places, since, as_of),
        "joined_since": since,
        **_of_members(s, places, as_of),
    }


def _of_members(s: Session, places: list[Any], on: date) -> dict[str, dict[str, int]]:
    members = [*places, *rosters.registered_on(on), rosters.stage_on(on).in_(MEMBERS)]
    band = case(*[(of_age(x, on), str(x)) for x in AgeBand])
    columns = (
        ("sexes", Sex, col(Member.sex)),
        ("educations", Education, col(Member.education)),
        ("ages", AgeBand, band),
    )
    found: dict[str, dict[str, int]] = {}
    for name, words, column in columns:
        people = select(column.label("key")).where(*members).subquery()
        counted = select(people.c.key, func.count()).group_by(people.c.key)
        found[name] = {str(x): 0 for x in words} | pairs(s, counted)
    return found


def reached_here(since: date, until: date) -> list[Any]:
    """That a `MemberStage` was reached within a period by its `Member` while directly managed here.

    What was reached in another branch, before somebody came or while the relationship lay elsewhere, is not counted.
    """
    day = col(MemberStage.from_on)
    return [
        day >= since,
        day <= until,
        day >= col(Member.from_on),
        (col(Member.to_on).is_(None)) | (day <= col(Member.to_on)),
        rosters.kind_on(day) == Affiliation.direct,
    ]


def reached_counts(s: Session, places: list[Any], since: date, until: date) -> dict[str, int]:
    joined = (
        select(col(MemberStage.stage), func.count())
        .join(Member, col(Member.id) == col(MemberStage.member_id))
        .where(*places, *reached_here(since, until))
        .group_by(col(MemberStage.stage))
    )
    return pairs(s, joined)
