"""Bodies and answers about consultation meetings and opinions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.consultations.models import Category, Satisfaction, Source
from app.core.schemas import (
    AnyDate,
    AnyInstant,
    Body,
    Clean,
    Line,
    LineOrEmpty,
    LongLine,
    LongLineOrEmpty,
    PastInstant,
    Prose,
    Read,
    normal_text,
    one_line,
)
from app.households.residents.identity import Phone
from app.households.visits.models import NeedCategory

Said = Annotated[str, StringConstraints(min_length=1, max_length=2000), Clean, AfterValidator(normal_text)]
PublicText = Annotated[str, StringConstraints(max_length=2000), Clean, AfterValidator(normal_text)]
Speaker = Annotated[str, StringConstraints(max_length=60), Clean, AfterValidator(one_line)]
Once = Annotated[str, StringConstraints(min_length=16, max_length=64, pattern=r"^[\w-]+$")]
TypedCode = Annotated[str, StringConstraints(min_length=1, max_length=40), Clean]


class ConsultationWrite(Body):
    """A meeting to come: when, where, about what, and what residents are told."""

    topic: Line
    held_at: AnyInstant
    place: Line
    host: Line
    notice: Prose = ""


class ConsultationUpdate(Body):
    """What changes: anything before the meeting, its summary and attendance after it."""

    topic: Line | None = None
    held_at: AnyInstant | None = None
    place: Line | None = None
    host: Line | None = None
    notice: Prose | None = None
    attendance: int | None = Field(default=None, ge=0, le=100_000)
    attendees: Prose | None = None
    summary: Prose | None = None


class ConsultationHeld(Body):
    """How the meeting went."""

    held_at: PastInstant
    attendance: int = Field(ge=0, le=100_000)
    attendees: Prose = ""
    summary: Prose = ""


class Reason(Body):
    reason: LongLine


class StepRead(Read):
    """One step: what, when, who; the note only for those who may write."""

    kind: str
    at: datetime
    actor_name: str
    note: str


class ConsultationRead(Read):
    id: UUID
    community_id: UUID
    number: str
    topic: str
    notice: str
    held_at: datetime
    place: str
    host: str
    state: str
    attendance: int | None
    attendees: str = Field(description="names, only for those who may write")
    summary: str
    opinions: int = Field(description="opinions raised there")
    answered: int = Field(description="of these, answered or closed")
    version: int


class ConsultationDetail(ConsultationRead):
    community_code: str
    events: list[StepRead]
    raised: list[OpinionRead]


class OpinionCreate(Body):
    """What somebody said. With a room and a name, the resident's record is found by itself."""

    source: Source
    category: Category
    text: Said
    speaker: Speaker = ""
    phone: Phone | None = None
    room: LineOrEmpty = ""
    grid_area_id: UUID | None = None
    consultation_id: UUID | None = None
    raised_at: PastInstant | None = Field(default=None, description="now where it is not named")


class OpinionUpdate(Body):
    """Corrects how an opinion was taken down, as long as it has no answer. A phone of null stays."""

    category: Category | None = None
    text: Said | None = None
    speaker: Speaker | None = None
    phone: Phone | None = None
    forget_phone: bool = False
    grid_area_id: UUID | None = None


class OpinionAssign(Body):
    assignee_id: UUID
    due_on: AnyDate
    note: LongLineOrEmpty = ""


class OpinionAnswer(Body):
    """The answer; where everybody may read it, also the opinion in words that name nobody."""

    answer: Said
    public: bool = False
    public_text: PublicText = ""


class OpinionPublication(Body):
    """Whether everybody may read the answer, and in which words the opinion is shown."""

    public: bool = False
    public_text: PublicText = ""


class OpinionFollowUp(Body):
    """What the speaker says to the answer. Dissatisfied returns it; then an answer is owed by `due_on`."""

    satisfaction: Satisfaction
    note: LongLineOrEmpty = ""
    due_on: AnyDate | None = None


class OpinionClose(Body):
    """`settled` after the follow-up; `withdrawn` and `duplicate` end it without an answer and need a note."""

    closed_as: Literal["settled", "withdrawn", "duplicate"]
    note: LongLineOrEmpty = ""


