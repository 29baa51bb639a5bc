"""Who was in the members' register on a day: what rounds, votes and the community page ask. Never commits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.members.models import MEMBERS, Affiliation, Member, MemberStage, Stage


def stage_on(on: date) -> Any:
    """The stage that a `Member` of the enclosing statement had reached on a day, as a scalar subquery."""
    reached: Any = aliased(MemberStage)
    return (
        select(reached.stage)
        .where(reached.member_id == Member.id, reached.from_on <= on)
        .order_by(reached.from_on.desc())
        .limit(1)
        .correlate(Member)
        .scalar_subquery()
    )


def registered_on(on: date) -> list[ColumnElement[bool]]:
    """That a `Member` was in the register on a day."""
    return [col(Member.from_on) <= on, or_(col(Member.to_on).is_(None), col(Member.to_on) >= on)]


def _on(community_id: UUID, on: date, stages: Iterable[Stage]) -> Select[Any]:
    return select(Member).where(
        col(Member.community_id) == community_id, *registered_on(on), stage_on(on).in_(list(stages))
    )


def members_on(s: Session, community_id: UUID, on: date, affiliation: Affiliation | None = None) -> list[Member]:
    """Members (probationary and full) on a day, by name. Applicants and activists are not members yet."""
    statement = _on(community_id, on, MEMBERS)
    if affiliation is not None:
        statement = statement.where(col(Member.affiliation) == affiliation)
    return list(s.scalars(statement.order_by(col(Member.sort_key), col(Member.id))))


def counts(s: Session, community_id: UUID, on: date) -> dict[str, int]:
    """How many people stood where on a day: by affiliation (members only) and by stage (everybody)."""
    stage = stage_on(on).label("stage")
    people = (
        select(col(Member.affiliation).label("affiliation"), stage)
        .where(col(Member.community_id) == community_id, *registered_on(on))
        .subquery()
    )
    counted = select(people.c.affiliation, people.c.stage, func.count()).group_by(people.c.affiliation, people.c.stage)
    found: dict[str, int] = {str(key): 0 for key in (*Affiliation, *Stage)}
    for affiliation, reached, n in s.execute(counted):
        if reached is None:
            continue
        found[reached] += n
        if reached in MEMBERS:
            found[affiliation] += n
    return found
