"""Bodies and answers about motions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from app.assemblies.motions.models import EventKind, MotionState, ProposerKind
from app.assemblies.rules.definition import Matter
from app.core.schemas import Body, Clean, Line, LongLine, LongLineOrEmpty, Prose, Read

NoteText = Annotated[str, StringConstraints(min_length=1, max_length=2000), Clean]
MOST_PROPOSERS = 60


class MotionCreate(Body):
    """A motion; an amendment where `parent_id` names the motion that it would change.

    A representative proposes as himself. The director records for others: `holder_ids` names representatives,
    `proposer_names` residents. `submit` hands it in at once.
    """

    title: Line
    text: Prose = ""
    matter: Matter = Matter.ordinary
    proposer_kind: ProposerKind = ProposerKind.representative
    holder_ids: Annotated[list[UUID], Field(max_length=MOST_PROPOSERS)] = Field(default_factory=list)
    proposer_names: LongLineOrEmpty = Field(default="", description="residents' names, with 、 between them")
    parent_id: UUID | None = None
    reach: Annotated[int, Field(ge=0, le=9, description="of an amendment: how far it departs from the text")] = 0
    no_project: bool = Field(default=False, description="carried is done: a rule or a choice of people, not works")
    submit: bool = False


class MotionUpdate(Body):
    """What its author changes before it is handed in, or after it was returned."""

    title: Line
    text: Prose = ""
    matter: Matter
    proposer_names: LongLineOrEmpty = ""
    holder_ids: Annotated[list[UUID], Field(max_length=MOST_PROPOSERS)] = Field(default_factory=list)
    reach: Annotated[int, Field(ge=0, le=9)] = 0
    no_project: bool = False
    submit: bool = False


class ReasonBody(Body):
    """Why; it stays in the motion's history."""

    reason: LongLine


class MergeBody(Body):
    """Of which motion this one is a duplicate."""

    into_id: UUID
    reason: LongLineOrEmpty = ""


class SecondBody(Body):
    """A representative seconds as himself; the director records whose signature she has on paper."""

    holder_id: UUID | None = None


class NoteBody(Body):
    text: NoteText


class CorrectionBody(Body):
    """The state that the motion should be in, and why the record is wrong."""

    to: MotionState
    reason: LongLine


class SupporterRead(Read):
    """A representative who proposed or seconded; outsiders see a masked name."""

    holder_id: UUID
    name: str
    group_number: int | None
    at: datetime | None = None


class MotionLink(Read):
    """Another motion, by what one says of it."""

    id: UUID
    number: str
    title: str
    state: MotionState
    reach: int = 0
    likeness: float | None = None


class EventRead(Read):
    seq: int
    kind: EventKind
    from_state: MotionState
    to_state: MotionState
    at: datetime
    actor_name: str
    second_name: str
    reason: str
    assembly_id: UUID | None
    vote_id: UUID | None


class NoteRead(Read):
    id: UUID
    author_name: str
    text: str
    at: datetime


class CorrectionRead(Read):
    """A correction that waits for a second person."""

    id: UUID
    from_state: MotionState
    to_state: MotionState
    reason: str
    asked_name: str
    asked_at: datetime
    mine: bool = Field(description="whether the caller asked for it, and so cannot confirm it")


class RelatedRead(Read):
    """What became of a motion, an assembly or a vote, from the rooms above."""

    href: str
    title: str
    sub: str = ""
    badge: str = Field(default="", description="how it stands")
    tone: str = ""


class MotionRead(Read):
    id: UUID
    community_id: UUID
    community_name: str
    number: str
    title: str
    matter: Matter
    of_owners: bool = Field(description="decided by the owners' assembly, not by the representatives")
    proposer_kind: ProposerKind
    proposers: list[str] = Field(description="names; masked for outsiders")
    state: MotionState
    parent_id: UUID | None
    seconds: int
    proposed_at: datetime
    assembly_id: UUID | None
    vote_id: UUID | None
    version: int


class MotionDetail(MotionRead):
    """A motion with everything that happened to it, and what the caller may do with it now."""

    text: str
    reach: int
    opinion_id: UUID | None
    parent: MotionLink | None
    merged_into: MotionLink | None
    merged: list[MotionLink] = Field(description="duplicates that were merged into it")
    amendments: list[MotionLink] = Field(description="in the order in which they are voted on")
    similar: list[MotionLink] = Field(description="possible duplicates, for whoever may merge them")
    supporters: list[SupporterRead] = Field(description="who seconded it")
    proposer_holders: list[SupporterRead]
    seconds_needed: int
    events: list[EventRead]
    notes: list[NoteRead]
    correction: CorrectionRead | None
    corrections_to: list[MotionState] = Field(description="states that a correction may ask for")
    related: list[RelatedRead]
    may: list[str] = Field(
        description="edit, submit, admit, return, merge, withdraw, second, unsecond, amend, correct, …"
    )