class OpinionToMotion(Body):
    title: Line
    text: Said


class OpinionToNeed(Body):
    """A need of a household, which is named by its room unless the speaker's is known."""

    category: NeedCategory
    detail: LongLine
    urgent: bool = False
    room: LineOrEmpty = ""


class OpinionRead(Read):
    id: UUID
    community_id: UUID
    serial: str
    source: str
    consultation_id: UUID | None
    grid_area_id: UUID | None
    area_name: str
    resident_id: UUID | None
    speaker: str = Field(description="masked unless one may write")
    phone: str | None = Field(description="masked")
    category: str
    text: str
    state: str
    raised_at: datetime
    assignee_id: UUID | None
    assignee_name: str
    due_on: date | None
    promised_on: date | None = Field(description="the first day on which an answer was due; it never moves")
    overdue_days: int = Field(description="0 where no answer is owed or there is still time")
    answer: str
    answered_at: datetime | None
    first_answered_on: date | None
    public: bool
    public_text: str
    satisfaction: str | None
    closed_as: str | None
    motion_id: UUID | None
    need_id: UUID | None
    version: int


class OpinionDetail(OpinionRead):
    """An opinion with every step, the meeting it was raised at, and what it became."""

    consultation_topic: str
    motion_number: str
    need_serial: str
    events: list[StepRead]


class OpinionCreated(OpinionDetail):
    """A new opinion and its tracking code, which is shown this once."""

    code: str


class PhoneRevealed(Read):
    id: UUID
    value: str


class OpinionSubmit(Body):
    """What a resident writes by phone; neither name nor telephone need be given."""

    category: Category
    text: Said
    speaker: Speaker = ""
    phone: Phone | None = None
    consultation_id: UUID | None = None
    once: Once = Field(description="the same press sent again gets the same code")


class OpinionForm(Read):
    action: str
    community_code: str
    community_name: str
    consultation_id: UUID | None
    topic: str
    once: str


class OpinionSent(Read):
    serial: str
    code: str
    community_code: str
    community_name: str


class CodeTyped(Body):
    code: TypedCode


class Verdict(Body):
    """What the speaker says to the answer, with the code that shows it is the speaker."""

    code: TypedCode
    satisfaction: Literal["satisfied", "partly", "dissatisfied"]
    note: LongLineOrEmpty = ""


class TrackedStep(Read):
    kind: str
    at: datetime


class OpinionTracked(Read):
    """What the holder of the code may see: one's own words, where they stand, and the answer."""

    community_name: str
    serial: str
    category: str
    text: str
    state: str
    raised_at: datetime
    due_on: date | None
    answer: str
    answered_at: datetime | None
    satisfaction: str | None
    closed_as: str | None
    steps: list[TrackedStep]


class Tracking(Read):
    """The form that asks for a code; with the right code, the opinion behind it."""

    action: str
    found: OpinionTracked | None = None


class Share(Read):
    """So many of so many; `href` lists the records behind it."""

    key: str
    count: int
    of: int
    href: str


class OpinionFigures(Read):
    """Of the opinions raised from–to: where they stand, and how many were answered in time of those that were due.

    Due are those whose promised day has come or that were answered; withdrawn ones and duplicates count nowhere.
    """

    from_on: date
    to_on: date
    total: int
    in_time: Share
    overdue: Share
    states: list[Share]
    categories: list[Share]
    sources: list[Share]
    satisfaction: list[Share] = Field(description="of those who could be asked")


class PublicAnswer(Read):
    serial: str
    category: str
    raised_on: date
    text: str
    answer: str
    answered_on: date
    state: str


class PublicMeeting(Read):
    id: UUID
    number: str
    topic: str
    notice: str
    held_at: datetime
    place: str
    state: str


class PublicOpinions(Read):
    """The public page: meetings to come, how answering goes, and the answers that everybody may read."""

    community_code: str
    community_name: str
    year: int
    received: int
    answered: int
    due: int
    in_time: int
    overdue: int
    meetings: list[PublicMeeting]
    answers: list[PublicAnswer]
    more: int = Field(description="how many further answers there are")


ConsultationDetail.model_rebuild()
