"""The composition of a community as an answer."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from pydantic import Field

from app.core.schemas import Read


class Cell(Read):
    """A count; null where it is so small that it would point at a person."""

    key: str
    label: str
    value: int | None


class AgeBand(Read):
    from_age: int | None = Field(description="null: date of birth not registered")
    label: str
    male: int | None
    female: int | None
    unknown: int | None


class AreaOccupancy(Read):
    grid_area_id: UUID
    label: str
    households: int | None
    occupied: int | None
    residents: int | None


class PopulationComposition(Read):
    """How a community is made up on a day."""

    community_id: UUID
    community_name: str
    as_of: date
    residents: int
    households: int
    occupied: int = Field(description="lived in: by the owner or rented")
    elders: int | None = Field(description="60 and over")
    ages: list[AgeBand]
    education: list[Cell]
    tenure: list[Cell]
    areas: list[AreaOccupancy]
    smallest: int = Field(description="smaller counts are hidden from whoever asks; 0: none are")
