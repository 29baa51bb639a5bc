"""Loads the demo community of `mission/` into a database, in one transaction, with one audit note for all of it."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any, cast
from uuid import UUID

from sqlalchemy import insert
from sqlmodel import Session, select

from app.accounts.models import ApiClient, User, UserGridArea
from app.communities.models import Community, District, GridArea, GridAssignment, ReportedFigure
from app.core import audit
from app.core.clock import day_start, today
from app.core.db import Database
from app.core.serials import SerialCounter
from app.demo import (
    activities,
    assemblies,
    care,
    consulting,
    evaluations,
    facts,
    foundings,
    fund,
    plans,
    promises,
    rosters,
    staff,
    town,
)
from app.demo.calls import Year
from app.demo.diary import Writer
from app.demo.families import Member, Stay
from app.demo.history import History
from app.demo.people import People, Person
from app.demo.staff import Staff
from app.households.labels import make_walk_key
from app.households.models import Building, Household, HouseholdTenure, Tenure
from app.households.residents.models import CareRecord, Residency, Resident, ResidentTerm
from app.households.residents.names import sort_key_of, terms_of
from app.households.residents.personal import seal_personal
from app.households.visits import policy, refresh
from app.households.visits.models import Need, Visit, VisitEvent, VisitPolicy, VisitRevision

SEED = 20130407
Rows = list[dict[str, Any]]
Tell = Callable[[str], None]


@dataclass
class Made:
    """Everything about the community, before it is stored."""

    people: People
    at: datetime
    day: date
    district_id: UUID
    community_id: UUID
    blocks: list[town.Block]
    history: History
    staff: Staff
    tables: list[tuple[Any, Rows]] = field(default_factory=list)


def is_loaded(s: Session) -> bool:
    return s.exec(select(Community.id).where(Community.code == facts.CODE)).first() is not None


def load(
    db: Database,
    tell: Tell = lambda _text: None,
    day: date | None = None,
    keep: Callable[[Staff], None] = lambda _staff: None,
) -> bool:
    """Makes and stores the community as of `day`, unless it is there. `keep` gets the sign-ins before the commit."""
    with db.read() as s:
        if is_loaded(s):
            return False
    tell("making up the community")
    made = make(day or today())
    with db.write() as s:
        if is_loaded(s):
            return False
        _store(s, made, tell)
        keep(made.staff)
    db.analyze()
    return True


def make(day: date) -> Made:
    """The community as of a day; the same day gives the same community, but for passwords."""
    at = day_start(day)
    people = People(random.Random(SEED), datetime(2009, 8, 1, tzinfo=UTC))
    district_id, community_id = people.new_id(), people.new_id()
    blocks = town.build(people)
    history = History(people, blocks, day)
    care.assess(people.rng, history.stays, day)
    made = Made(people, at, day, district_id, community_id, blocks, history, staff.engage(people, blocks))
    made.tables = [*_ground(made), *_register(made), *_visits(made)]
    made.tables += rosters.tables(made)
    return made


def _store(s: Session, made: Made, tell: Tell) -> None:
    connection = s.connection()
    for table, rows in made.tables:
        if rows:
            tell(f"{table.__tablename__}: {len(rows)}")
            connection.execute(insert(table), rows)
    tell("working out who is due")
    refresh.refresh_community(s, made.community_id, made.day)
    tell("holding the assemblies")
    _govern(s, made)
    tell("holding the evaluations")
    rounds = evaluations.load(s, made.community_id, made.day)
    audit.sum_up(s)
    counts = {table.__tablename__: len(rows) for table, rows in made.tables} | {"evaluation_round": rounds}
    audit.note(s, "demo.load", "community", made.community_id, made.community_id, as_of=made.day, **counts)


def _govern(s: Session, made: Made) -> None:
    """What the representatives decided and what became of it; then the actor is the operator again."""
    operator = s.info.pop("actor", None)
    told = assemblies.begin(s, made.community_id, made.day, made.staff)
    foundings.load(told)
    resolved = assemblies.load(told)
    promises.load(told, resolved)
    consulting.load(told)
    fund.load(told)
    activities.load(told)
    plans.load(told)
    s.info["actor"] = operator


def _common(made: Made, row_id: UUID, at: datetime | None = None) -> dict[str, Any]:
    return {"id": row_id, "created_at": at or made.at, "updated_at": at or made.at, "version": 1}


def _ground(made: Made) -> list[tuple[Any, Rows]]:
    """District, community, areas, buildings, people who work here, and the figures that were reported."""
    founded = day_start(facts.FOUNDED_ON)
    new_id, community = made.people.new_id, made.community_id
    areas = list({block.area.id: block.area for block in made.blocks}.values())
    of_community = {"community_id": community}
    return [
        (District, [_common(made, made.district_id, founded) | facts.DISTRICT]),
        (
            Community,
            [_common(made, community, founded) | {"district_id": made.district_id, **facts.COMMUNITY}],
        ),
        (
            GridArea,
            [_common(made, a.id, founded) | of_community | {"number": a.number, "name": a.name} for a in areas],
        ),
        (User, [_common(made, p.id) | p.row(community, made.district_id) for p in made.staff.people]),
        (
            UserGridArea,
            [{"id": new_id(), "user_id": p.id, "grid_area_id": p.area.id} for p in made.staff.people if p.area],
        ),
        (
            GridAssignment,
            [
                {"id": new_id(), "grid_area_id": p.area.id, "user_id": p.id, "is_primary": True}
                | of_community
                | {"from_on": p.since, "to_on": None}
                for p in made.staff.people
                if p.area
            ],
        ),
        (ApiClient, [_common(made, c.id) | c.row(made.district_id) for c in made.staff.clients]),
        (
            ReportedFigure,
            [
                _common(made, new_id(), day_start(facts.REPORTED_ON))
                | of_community
                | {"key": key, "value": value, "as_of": facts.REPORTED_ON, "source": facts.SOURCE}
                for key, value in facts.FIGURES.items()
            ],
        ),
        (Building, [_building(made, block, founded) for block in made.blocks]),
    ]


def _building(made: Made, block: town.Block, at: datetime) -> dict[str, Any]:
    return _common(made, block.id, at) | {
        "community_id": made.community_id,
        "grid_area_id": block.area.id,
        "number": str(block.number),
        "address": block.address,
        "walk_order": block.number,
    }


def _register(made: Made) -> list[tuple[Any, Rows]]:
    """Dwellings, how they were used, and everybody who ever lived in them."""
    now_used = {s.dwelling.label: s.tenure for s in made.history.stays if s.to_on is None}
    households = [_household(made, d, now_used.get(d.label, Tenure.vacant)) for b in made.blocks for d in b.dwellings]
    tenures = [
        {
            "id": made.people.new_id(),
            "community_id": made.community_id,
            "household_id": p.dwelling.id,
            "tenure": str(p.tenure),
            "from_on": p.from_on,
            "to_on": p.to_on,
        }
        for p in made.history.periods()
    ]
    persons = _persons(made.history.stays)
    terms = [
        {"community_id": made.community_id, "term": term, "resident_id": person.id}
        for person, _since in persons
        for term in sorted(terms_of(person.name))
    ]
    return [
        (Household, households),
        (HouseholdTenure, tenures),
        (Resident, [_resident(made, person, since) for person, since in persons]),
        (ResidentTerm, terms),
        (Residency, [_residency(made, stay, member) for stay in made.history.stays for member in stay.members]),
        (CareRecord, [row for person, _since in persons for row in _care(made, person)]),
    ]


def _household(made: Made, dwelling: town.Dwelling, tenure: Tenure) -> dict[str, Any]:
    number = dwelling.building.number
    return _common(made, dwelling.id, day_start(dwelling.building.keys_on)) | {
        "community_id": made.community_id,
        "building_id": dwelling.building.id,
        "grid_area_id": dwelling.building.area.id,
        "unit": dwelling.unit,
        "room": dwelling.room,
        "label": dwelling.label,
        "walk_key": make_walk_key(number, str(number), dwelling.unit, dwelling.room),
        "tenure": str(tenure),
        "floor_area_cm2": dwelling.floor_area,
        "note": "",
        "closed_on": None,
    }


def _persons(stays: Iterable[Stay]) -> list[tuple[Person, date]]:
    """Everybody once, with the day on which the register met them."""
    found: dict[UUID, tuple[Person, date]] = {}
    for stay in stays:
        for member in stay.members:
            found.setdefault(member.person.id, (member.person, member.from_on))
    return list(found.values())


def _resident(made: Made, person: Person, since: date) -> dict[str, Any]:
    """A plain dict, not a `Resident`: fourteen thousand mapped rows would take as long as all the rest."""
    sealed = SimpleNamespace(id=person.id)
    seal_personal(cast(Resident, sealed), person.id_number, person.phone)
    return _common(made, person.id, day_start(since)) | {
        **vars(sealed),
        "community_id": made.community_id,
        "name": person.name,
        "sort_key": sort_key_of(person.name),
        "sex": str(person.sex),
        "birth_on": person.born,
        "education": str(person.education),
        "note": "",
        "died_on": person.died,
        "merged_into_id": None,
    }


def _residency(made: Made, stay: Stay, member: Member) -> dict[str, Any]:
    return _common(made, made.people.new_id(), day_start(member.from_on)) | {
        "community_id": made.community_id,
        "household_id": stay.dwelling.id,
        "resident_id": member.person.id,
        "relation": str(member.relation),
        "from_on": member.from_on,
        "to_on": member.to_on,
        "reason": member.reason,
    }


def _care(made: Made, person: Person) -> Rows:
    return [
        _common(made, made.people.new_id(), day_start(record.from_on))
        | {
            "community_id": made.community_id,
            "resident_id": person.id,
            "category": str(record.category),
            "disability_type": record.kind,
            "disability_level": record.level,
            "detail": record.detail,
            "reason": record.reason,
            "from_on": record.from_on,
            "to_on": record.to_on,
            "reviewed_by": made.staff.director.id,
        }
        for record in person.care
    ]


def _visits(made: Made) -> list[tuple[Any, Rows]]:
    tiers = [policy.default(made.community_id, tier) for tier in policy.DEFAULTS]
    rules = {row.tier: policy.rule_of(row) for row in tiers}
    year = Year(made.people.rng, made.history.stays, rules, made.day)
    workers = {p.area.number: p.id for p in made.staff.people if p.area}
    diary = Writer(made.people, made.community_id, workers).write(year.calls, year.happenings)
    policies = [row.model_dump() | _common(made, row.id) for row in tiers]
    counters: Sequence[dict[str, Any]] = [
        {"community_id": made.community_id, "series": "need", "year": year, "last": last}
        for year, last in sorted(diary.counters.items())
    ]
    return [
        (VisitPolicy, policies),
        (Visit, diary.visits),
        (VisitRevision, diary.revisions),
        (Need, diary.needs),
        (VisitEvent, diary.events),
        (SerialCounter, list(counters)),
    ]
