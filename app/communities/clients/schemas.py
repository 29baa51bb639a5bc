"""What is sent and shown about API clients."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from app.accounts.permissions import SCOPES
from app.core.schemas import AnyDate, Body, Line, Read

Scope = StrEnum("Scope", {scope.replace(":", "_"): scope for scope in SCOPES})  # type: ignore[misc]


class ApiClientCreate(Body):
    """Another system. It reaches one district or one community, and its token ends after the last day."""

    name: Line
    scopes: Annotated[list[Scope], Field(min_length=1, max_length=10)]
    district_id: UUID | None = None
    community_id: UUID | None = None
    expires_on: AnyDate


class ApiClientRead(Read):
    """A client; `token_hint` is how its token begins."""

    id: UUID
    name: str
    token_hint: str
    scopes: list[str]
    district_id: UUID | None
    community_id: UUID | None
    reach: str
    state: str
    expires_at: datetime
    revoked_at: datetime | None
    version: int


class ApiClientToken(Read):
    """A new client and its token, shown this once."""

    id: UUID
    name: str
    token: str
    expires_at: datetime
