"""Who belongs to a panel on a day: what a round freezes and what a schedule's page counts are the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.assemblies import rosters as assemblies
from app.assemblies.models import TermBody
from app.households.models import Household
from app.households.residents import adults as residents
from app.households.residents.models import Residency
from app.members import rosters as members
from app.members.models import Affiliation
from app.surveys.schedules.models import Panel


def _sitting(s: Session, community_id: UUID, on: date) -> Sequence[Any]:
    return assemblies.sitting(s, community_id, TermBody.representative_assembly, on)


def _direct(s: Session, community_id: UUID, on: date) -> Sequence[Any]:
    return members.members_on(s, community_id, on, Affiliation.direct)


_LISTED: dict[str, Callable[[Session, UUID, date], Sequence[Any]]] = {
    Panel.representatives: _sitting,
    Panel.directly_managed: _direct,
    Panel.members: members.members_on,
    Panel.staff: assemblies.staff_on,
}


def listed(s: Session, community_id: UUID, panel: str, on: date) -> Sequence[Any]:
    """The rows of a panel that is a roster: every panel but that of the residents."""
    return _LISTED[panel](s, community_id, on)


def adults(community_id: UUID, on: date, *columns: Any, areas: Sequence[str] = ()) -> Select[Any]:
    """The adults of the community, or of some of its grid areas."""
    found = residents.adults(community_id, on, *columns)
    if not areas:
        return found
    homes = select(col(Household.id)).where(col(Household.grid_area_id).in_([UUID(area) for area in areas]))
    return found.where(col(Residency.household_id).in_(homes))
