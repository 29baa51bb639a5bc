"""Visits as they are read: who may see which, one with its history, and lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, String, cast, or_, select, update
from sqlmodel import Session, col

from app.accounts.models import Role, User
from app.accounts.permissions import Principal
from app.core.clock import day_end, day_start
from app.core.errors import NotFound
from app.core.events import ResidentsMerged, subscribe
from app.core.masking import mask_name
from app.core.pagination import Paging, paginate
from app.households.labels import plain_label
from app.households.models import Household
from app.households.residents.models import Resident
from app.households.scope import areas_of, communities_of, is_outsider
from app.households.visits.models import Need, NeedState, Outcome, Visit, VisitDue, VisitRevision
from app.households.visits.schemas import (
    NeedRead,
    PersonMet,
    RevisionRead,
    VisitDetail,
    VisitRead,
)


@dataclass
class VisitQuery:
    """What a list of visits may be narrowed to. `to` is the last day, included."""

    household_id: UUID | None = None
    worker_id: UUID | None = None
    grid_area_id: UUID | None = None
    outcome: Outcome | None = None
    since: date | None = None
    until: date | None = None
    q: str = ""


def visible(who: Principal) -> Select[Visit]:
    """Every visit to a household that somebody may see."""
    return (
        select(Visit)
        .join(Household, col(Household.id) == col(Visit.household_id))
        .where(communities_of(who, col(Visit.community_id)), *areas_of(who, col(Household.grid_area_id)))
    )


def get(s: Session, who: Principal, visit_id: UUID) -> Visit:
    found = s.scalars(visible(who).where(col(Visit.id) == visit_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def may_correct(who: Principal, visit: Visit) -> bool:
    """Only whoever recorded it, or the director."""
    own = visit.worker_id == who.id or who.role == Role.director
    return own and who.may("visits:write")


def filtered(who: Principal, query: VisitQuery) -> Select[Visit]:
    found = visible(who)
    for column, value in (
        (Visit.household_id, query.household_id),
        (Visit.worker_id, query.worker_id),
        (Household.grid_area_id, query.grid_area_id),
        (Visit.outcome, query.outcome),
    ):
        if value is not None:
            found = found.where(col(column) == value)
    if query.since is not None:
        found = found.where(col(Visit.visited_at) >= day_start(query.since))
    if query.until is not None:
        found = found.where(col(Visit.visited_at) < day_end(query.until))
    if query.q:
        home = plain_label(query.q)
        like = [col(Visit.note).contains(query.q, autoescape=True)]
        if home:
            like.append(col(Household.label).startswith(home, autoescape=True))
        found = found.where(or_(*like))
    return found


def page(s: Session, who: Principal, query: VisitQuery, paging: Paging) -> dict[str, Any]:
    """One page, the latest visit first."""
    keys: list[Any] = [(col(Visit.visited_at), datetime), (col(Visit.id), UUID)]
    found = paginate(s, filtered(who, query), paging, keys, descending=True)
    return {**found, "items": read(s, who, found["items"])}


def read(s: Session, who: Principal, visits: Sequence[Visit]) -> list[VisitRead]:
    """These visits with household, worker, people met and needs, in four statements however many there are."""
    if not visits:
        return []
    homes = _homes(s, {v.household_id for v in visits})
    workers = _names(s, {v.worker_id for v in visits})
    people = names_met(s, who, {p for v in visits for p in v.people_met})
    heard: dict[UUID | None, list[Need]] = defaultdict(list)
    wanted = select(Need).where(col(Need.visit_id).in_([v.id for v in visits]), col(Need.state) != NeedState.withdrawn)
    for need in s.scalars(wanted.order_by(col(Need.serial))):
        heard[need.visit_id].append(need)
    return [compose(v, homes[v.household_id], workers.get(v.worker_id, ""), people, heard[v.id]) for v in visits]


@dataclass(frozen=True)
class Place:
    """What a visit shows of its household."""

    label: str
    grid_area_id: UUID
    due_on: date | None


def compose(
    visit: Visit, place: Place, worker_name: str, people: Mapping[UUID, str], heard: Iterable[Need]
) -> VisitRead:
    met = [UUID(p) for p in visit.people_met]
    return VisitRead(
        id=visit.id,
        community_id=visit.community_id,
        household_id=visit.household_id,
        household_label=place.label,
        grid_area_id=place.grid_area_id,
        worker_id=visit.worker_id,
        worker_name=worker_name,
        visited_at=visit.visited_at,
        recorded_at=visit.recorded_at,
        purpose=visit.purpose,
        outcome=visit.outcome,
        note=visit.note,
        people_met=met,
        people=[PersonMet(id=p, name=people[p]) for p in met if p in people],
        needs=[NeedRead.model_validate(n) for n in heard],
        next_due_on=place.due_on,
        next_due_chosen=visit.next_due_on,
        corrections=visit.version - 1,
        version=visit.version,
    )


def _homes(s: Session, ids: Collection[UUID]) -> dict[UUID, Place]:
    found = (
        select(col(Household.id), col(Household.label), col(Household.grid_area_id), col(VisitDue.due_on))
        .outerjoin(VisitDue, col(VisitDue.household_id) == col(Household.id))
        .where(col(Household.id).in_(ids))
    )
    return {row.id: Place(row.label, row.grid_area_id, row.due_on) for row in s.execute(found)}


def _names(s: Session, ids: Collection[UUID]) -> dict[UUID, str]:
    found = select(col(User.id), col(User.display_name)).where(col(User.id).in_(ids))
    return {row.id: row.display_name for row in s.execute(found)}


def names_met(s: Session, who: Principal, ids: Collection[str]) -> dict[UUID, str]:
    """The names of people met; a merged duplicate keeps its own record and name."""
    if not ids:
        return {}
    found = select(col(Resident.id), col(Resident.name)).where(col(Resident.id).in_([UUID(i) for i in ids]))
    hidden = is_outsider(who)
    return {row.id: mask_name(row.name) if hidden else row.name for row in s.execute(found)}


def detail(s: Session, who: Principal, visit_id: UUID) -> VisitDetail:
    """One visit with every earlier wording."""
    visit = get(s, who, visit_id)
    (shown,) = read(s, who, [visit])
    found = (
        select(VisitRevision, col(User.display_name))
        .join(User, col(User.id) == col(VisitRevision.replaced_by))
        .where(col(VisitRevision.visit_id) == visit_id)
        .order_by(col(VisitRevision.version).desc())
    )
    history = [
        RevisionRead(
            version=r.version,
            content={k: v for k, v in r.content.items() if k != "digest"},
            replaced_at=r.replaced_at,
            replaced_by_name=name,
        )
        for r, name in s.execute(found)
    ]
    return VisitDetail(**dict(shown), history=history, may_correct=may_correct(who, visit))


def workers(s: Session, who: Principal) -> list[tuple[str, str]]:
    """Who records visits in the communities within reach, for a filter."""
    found = (
        select(col(User.id), col(User.display_name))
        .where(communities_of(who, col(User.community_id)), col(User.role).in_([Role.worker, Role.director]))
        .order_by(col(User.display_name))
    )
    return [(str(row.id), row.display_name) for row in s.execute(found)]


def _on_merge(s: Session, happened: ResidentsMerged) -> None:
    """Visits that name the record that is gone name the one that is kept; their content is the same as before."""
    s.flush()
    named = cast(col(Visit.people_met), String).contains(str(happened.gone))
    for visit_id, people in s.execute(select(col(Visit.id), col(Visit.people_met)).where(named)).all():
        changed = sorted({str(happened.kept) if p == str(happened.gone) else p for p in people})
        s.execute(update(Visit).where(col(Visit.id) == visit_id).values(people_met=changed))


subscribe(ResidentsMerged, _on_merge)
