"""Bodies and answers about buildings."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.schemas import Body, Clean, Read
from app.households.schemas import RoomPart

WalkOrder = Annotated[int, Field(ge=0, le=999_999)]
Address = Annotated[str, StringConstraints(max_length=200), Clean]


class BuildingCreate(Body):
    grid_area_id: UUID
    number: RoomPart
    address: Address = ""
    walk_order: WalkOrder | None = Field(default=None, description="last in its area where it is not named")


class BuildingUpdate(Body):
    """Only what is named changes. Another grid area takes the building's households with it."""

    grid_area_id: UUID | None = None
    number: RoomPart | None = None
    address: Address | None = None
    walk_order: WalkOrder | None = None


class BuildingRead(Read):
    id: UUID
    community_id: UUID
    grid_area_id: UUID
    number: str
    address: str
    walk_order: int
    version: int


class BuildingItem(BuildingRead):
    """A line of the list, with counts of today."""

    grid_area: str
    households: int
    occupied: int
    residents: int
