"""今日: whom to visit, why and how overdue, in walking order; what happened, urgent needs, and the day's progress.

Four statements of plain columns, however many households are due.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Row,
    String,
    Uuid,
    and_,
    case,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core import clock
from app.core.db import Database, is_unavailable
from app.core.errors import Unavailable
from app.core.masking import mask_name
from app.households.models import Household
from app.households.residents.models import CareRecord, Relation, Residency, Resident
from app.households.scope import areas_of, communities_of, is_outsider
from app.households.visits import refresh
from app.households.visits.due import TIERS
from app.households.visits.models import EventKind, Need, NeedState, Outcome, Visit, VisitDue, VisitEvent
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
_NOTE = 80


def scope(who: Principal, community: Any, area: Any, chosen: UUID | None) -> list[ColumnElement[bool]]:
    """The rows of one's own areas, or of the one chosen."""
    conditions = [communities_of(who, community), *areas_of(who, area)]
    return conditions if chosen is None else [*conditions, area == chosen]


def read(s: Session, who: Principal, area: UUID | None = None, day: date | None = None) -> TodayRead:
    """The day's work of one's grid areas; `area` narrows it to one."""
    day = day or clock.today()
    figures = _figures(s, who, area, day)
    homes = _households(s, who, area, day)
    overdue = [h for h in homes if h.due_on <= day and h.overdue_days > 0]
    due = [h for h in homes if h.due_on <= day and h.overdue_days == 0]
    matters = _matters(s, who, area)
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
        overdue=overdue,
        due=due,
        coming=[h for h in homes if h.due_on > day],
        urgent_needs=[UrgentNeed.model_validate(m) for m in matters if m.what == "need"],
        meetings=[],
    )


def catch_up(db: Database, s: Session, who: Principal) -> None:
    """Recomputes households whose tier changed by a birthday or a date, once a day, by whoever looks first.

    A store that cannot write now is no reason not to show the day.
    """
    day = clock.today()
    found = s.scalar(refresh.stale(day).where(*scope(who, VisitDue.community_id, VisitDue.grid_area_id, None)).limit(1))
    if found is None:
        return
    s.rollback()
    try:
        with db.write() as writing:
            refresh.refresh_stale(writing, day)
    except Unavailable:
        return
    except Exception as error:
        if not is_unavailable(error):
            raise


def _figures(s: Session, who: Principal, area: UUID | None, day: date) -> Any:
    visits = and_(
        col(Visit.household_id) == col(Household.id),
        col(Visit.visited_at) >= clock.day_start(day),
        col(Visit.visited_at) < clock.day_end(day),
        *scope(who, col(Visit.community_id), col(Household.grid_area_id), area),
    )
    paid = col(Visit.outcome) != Outcome.not_home
    done = select(func.count(distinct(col(Visit.household_id)))).where(visits, paid).scalar_subquery()
    attempts = select(func.count(distinct(col(Visit.household_id)))).where(visits, ~paid).scalar_subquery()
    waiting = and_(
        col(VisitDue.due_on) <= day, *scope(who, col(VisitDue.community_id), col(VisitDue.grid_area_id), area)
    )
    late = col(VisitDue.owed_on) < day
    overdue = select(func.count()).select_from(VisitDue).where(waiting, late).scalar_subquery()
    due = select(func.count()).select_from(VisitDue).where(waiting, ~late).scalar_subquery()
    return s.execute(
        select(done.label("done"), attempts.label("attempts"), overdue.label("overdue"), due.label("due"))
    ).one()


def due_columns() -> Any:
    """What a line about a due household needs: its place, its standing, and its last visit."""
    return (
        select(
            col(VisitDue.household_id),
            col(Household.label).label("household_label"),
            col(Household.walk_key),
            col(VisitDue.grid_area_id),
            col(VisitDue.tier),
            col(VisitDue.categories),
            col(VisitDue.last_visit_on),
            col(VisitDue.last_attempt_on),
            col(VisitDue.owed_on),
            col(VisitDue.due_on),
            col(Visit.outcome),
            func.substr(col(Visit.note), 1, _NOTE).label("note"),
        )
        .join(Household, col(Household.id) == col(VisitDue.household_id))
        .outerjoin(Visit, col(Visit.id) == col(VisitDue.last_visit_id))
    )


def _households(s: Session, who: Principal, area: UUID | None, day: date) -> list[DueHousehold]:
    """Overdue ones, then today's, then the coming week's, each in walking order. The most pressing where too many."""
    rank = case({tier: place for place, tier in enumerate(TIERS)}, value=col(VisitDue.tier), else_=len(TIERS))
    wanted = (
        due_columns()
        .where(
            col(VisitDue.due_on) <= day + AHEAD,
            *scope(who, col(VisitDue.community_id), col(VisitDue.grid_area_id), area),
        )
        .order_by(col(VisitDue.due_on) > day, rank, col(VisitDue.due_on), col(Household.walk_key))
        .limit(MOST)
    )
    rows = s.execute(wanted).all()
    people = people_at(s, who, [r.household_id for r in rows], day)
    rows = sorted(rows, key=lambda r: (r.due_on > day, r.owed_on >= day, r.walk_key))
    return [line(r, people.get(r.household_id, []), day) for r in rows]


