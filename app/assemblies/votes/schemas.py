"""What is sent to a vote and what is shown of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BeforeValidator, Field

from app.assemblies.motions.schemas import RelatedRead
from app.assemblies.rules.definition import Matter
from app.assemblies.votes.models import Choice, Method, State
from app.core.schemas import Body, LongLine, LongLineOrEmpty, Prose, Read

MOST = 1_000_000
Number = Annotated[int, Field(ge=0, le=MOST)]
MaybeId = Annotated[UUID | None, BeforeValidator(lambda value: None if value == "" else value)]


class VoteCreate(Body):
    """A vote to be held. Of an assembly, unless owners vote in writing; the question of a motion is its title."""

    assembly_id: MaybeId = None
    agenda_item_id: MaybeId = None
    motion_id: MaybeId = None
    question: LongLineOrEmpty = ""
    matter: Matter = Matter.ordinary
    method: Method


class VoteUpdate(Body):
    question: LongLine
    matter: Matter
    method: Method


class VoteForm(Read):
    """A form of a vote: of a motion, what is voted on is settled. `assemblies`: those that it may belong to."""

    action: str
    vote_id: UUID | None
    version: int | None
    assembly_id: UUID | None
    agenda_item_id: UUID | None
    motion_id: UUID | None
    motion_title: str
    question: str
    matter: Matter
    method: Method
    assemblies: list[tuple[UUID, str]]


class VoteVoid(Body):
    reason: LongLine


class Declaration(Body):
    """`text` is the wording of the resolution, for a vote that is carried; without it the question stands."""

    text: Prose = ""


class Cast(Body):
    """One's own vote, or with `elector_id` that of the seat for which one holds the proxy."""

    choice: Choice
    elector_id: MaybeId = None


class Tap(Body):
    """What the clerk heard, or read on an owner's ballot."""

    choice: Choice


class TapCorrection(Body):
    choice: Choice
    reason: LongLine


class CountEntry(Body):
    """A count by hand, kept as it was counted; what does not reconcile cannot be declared.

    Of hands only the three choices are given, of paper everything.
    """

    issued: Number | None = None
    returned: Number | None = None
    unreturned: Number | None = None
    valid: Number | None = None
    invalid: Number | None = None
    votes_for: Number
    votes_against: Number
    abstain: Number
    reason: LongLineOrEmpty = ""


class CountRead(Read):
    """A count, the later revision standing for the earlier; `problems` say what does not reconcile."""

    revision: int
    issued: int
    returned: int
    unreturned: int
    valid: int
    invalid: int
    votes_for: int
    votes_against: int
    abstain: int
    area_participating: int
    area_for: int
    counted_at: datetime
    entered_by_name: str
    confirmed_by_name: str
    confirmed_at: datetime | None
    reason: str
    problems: list[str]


class ConditionRead(Read):
    """One condition worked out: `left` of `count` against `needed` of `base`, which was `right`."""

    sentence: str
    holds: bool
    needed: int
    left: int
    right: int
    source: str


class CastRead(Read):
    """A named vote as it was written down."""

    id: UUID
    name: str
    choice: Choice
    channel: str
    cast_at: datetime


class OwnSeat(Read):
    """A seat that the asker votes for: the own one, or one that he carries."""

    elector_id: UUID
    name: str
    proxy: bool
    choice: Choice | None


class OtherRead(Read):
    """What the same votes would have given, had another base been the rule."""

    base: str
    base_label: str
    outcome: str
    outcome_label: str
    conditions: list[ConditionRead]


class VoteBrief(Read):
    """A line of a list."""

    id: UUID
    community_id: UUID
    assembly_id: UUID | None
    motion_id: UUID | None
    question: str
    matter: str
    method: str
    body: str
    state: State
    outcome: str
    explanation: str
    entitled: int
    present: int
    resolution_number: str | None
    opened_at: datetime | None
    closed_at: datetime | None
    declared_at: datetime | None
    voided_at: datetime | None


class VoteRead(VoteBrief):
    """A vote. No figure of how people voted before it is closed; `returned` is only how many have."""

    version: int
    agenda_item_id: UUID | None
    assembly_title: str
    motion_title: str
    void_reason: str
    pack_id: UUID | None
    pack_title: str
    pack_citation: str
    pack_example: bool
    area_entitled: int
    returned: int | None
    counts: list[CountRead]
    conditions: list[ConditionRead]
    others: list[OtherRead]
    decision: dict[str, Any]
    resolution_text: str
    claim: str
    bundle_href: str
    bundle_sha256: str
    actions: list[str]
    own: list[OwnSeat]
    related: list[RelatedRead]


class ElectorRead(Read):
    """A seat or dwelling of the frozen electorate. The choice only in a named vote."""

    id: UUID
    version: int
    position: int
    name: str
    present: bool
    proxy_name: str
    area: int
    choice: Choice | None
    channel: str
    cast_at: datetime | None


class PanelVote(Read):
    """A vote on the day's screen: what it is, how far it is, and which buttons there are."""

    id: UUID
    version: int
    question: str
    motion_id: UUID | None
    agenda_item_id: UUID | None
    matter: str
    method: str
    state: State
    outcome: str
    explanation: str
    returned: int | None
    of: int
    count: CountRead | None
    actions: list[str]
    own: list[OwnSeat]
    resolution_number: str | None


class PanelRead(Read):
    """The votes of an assembly in the order in which they came; `current` is the one to deal with now."""

    assembly_id: UUID
    current: PanelVote | None
    others: list[PanelVote]


class OwnVotes(Read):
    """The open votes that ask the holder of a seat, and the latest results."""

    open: list[PanelVote]
    latest: list[VoteBrief]


class ResolutionRead(Read):
    """决议: what a carried vote decided."""

    number: str
    text: str
    question: str
    vote_id: UUID
    community_id: UUID
    body: str
    assembly_id: UUID | None
    motion_id: UUID | None
    declared_at: datetime
    explanation: str


class SlipRead(Read):
    serial: str
    code: str
    href: str
    picture: str


class Slips(Read):
    """Slips of a secret vote, seen once; `recipients` are those who were present, in no relation to the slips."""

    vote_id: UUID
    question: str
    community_name: str
    claim: str
    issued: int
    may_print: bool
    slips: list[SlipRead] = Field(default_factory=list)
    recipients: list[str] = Field(default_factory=list)


class ReceiptsRead(Read):
    """The codes of all ballots that were counted."""

    vote_id: UUID
    question: str
    receipts: list[str]
