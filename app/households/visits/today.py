"""今日: whom to visit, why and how overdue, in walking order; what happened, urgent needs, and the day's progress.

Four statements of plain columns, however many households are due.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core import clock
from app.core.db import Database, is_unavailable
from app.core.errors import Unavailable
from app.core.masking import mask_name
from app.households.models import Household
from app.households.residents.models import Relation
from app.households.scope import is_outsider
from app.households.visits import day_queries, refresh
from app.households.visits.plan_schemas import (
    DayProgress,
    DueHousehold,
    DuePerson,
    LastVisit,
    OpenEvent,
    TodayRead,
    UrgentNeed,
)

AHEAD = timedelta(days=7)
MOST = 120
MOST_MATTERS = 40
_RELATIONS = {str(relation): place for place, relation in enumerate(Relation)}


def read(
    s: Session, who: Principal, area: UUID | None = None, day: date | None = None, db: Database | None = None
) -> TodayRead:
    """The day's work of one's grid areas; `area` narrows it to one.

    Where a tier has changed by a birthday or a date, whoever looks first (with `db`) brings the plan up to date.
    """
    day, key = day or clock.today(), day_queries.reach(who)
    figures = _figures(s, key, area, day)
    if figures.stale is not None and db is not None:
        _catch_up(db, s, day)
        figures = _figures(s, key, area, day)
    homes = _households(s, who, area, day)
    matters = s.execute(day_queries.matters(key, area), {"most": MOST_MATTERS}).all()
    return TodayRead(
        day=day,
        grid_area_id=area,
        progress=DayProgress(
            done=figures.done,
            total=figures.done + figures.overdue + figures.due,
            not_home=figures.attempts,
            overdue=figures.overdue,
            due=figures.due,
        ),
        events=[OpenEvent.model_validate(m) for m in matters if m.what == "event"],
        overdue=[h for h in homes if h.due_on <= day and h.overdue_days > 0],
        due=[h for h in homes if h.due_on <= day and h.overdue_days == 0],
        coming=[h for h in homes if h.due_on > day],
        urgent_needs=[UrgentNeed.model_validate(m) for m in matters if m.what == "need"],
        meetings=[],
    )


def _catch_up(db: Database, s: Session, day: date) -> None:
    """A store that cannot write now is no reason not to show the day."""
    s.rollback()
    try:
        with db.write() as writing:
            refresh.refresh_stale(writing, day)
    except Unavailable:
        return
    except Exception as error:
        if not is_unavailable(error):
            raise


def _figures(s: Session, key: Principal, area: UUID | None, day: date) -> Any:
    span = {"day": day, "start": clock.day_start(day), "end": clock.day_end(day)}
    return s.execute(day_queries.figures(key, area), span).one()


def _households(s: Session, who: Principal, area: UUID | None, day: date) -> list[DueHousehold]:
    """Overdue ones, then today's, then the coming week's, each in walking order. The most pressing where too many."""
    statement = day_queries.due(day_queries.reach(who), area)
    rows = s.execute(statement, {"day": day, "until": day + AHEAD, "most": MOST}).all()
    people = people_at(s, who, [r.household_id for r in rows], day)
    rows = sorted(rows, key=lambda r: (r.due_on > day, r.owed_on >= day, r.walk_key))
    return [line(r, people.get(r.household_id, []), day) for r in rows]


def line(row: Row[Any], people: list[DuePerson], day: date) -> DueHousehold:
    """What is said about one household."""
    last = None
    if row.last_visit_on is not None:
        last = LastVisit(on=row.last_visit_on, outcome=row.outcome or "", note=row.note or "")
    return DueHousehold(
        household_id=row.household_id,
        household_label=row.household_label,
        grid_area_id=row.grid_area_id,
        tier=row.tier,
        categories=row.categories,
        due_on=row.due_on,
        owed_on=row.owed_on,
        overdue_days=max((day - row.owed_on).days, 0) if row.due_on <= day else 0,
        last_visit=last,
        last_attempt_on=row.last_attempt_on,
        people=people,
        form=f"/visits/new?household_id={row.household_id}",
    )


def people_at(s: Session, who: Principal, household_ids: Sequence[UUID], day: date) -> dict[UUID, list[DuePerson]]:
    """Who lives in these households, with age and care categories; the cared-for come first."""
    if not household_ids:
        return {}
    homes: dict[UUID, dict[UUID, DuePerson]] = {}
    hidden = is_outsider(who)
    living = s.execute(day_queries.people(), {"homes": list(household_ids), "day": day})
    for household_id, relation, resident_id, name, born, category in living:
        home = homes.setdefault(household_id, {})
        person = home.get(resident_id)
        if person is None:
            age = clock.age_on(born, day) if born else None
            shown = mask_name(name) if hidden else name
            person = DuePerson(id=resident_id, name=shown, age=age, relation=relation, categories=[])
            home[resident_id] = person
        if category and category not in person.categories:
            person.categories.append(category)
    return {home: sorted(found.values(), key=_place) for home, found in homes.items()}


def _place(person: DuePerson) -> tuple[bool, int, int, str]:
    return (not person.categories, _RELATIONS.get(person.relation, 99), -(person.age or 0), person.name)


def next_stop(s: Session, who: Principal, household_id: UUID) -> UUID | None:
    """The household to go to after this one: further on the walk, overdue before due, else back to what was left."""
    here = s.execute(
        select(col(Household.walk_key), col(Household.grid_area_id)).where(col(Household.id) == household_id)
    ).one_or_none()
    if here is None:
        return None
    place = {"day": clock.today(), "area": here.grid_area_id, "here": here.walk_key, "household": household_id}
    found: UUID | None = s.scalar(day_queries.following(day_queries.reach(who)), place)
    return found