def line(row: Row[Any], people: list[DuePerson], day: date) -> DueHousehold:
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
    living = (
        select(
            col(Residency.household_id),
            col(Residency.relation),
            col(Resident.id),
            col(Resident.name),
            col(Resident.birth_on),
            col(CareRecord.category),
        )
        .join(Resident, col(Resident.id) == col(Residency.resident_id))
        .outerjoin(CareRecord, and_(col(CareRecord.resident_id) == col(Resident.id), _covers(CareRecord, day)))
        .where(col(Residency.household_id).in_(household_ids), _covers(Residency, day), col(Resident.died_on).is_(None))
        .order_by(col(CareRecord.from_on))
    )
    homes: dict[UUID, dict[UUID, DuePerson]] = defaultdict(dict)
    hidden = is_outsider(who)
    for household_id, relation, resident_id, name, born, category in s.execute(living):
        person = homes[household_id].get(resident_id)
        if person is None:
            age = clock.age_on(born, day) if born else None
            shown = mask_name(name) if hidden else name
            person = DuePerson(id=resident_id, name=shown, age=age, relation=relation, categories=[])
            homes[household_id][resident_id] = person
        if category and category not in person.categories:
            person.categories.append(category)
    return {home: sorted(found.values(), key=_place) for home, found in homes.items()}


def _place(person: DuePerson) -> tuple[bool, int, int, str]:
    return (not person.categories, _RELATIONS.get(person.relation, 99), -(person.age or 0), person.name)


def _covers(model: Any, day: date) -> ColumnElement[bool]:
    return and_(model.from_on <= day, or_(model.to_on.is_(None), model.to_on >= day))


def _matters(s: Session, who: Principal, area: UUID | None) -> Sequence[Row[Any]]:
    """Open events and urgent open needs, the most pressing first, in one statement."""
    restricted = col(VisitEvent.kind) != EventKind.child_harm if is_outsider(who) or who.kind == "client" else true()
    events: Any = (
        select(
            literal("event").label("what"),
            col(VisitEvent.id).label("id"),
            col(VisitEvent.household_id).label("household_id"),
            col(Household.label).label("household_label"),
            col(VisitEvent.kind).label("kind"),
            col(VisitEvent.detail).label("detail"),
            col(VisitEvent.due_at).label("at"),
            type_coerce(null(), String).label("serial"),
            type_coerce(null(), Uuid).label("visit_id"),
        )
        .join(Household, col(Household.id) == col(VisitEvent.household_id))
        .where(
            col(VisitEvent.done_visit_id).is_(None),
            restricted,
            *scope(who, col(VisitEvent.community_id), col(Household.grid_area_id), area),
        )
    )
    urgent: Any = (
        select(
            literal("need"),
            col(Need.id),
            col(Need.household_id),
            col(Household.label),
            col(Need.category),
            col(Need.detail),
            col(Need.raised_at),
            col(Need.serial),
            col(Need.visit_id),
        )
        .join(Household, col(Household.id) == col(Need.household_id))
        .where(
            col(Need.urgent) == true(),
            col(Need.state) == NeedState.open,
            *scope(who, col(Need.community_id), col(Household.grid_area_id), area),
        )
    )
    both = union_all(events, urgent).subquery()
    return s.execute(select(both).order_by(both.c.what, both.c.at).limit(MOST_MATTERS)).all()


def next_stop(s: Session, who: Principal, household_id: UUID) -> UUID | None:
    """The household to go to after this one: further on the walk, overdue before due, else back to what was left."""
    day = clock.today()
    here = s.execute(
        select(col(Household.walk_key), col(Household.grid_area_id)).where(col(Household.id) == household_id)
    ).one_or_none()
    if here is None:
        return None
    ahead = col(Household.walk_key) > here.walk_key
    late = col(VisitDue.owed_on) < day
    wanted = (
        select(col(VisitDue.household_id))
        .join(Household, col(Household.id) == col(VisitDue.household_id))
        .where(
            col(VisitDue.due_on) <= day,
            col(VisitDue.grid_area_id) == here.grid_area_id,
            col(VisitDue.household_id) != household_id,
            *scope(who, col(VisitDue.community_id), col(VisitDue.grid_area_id), None),
        )
        .order_by((~ahead), (~late), col(Household.walk_key))
        .limit(1)
    )
    return s.scalar(wanted)
