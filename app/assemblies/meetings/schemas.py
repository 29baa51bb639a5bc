"""What is sent to assemblies, and what is shown of them."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints

from app.assemblies.meetings.models import (
    Caller,
    ItemKind,
    ItemState,
    Kind,
    NoticeChannel,
    State,
)
from app.assemblies.models import TermBody
from app.assemblies.motions.schemas import RelatedRead
from app.assemblies.rules.decide import Tested
from app.core.schemas import AnyInstant, Body, Clean, Line, LongLine, LongLineOrEmpty, Prose, Read, normal_text


def _none_if_blank(value: object) -> object:
    return None if value == "" else value


MaybeId = Annotated[UUID | None, BeforeValidator(_none_if_blank)]
Quarter = Annotated[Annotated[int, Field(ge=1, le=4)] | None, BeforeValidator(_none_if_blank)]
Place = Annotated[str, StringConstraints(min_length=1, max_length=200), Clean]
TypedCode = Annotated[str, StringConstraints(max_length=40), Clean]
Remark = Annotated[str, StringConstraints(min_length=1, max_length=4000), Clean, AfterValidator(normal_text)]
MOST_AT_ONCE = 1000


class AssemblyCreate(Body):
    """An assembly to be held. An extraordinary one needs a ground before its notice goes out."""

    title: Line
    body: TermBody = TermBody.representative_assembly
    kind: Kind = Kind.regular
    scheduled_at: AnyInstant
    place: Place
    quarter: Quarter = Field(default=None, description="of a regular one; that of its day by default")
    called_by: Caller = Caller.committee
    ground: LongLineOrEmpty = ""


class AssemblyUpdate(Body):
    """Before the notice. Only what is named changes."""

    title: Line | None = None
    kind: Kind | None = None
    scheduled_at: AnyInstant | None = None
    place: Place | None = None
    quarter: Quarter = None
    called_by: Caller | None = None
    ground: LongLineOrEmpty | None = None


class NoticeGive(Body):
    channel: NoticeChannel = NoticeChannel.paper


class NoticeTell(Body):
    """Those who were not told yet: a representative who took a seat after the notice."""

    holder_ids: Annotated[list[UUID], Field(min_length=1, max_length=MOST_AT_ONCE)]
    channel: NoticeChannel = NoticeChannel.phone


class AssemblyMove(Body):
    """Another time or place; everybody is told anew."""

    scheduled_at: AnyInstant
    place: Place
    reason: LongLine
    channel: NoticeChannel = NoticeChannel.paper


class AssemblyMerge(Body):
    """Into another assembly that was not held yet; the agenda goes with it."""

    into_id: UUID
    reason: LongLine
    channel: NoticeChannel = NoticeChannel.paper


class ReasonGiven(Body):
    reason: LongLine


class Signers(Body):
    holder_ids: Annotated[list[UUID], Field(max_length=MOST_AT_ONCE)] = Field(default_factory=list)


class ItemCreate(Body):
    """An item of the agenda. After the notice `late_reason` is needed, and a pack that allows it."""

    kind: ItemKind = ItemKind.report
    title: LongLineOrEmpty = Field(default="", description="of a motion, its own title by default")
    text: Prose = ""
    motion_id: MaybeId = None
    late_reason: LongLineOrEmpty = ""


class ItemUpdate(Body):
    kind: ItemKind | None = None
    title: LongLine | None = None
    text: Prose | None = None


class Direction(StrEnum):
    up = "up"
    down = "down"


class ItemShift(Body):
    direction: Direction


class CheckIn(Body):
    holder_id: UUID


class Leave(Body):
    holder_id: UUID
    mistaken: bool = Field(default=False, description="the check-in was a mistake and never counted")


class ProxyGive(Body):
    """`holder_id`, who is present, carries the seat of `proxy_for_id`, who is not."""

    holder_id: UUID
    proxy_for_id: UUID


class ProxyEnd(Body):
    proxy_for_id: UUID


class ArriveSelf(Body):
    """By the code in the room, on one's own phone: signed in, or with the code on one's notice."""

    room: TypedCode
    code: TypedCode = ""


class NoteAdd(Body):
    text: Remark


class FeedCreate(Body):
    scope: Annotated[str, StringConstraints(pattern="^(own|community)$")] = "own"


class ItemRead(Read):
    id: UUID
    position: int
    kind: ItemKind
    title: str
    text: str
    motion_id: UUID | None
    motion_number: str | None = None
    state: ItemState
    late_reason: str
    taken_up_at: datetime | None
    ended_at: datetime | None
    version: int


class QuorumRead(Read):
    """The quorum with both sides of each condition; `needed` 0 where the rules name none."""

    present: int
    entitled: int
    needed: int
    holds: bool
    tested: list[Tested]


class AssemblyRow(Read):
    """An assembly in a list."""

    id: UUID
    community_id: UUID
    community_name: str
    body: TermBody
    kind: Kind
    year: int
    quarter: int | None
    number: int
    title: str
    scheduled_at: datetime
    place: str
    state: State
    abandoned: bool
    version: int


class ItemPage(ItemRead):
    """An item on a page of its own."""

    assembly: AssemblyRow


class SignerRead(Read):
    holder_id: UUID
    name: str


class EventRead(Read):
    """What happened, in order."""

    seq: int
    kind: str
    at: datetime
    actor_name: str
    text: str
    words: str = Field(description="what happened, in a sentence")


class PackRead(Read):
    """The rules that hold for an assembly, as far as its calling and its quorum go."""

    version_id: UUID
    pack_id: UUID
    title: str
    number: int
    citation: str
    example: bool
    notice_days: int | None
    late_item: bool
    proxy_allowed: bool
    proxy_per_holder: int


class StepRead(Read):
    """What stands between now and the opening; `met` says whether it is done."""

    key: str
    words: str
    met: bool


class AssemblyRead(AssemblyRow):
    """One assembly with its agenda and what happened in it."""

    called_by: Caller
    ground: str
    noticed_at: datetime | None
    notice_channel: str
    notice_number: int
    opened_at: datetime | None
    closed_at: datetime | None
    suspended_reason: str
    cancelled_reason: str
    merged_into_id: UUID | None
    meeting_day: date
    earliest_on: date | None = Field(description="the first day that the notice period allows, were the notice today")
    told: int
    untold: int = Field(description="entitled on the day, but not told yet")
    items: list[ItemRead]
    signers: list[SignerRead]
    signing: Tested | None
    quorum: QuorumRead
    pack: PackRead | None
    steps: list[StepRead]
    events: list[EventRead]
    related: list[RelatedRead] = Field(description="its votes and minutes")


class RecipientRead(Read):
    holder_id: UUID
    name: str
    seat_number: int
    group_number: int | None
    channel: NoticeChannel | None
    notified_at: datetime | None
    replaced: bool = Field(description="told, but no longer in office on the meeting's day")
    code: str = Field(description="the check-in code on the notice; for those who run the meeting")


class NoticesRead(Read):
    """Proof of notice: who was told, when and how."""

    assembly: AssemblyRow
    noticed_at: datetime | None
    notice_number: int
    recipients: list[RecipientRead]


class AttendeeRead(Read):
    """A seat and whether it counts as present now."""

    holder_id: UUID
    name: str
    seat_number: int
    group_number: int | None
    here: bool
    proxy_by: UUID | None
    proxy_name: str | None
    first_in_at: datetime | None
    last_out_at: datetime | None
    minutes: int = Field(description="how long present, in person or carried")


class AttendanceRead(Read):
    assembly: AssemblyRow
    quorum: QuorumRead
    attendees: list[AttendeeRead]


class ArrivalRead(Read):
    """The page that a representative's own phone opens."""

    assembly_id: UUID
    title: str
    room: str
    valid: bool
    name: str | None = Field(default=None, description="of whoever is signed in and sits in the meeting")
    done: bool = False


class RoomCodeRead(Read):
    """The code shown in the room, and how long it still holds."""

    assembly: AssemblyRow
    code: str
    address: str
    seconds: int
    quorum: QuorumRead


class FeedRead(Read):
    id: UUID
    scope: str
    label: str
    token_hint: str
    created_at: datetime
    address: str | None = Field(default=None, description="shown once, when it is made")


class FeedsRead(Read):
    feeds: list[FeedRead]
    made: FeedRead | None = None


class QuarterRead(Read):
    quarter: int
    starts_on: date
    ends_on: date
    state: str = Field(description="held, planned, due, overdue or ahead")
    assemblies: list[AssemblyRow]


class YearRead(Read):
    """The year's plan: what was held, what is planned, and which quarter still owes a regular assembly."""

    year: int
    community_id: UUID | None
    community_name: str
    regular_per_year: int | None
    held: int
    owed: int
    quarters: list[QuarterRead]
    extraordinary: list[AssemblyRow]
