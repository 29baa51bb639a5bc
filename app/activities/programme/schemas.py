"""What is sent and shown about activities and venues."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.activities.models import Audience, Kind, State
from app.core.schemas import AnyInstant, Body, Clean, Line, LineOrEmpty, LongLine, LongLineOrEmpty, Prose, Read
from app.households.scope import Choice

LineKey = Annotated[str, StringConstraints(min_length=1, max_length=40), Clean]
Place = Annotated[str, StringConstraints(max_length=200), Clean]
People = Annotated[int, Field(ge=0, le=100_000)]


class ActivityUpdate(Body):
    """What is announced: what, for whom, when and where. A venue of the community, or a place in words."""

    title: Line | None = None
    kind: Kind | None = None
    line: LineKey | None = None
    text: Prose | None = None
    starts_at: AnyInstant | None = None
    ends_at: AnyInstant | None = None
    venue_id: Choice[UUID] = None
    place: Place | None = None
    branch_id: Choice[UUID] = None
    host: LineOrEmpty | None = None
    audience: Audience | None = None
    capacity: Choice[Annotated[int, Field(ge=1, le=100_000)]] = None
    public: bool | None = Field(default=None, description="whether residents see it on the public board")

    @model_validator(mode="after")
    def _in_order(self) -> ActivityUpdate:
        if self.starts_at is not None and self.ends_at is not None and self.ends_at <= self.starts_at:
            raise PydanticCustomError("date_order", "the end lies before the beginning")
        return self


class ActivityCreate(ActivityUpdate):
    """A new activity; it is a draft until it is announced."""

    title: Line
    kind: Kind
    line: LineKey
    starts_at: AnyInstant
    ends_at: AnyInstant
    community_id: UUID | None = Field(default=None, description="one's own where none is named")


class Step(Body):
    """The next step of an activity: announced, held (with how many came), closed (with a summary)."""

    to: Literal[State.announced, State.held, State.closed]
    headcount: Choice[People] = Field(default=None, description="how many came, counted by eye")
    summary: Prose = ""
    note: LongLineOrEmpty = ""


class Cancel(Body):
    """Calls an activity off; the reason is shown where it was announced."""

    reason: LongLine


class VenueCreate(Body):
    """A room or square of the community."""

    name: Line
    address: Place = ""
    capacity: Choice[Annotated[int, Field(ge=1, le=100_000)]] = None
    exclusive: bool = Field(default=False, description="no two activities at the same hour")
    community_id: UUID | None = Field(default=None, description="one's own where none is named")


class VenueRead(Read):
    """A venue."""

    id: UUID
    version: int
    community_id: UUID
    name: str
    address: str
    capacity: int | None
    exclusive: bool
    closed_on: date | None


class ActivityListed(Read):
    """An activity in a list."""

    id: UUID
    version: int
    community_id: UUID
    number: str
    title: str
    kind: Kind
    line: str
    line_name: str
    state: State
    starts_at: datetime
    ends_at: datetime
    place: str
    headcount: int | None


class ActivityEventRead(Read):
    """What happened to an activity."""

    kind: str
    from_state: str
    to_state: str
    text: str
    at: datetime
    by_name: str


class ActivityDetail(ActivityListed):
    """An activity with everything that happened to it."""

    text: str
    venue_id: UUID | None
    branch_id: UUID | None
    branch_name: str
    host: str
    audience: Audience
    capacity: int | None
    public: bool
    cancelled_reason: str
    summary: str
    history: list[ActivityEventRead]


class PublicActivity(Read):
    """An activity as everybody sees it."""

    number: str
    title: str
    kind: Kind
    line_name: str
    state: State
    text: str
    starts_at: datetime
    ends_at: datetime
    place: str
    audience: Audience
    cancelled_reason: str
    summary: str
    headcount: int | None


class PublicProgramme(Read):
    """What is coming and what took place, on one page of the public board."""

    community_name: str
    community_code: str
    items: list[PublicActivity]
    next: str | None
    total: int | None


class Counted(Read):
    """Activities that took place, and how many came to them by the counts that were made; `source` lists them."""

    key: str
    name: str
    activities: int
    counted: int
    headcount: int
    source: str


class ActivityFigures(Read):
    """What took place in a period, altogether, by kind and by line of work."""

    community_id: UUID
    since: date
    until: date
    total: Counted
    kinds: list[Counted]
    lines: list[Counted]
