"""What is sent and shown about schedules."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from app.core.schemas import AnyDate, Body, Line, LineOrEmpty, LongLineOrEmpty, Read
from app.surveys.instruments.subjects import KINDS, SubjectKind
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Secrecy, Stratify

LARGEST_SAMPLE = 1_000_000
LONGEST_OPEN = 60
MOST_REMINDERS = 10


class ScheduleWrite(Body):
    """A standing order for rounds, whole. What does not apply (a census has no sample) is set back."""

    instrument_id: UUID
    title: Line
    cadence: Cadence
    opens_month: Annotated[int, Field(ge=1, le=12)] = 1
    opens_day: Annotated[int, Field(ge=1, le=31)] = 1
    opens_hour: Annotated[int, Field(ge=0, le=23)] = 9
    open_days: Annotated[int, Field(ge=1, le=LONGEST_OPEN)] = 5
    reminder_days: list[Annotated[int, Field(ge=1, le=LONGEST_OPEN)]] = Field(
        default_factory=list, max_length=MOST_REMINDERS, description="days after opening"
    )
    panel: Panel
    method: Method = Method.census
    sample_size: Annotated[int, Field(ge=0, le=LARGEST_SAMPLE)] = 0
    reserves: Annotated[int, Field(ge=0, le=LARGEST_SAMPLE)] = 0
    stratify: Stratify = Stratify.none
    public_number: bool = False
    public_number_source: LongLineOrEmpty = ""
    secrecy: Secrecy = Secrecy.secret
    subject_kinds: list[SubjectKind] = Field(default_factory=list, max_length=len(KINDS))
    property_company: LineOrEmpty = ""
    publish: Publish = Publish.manual
    starts_on: AnyDate
    ends_on: AnyDate | None = None
    catch_up: Annotated[int, Field(ge=0, le=24)] = 1

    @model_validator(mode="after")
    def _order(self) -> ScheduleWrite:
        if self.ends_on is not None and self.ends_on < self.starts_on:
            raise PydanticCustomError("date_order", "ends before it starts")
        return self


class ScheduleCreate(ScheduleWrite):
    """A new schedule of a community (one's own, where none is named)."""

    community_id: UUID | None = None


class Opening(Read):
    """When the round of a period opens and closes."""

    period: str
    opens_at: datetime
    closes_at: datetime


class ScheduleRead(Read):
    """A schedule, with what it comes to in plain words and the next opening."""

    id: UUID
    community_id: UUID
    community_name: str
    instrument_id: UUID
    instrument_key: str
    instrument_title: str
    title: str
    cadence: Cadence
    opens_month: int
    opens_day: int
    opens_hour: int
    open_days: int
    reminder_days: list[int]
    panel: Panel
    method: Method
    sample_size: int
    reserves: int
    stratify: Stratify
    public_number: bool
    public_number_source: str
    secrecy: Secrecy
    subject_kinds: list[str]
    property_company: str
    publish: Publish
    starts_on: date
    ends_on: date | None
    paused: bool
    catch_up: int
    summary: str
    next: Opening | None
    version: int


class ScheduleDetail(ScheduleRead):
    """The same with the sentences of the summary one by one, the next openings, and how many the panel has today."""

    sentences: list[str]
    openings: list[Opening]
    panel_size: int


class SampleSizeRead(Read):
    """How many answers a margin takes (95 %, the worst case of one half), and how many to invite for them."""

    population: int
    margin_percent: float
    response_percent: float
    answers: int
    invite: int
