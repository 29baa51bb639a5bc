"""The list behind the figures: households by how they stand in the plan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import String, cast, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import day_end, day_start, today
from app.core.i18n import gettext as _
from app.core.pagination import Paging, paginate
from app.households.models import Household
from app.households.residents.models import CareCategory
from app.households.scope import communities_of
from app.households.visits import labels
from app.households.visits.day_queries import due_columns, scope
from app.households.visits.models import Outcome, Tier, Visit, VisitDue
from app.households.visits.plan_schemas import DueHousehold
from app.households.visits.today import line, people_at

State = Literal["overdue", "due", "ahead"]


@dataclass(frozen=True)
class DueQuery:
    """`state`: past its day, to go today, or later; `unvisited_days`: no completed visit for so long.

    `visited_from` and `visited_to` (both included) ask for a completed visit in that time.
    """

    state: State | None = None
    tier: Tier | None = None
    category: CareCategory | None = None
    grid_area_id: UUID | None = None
    unvisited_days: int | None = None
    visited_from: date | None = None
    visited_to: date | None = None


def in_category(category: str) -> Any:
    """That a household's list of categories names this one; as text, which both engines compare alike."""
    return cast(col(VisitDue.categories), String).contains(f'"{category}"')


def _statement(who: Principal, query: DueQuery, day: date) -> Any:
    found = due_columns().where(
        *scope(who, col(VisitDue.community_id), col(VisitDue.grid_area_id), query.grid_area_id),
        communities_of(who, col(VisitDue.community_id)),
    )
    if query.state == "overdue":
        found = found.where(col(VisitDue.owed_on) < day)
    elif query.state == "due":
        found = found.where(col(VisitDue.owed_on) == day)
    elif query.state == "ahead":
        found = found.where(col(VisitDue.owed_on) > day)
    if query.tier is not None:
        found = found.where(col(VisitDue.tier) == query.tier)
    if query.category is not None:
        found = found.where(in_category(query.category))
    if query.unvisited_days is not None:
        since = day - timedelta(days=query.unvisited_days)
        found = found.where(col(VisitDue.last_visit_on).is_(None) | (col(VisitDue.last_visit_on) < since))
    if query.visited_from is not None or query.visited_to is not None:
        found = found.where(_visited(query.visited_from, query.visited_to))
    return found


def _visited(first: date | None, last: date | None) -> Any:
    paid = select(col(Visit.id)).where(
        col(Visit.household_id) == col(VisitDue.household_id), col(Visit.outcome) != Outcome.not_home
    )
    paid = paid.correlate(VisitDue)
    if first is not None:
        paid = paid.where(col(Visit.visited_at) >= day_start(first))
    if last is not None:
        paid = paid.where(col(Visit.visited_at) < day_end(last))
    return paid.exists()


def page(s: Session, who: Principal, query: DueQuery, paging: Paging) -> dict[str, Any]:
    """One page, the longest overdue first."""
    day = today()
    keys: list[Any] = [(col(VisitDue.owed_on), date), (col(VisitDue.household_id), UUID)]
    found = paginate(s, _statement(who, query, day), paging, keys, scalars=False)
    return {**found, "items": _lines(s, who, found["items"], day)}


def _lines(s: Session, who: Principal, rows: Any, day: date) -> list[DueHousehold]:
    people = people_at(s, who, [r.household_id for r in rows], day)
    return [line(r, people.get(r.household_id, []), day) for r in rows]


def columns() -> list[str]:
    return [_("房号"), _("分类"), _("关爱类别"), _("居民"), _("上次走访"), _("应访日期"), _("逾期天数")]


def rows(s: Session, who: Principal, query: DueQuery) -> Iterator[list[Any]]:
    """The whole list for an export, in walking order."""
    day = today()
    everything = s.execute(_statement(who, query, day).order_by(col(Household.walk_key))).all()
    for at in range(0, len(everything), 500):
        for home in _lines(s, who, everything[at : at + 500], day):
            yield [
                home.household_label,
                labels.label("tier", home.tier),
                labels.care_words(home.categories),
                "、".join(p.name for p in home.people),
                home.last_visit.on if home.last_visit else None,
                home.owed_on,
                max((day - home.owed_on).days, 0),
            ]
