"""Bodies and answers of rounds. An open round shows how many were invited and answered, and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.schemas import AnyDate, AnyInstant, Body, Line, LongLine, Read
from app.surveys.rounds.models import Absence
from app.surveys.schedules.models import Method, Panel, Publish, Secrecy

Period = Annotated[str, StringConstraints(min_length=4, max_length=10, pattern=r"^[0-9QH-]+$")]
PublicId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{1,20}$")]


class RoundCreate(Body):
    """A round of a schedule for a period, besides those that the clock makes."""

    schedule_id: UUID
    period: Period
    opens_at: AnyInstant | None = None


class RoundExtend(Body):
    closes_at: AnyInstant
    reason: LongLine


class ReasonGiven(Body):
    reason: LongLine


class Announcement(Body):
    """Which public number will decide the draw, and where and when everybody can read it."""

    source_text: LongLine


class PublicNumber(Body):
    public_number: Line


class Replacement(Body):
    public_id: PublicId
    reason: Absence


class SheetChange(Body):
    """One sheet: what was entered (null where one was forgotten) and what it should say (null where it never was)."""

    stratum: Annotated[str, StringConstraints(max_length=60)] = ""
    was: dict[str, Any] | None = None
    is_: Annotated[dict[str, Any] | None, Field(alias="is")] = None


class Correction(Body):
    reason: LongLine
    changes: Annotated[list[SheetChange], Field(min_length=1, max_length=200)]


class RunDue(Body):
    """`as_of` takes the place of the present instant, outside production only. A date means the end of that day."""

    as_of: AnyInstant | AnyDate | None = None


class RunResult(Read):
    opened: list[UUID]
    reminded: list[UUID]
    closed: list[UUID]
    published: list[UUID]


class RoundRow(Read):
    """A round in a list."""

    id: UUID
    version: int
    community_id: UUID
    community_name: str
    schedule_id: UUID
    instrument_id: UUID
    instrument_key: str
    period: str
    title: str
    state: str
    opens_at: datetime
    closes_at: datetime
    opened_at: datetime | None
    closed_at: datetime | None
    published_at: datetime | None
    late: bool
    panel: Panel
    method: Method
    secrecy: Secrecy
    publish: Publish
    population: int
    invited: int
    answered: int
    on_paper: int
    revision: int
    blocked: str
    blocked_text: str
    void_reason: str
    void_text: str


class SubjectRead(Read):
    key: str
    kind: str
    name: str
    ref_id: UUID | None


class ReminderRead(Read):
    number: int
    due_at: datetime
    sent_at: datetime | None
    audience: int


class CorrectionRead(Read):
    revision: int
    reason: str
    created_at: datetime
    sheets: int


class DrawState(Read):
    """How far a draw is; its picks are on its public page. `seed` is empty until it is drawn."""

    number: int
    algorithm: str
    frame_hash: str
    commit: str
    seed: str
    public_number: str
    waits: bool
    announced_at: datetime | None
    source_text: str
    entered_at: datetime | None
    drawn_at: datetime | None
    size: int
    reserves: int
    voided_at: datetime | None
    void_reason: str


class RoundRead(RoundRow):
    """A round. Until it is closed, `answered` is how many passes were used so far: counts, never what they say."""

    version_id: UUID
    version_number: int
    instrument_title: str
    extension_reason: str
    framed_at: datetime | None
    frame_hash: str
    box_id: UUID | None
    awaits_number: bool
    subjects: list[SubjectRead]
    reminders: list[ReminderRead]
    draws: list[DrawState]
    corrections: list[CorrectionRead]
    correction_pending: bool
    bundle_sha256: str


class FrameRead(Read):
    """Somebody of the frame, opaque: `cluster` is the household, of which at most one is drawn."""

    id: str
    cluster: str
    stratum: str


class ShareRead(Read):
    stratum: str
    people: int
    size: int
    reserves: int


class PickRead(Read):
    id: str
    stratum: str
    position: int
    role: str
    replaces: str
    reason: str


class DrawRead(Read):
    """One draw. `seed` is empty until it is drawn; `grindable` says that nobody drew a number in public."""

    number: int
    algorithm: str
    frame_hash: str
    table_hash: str
    commit: str
    committed_at: datetime
    seed: str
    waits: bool
    grindable: bool
    source_text: str
    announced_at: datetime | None
    public_number: str
    entered_at: datetime | None
    drawn_at: datetime | None
    size: int
    reserves: int
    allocation: list[ShareRead]
    picks: list[PickRead]
    voided_at: datetime | None
    void_reason: str


class RoundDrawRead(Read):
    """Everything from which anyone can recompute who was asked. It names nobody."""

    round_id: UUID
    community_name: str
    title: str
    period: str
    state: str
    panel: Panel
    method: Method
    population: int
    frame_hash: str
    framed_at: datetime
    draws: list[DrawRead]
    frame: list[FrameRead]
    may_announce: bool
    may_enter: bool


class SampleRow(Read):
    """Somebody drawn, for those who bring the letter."""

    public_id: str
    name: str
    household: str
    stratum: str
    position: int
    role: str
    replaces: str
    reason: str


class SampleRead(Read):
    """The sample by name. While `may_replace`, reserves step in; while the round is open one may only be excused."""

    round_id: UUID
    title: str
    period: str
    state: str
    draw: int
    may_replace: bool
    may_excuse: bool
    items: list[SampleRow]


class PublicNumberPage(Read):
    """What was announced, shown to whoever enters the number; `refusal` says why that is somebody else's part."""

    action: str
    round_id: UUID
    title: str
    period: str
    framed: bool
    waits: bool
    commit: str
    committed_at: datetime | None
    source_text: str
    announced_at: datetime | None
    refusal: str
