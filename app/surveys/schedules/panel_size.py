"""How many a panel has on a day: what a schedule's page and the sample-size helper start from.

A round freezes its frame by itself at its opening; these counts only inform.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func
from sqlmodel import Session, col

from app.households.residents.models import Residency
from app.surveys.schedules import rosters
from app.surveys.schedules.models import Panel


def count(s: Session, community_id: UUID, panel: str, on: date, areas: Sequence[str] = ()) -> int:
    if panel != Panel.residents:
        return len(rosters.listed(s, community_id, panel, on))
    people = func.count(func.distinct(col(Residency.resident_id)))
    return s.scalar(rosters.adults(community_id, on, people, areas=areas)) or 0
