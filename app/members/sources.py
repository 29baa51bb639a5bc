"""What the members' register counts for the community page."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlmodel import Session, col, select

from app.communities import figures
from app.members import rosters
from app.members.models import Affiliation, Member


def _count(s: Session, community_id: UUID, as_of: date, affiliation: Affiliation) -> float | None:
    """None where nobody was ever registered: a community without a register has no figure, not zero."""
    if s.exec(select(Member.id).where(col(Member.community_id) == community_id).limit(1)).first() is None:
        return None
    return float(rosters.counts(s, community_id, as_of)[affiliation])


def _direct(s: Session, community_id: UUID, as_of: date) -> float | None:
    return _count(s, community_id, as_of, Affiliation.direct)


def _resident(s: Session, community_id: UUID, as_of: date) -> float | None:
    return _count(s, community_id, as_of, Affiliation.resident)


figures.register_source("directly_managed_members", _direct)
figures.register_source("resident_members", _resident)
