"""Who is of age and lives in the community on a day: whoever may elect, and whoever may be drawn for an evaluation."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import col

from app.core.clock import add_months
from app.households.residents.models import Residency, Resident

ADULT_MONTHS = 18 * 12


def adults(community_id: UUID, on: date, *columns: Any) -> Select[Any]:
    """Residents of 18 and over who live in the community on the day. Without a birth date nobody is taken for adult."""
    return (
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
