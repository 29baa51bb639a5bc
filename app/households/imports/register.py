"""What the register already holds, looked up for some rows at a time."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, func, select
from sqlmodel import Session, col

from app.communities.models import GridArea
from app.households.imports.columns import plain_word
from app.households.imports.lines import Line
from app.households.models import Building, Household, HouseholdTenure
from app.households.residents.models import CareRecord, Residency, Resident
from app.households.residents.personal import id_number_index

_HOME = Household.__table__  # type: ignore[attr-defined]
_PERSON = Resident.__table__  # type: ignore[attr-defined]
_STAY = Residency.__table__  # type: ignore[attr-defined]
_CARE = CareRecord.__table__  # type: ignore[attr-defined]
_TENURE = HouseholdTenure.__table__  # type: ignore[attr-defined]
_BUILDING = Building.__table__  # type: ignore[attr-defined]
_WATCHED = (_BUILDING, _HOME, _PERSON, _STAY, _CARE)
_NUMBERED = ("第{}网格", "{}号网格", "网格{}", "{}网格")

_COLUMNS = (
    _PERSON.c.id,
    _PERSON.c.version,
    _PERSON.c.name,
    _PERSON.c.sex,
    _PERSON.c.birth_on,
    _PERSON.c.education,
    _PERSON.c.id_number_index,
    _PERSON.c.phone_index,
    _PERSON.c.note,
    _PERSON.c.died_on,
    _STAY.c.id.label("residency_id"),
    _STAY.c.version.label("residency_version"),
    _STAY.c.household_id,
    _STAY.c.relation,
    _STAY.c.from_on,
    _HOME.c.label,
)
_LIVES = (_STAY.c.resident_id == _PERSON.c.id) & _STAY.c.to_on.is_(None)
_AT = _HOME.c.id == _STAY.c.household_id
_PEOPLE = select(*_COLUMNS).select_from(_PERSON).outerjoin(_STAY, _LIVES).outerjoin(_HOME, _AT)
# No condition on the resident here: SQLite would then walk through everybody. A merged one lives nowhere.
_PEOPLE_AT_HOME = select(*_COLUMNS).select_from(_STAY).join(_PERSON, _LIVES).join(_HOME, _AT)

Person = Row[Any]


@dataclass
class Known:
    """The part of the register that some rows touch."""

    indexes: dict[int, str] = field(default_factory=dict)  # blind indexes of ID numbers, by row
    homes: dict[str, Row[Any]] = field(default_factory=dict)
    by_number: dict[str, Person] = field(default_factory=dict)
    by_home: dict[UUID, list[Person]] = field(default_factory=lambda: defaultdict(list))
    care: dict[UUID, dict[str, Row[Any]]] = field(default_factory=lambda: defaultdict(dict))


class Register:
    """One community's register, as a read session sees it."""

    def __init__(self, s: Session, community_id: UUID) -> None:
        self._s, self.community_id = s, community_id
        self.grid_areas = self._grid_areas()
        self.buildings: dict[str, Building] = {
            b.number: b for b in s.scalars(select(Building).where(col(Building.community_id) == community_id))
        }

    def _grid_areas(self) -> dict[str, UUID]:
        """Every way to name a grid area: its number or its name."""
        found: dict[str, UUID] = {}
        areas = select(GridArea).where(col(GridArea.community_id) == self.community_id)
        for area in self._s.scalars(areas.order_by(col(GridArea.number))):
            for text in (str(area.number), area.name, *(form.format(area.number) for form in _NUMBERED)):
                found.setdefault(plain_word(text), area.id)
        return found

    def mark(self) -> list[Any]:
        """Changes whenever anything that the plan was made from changes."""
        found: list[Any] = []
        for table in _WATCHED:
            counted = select(func.count(), func.sum(table.c.version), func.max(table.c.updated_at))
            row = self._s.execute(counted.where(table.c.community_id == self.community_id)).one()
            found.append([str(value) for value in row])
        areas = select(func.count(), func.sum(col(GridArea.version))).where(
            col(GridArea.community_id) == self.community_id
        )
        return [*found, [str(value) for value in self._s.execute(areas).one()]]

    def look(self, lines: Iterable[Line]) -> Known:
        lines = [line for line in lines if not line.problems]
        known = Known(indexes={line.row: id_number_index(line.id_number) for line in lines if line.id_number})
        self._look_for_homes(known, {line.label for line in lines})
        numbers = set(known.indexes.values())
        if numbers:
            for person in self._people(_PERSON.c.id_number_index.in_(numbers)):
                known.by_number[person.id_number_index] = person
        homes = [home.id for home in known.homes.values()]
        if homes:
            for person in self._s.execute(_PEOPLE_AT_HOME.where(_STAY.c.household_id.in_(homes))):
                known.by_home[person.household_id].append(person)
        if any(line.care for line in lines):
            people = {p.id for p in known.by_number.values()} | {p.id for some in known.by_home.values() for p in some}
            self._look_for_care(known, people)
        return known

    def _people(self, condition: Any) -> list[Person]:
        own = _PERSON.c.community_id == self.community_id
        wanted: Select[Any] = _PEOPLE.where(own, _PERSON.c.merged_into_id.is_(None), condition)
        return list(self._s.execute(wanted))

    def _look_for_homes(self, known: Known, labels: Collection[str]) -> None:
        wanted = (
            select(
                _HOME.c.id,
                _HOME.c.version,
                _HOME.c.label,
                _HOME.c.tenure,
                _HOME.c.floor_area_cm2,
                _HOME.c.note,
                _HOME.c.closed_on,
                _TENURE.c.id.label("tenure_id"),
                _TENURE.c.from_on.label("tenure_from_on"),
            )
            .outerjoin(_TENURE, (_TENURE.c.household_id == _HOME.c.id) & _TENURE.c.to_on.is_(None))
            .where(_HOME.c.community_id == self.community_id, _HOME.c.label.in_(labels))
        )
        known.homes = {home.label: home for home in self._s.execute(wanted)}

    def _look_for_care(self, known: Known, people: Collection[UUID]) -> None:
        wanted = select(
            _CARE.c.id,
            _CARE.c.version,
            _CARE.c.resident_id,
            _CARE.c.category,
            _CARE.c.reason,
            _CARE.c.disability_type,
            _CARE.c.disability_level,
        ).where(_CARE.c.resident_id.in_(people), _CARE.c.to_on.is_(None))
        for record in self._s.execute(wanted):
            known.care[record.resident_id][record.category] = record

    def namesakes(self, wanted: Collection[tuple[str, date]]) -> dict[tuple[str, date], list[Person]]:
        """People of the same name and birthday, wherever they live."""
        found: dict[tuple[str, date], list[Person]] = defaultdict(list)
        if wanted:
            for person in self._people(_PERSON.c.name.in_({name for name, _born in wanted})):
                found[person.name, person.birth_on].append(person)
        return found

    def lived_until(self, people: Collection[UUID]) -> dict[UUID, date]:
        """The last day of each person's ended residencies."""
        if not people:
            return {}
        wanted = (
            select(_STAY.c.resident_id, func.max(_STAY.c.to_on))
            .where(_STAY.c.resident_id.in_(people), _STAY.c.to_on.is_not(None))
            .group_by(_STAY.c.resident_id)
        )
        return {row[0]: row[1] for row in self._s.execute(wanted)}

    def next_walk_order(self, number: str) -> int:
        """Buildings are walked in the order of their numbers until somebody says otherwise."""
        digits = re.match(r"[0-9]{1,6}", number)
        return int(digits[0]) if digits else max((b.walk_order for b in self.buildings.values()), default=0) + 1
