"""How far the visit plan is kept: done, due and overdue by grid area, care category and tier, and the months' trend."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import String, and_, case, cast, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import add_months, day_end, day_start, today
from app.households.models import Household
from app.households.visits.day_queries import scope
from app.households.visits.due import TIERS
from app.households.visits.models import Outcome, Visit, VisitDue
from app.households.visits.plan_schemas import Cell, Month, OverviewRead

MONTHS = 12


@dataclass
class _Sum:
    households: int = 0
    visited: int = 0
    due: int = 0
    overdue: int = 0
    covered_30: int = 0
    covered_90: int = 0

    def add(self, row: Any) -> None:
        for part in fields(self):
            setattr(self, part.name, getattr(self, part.name) + int(getattr(row, part.name) or 0))

    def cell(self, key: str) -> Cell:
        return Cell(key=key, **vars(self))


def read(s: Session, who: Principal, area: UUID | None, since: date | None, until: date | None) -> OverviewRead:
    """Counts of households in the plan; a household with two categories counts under each, once in the total."""
    day = today()
    since, until = since or day.replace(day=1), until or day
    total = _Sum()
    areas: dict[str, _Sum] = defaultdict(_Sum)
    categories: dict[str, _Sum] = defaultdict(_Sum)
    tiers: dict[str, _Sum] = defaultdict(_Sum)
    for row in _groups(s, who, area, day, since, until):
        total.add(row)
        areas[str(row.grid_area_id)].add(row)
        tiers[row.tier].add(row)
        for category in json.loads(row.categories):
            categories[category].add(row)
    return OverviewRead(
        since=since,
        until=until,
        day30=day - timedelta(days=30),
        grid_area_id=area,
        total=total.cell("total"),
        areas=_cells(areas, areas),
        categories=_cells(categories, sorted(categories, key=lambda c: -categories[c].households)),
        tiers=_cells(tiers, [t for t in TIERS if t in tiers]),
        months=_months(s, who, area, day),
    )


def _cells(sums: dict[str, _Sum], order: Iterable[str]) -> list[Cell]:
    return [sums[key].cell(key) for key in order]


def _groups(s: Session, who: Principal, area: UUID | None, day: date, since: date, until: date) -> Any:
    """Households by area, tier and set of categories: a few hundred rows however large the district."""
    visited = (
        select(col(Visit.household_id))
        .join(Household, col(Household.id) == col(Visit.household_id))
        .where(
            col(Visit.visited_at) >= day_start(since),
            col(Visit.visited_at) < day_end(until),
            col(Visit.outcome) != Outcome.not_home,
            *scope(who, col(Visit.community_id), col(Household.grid_area_id), area),
        )
        .distinct()
        .subquery()
    )
    text = cast(col(VisitDue.categories), String)
    statement = (
        select(
            col(VisitDue.grid_area_id),
            col(VisitDue.tier),
            text.label("categories"),
            func.count().label("households"),
            func.count(visited.c.household_id).label("visited"),
            _count(col(VisitDue.owed_on) == day).label("due"),
            _count(col(VisitDue.owed_on) < day).label("overdue"),
            _count(col(VisitDue.last_visit_on) >= day - timedelta(days=30)).label("covered_30"),
            _count(col(VisitDue.last_visit_on) >= day - timedelta(days=90)).label("covered_90"),
        )
        .outerjoin(visited, visited.c.household_id == col(VisitDue.household_id))
        .where(*scope(who, col(VisitDue.community_id), col(VisitDue.grid_area_id), area))
        .group_by(col(VisitDue.grid_area_id), col(VisitDue.tier), text)
        .order_by(col(VisitDue.grid_area_id))
    )
    return s.execute(statement)


def _count(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _months(s: Session, who: Principal, area: UUID | None, day: date) -> list[Month]:
    """Completed visits and vain attempts of the last twelve months, by the community's calendar, in one statement."""
    first = day.replace(day=1)
    starts = [add_months(first, step - MONTHS + 1) for step in range(MONTHS)]
    columns = []
    for start in starts:
        inside = and_(
            col(Visit.visited_at) >= day_start(start), col(Visit.visited_at) < day_start(add_months(start, 1))
        )
        columns.append(_count(and_(inside, col(Visit.outcome) != Outcome.not_home)))
        columns.append(_count(and_(inside, col(Visit.outcome) == Outcome.not_home)))
    counted = s.execute(
        select(*columns)
        .select_from(Visit)
        .join(Household, col(Household.id) == col(Visit.household_id))
        .where(
            col(Visit.visited_at) >= day_start(starts[0]),
            *scope(who, col(Visit.community_id), col(Household.grid_area_id), area),
        )
    ).one()
    pairs = list(zip(counted[::2], counted[1::2], strict=True))
    return [
        Month(month=f"{start:%Y-%m}", visits=int(done or 0), not_home=int(attempts or 0))
        for start, (done, attempts) in zip(starts, pairs, strict=True)
    ]
