"""The changes of a plan, sealed, indexed and packed before the write lock is taken; then written in one go."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Dialect, bindparam, func, update
from sqlmodel import Session, SQLModel

from app.core import crypto
from app.core.clock import now
from app.core.events import HouseholdsChanged, publish
from app.core.models import new_id
from app.households.imports.bulk import Bulk, Updates
from app.households.imports.changes import Care, Changes
from app.households.imports.lines import Line
from app.households.imports.survey import Home
from app.households.imports.terms import Terms
from app.households.labels import make_walk_key
from app.households.models import Building, Household, HouseholdTenure
from app.households.residents import personal
from app.households.residents.models import CareRecord, Education, Relation, Residency, Resident, ResidentTerm, Sex
from app.households.residents.names import sort_key_of, terms_of

_REASON = "名册导入"
_SEX, _EDUCATION, _RELATION = Sex.unknown.value, Education.unknown.value, Relation.other.value
_AT_ONCE = 500
_MANY = 2000
_LARGE_CACHE, _USUAL_CACHE = 32_000, 16_000  # kB; more than that, and pages are written twice
_MODELS = (Building, Household, HouseholdTenure, Resident, Residency, CareRecord, ResidentTerm)
_RESIDENT_COLUMNS = (
    "id", "name", "sort_key", "sex", "birth_on", "education", "id_number_sealed", "id_number_index", "phone_sealed",
    "phone_index", "phone_ending_index", "note",
)  # fmt: skip


def _versioned(model: type[SQLModel], columns: Sequence[str], at: datetime) -> Updates:
    """UPDATE of the columns that are given, the others stay; only where the version is the one that was seen."""
    table = model.__table__  # type: ignore[attr-defined]
    values = {c: func.coalesce(bindparam(f"p_{c}", type_=table.c[c].type), table.c[c]) for c in columns}
    statement = (
        update(table)
        .where(table.c.id == bindparam("p_id", type_=table.c.id.type), table.c.version == bindparam("p_version"))
        .values({**values, "version": table.c.version + 1, "updated_at": at})
    )
    return Updates(statement)


class Prepared(Changes):
    """Everything that a plan writes. All rows carry the same instant, by which the audit note finds them again."""

    def __init__(self, community_id: UUID, dialect: Dialect, walk_orders: dict[str, int]) -> None:
        super().__init__()
        self.at = now()
        self.homes: dict[UUID, None] = {}
        own = {"community_id": community_id}
        stamped = {**own, "created_at": self.at, "updated_at": self.at, "version": 1}
        self._community_id = community_id
        self._order = dict(walk_orders)

        def bulk(model: type[SQLModel], *columns: str, **more: Any) -> Bulk:
            return Bulk(model, columns, {**stamped, **more}, dialect)

        self.buildings = bulk(Building, "id", "grid_area_id", "number", "address", "walk_order")
        self.households = bulk(
            Household,
            *("id", "building_id", "grid_area_id", "unit", "room", "label", "walk_key", "tenure"),
            *("floor_area_cm2", "note"),
        )
        self.tenures = Bulk(HouseholdTenure, ("id", "household_id", "tenure", "from_on"), own, dialect)
        self.residents = bulk(Resident, *_RESIDENT_COLUMNS)
        self.residencies = bulk(Residency, "id", "household_id", "resident_id", "relation", "from_on", reason=_REASON)
        self.care = bulk(
            CareRecord, "id", "resident_id", "category", "disability_type", "disability_level", "reason", "from_on"
        )
        self.in_steps = dialect.name == "sqlite"
        self.terms = Terms(community_id)
        self._ending_index = lru_cache(maxsize=10_000)(personal.phone_ending_index)
        self._prepare_updates()

    def _prepare_updates(self) -> None:
        tenure = HouseholdTenure.__table__  # type: ignore[attr-defined]
        still_open = tenure.c.id == bindparam("p_id", type_=tenure.c.id.type), tenure.c.to_on.is_(None)
        self.addresses = _versioned(Building, ("address",), self.at)
        self.household_updates = _versioned(Household, ("tenure", "floor_area_cm2", "note"), self.at)
        self.tenure_ends = Updates(update(tenure).where(*still_open).values(to_on=bindparam("p_to_on")))
        self.tenure_amends = Updates(update(tenure).where(*still_open).values(tenure=bindparam("p_tenure")))
        self.resident_updates = _versioned(Resident, [*_RESIDENT_COLUMNS[3:]], self.at)
        self.residency_updates = _versioned(Residency, ("relation", "from_on", "to_on"), self.at)
        self.care_updates = _versioned(CareRecord, ("reason", "disability_type", "disability_level"), self.at)

    # --- Making ready ---

    def building(self, new: UUID, area: UUID, number: str, address: str, walk_order: int) -> None:
        super().building(new, area, number, address, walk_order)
        self.buildings.add(new, area, number, address, walk_order)
        self._order[number] = walk_order

    def readdress(self, building: Building, address: str) -> None:
        super().readdress(building, address)
        self.addresses.add(p_id=building.id, p_version=building.version, p_address=address)

    def household(self, new: UUID, building: UUID, area: UUID, line: Line, said: Home, from_on: date) -> None:
        super().household(new, building, area, line, said, from_on)
        walk_key = make_walk_key(self._order.get(line.building, 0), line.building, line.unit, line.room)
        self.households.add_ready(
            new.hex, building.hex, area.hex, line.unit, line.room, line.label, walk_key, said.tenure, said.floor_area,
            said.note,
        )  # fmt: skip
        self.tenures.add_ready(new_id().hex, new.hex, said.tenure, from_on.isoformat())
        self.homes[new] = None

    def update_household(self, existing: Any, fields: Mapping[str, Any], on: date) -> None:
        super().update_household(existing, fields, on)
        tenure = fields.get("tenure")
        self.household_updates.add(
            p_id=existing.id,
            p_version=existing.version,
            p_tenure=tenure,
            p_floor_area_cm2=fields.get("floor_area"),
            p_note=fields.get("note"),
        )
        self.homes[existing.id] = None
        if tenure is None:
            return
        if existing.tenure_id is not None and existing.tenure_from_on >= on:
            self.tenure_amends.add(p_id=existing.tenure_id, p_tenure=tenure)
            return
        if existing.tenure_id is not None:
            self.tenure_ends.add(p_id=existing.tenure_id, p_to_on=on - timedelta(days=1))
        self.tenures.add(new_id(), existing.id, tenure, on)

    def person(self, home: UUID, line: Line, care: Sequence[Care], from_on: date, on: date) -> None:
        super().person(home, line, care, from_on, on)
        resident = new_id()
        key = resident.hex
        born = date.fromordinal(line.birth_on).isoformat() if line.birth_on else None
        sealed = self._sealed(resident, line.id_number, line.phone)
        self.residents.add_ready(
            key, line.name, sort_key_of(line.name), line.sex or _SEX, born, line.education or _EDUCATION, *sealed,
            line.note,
        )  # fmt: skip
        self.residencies.add_ready(new_id().hex, home.hex, key, line.relation or _RELATION, from_on.isoformat())
        self.terms.add(terms_of(line.name), key)
        self._add_care(resident, care, line.care_reason, on)
        self.homes[home] = None

    def _sealed(self, resident: UUID, id_number: str | None, phone: str | None) -> tuple[Any, ...]:
        """id_number_sealed, id_number_index, phone_sealed, phone_index, phone_ending_index."""
        number: tuple[Any, ...] = (None, None)
        if id_number:
            cell = crypto.cell(personal.TABLE, "id_number", resident)
            number = (crypto.seal(id_number, cell), personal.id_number_index(id_number))
        if not phone:
            return (*number, None, None, None)
        cell = crypto.cell(personal.TABLE, "phone", resident)
        ending = self._ending_index(phone[-4:])
        return (*number, crypto.seal(phone, cell), personal.phone_index(phone), ending)

    def _add_care(self, resident: UUID, care: Sequence[Care], reason: str, on: date) -> None:
        for category, kind, level in care:
            self.care.add(new_id(), resident, category, kind, level, reason, on)

    def move(self, person: Any, home: UUID, relation: str, on: date, label: str) -> None:
        super().move(person, home, relation, on, label)
        if person.residency_id is not None:
            self._change_stay(person, p_to_on=on - timedelta(days=1))
            self.homes[person.household_id] = None
        self.residencies.add(new_id(), home, person.id, relation or Relation.other.value, on)
        self.homes[home] = None

    def _change_stay(self, person: Any, **values: Any) -> None:
        empty = {"p_relation": None, "p_from_on": None, "p_to_on": None}
        self.residency_updates.add(
            **{**empty, **values, "p_id": person.residency_id, "p_version": person.residency_version}
        )

    def update_person(
        self,
        person: Any,
        home: UUID,
        fields: Mapping[str, Any],
        care: Sequence[Care],
        care_changes: Sequence[tuple[Any, Mapping[str, Any]]],
        line: Line,
        on: date,
    ) -> None:
        super().update_person(person, home, fields, care, care_changes, line, on)
        stay = {f"p_{key}": fields[key] for key in ("relation", "from_on") if key in fields}
        if stay:
            self._change_stay(person, **stay)
        values = {k: v for k, v in fields.items() if k not in ("relation", "from_on")}
        if values:
            sealed = self._sealed(person.id, values.pop("id_number", None), values.pop("phone", None))
            values |= dict(zip(_RESIDENT_COLUMNS[6:11], sealed, strict=True))
            self.resident_updates.add(
                p_id=person.id, p_version=person.version, **{f"p_{c}": values.get(c) for c in _RESIDENT_COLUMNS[3:]}
            )
        self._add_care(person.id, care, line.care_reason, on)
        for record, changed in care_changes:
            given = {f"p_{c}": changed.get(c) for c in ("reason", "disability_type", "disability_level")}
            self.care_updates.add(p_id=record.id, p_version=record.version, **given)
        self.homes[home] = None

    # --- Writing ---

    @property
    def size(self) -> int:
        return sum(part.count for part in self._parts()) + (0 if self.in_steps else self.terms.count)

    def _parts(self) -> list[Bulk | Updates]:
        """In the order in which one needs the other."""
        return [
            self.buildings, self.addresses, self.households, self.household_updates, self.tenure_ends,
            self.tenure_amends, self.tenures, self.residents, self.resident_updates, self.residency_updates,
            self.residencies, self.care_updates, self.care,
        ]  # fmt: skip

    def write(self, s: Session, tick: Callable[[int], None]) -> None:
        """The register, and with PostgreSQL what is derived from it.

        SQLite has one lock for all who write: there, what is derived follows in steps.
        """
        if self.in_steps:
            with _large_cache(s):
                self._write_parts(s, tick)
            return
        self._write_parts(s, tick)
        self.terms.copy(s, tick)
        if self.size > _MANY:
            tables = ", ".join(model.__tablename__ for model in _MODELS)
            s.connection().exec_driver_sql(f"ANALYZE {tables}")  # else PostgreSQL plans as if they were still empty
        tell(s, list(self.homes))

    def _write_parts(self, s: Session, tick: Callable[[int], None]) -> None:
        for part in self._parts():
            part.write(s, tick)


@contextlib.contextmanager
def _large_cache(s: Session) -> Iterator[None]:
    """Room for the pages of one large transaction: without it SQLite writes many of them more than once."""
    connection = s.connection()
    connection.exec_driver_sql(f"PRAGMA cache_size=-{_LARGE_CACHE}")
    try:
        yield
    finally:
        connection.exec_driver_sql(f"PRAGMA cache_size=-{_USUAL_CACHE}")


def tell(s: Session, homes: Sequence[UUID]) -> None:
    """Lets higher rooms know which households changed, some at a time."""
    for at in range(0, len(homes), _AT_ONCE):
        publish(s, HouseholdsChanged(tuple(homes[at : at + _AT_ONCE])))
