"""Bodies and answers about elections."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from app.assemblies.elections.counting import Fate
from app.assemblies.elections.models import Consent, Electorate, EventKind, Method, Ruling, State
from app.assemblies.models import SeatPost, TermBody
from app.assemblies.rules.decide import Tested
from app.core.schemas import AnyDate, Body, Line, LongLine, LongLineOrEmpty, Read, ShortLine
from app.households.residents.models import Sex
from app.households.residents.schemas import PersonName

MOST_SEATS = 200
Ballots = Annotated[int, Field(ge=0, le=1_000_000)]


class PostSeats(Body):
    """A post and how many are to be elected to it."""

    post: SeatPost
    seats: Annotated[int, Field(ge=0, le=MOST_SEATS)] = Field(description="0: nobody is elected to this post")


class ElectionCreate(Body):
    """An election in preparation. Without buildings the whole community belongs to the residents who elect."""

    body: TermBody
    title: Line
    held_on: AnyDate
    electorate: Electorate = Electorate.representatives
    group_id: UUID | None = None
    building_ids: Annotated[list[UUID], Field(max_length=500)] = Field(default_factory=list)
    assembly_id: UUID | None = None
    method: Method = Method.paper
    posts: Annotated[list[PostSeats], Field(min_length=1, max_length=4)]


class ElectionUpdate(Body):
    """What changes while nothing is frozen; the list of posts replaces the earlier one."""

    title: Line | None = None
    held_on: AnyDate | None = None
    assembly_id: UUID | None = None
    method: Method | None = None
    posts: Annotated[list[PostSeats], Field(min_length=1, max_length=4)] | None = None


class ListFreeze(Body):
    """Publishes the list of electors as it stands, with the last day for objections."""

    objections_until: AnyDate


class ObjectionCreate(Body):
    """An objection that was brought forward; `elector_id` names whom it is about, if somebody on the list."""

    raised_by: PersonName
    text: LongLine
    elector_id: UUID | None = None


class RulingWrite(Body):
    """The answer to an objection. Somebody who is added is named: a representative, or a resident by room and name."""

    ruling: Ruling
    grounds: LongLine
    holder_id: UUID | None = None
    name: PersonName | None = None
    room: ShortLine | None = None


class CandidateCreate(Body):
    """Somebody who is nominated for a post. `room` links the resident of that name."""

    post: SeatPost
    name: PersonName
    sex: Sex = Sex.unknown
    room: ShortLine | None = None
    resident_id: UUID | None = None
    holder_id: UUID | None = None
    about: LongLineOrEmpty = ""
    nominated_by: LongLine
    consent: Consent = Consent.asked


class CandidateUpdate(Body):
    """What changes until the candidates are published."""

    sex: Sex | None = None
    about: LongLineOrEmpty | None = None
    nominated_by: LongLine | None = None
    consent: Consent | None = None


class ReasonGiven(Body):
    reason: LongLine


class PostCount(Body):
    """The ballots of one post: how many count, why the others do not, and the votes of each candidate."""

    valid: Ballots
    invalid: dict[str, Ballots] = Field(default_factory=dict)
    votes: dict[str, Ballots]


class CountWrite(Body):
    """A count of paper; `posts` by post. A recount gives its reason."""

    issued: Ballots
    returned: Ballots
    unreturned: Ballots
    posts: Annotated[dict[str, PostCount], Field(max_length=4)]
    tellers: Annotated[LongLineOrEmpty, Field(max_length=200)] = Field(
        default="", description="who watched, called out and wrote down the votes"
    )
    reason: LongLineOrEmpty = ""


class CountConfirm(Body):
    """A second person signs what the first entered."""

    revision: Annotated[int, Field(ge=1, le=1000)]


class FurtherRound(Body):
    """A run-off or an election to the seats that stayed open."""

    held_on: AnyDate
    method: Method | None = None


class Installation(Body):
    """Those elected take office: in a term that exists, or in a new one with a name and both its days."""

    from_on: AnyDate
    term_id: UUID | None = None
    name: Line | None = None
    ends_on: AnyDate | None = None


class PostRead(Read):
    id: UUID
    post: SeatPost
    seats: int


class CandidateRead(Read):
    id: UUID
    election_id: UUID
    post_id: UUID
    post: SeatPost
    name: str
    sex: Sex
    about: str
    nominated_by: str
    consent: Consent
    withdrawn_at: datetime | None
    withdrawn_reason: str
    resident_id: UUID | None
    version: int


class StandingRead(Read):
    candidate_id: UUID
    name: str
    about: str
    votes: int
    fate: Fate
    tested: list[Tested]


class ContestRead(Read):
    """The result for one post."""

    post: SeatPost
    seats: int
    valid: int
    invalid: dict[str, int]
    open_seats: int
    standings: list[StandingRead]


class ResultRead(Read):
    """What was declared, or what a count that is not declared yet would give."""

    valid: bool
    tested: list[Tested]
    contests: list[ContestRead]
    sentence: str
    example_rules: bool


class CountRead(Read):
    revision: int
    issued: int
    returned: int
    unreturned: int
    posts: list[dict[str, Any]]
    tellers: str
    reason: str
    by_machine: bool
    entered_by: UUID
    entered_name: str
    entered_at: datetime
    confirmed_by: UUID | None
    confirmed_name: str
    confirmed_at: datetime | None


class EventRead(Read):
    kind: EventKind
    at: datetime
    actor_name: str
    text: str


class ElectionRead(Read):
    id: UUID
    community_id: UUID
    community_name: str
    body: TermBody
    title: str
    held_on: date
    electorate: Electorate
    group_id: UUID | None
    group_name: str
    assembly_id: UUID | None
    method: Method
    state: State
    round: int
    parent_id: UUID | None
    further_id: UUID | None = Field(description="the round that followed, if any")
    registered: int
    posts: list[PostRead]
    listed_at: datetime | None
    objections_until: date | None
    opened_at: datetime | None
    closed_at: datetime | None
    declared_at: datetime | None
    void_reason: str
    term_id: UUID | None
    version: int


class ElectionDetail(ElectionRead):
    """An election with everything that its page shows. While the polls are open there is no figure of the result."""

    candidates: list[CandidateRead]
    objections_open: int
    turnout: int | None = Field(description="sheets in the box while it is open; null where people count")
    slips_made: bool
    counts: list[CountRead]
    result: ResultRead | None
    events: list[EventRead]
    bundle_sha256: str


class ElectorRead(Read):
    id: UUID
    number: int
    name: str
    place: str
    late: bool
    struck: bool


class ObjectionRead(Read):
    id: UUID
    election_id: UUID
    raised_by: str
    raised_at: datetime
    elector_id: UUID | None
    elector_name: str
    text: str
    ruling: Ruling
    ruled_at: datetime | None
    grounds: str
    version: int


class SlipRead(Read):
    """One slip: its code opens one ballot, whoever holds it."""

    serial: str
    code: str
    href: str
    picture: str


class BallotPost(Read):
    """A post on a ballot with the candidates in the order of their names."""

    post_id: UUID
    post: SeatPost
    seats: int
    candidates: list[CandidateRead]


class BallotPaper(Read):
    """The ballot as it is printed."""

    election_id: UUID
    title: str
    community_name: str
    held_on: date
    round: int
    state: State
    method: Method
    registered: int
    posts: list[BallotPost]


class Slips(Read):
    """Slips that are shown this once; nothing is kept of them."""

    election_id: UUID
    title: str
    community_name: str
    held_on: date
    registered: int
    method: Method
    state: State
    may_make: bool
    made: bool
    claim: str
    slips: list[SlipRead]


class ResultPage(Read):
    """The declared result as everybody sees it."""

    id: UUID
    title: str
    body: TermBody
    community_name: str
    community_code: str
    held_on: date
    round: int
    method: Method
    state: State
    registered: int
    declared_at: datetime | None
    further_id: UUID | None = Field(description="a further round that is declared, too")
    count: CountRead
    result: ResultRead | None
    bundle_sha256: str
    pack_citation: str


class ReceiptRead(Read):
    code: str
