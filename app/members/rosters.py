"""Who was in the members' register on a day: what rounds, votes and the community page ask. Never commits."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, case, func, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.members.models import MEMBERS, Affiliation, Member, MemberStage, Stage
from app.members.transfers.models import MemberTransfer


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


def kind_on(on: Any) -> Any:
    """How a `Member` of the enclosing statement belonged here on a day: before a transfer, as it was until then."""
    return func.coalesce(_before_transfer(MemberTransfer.was_affiliation, on), col(Member.affiliation))


def branch_on(on: Any) -> Any:
    """The branch of a `Member` on a day; None for those of a branch elsewhere."""
    was, belonged = (
        _before_transfer(MemberTransfer.was_branch_id, on),
        _before_transfer(MemberTransfer.was_affiliation, on),
    )
    return case((belonged.is_not(None), was), else_=col(Member.branch_id))


def home_branch_on(on: Any) -> Any:
    return func.coalesce(_before_transfer(MemberTransfer.was_home_branch, on), col(Member.home_branch))


def _before_transfer(value: Any, on: Any) -> Any:
    """What the first transfer after a day says of the time before it."""
    return (
        select(value)
        .where(
            col(MemberTransfer.member_id) == col(Member.id),
            col(MemberTransfer.on_day) > on,
            col(MemberTransfer.changed),
            col(MemberTransfer.undone_at).is_(None),
        )
        .order_by(col(MemberTransfer.on_day), col(MemberTransfer.id))
        .limit(1)
        .correlate_except(MemberTransfer)
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
        statement = statement.where(kind_on(on) == affiliation)
    return list(s.scalars(statement.order_by(col(Member.sort_key), col(Member.id))))


def counts(s: Session, community_id: UUID, on: date) -> dict[str, int]:
    """How many people stood where on a day: by affiliation (members only) and by stage (everybody)."""
    stage = stage_on(on).label("stage")
    people = (
        select(kind_on(on).label("affiliation"), stage)
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
