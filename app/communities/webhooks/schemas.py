"""What is sent and shown about outgoing webhooks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.schemas import Body, LineOrEmpty, Read


class Event(StrEnum):
    """What somebody may be told of."""

    score_published = "score.published"
    round_opened = "round.opened"
    round_reminder = "round.reminder"
    round_closed = "round.closed"


Url = Annotated[str, StringConstraints(min_length=8, max_length=500)]
Events = Annotated[list[Event], Field(min_length=1, max_length=len(Event))]


class WebhookCreate(Body):
    """A new endpoint of one's community, of a community named here, or of a whole district."""

    url: Url
    description: LineOrEmpty = ""
    events: Events
    community_id: UUID | None = None
    district_id: UUID | None = None


class WebhookUpdate(Body):
    """What changes; fields that are left out stay. `enabled` switches an endpoint off or on again."""

    url: Url = ""
    description: LineOrEmpty = ""
    events: Events = Field(default_factory=list)
    enabled: bool = True


class WebhookRead(Read):
    """An endpoint. Its secret is never shown again."""

    id: UUID
    community_id: UUID | None
    district_id: UUID | None
    reach: str
    url: str
    description: str
    events: list[Event]
    disabled_at: datetime | None
    disabled_why: str
    old_secret_until: datetime | None
    created_at: datetime
    version: int


class WebhookSecret(Read):
    """The secret with which messages are signed, shown once."""

    id: UUID
    url: str
    secret: str


class DeliveryRead(Read):
    """One message and what became of it."""

    id: UUID
    event: str
    state: str
    created_at: datetime
    next_at: datetime
    attempts: int
    last_status: int | None
    last_problem: str
    done_at: datetime | None


class WebhookDetail(WebhookRead):
    """An endpoint with its last messages."""

    deliveries: list[DeliveryRead]
