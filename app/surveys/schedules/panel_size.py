"""How many a panel has on a day: what a schedule's page and the sample-size helper start from.

A round freezes its frame by itself at its opening; these counts only inform.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlmodel import Session, col

from app.assemblies import rosters as assemblies
from app.assemblies.models import TermBody
from app.core.clock import add_months
from app.households.residents.models import Residency, Resident
from app.members import rosters as members
from app.members.models import Affiliation
from app.surveys.schedules.models import Panel

ADULT_MONTHS = 18 * 12


def count(s: Session, community_id: UUID, panel: str, on: date) -> int:
    if panel == Panel.representatives:
        return len(assemblies.sitting(s, community_id, TermBody.representative_assembly, on))
    if panel == Panel.staff:
        return len(assemblies.staff_on(s, community_id, on))
    if panel == Panel.residents:
        return _adults(s, community_id, on)
    direct = Affiliation.direct if panel == Panel.directly_managed else None
    return len(members.members_on(s, community_id, on, direct))


def _adults(s: Session, community_id: UUID, on: date) -> int:
    living = (
        select(func.count(func.distinct(Residency.resident_id)))
        .join(Resident, col(Resident.id) == Residency.resident_id)
        .where(
            col(Residency.community_id) == community_id,
            col(Residency.from_on) <= on,
            or_(col(Residency.to_on).is_(None), col(Residency.to_on) >= on),
            col(Resident.birth_on) <= add_months(on, -ADULT_MONTHS),
            col(Resident.died_on).is_(None),
        )
    )
    return s.scalar(living) or 0
