"""What the day's screen shows, and what is pressed on it."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from app.assemblies.meetings.schemas import (
    AssemblyRow,
    AttendeeRead,
    ItemRead,
    MaybeId,
    QuorumRead,
    StepRead,
)
from app.assemblies.votes.models import Method
from app.assemblies.votes.schemas import PanelRead
from app.core.schemas import Body, LongLineOrEmpty, Read

# How a meeting may vote in its room; owners vote in writing, elsewhere.
RoomMethod = Literal[Method.hands, Method.roll_call, Method.secret_paper, Method.secret_pass]


class FloorRead(Read):
    """A meeting as it stands at this moment; `mark` changes whenever anything of it does."""

    mark: str
    assembly: AssemblyRow
    opened_at: datetime | None
    suspended_reason: str
    quorum: QuorumRead
    ready: list[StepRead] = Field(description="what opening the meeting asks for; empty when it is under way or over")
    seats: list[AttendeeRead]
    items: list[ItemRead]
    current: ItemRead | None
    following: ItemRead | None
    untold: int
    proxy_allowed: bool
    panel: PanelRead


class Next(Body):
    """`current_id`: what whoever pressed saw on the floor. Pressed at two tablets, the meeting moves on once."""

    current_id: MaybeId = None


class ToVote(Body):
    """A vote on the item that whoever pressed saw on the floor. The question is the motion's or the item's title."""

    current_id: UUID
    method: RoomMethod
    question: LongLineOrEmpty = ""
