"""Keeps `VisitDue` true: in bulk after changes of people, households or policy, and row by row after a visit.

A thousand households cost the same handful of SQL statements; 100,000 pass in chunks.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, bindparam, delete, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from app.core.clock import local_date, today
from app.core.events import HouseholdsChanged, subscribe
from app.households.models import Household, Tenure
from app.households.residents.models import CareRecord, Residency, Resident
from app.households.visits import policy, put_queries
from app.households.visits.due import Care, Paid, Person, Rule, Schedule, Standing, schedule, standing
from app.households.visits.models import Outcome, Visit, VisitDue

CHUNK = 4000
_KEPT = ("household_id",)
_due = VisitDue.__table__  # type: ignore[attr-defined]
_visit = Visit.__table__  # type: ignore[attr-defined]


class Done(NamedTuple):
    """What moves the clock of a visit."""

    id: UUID
    visited_at: datetime
    next_due_on: date | None


@dataclass(frozen=True, slots=True)
class Latest:
    """The newest completed visit of a household, and the newest attempt after it."""

    paid: Paid
    visit_id: UUID | None = None


def refresh(s: Session, household_ids: Iterable[UUID], day: date | None = None) -> int:
    """Recomputes when these households are due; returns how many are due at all (vacant and closed ones never are)."""
    day = day or today()
    wanted = iter(sorted(set(household_ids)))
    count = 0
    while chunk := list(islice(wanted, CHUNK)):
        s.flush()
        count += _refresh_chunk(s, chunk, day)
    return count


def refresh_community(s: Session, community_id: UUID, day: date | None = None) -> int:
    """Recomputes a whole community, after its policy changed or its register was loaded."""
    ids = s.scalars(select(col(Household.id)).where(col(Household.community_id) == community_id)).all()
    return refresh(s, ids, day)


def refresh_stale(s: Session, day: date | None = None) -> int:
    """Recomputes the households whose tier may have changed by itself: a birthday, a category that ended."""
    day = day or today()
    return refresh(s, s.scalars(stale(day)).all(), day)


def stale(day: date) -> Any:
    return select(col(VisitDue.household_id)).where(col(VisitDue.refresh_on) <= day)


def _refresh_chunk(s: Session, ids: Sequence[UUID], day: date) -> int:
    homes = [h for h in _homes(s, ids) if h.closed_on is None and h.tenure != Tenure.vacant]
    rules = policy.rules(s, {h.community_id for h in homes}) if homes else {}
    people, latest = _people(s, ids, day), latest_visits(s, ids)
    rows = [_row(h, rules[h.community_id], people.get(h.id, []), latest.get(h.id, Latest(Paid())), day) for h in homes]
    due_ids = {r["household_id"] for r in rows}
    gone = [i for i in ids if i not in due_ids]
    if gone:
        s.execute(delete(VisitDue).where(col(VisitDue.household_id).in_(gone)))
    if rows:
        _upsert(s, rows)
    return len(rows)


def _homes(s: Session, ids: Sequence[UUID]) -> Sequence[Row[Any]]:
    table = Household
    return s.execute(
        select(
            col(table.id),
            col(table.community_id),
            col(table.grid_area_id),
            col(table.tenure),
            col(table.closed_on),
            col(table.created_at),
        ).where(col(table.id).in_(ids))
    ).all()


def _people(s: Session, ids: Sequence[UUID], day: date) -> dict[UUID, list[Person]]:
    """Who lives or will live there, with the care categories that hold or will hold."""
    cares: dict[UUID, list[Care]] = defaultdict(list)
    lasting = or_(col(Residency.to_on).is_(None), col(Residency.to_on) >= day)
    found = select(
        col(CareRecord.resident_id), col(CareRecord.category), col(CareRecord.from_on), col(CareRecord.to_on)
    ).where(
        col(CareRecord.resident_id).in_(
            select(col(Residency.resident_id)).where(col(Residency.household_id).in_(ids), lasting)
        ),
        or_(col(CareRecord.to_on).is_(None), col(CareRecord.to_on) >= day),
    )
    for resident_id, category, from_on, to_on in s.execute(found):
        cares[resident_id].append(Care(category, from_on, to_on))
    homes: dict[UUID, list[Person]] = defaultdict(list)
    living = (
        select(
            col(Residency.household_id),
            col(Residency.resident_id),
            col(Resident.birth_on),
            col(Residency.from_on),
            col(Residency.to_on),
        )
        .join(Resident, col(Resident.id) == col(Residency.resident_id))
        .where(col(Residency.household_id).in_(ids), lasting, col(Resident.died_on).is_(None))
    )
    for household_id, resident_id, birth_on, from_on, to_on in s.execute(living):
        homes[household_id].append(Person(birth_on, from_on, to_on, tuple(cares.get(resident_id, ()))))
    return homes


@lru_cache(maxsize=1)
def _newest() -> Any:
    """The newest completed visit and the newest attempt of each household. Parameter: homes."""
    c = _visit.c
    not_home = (c.outcome == Outcome.not_home).label("not_home")
    place = func.row_number().over(partition_by=(c.household_id, not_home), order_by=(c.visited_at.desc(), c.id.desc()))
    ranked = (
        select(c.household_id, c.id, c.visited_at, c.next_due_on, not_home, place.label("place"))
        .where(c.household_id.in_(bindparam("homes", expanding=True)))
        .subquery()
    )
    return select(ranked).where(ranked.c.place == 1)


def latest_visits(s: Session, ids: Sequence[UUID]) -> dict[UUID, Latest]:
    """What was last done at each household, in one statement."""
    newest: dict[UUID, dict[bool, Done]] = defaultdict(dict)
    for row in s.execute(_newest(), {"homes": list(ids)}):
        newest[row.household_id][bool(row.not_home)] = Done(row.id, row.visited_at, row.next_due_on)
    return {household: _latest(pair.get(False), pair.get(True)) for household, pair in newest.items()}


def _latest(done: Done | None, attempt: Done | None) -> Latest:
    if attempt is not None and done is not None and attempt.visited_at <= done.visited_at:
        attempt = None
    paid = Paid(
        local_date(done.visited_at) if done else None,
        done.next_due_on if done else None,
        local_date(attempt.visited_at) if attempt else None,
        attempt.next_due_on if attempt else None,
    )
    return Latest(paid, done.id if done else None)


def _row(home: Row[Any], rules: dict[str, Rule], people: list[Person], latest: Latest, day: date) -> dict[str, Any]:
    stands: Standing = standing(people, list(rules.values()), day)
    moved_in = min((p.from_on for p in people if p.from_on <= day), default=None)
    registered = local_date(home.created_at)
    start_on = max(moved_in, registered) if moved_in else registered
    plan = schedule(rules[stands.tier], latest.paid, start_on, stands.since)
    return {
        "household_id": home.id,
        "community_id": home.community_id,
        "grid_area_id": home.grid_area_id,
        "tier": stands.tier,
        "categories": list(stands.categories),
        "start_on": start_on,
        "tier_since": stands.since,
        "refresh_on": stands.refresh_on,
        **_moved(latest, plan),
    }


def _moved(latest: Latest, plan: Schedule) -> dict[str, Any]:
    """What a visit changes of a household's plan."""
    return {
        "last_visit_id": latest.visit_id,
        "last_visit_on": latest.paid.last_on,
        "last_attempt_on": latest.paid.attempt_on,
        "owed_on": plan.owed_on,
        "due_on": plan.due_on,
    }


