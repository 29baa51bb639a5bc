"""Who belongs to a panel on a day: what a round freezes and what a schedule's page counts are the same rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app.assemblies import rosters as assemblies
from app.assemblies.models import TermBody
from app.core.clock import add_months
from app.households.models import Household
from app.households.residents.models import Residency, Resident
from app.members import rosters as members
from app.members.models import Affiliation
from app.surveys.schedules.models import Panel

ADULT_MONTHS = 18 * 12


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
    """Residents of 18 and over who live in the community, or in some of its grid areas, on the day.

    Without a birth date nobody is taken for adult.
    """
    found = (
        select(*columns)
        .select_from(Residency)
        .join(Resident, col(Resident.id) == col(Residency.resident_id))
        .where(
            col(Residency.community_id) == community_id,
            col(Residency.from_on) <= on,
            or_(col(Residency.to_on).is_(None), col(Residency.to_on) >= on),
            col(Resident.birth_on) <= add_months(on, -ADULT_MONTHS),
            or_(col(Resident.died_on).is_(None), col(Resident.died_on) > on),
            col(Resident.merged_into_id).is_(None),
        )
    )
    if not areas:
        return found
    homes = select(col(Household.id)).where(col(Household.grid_area_id).in_([UUID(area) for area in areas]))
    return found.where(col(Residency.household_id).in_(homes))
