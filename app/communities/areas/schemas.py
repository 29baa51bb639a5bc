"""What is sent and shown about grid areas."""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.core.schemas import Body, Line, PastDate, Read

AreaNumber = Annotated[int, Field(ge=1, le=9999)]


class GridAreaCreate(Body):
    """A new grid area of a community (one's own, where none is named)."""

    number: AreaNumber
    name: Line
    community_id: UUID | None = None


class GridAreaUpdate(Body):
    """What changes; fields that are left out stay."""

    number: AreaNumber = 0
    name: Line = ""


class AssignmentCreate(Body):
    """Makes somebody responsible. A new primary worker takes over from the present one on that day."""

    user_id: UUID
    is_primary: bool = True
    from_on: PastDate


class AssignmentEnd(Body):
    """The last day of responsibility."""

    to_on: PastDate


class AssignmentRead(Read):
    """Who was responsible from when to when."""

    id: UUID
    grid_area_id: UUID
    user_id: UUID
    worker_name: str
    is_primary: bool
    from_on: date
    to_on: date | None


class AreaCountRead(Read):
    """How many of something a grid area holds."""

    label: str
    value: int


class GridAreaRead(Read):
    """A grid area with those responsible for it now."""

    id: UUID
    community_id: UUID
    number: int
    name: str
    workers: list[AssignmentRead]
    counts: list[AreaCountRead]
    version: int


class GridAreaDetail(GridAreaRead):
    """A grid area with everybody who was ever responsible for it, the latest first."""

    assignments: list[AssignmentRead]
