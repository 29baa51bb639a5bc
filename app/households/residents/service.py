"""Residents: who may see whom, registering and changing a person, and the questions that other rooms ask."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, insert, or_, select
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import age_on, today
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, publish
from app.core.i18n import gettext as _
from app.households import service as households
from app.households.models import Household
from app.households.residents import identity, personal
from app.households.residents.models import (
    CareRecord,
    Relation,
    Residency,
    Resident,
    ResidentTerm,
    Sex,
)
from app.households.residents.names import sort_key_of, terms_of
from app.households.residents.personal import seal_personal
from app.households.residents.schemas import ResidentCreate, ResidentUpdate
from app.households.scope import areas_of, communities_of

__all__ = [
    "Person",
    "care_of",
    "create_resident",
    "get",
    "people_of",
    "seal_personal",
    "sort_key_of",
    "terms_of",
    "update",
    "visible",
    "write_terms",
]

ELDER = 60
_CHUNK = 5000
_ORDER = {relation: place for place, relation in enumerate(Relation)}


@dataclass(frozen=True)
class Person:
    """Somebody who lives in a household on a day."""

    resident_id: UUID
    household_id: UUID
    residency_id: UUID
    name: str
    sex: Sex
    birth_on: date | None
    age: int | None
    relation: Relation
    from_on: date
    to_on: date | None

    @property
    def elder(self) -> bool:
        return self.age is not None and self.age >= ELDER


def visible(who: Principal) -> Select[Resident]:
    """Every living record that somebody may see; merged ones answer only through `get`.

    A worker sees those who live in the worker's areas, and those who lived there last.
    """
    return select(Resident).where(*seen_by(who), col(Resident.merged_into_id).is_(None))


def seen_by(who: Principal) -> list[ColumnElement[bool]]:
    scope = [communities_of(who, col(Resident.community_id))]
    if who.grid_area_ids is None:
        return scope
    home: Any = aliased(Residency)
    dwelling: Any = aliased(Household)
    own = home.resident_id == Resident.id
    here = select(home.id).join(dwelling, dwelling.id == home.household_id)
    here = here.where(own, *areas_of(who, dwelling.grid_area_id))
    anywhere_now = select(home.id).where(own, home.to_on.is_(None)).exists()
    return [*scope, or_(here.where(home.to_on.is_(None)).exists(), ~anywhere_now & here.exists())]


def get(s: Session, who: Principal, resident_id: UUID) -> Resident:
    """The person; the id of a merged duplicate gives the record that lives on."""
    pointer = select(col(Resident.merged_into_id)).where(col(Resident.id) == resident_id)
    living = s.scalar(pointer) or resident_id
    found = s.scalars(visible(who).where(col(Resident.id) == living)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def create_resident(s: Session, who: Principal, household: Household, data: ResidentCreate) -> Resident:
    """Registers a person who lives in `household`. Sex and birth are read from the identity number if not given."""
    households.check_open(household)
    resident = Resident(
        community_id=household.community_id,
        name=data.name,
        sort_key=sort_key_of(data.name),
        sex=data.sex,
        birth_on=data.birth_on,
        education=data.education,
        note=data.note,
    )
    seal_personal(resident, data.id_number, data.phone)
    if data.id_number:
        resident.birth_on = data.birth_on or identity.birth_of(data.id_number)
        resident.sex = identity.sex_of(data.id_number) if data.sex == Sex.unknown else data.sex
    check_id_number_free(s, resident)
    from_on = data.from_on or today()
    _check_born_by(resident, from_on)
    s.add(resident)
    s.flush()
    s.add(
        Residency(
            community_id=household.community_id,
            household_id=household.id,
            resident_id=resident.id,
            relation=data.relation,
            from_on=from_on,
            reason=data.reason,
        )
    )
    s.flush()
    write_terms(s, resident)
    publish(s, HouseholdsChanged((household.id,)))
    return resident


def _check_born_by(resident: Resident, day: date) -> None:
    if resident.birth_on is not None and day < resident.birth_on:
        raise Invalid(_("入住日期早于出生日期。"), code="before_birth", field="from_on")


def check_id_number_free(s: Session, resident: Resident) -> None:
    """Refuses the identity number of somebody else in this community."""
    if resident.id_number_index is None:
        return
    wanted = select(col(Resident.id)).where(
        col(Resident.community_id) == resident.community_id,
        col(Resident.id_number_index) == resident.id_number_index,
        col(Resident.merged_into_id).is_(None),
        col(Resident.id) != resident.id,
    )
    with s.no_autoflush:
        if s.scalar(wanted) is not None:
            raise Conflict(
                _("这个身份证号已登记在另一位居民名下，请先查找。"), code="id_number_taken", field="id_number"
            )


def update(s: Session, who: Principal, resident_id: UUID, data: ResidentUpdate, version: int | None) -> Resident:
    """Changes what is named in `data`."""
    resident = get(s, who, resident_id)
    check_version(resident, version)
    sent = data.model_fields_set
    if data.name is not None and data.name != resident.name:
        resident.name, resident.sort_key = data.name, sort_key_of(data.name)
        write_terms(s, resident)
    resident.sex = data.sex or resident.sex
    resident.education = data.education or resident.education
    if "birth_on" in sent:
        resident.birth_on = data.birth_on
    if "died_on" in sent:
        resident.died_on = data.died_on
    if data.note is not None:
        resident.note = data.note
    _update_personal(s, resident, data)
    if data.relation is not None:
        _set_relation(s, resident, data.relation)
    touch(resident)
    s.add(resident)
    publish(s, HouseholdsChanged(tuple(homes_of(s, resident.id))))
    return resident


def _update_personal(s: Session, resident: Resident, data: ResidentUpdate) -> None:
    if data.id_number or "id_number" in data.forget:
        personal.seal_id_number(resident, data.id_number)
        check_id_number_free(s, resident)
    if data.phone or "phone" in data.forget:
        personal.seal_phone(resident, data.phone)


def _set_relation(s: Session, resident: Resident, relation: Relation) -> None:
    home = open_residency(s, resident.id)
    if home is not None and home.relation != relation:
        home.relation = relation
        touch(home)
        s.add(home)


def open_residency(s: Session, resident_id: UUID) -> Residency | None:
    wanted = select(Residency).where(col(Residency.resident_id) == resident_id, col(Residency.to_on).is_(None))
    return s.scalars(wanted).one_or_none()


def homes_of(s: Session, resident_id: UUID) -> list[UUID]:
    """Every household that the person lives or lived in."""
    wanted = select(col(Residency.household_id)).where(col(Residency.resident_id) == resident_id).distinct()
    return list(s.scalars(wanted))


def write_terms(s: Session, resident: Resident) -> None:
    """Rebuilds the search index of one person."""
    s.execute(delete(ResidentTerm).where(col(ResidentTerm.resident_id) == resident.id))
    rows = [
        {"community_id": resident.community_id, "term": term, "resident_id": resident.id}
        for term in sorted(terms_of(resident.name))
    ]
    if rows:
        s.execute(insert(ResidentTerm), rows)


def lives_on(day: date) -> ColumnElement[bool]:
    """That a residency covers a day."""
    return (col(Residency.from_on) <= day) & (col(Residency.to_on).is_(None) | (col(Residency.to_on) >= day))


def cares_on(day: date) -> ColumnElement[bool]:
    """That a care record covers a day."""
    return (col(CareRecord.from_on) <= day) & (col(CareRecord.to_on).is_(None) | (col(CareRecord.to_on) >= day))


def people_of(s: Session, household_ids: Collection[UUID], on: date) -> dict[UUID, list[Person]]:
    """Who lives in each household on a day: the head first, then spouse, children and so on, the eldest first."""
    found: dict[UUID, list[Person]] = defaultdict(list)
    for some in _chunks(household_ids):
        statement = (
            select(
                col(Residency.household_id),
                col(Residency.id),
                col(Residency.relation),
                col(Residency.from_on),
                col(Residency.to_on),
                col(Resident.id),
                col(Resident.name),
                col(Resident.sex),
                col(Resident.birth_on),
            )
            .join(Resident, col(Resident.id) == col(Residency.resident_id))
            .where(col(Residency.household_id).in_(some), lives_on(on))
        )
        for home, residency, relation, from_on, to_on, resident, name, sex, born in s.execute(statement):
            age = age_on(born, on) if born else None
            person = Person(resident, home, residency, name, Sex(sex), born, age, Relation(relation), from_on, to_on)
            found[home].append(person)
    for people in found.values():
        people.sort(key=lambda p: (_ORDER[p.relation], p.birth_on or date.max, p.name))
    return dict(found)


def care_of(s: Session, resident_ids: Collection[UUID], on: date) -> dict[UUID, list[CareRecord]]:
    """The care records of each person that hold on a day."""
    found: dict[UUID, list[CareRecord]] = defaultdict(list)
    for some in _chunks(resident_ids):
        statement = select(CareRecord).where(col(CareRecord.resident_id).in_(some), cares_on(on))
        for record in s.scalars(statement.order_by(col(CareRecord.from_on), col(CareRecord.id))):
            found[record.resident_id].append(record)
    return dict(found)


def _chunks(ids: Collection[UUID]) -> Iterator[list[UUID]]:
    """Parts of a long list: databases limit the number of parameters."""
    listed = list(dict.fromkeys(ids))
    for at in range(0, len(listed), _CHUNK):
        yield listed[at : at + _CHUNK]
