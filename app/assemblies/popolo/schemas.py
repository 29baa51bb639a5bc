"""The shapes of the Popolo data specification (popoloproject.com), as far as this house fills them.

Names of fields are those of the specification. A date is a local day, an instant is UTC.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, PlainSerializer

from app.core.schemas import Read


def _seconds(at: datetime) -> str:
    """Popolo's events know no fractions of a second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


Instant = Annotated[datetime, PlainSerializer(_seconds, return_type=str)]


class Link(Read):
    """An absolute address."""

    url: str
    note: str | None = None


class PopoloPerson(Read):
    """Somebody who holds or held a post. `id` is opaque: it leads to no record of a resident."""

    id: UUID
    name: str
    gender: str | None = None


class PopoloOrganization(Read):
    id: UUID
    name: str
    classification: str
    parent_id: UUID | None = None
    founding_date: date | None = None
    dissolution_date: date | None = None


class PopoloPost(Read):
    id: UUID
    label: str
    role: str
    organization_id: UUID
    start_date: date
    end_date: date


class PopoloMembership(Read):
    id: UUID
    role: str
    person_id: UUID
    organization_id: UUID
    post_id: UUID
    start_date: date
    end_date: date | None = None


class PopoloEvent(Read):
    """An assembly that was held."""

    id: UUID
    name: str
    classification: str
    organization_id: UUID
    location: str
    start_date: Instant
    end_date: Instant | None = None


class PopoloMotion(Read):
    id: UUID
    organization_id: UUID
    legislative_session_id: UUID | None = None
    creator_id: UUID | None = None
    text: str
    classification: str
    date: Instant
    requirement: str | None = None
    result: str | None = None


class PopoloCount(Read):
    option: str
    value: int


class PopoloVote(Read):
    """What somebody said in a vote that was open."""

    voter_id: UUID
    option: str


class PopoloVoteEvent(Read):
    """A declared vote or election. `votes` only where everybody voted by name; a secret vote has counts alone."""

    id: UUID
    organization_id: UUID
    legislative_session_id: UUID | None = None
    identifier: str | None = None
    motion_id: UUID | None = None
    classification: str
    start_date: Instant
    end_date: Instant | None = None
    result: str
    counts: list[PopoloCount]
    votes: list[PopoloVote]
    sources: list[Link]


class Popolo(Read):
    """Everything public of the self-government of one community."""

    persons: list[PopoloPerson]
    organizations: list[PopoloOrganization]
    posts: list[PopoloPost]
    memberships: list[PopoloMembership]
    events: list[PopoloEvent]
    motions: list[PopoloMotion]
    vote_events: list[PopoloVoteEvent] = Field(description="the earliest first, like everything here")
