"""Bodies and answers about the stages of joining."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.core.schemas import Body, LongLine, LongLineOrEmpty, PastDate, Read
from app.members.joining.models import EventKind, Fact, RequestKind
from app.members.joining.rules import LONGEST_EXTENSION, SHORTEST_EXTENSION, StepState
from app.members.models import Stage


def _none_if_blank(value: Any) -> Any:
    return None if value == "" else value


Months = Annotated[
    Annotated[int, Field(ge=SHORTEST_EXTENSION, le=LONGEST_EXTENSION)] | None, BeforeValidator(_none_if_blank)
]


class FactCreate(Body):
    """Something that a stage asks for was done on a day. `months` is of an extended probation only."""

    fact: Fact
    on_day: PastDate
    months: Months = None
    note: LongLineOrEmpty = ""


class FactStrike(Body):
    """Takes back a fact that was recorded by mistake; the history keeps both."""

    event_id: UUID
    reason: LongLine


class OverrideAsk(Body):
    """A stage against the rules, with the reason; it stands once a second person has confirmed it."""

    stage: Stage
    from_on: PastDate
    reason: LongLine


class CorrectionAsk(Body):
    """What a stage that was recorded wrongly should be; without stage and day it is taken out."""

    stage: Annotated[Stage | None, BeforeValidator(_none_if_blank)] = None
    from_on: Annotated[PastDate | None, BeforeValidator(_none_if_blank)] = None
    reason: LongLine


class RequestDecision(Body):
    """Which request is meant: what the second person has seen."""

    request_id: UUID


class StepRead(Read):
    """A next step: a fact or a stage, when it may happen at the earliest, the last day on which it is in time."""

    what: Fact | Stage
    earliest: date | None
    due: date | None
    waits_for: list[Fact]
    state: StepState
    days: int | None = Field(description="until the last day; negative once it has passed")


class EventRead(Read):
    """Something that was recorded: a fact, or a change that two people answer for."""

    id: UUID
    kind: EventKind
    what: Fact | Stage
    on_day: date
    months: int | None
    was_stage: Stage | None
    was_on: date | None
    against: list[str] = Field(description="the rules it went against")
    text: str
    by_name: str
    second_name: str
    at: datetime
    struck: bool = Field(description="a fact that was taken back later")


class RequestRead(Read):
    """What waits for a second person."""

    id: UUID
    kind: RequestKind
    stage: Stage
    on_day: date
    was_stage: Stage | None
    was_on: date | None
    against: list[str]
    reason: str
    asked_name: str
    asked_at: datetime
    mine: bool = Field(description="whoever asked may not decide")


class JoiningStage(Read):
    id: UUID
    stage: Stage
    from_on: date


class JoiningRead(Read):
    """Somebody's way towards joining: where it stands, what comes next, and everything that was recorded."""

    id: UUID
    name: str
    branch: str
    as_of: date
    stage: Stage | None
    stages: list[JoiningStage]
    steps: list[StepRead]
    events: list[EventRead]
    probation_until: date | None
    extension_from: date | None = Field(description="an extended probation ends on this day at the earliest")
    extension_to: date | None
    extended: bool
    request: RequestRead | None
    to_on: date | None
    version: int


class JoiningItem(Read):
    """A line of the list: somebody on the way, with the most urgent step."""

    id: UUID
    name: str
    branch: str
    stage: Stage
    stage_on: date
    state: StepState | None
    steps: list[StepRead]
    waits_for_second: bool


class JoiningBoard(Read):
    """Everybody on the way on a day, the most urgent first."""

    as_of: date
    total: int
    states: dict[StepState, int]
    stages: dict[Stage, int]
    items: list[JoiningItem]


class Reached(Read):
    """Somebody who reached a stage within a period."""

    member_id: UUID
    name: str
    branch: str
    stage: Stage
    from_on: date


class Moved(Read):
    """A transfer, or somebody who entered or left the register, within a period."""

    member_id: UUID
    name: str
    on_day: date
    text: str
    paper_number: str = ""


class Movements(Read):
    """What changed within a period (both days included): stages reached in the community's branches, and transfers."""

    since: date
    until: date
    reached: dict[Stage, int]
    reached_by: list[Reached]
    transferred_in: list[Moved]
    transferred_out: list[Moved]
    left: list[Moved] = Field(description="members who left the register otherwise")