def _upsert(s: Session, rows: list[dict[str, Any]]) -> None:
    make: Any = postgresql.insert if s.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = make(_due)  # the table itself: ORM bulk inserts go row by row here
    changed = {c: statement.excluded[c] for c in rows[0] if c not in _KEPT}
    s.execute(statement.on_conflict_do_update(index_elements=_KEPT, set_=changed), rows)


def after_visit(s: Session, household_id: UUID, day: date | None = None) -> date | None:
    """Moves one household's day after a visit was recorded or corrected; the caller holds the household."""
    day = day or today()
    row = s.execute(put_queries.standing(), {"home": household_id}).one_or_none()
    if row is None or (row.refresh_on is not None and row.refresh_on <= day):
        refresh(s, [household_id], day)
        return s.scalar(select(_due.c.due_on).where(_due.c.household_id == household_id))
    rule = policy.rule_of(row if row.every else policy.default(row.community_id, row.tier))
    latest = _latest(
        Done(row.done_id, row.done_visited_at, row.done_next_due_on) if row.done_id else None,
        Done(row.tried_id, row.tried_visited_at, row.tried_next_due_on) if row.tried_id else None,
    )
    plan = schedule(rule, latest.paid, row.start_on, row.tier_since)
    s.execute(put_queries.move(), {"home": household_id, **_moved(latest, plan)})
    return plan.due_on


def _on_change(s: Session, happened: HouseholdsChanged) -> None:
    refresh(s, happened.household_ids)


subscribe(HouseholdsChanged, _on_change)
