"""What is sent and shown about user accounts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.models import Role
from app.accounts.schemas import Username
from app.core.schemas import Body, Line, Read

Areas = Annotated[tuple[UUID, ...], Field(max_length=200)]


class UserCreate(Body):
    """A new account. A director's people belong to her community; an administrator names community or district."""

    username: Username
    display_name: Line
    role: Role
    community_id: UUID | None = None
    district_id: UUID | None = None
    grid_area_ids: Areas = ()


class UserUpdate(Body):
    """What changes; fields that are left out stay. Grid areas replace those that a worker has now."""

    display_name: Line = ""
    role: Role = Role.worker
    is_active: bool = True
    community_id: UUID | None = None
    district_id: UUID | None = None
    grid_area_ids: Areas = ()


class AreaBrief(Read):
    """A grid area's name."""

    id: UUID
    name: str


class UserRead(Read):
    """An account; `two_step` tells whether a second factor is on."""

    id: UUID
    username: str
    display_name: str
    role: Role
    role_label: str
    community_id: UUID | None
    community_name: str
    district_id: UUID | None
    district_name: str
    grid_areas: list[AreaBrief]
    is_active: bool
    must_change_password: bool
    two_step: bool
    last_sign_in_at: datetime | None
    version: int


class InitialPassword(Read):
    """A made-up password, shown this once; it must be changed at the first sign-in."""

    user_id: UUID
    username: str
    display_name: str
    initial_password: str
