"""Bodies and answers about residents, where they live and what care they need."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core.schemas import Body, Clean, LongLine, PastDate, Prose, Read, ShortLine, one_line
from app.households.residents.identity import IdNumber, Phone
from app.households.residents.models import CareCategory, Education, Relation, Sex

PersonalField = Literal["id_number", "phone"]


def _person_name(value: str) -> str:
    name = one_line(value)
    if not any(c.isalnum() for c in name):
        raise PydanticCustomError("string_too_short", "a name has letters")
    return name


PersonName = Annotated[str, StringConstraints(min_length=1, max_length=60), Clean, AfterValidator(_person_name)]
Reason = Annotated[str, StringConstraints(max_length=200), Clean, AfterValidator(one_line)]
Detail = Annotated[str, StringConstraints(max_length=120), Clean, AfterValidator(one_line)]


class ResidentCreate(Body):
    """Somebody who moves in. Sex and date of birth may be left to the identity number."""

    name: PersonName
    sex: Sex = Sex.unknown
    birth_on: PastDate | None = None
    education: Education = Education.unknown
    id_number: IdNumber | None = None
    phone: Phone | None = None
    note: Prose = ""
    relation: Relation = Relation.other
    from_on: PastDate | None = Field(default=None, description="today where it is not named")
    reason: Reason = ""


class ResidentUpdate(Body):
    """Only what is named changes. An identity number or phone of null stays; `forget` erases it."""

    name: PersonName | None = None
    sex: Sex | None = None
    birth_on: PastDate | None = None
    education: Education | None = None
    id_number: IdNumber | None = None
    phone: Phone | None = None
    forget: list[PersonalField] = Field(default_factory=list, max_length=2)
    note: Prose | None = None
    relation: Relation | None = None
    died_on: PastDate | None = None


class MoveOut(Body):
    on: PastDate = Field(description="the last day in this household")
    reason: Reason = ""


class MoveIn(Body):
    """Where to: by id, or by room number as people say it."""

    household_id: UUID | None = None
    room: ShortLine | None = None
    from_on: PastDate | None = None
    relation: Relation = Relation.other
    reason: Reason = ""


class Death(Body):
    died_on: PastDate


class ResidencyUpdate(Body):
    """A correction of where somebody lived and when."""

    relation: Relation | None = None
    from_on: PastDate | None = None
    to_on: PastDate | None = None
    reason: Reason | None = None


class CareCreate(Body):
    category: CareCategory
    from_on: PastDate | None = None
    reason: LongLine
    detail: Detail = ""
    certificate: ShortLine | None = Field(default=None, description="disability certificate; only type and level stay")
    disability_type: Annotated[int, Field(ge=1, le=7)] | None = None
    disability_level: Annotated[int, Field(ge=1, le=4)] | None = None


class CareUpdate(Body):
    from_on: PastDate | None = None
    to_on: PastDate | None = Field(default=None, description="the last day; null reopens the record")
    reason: LongLine | None = None
    detail: Detail | None = None
    disability_type: Annotated[int, Field(ge=1, le=7)] | None = None
    disability_level: Annotated[int, Field(ge=1, le=4)] | None = None


class Reveal(Body):
    field: PersonalField
    reason: Annotated[str, StringConstraints(min_length=2, max_length=200), Clean, AfterValidator(one_line)]


class Revealed(Read):
    """One value, once. The reveal stands in the audit log."""

    resident_id: UUID
    field: PersonalField
    value: str


class Merge(Body):
    other_id: UUID = Field(description="the duplicate, which will point at this record")
    confirm_name: ShortLine = Field(description="the duplicate's name: a merge cannot be undone")


class ResidencyRead(Read):
    id: UUID
    household_id: UUID
    label: str
    relation: Relation
    from_on: date
    to_on: date | None
    reason: str
    version: int


class CareRead(Read):
    """A care category. `reason` and `detail` are null for those outside the community."""

    id: UUID
    category: CareCategory
    disability_type: int | None
    disability_level: int | None
    detail: str | None
    reason: str | None
    from_on: date
    to_on: date | None
    reviewed_by: UUID | None
    reviewer: str | None
    version: int


class ResidentRead(Read):
    """A person. Identity number and phone are masked; a reveal shows them."""

    id: UUID
    community_id: UUID
    name: str
    sex: Sex
    birth_on: date | None
    age: int | None
    elder: bool = Field(description="60 and over, computed")
    education: Education
    id_number: str | None = Field(description="masked")
    phone: str | None = Field(description="masked")
    note: str
    died_on: date | None
    merged_ids: list[UUID] = Field(description="records of the same person that now answer with this one")
    warnings: list[Literal["sex_differs", "birth_differs"]] = Field(description="against the identity number")
    residencies: list[ResidencyRead]
    care: list[CareRead]
    created_at: datetime
    updated_at: datetime
    version: int


class ResidentItem(Read):
    """A line of the list."""

    id: UUID
    name: str
    sex: Sex
    birth_on: date | None
    age: int | None
    elder: bool
    phone: str | None = Field(description="masked")
    household_id: UUID | None
    label: str | None
    relation: Relation | None
    from_on: date | None
    care: list[CareCategory]
    died_on: date | None


class AreaCount(Read):
    grid_area_id: UUID
    number: int
    name: str
    residents: int
    households: int


class Counts(Read):
    """How many people live here on a day."""

    as_of: date
    residents: int
    households: int = Field(description="with somebody living in them")
    moved_in: int = Field(description="within the year before that day")
    moved_out: int
    areas: list[AreaCount]


class DuplicateItem(Read):
    id: UUID
    name: str
    sex: Sex
    birth_on: date | None
    id_number: str | None
    phone: str | None
    label: str | None
    from_on: date | None
    community_id: UUID


class DuplicateGroup(Read):
    """Records that may be of one person. Merge into the first, or leave them."""

    kind: Literal["same_id_number", "same_name_birth", "similar"]
    residents: list[DuplicateItem]
