"""What is sent and shown about districts and communities."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from app.communities.figures import ChartKind
from app.core.schemas import Body, Code, Line, LineOrEmpty, PastDate, Prose, Read

CommunityCode = Annotated[Code, StringConstraints(max_length=12, pattern=r"^[0-9A-Z]+$")]


class CommunityCreate(Body):
    """A new community of a district. `code` is its 12-digit statistical code, or the installation's own."""

    district_id: UUID
    name: Line
    name_en: LineOrEmpty = ""
    subdistrict: LineOrEmpty = ""
    code: CommunityCode
    founded_on: PastDate | None = None
    description: Prose = ""


class CommunityUpdate(Body):
    """What changes; fields that are left out stay."""

    name: Line = ""
    name_en: LineOrEmpty = ""
    subdistrict: LineOrEmpty = ""
    code: CommunityCode = ""
    founded_on: PastDate | None = None
    description: Prose = ""


class CommunityRead(Read):
    """A community."""

    id: UUID
    district_id: UUID
    district_name: str
    name: str
    name_en: str
    subdistrict: str
    code: str
    founded_on: date | None
    description: str
    version: int


class FigureLine(Read):
    """A reported figure beside the computed one. `source` lists the records behind the computed value."""

    key: str
    label: str
    unit: str
    definition: str
    is_share: bool
    reported: float | None
    reported_as_of: date | None
    reported_source: str
    reported_id: UUID | None
    computed: float | None
    difference: float | None
    explanation: str
    source: str


class CompositionRow(Read):
    """One part of a whole: one number, or two in a pyramid (men, women)."""

    label: str
    values: list[int]


class CompositionRead(Read):
    """How a whole is made up."""

    key: str
    label: str
    kind: ChartKind
    rows: list[CompositionRow]


class CommunityProfile(CommunityRead):
    """A community with its figures on a day."""

    as_of: date
    grid_areas: int
    figures: list[FigureLine]
    compositions: list[CompositionRead]
