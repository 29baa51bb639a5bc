"""What the register counts for the community page: figures, charts and the counts of grid areas."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.communities.figures import register_area_count, register_composition, register_source
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.composition.service import (
    BANDS,
    SMALLEST,
    band_label,
    by_age_and_sex,
    by_education,
    by_tenure,
    living,
)
from app.households.models import Building, Household, Tenure
from app.households.queries import pairs
from app.households.residents.models import Education, Residency, Resident, Sex
from app.households.words import EDUCATIONS, TENURES


def _planned(s: Session, community_id: UUID, as_of: date) -> float:
    return sum(by_tenure(s, community_id, as_of).values())


def _occupied(s: Session, community_id: UUID, as_of: date) -> float:
    counted = by_tenure(s, community_id, as_of)
    return counted.get(Tenure.owner_occupied, 0) + counted.get(Tenure.rented, 0)


def _residents(s: Session, community_id: UUID, as_of: date) -> float:
    return s.scalar(living(community_id, as_of, func.count(col(Resident.id).distinct()))) or 0


def _share(tenure: Tenure) -> Any:
    def source(s: Session, community_id: UUID, as_of: date) -> float | None:
        counted = by_tenure(s, community_id, as_of)
        occupied = counted.get(Tenure.owner_occupied, 0) + counted.get(Tenure.rented, 0)
        return counted.get(tenure, 0) / occupied if occupied else None

    return source


def folded(rows: Sequence[tuple[str, int]]) -> list[tuple[str, list[int]]]:
    """Rows for everybody's eyes: counts too small to show go into one row of their own."""
    large = [(label, [count]) for label, count in rows if count >= SMALLEST]
    rest = sum(count for _label, count in rows if 0 < count < SMALLEST)
    return large + ([(_("其他"), [rest])] if rest >= SMALLEST else [])


def _ages(s: Session, community_id: UUID, as_of: date) -> list[tuple[str, list[int]]]:
    """By ten years and sex; bands from the eldest down are joined until none points at a person."""
    counted = by_age_and_sex(s, community_id, as_of)
    rows = [(start, [counted.get((start, sex), 0) for sex in (Sex.male, Sex.female)]) for start in BANDS]
    while len(rows) > 1 and (not any(rows[-1][1]) or any(0 < count < SMALLEST for count in rows[-1][1])):
        _start, counts = rows.pop()
        rows[-1] = (rows[-1][0], [a + b for a, b in zip(rows[-1][1], counts, strict=True)])
    if any(0 < count < SMALLEST for _start, counts in rows for count in counts):
        return []
    labels = [band_label(start) for start, _counts in rows]
    if rows[-1][0] != BANDS[-1] and len(rows) > 1:
        labels[-1] = f"{rows[-1][0]}+"
    return [(label, counts) for label, (_start, counts) in zip(labels, rows, strict=True)]


def _education(s: Session, community_id: UUID, as_of: date) -> list[tuple[str, list[int]]]:
    counted = by_education(s, community_id, as_of)
    return folded([(_(EDUCATIONS[kind]), counted.get(kind, 0)) for kind in Education])


def _tenure(s: Session, community_id: UUID, as_of: date) -> list[tuple[str, list[int]]]:
    counted = by_tenure(s, community_id, as_of)
    return [(_(TENURES[kind]), [counted.get(kind, 0)]) for kind in TENURES if counted.get(kind)]


def _buildings_of(s: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    area = col(Building.grid_area_id)
    return pairs(s, select(area, func.count()).where(area.in_(ids)).group_by(area))


def _households_of(s: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    area = col(Household.grid_area_id)
    found = select(area, func.count()).where(area.in_(ids), col(Household.closed_on).is_(None)).group_by(area)
    return pairs(s, found)


def _residents_of(s: Session, ids: Sequence[UUID]) -> dict[UUID, int]:
    area = col(Household.grid_area_id)
    found = select(area, func.count()).join(Residency, col(Residency.household_id) == col(Household.id))
    found = found.where(area.in_(ids), col(Residency.to_on).is_(None)).group_by(area)
    return pairs(s, found)


register_source("planned_households", _planned)
register_source("occupied_households", _occupied)
register_source("residents", _residents)
register_source("owner_occupied_share", _share(Tenure.owner_occupied))
register_source("rented_share", _share(Tenure.rented))
register_composition("age", N_("年龄和性别"), "pyramid", _ages)
register_composition("education", N_("文化程度"), "bar", _education)
register_composition("tenure", N_("房屋使用情况"), "bar", _tenure)
register_area_count(N_("楼栋"), _buildings_of)
register_area_count(N_("住户"), _households_of)
register_area_count(N_("居民"), _residents_of)
