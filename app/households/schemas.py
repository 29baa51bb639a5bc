"""Bodies and answers about dwellings."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core.schemas import Body, Clean, PastDate, Prose, Read
from app.households.labels import plain_part
from app.households.models import Tenure
from app.households.residents.models import CareCategory, Relation, Sex


def _part(value: str) -> str:
    plain = plain_part(value)
    if not plain.replace("-", "").isalnum() or "-" in plain or len(plain) > 10:
        raise PydanticCustomError("room_format", "letters and digits only")
    return plain


def _unit(value: str) -> str:
    return _part(value) if value else ""


RoomPart = Annotated[str, StringConstraints(min_length=1, max_length=20), Clean, AfterValidator(_part)]
UnitPart = Annotated[str, StringConstraints(max_length=20), Clean, AfterValidator(_unit)]
FloorArea = Annotated[int, Field(ge=100, le=100_000_000, description="integer of 0.01 m²")]
SquareMetres = Annotated[Decimal, Field(ge=1, le=1_000_000, decimal_places=2, description="the same in m², for forms")]


class HouseholdCreate(Body):
    building_id: UUID
    unit: UnitPart = ""
    room: RoomPart
    tenure: Tenure = Tenure.vacant
    tenure_from_on: PastDate | None = None
    floor_area_cm2: FloorArea | None = None
    floor_area_m2: SquareMetres | None = None
    note: Prose = ""


class HouseholdUpdate(Body):
    """Only what is named changes."""

    unit: UnitPart | None = None
    room: RoomPart | None = None
    tenure: Tenure | None = None
    tenure_from_on: PastDate | None = None
    floor_area_cm2: FloorArea | None = None
    floor_area_m2: SquareMetres | None = None
    note: Prose | None = None


class HouseholdClose(Body):
    closed_on: PastDate


class HouseholdRead(Read):
    """A dwelling."""

    id: UUID
    community_id: UUID
    building_id: UUID
    grid_area_id: UUID
    label: str
    unit: str
    room: str
    tenure: Tenure
    floor_area_cm2: int | None
    note: str
    closed_on: date | None
    created_at: datetime
    updated_at: datetime
    version: int


class ListedPerson(Read):
    """Somebody in a list of households; the name is masked for those outside the community."""

    id: UUID
    name: str
    age: int | None
    care: list[CareCategory]


class HouseholdItem(Read):
    """A line of the list."""

    id: UUID
    label: str
    address: str
    tenure: Tenure
    grid_area_id: UUID
    grid_area: str
    people_count: int
    people: list[ListedPerson]
    care: list[CareCategory]
    closed_on: date | None


class PersonRead(Read):
    """Somebody who lives in the household now."""

    id: UUID
    residency_id: UUID
    name: str
    sex: Sex
    age: int | None
    elder: bool
    birth_on: date | None
    relation: Relation
    from_on: date
    phone: str | None = Field(description="masked")
    care: list[PersonCare]


class PersonCare(Read):
    category: CareCategory
    disability_type: int | None
    disability_level: int | None
    from_on: date


class FormerPerson(Read):
    id: UUID
    name: str
    relation: Relation
    from_on: date
    to_on: date
    reason: str
    died: bool


class TenureRead(Read):
    tenure: Tenure
    from_on: date
    to_on: date | None


class HouseholdDetail(HouseholdRead):
    """A dwelling with the people in it, those who left, and how it was used."""

    building_number: str
    address: str
    grid_area: str
    people: list[PersonRead]
    former: list[FormerPerson]
    tenures: list[TenureRead]
    care: list[CareCategory]
    warnings: list[Literal["vacant_but_inhabited", "used_but_empty", "no_head", "many_heads"]]
