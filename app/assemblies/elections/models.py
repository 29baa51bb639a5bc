"""Elections: what is to be filled, who may vote, who stands, how ballots were counted, and what came of it.

Electors, counts, events and bundles are only ever added. Electors carry no audit entries of their own: the hash of
their list is in the audited row above them.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Ascii, Identified, UtcDateTime, instant, new_id

_MASK = {"info": {"audit": "name"}}
_SKIP = {"info": {"audit": "skip"}}
_TEXT = {"info": {"audit": "text"}}


class State(StrEnum):
    """`draft -> list_frozen -> nominated -> open -> counted -> declared`; void from every state before declared."""

    draft = "draft"
    list_frozen = "list_frozen"
    nominated = "nominated"
    open = "open"
    counted = "counted"
    declared = "declared"
    void = "void"


class Electorate(StrEnum):
    """Who elects: the sitting representatives, or the adult residents of a group's buildings."""

    representatives = "representatives"
    residents = "residents"


class Method(StrEnum):
    """Printed ballots that people count, or a QR slip for each elector that the machine counts. Both are secret."""

    paper = "paper"
    passes = "pass"


class Invalidity(StrEnum):
    """Why a ballot does not count for a post."""

    blank = "blank"
    too_many = "too_many"
    unclear = "unclear"
    marked = "marked"
    not_issued = "not_issued"


class Consent(StrEnum):
    """Whether somebody who was nominated wants to stand."""

    asked = "asked"
    accepted = "accepted"
    declined = "declined"


class Ruling(StrEnum):
    """What became of an objection to the list of electors."""

    open = "open"
    added = "added"
    removed = "removed"
    dismissed = "dismissed"


class EventKind(StrEnum):
    """What is written into the history of an election."""

    created = "created"
    changed = "changed"
    list_frozen = "list_frozen"
    objection = "objection"
    ruling = "ruling"
    nominated = "nominated"
    slips = "slips"
    opened = "opened"
    closed = "closed"
    count_entered = "count_entered"
    count_confirmed = "count_confirmed"
    declared = "declared"
    void = "void"
    second_round = "second_round"
    installed = "installed"


class Election(Identified, table=True):
    """选举. A further round is a row of its own (`parent_id`) with the same electors and its own ballots.

    `pack` is the election part of the rule pack as it stood at opening, `outcome` what was declared from it.
    """

    __tablename__ = "election"
    __table_args__ = (
        UniqueConstraint("parent_id"),
        Index("ix_election_list", "community_id", "held_on", "id"),
        CheckConstraint(
            "state IN ('draft', 'list_frozen', 'nominated', 'open', 'counted', 'declared', 'void')", name="state_known"
        ),
        CheckConstraint("method IN ('paper', 'pass')", name="method_known"),
        CheckConstraint("round BETWEEN 1 AND 9", name="round_known"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    body: str = Field(max_length=30)
    title: str = Field(max_length=120)
    held_on: date
    electorate: str = Field(max_length=20)
    group_id: UUID | None = Field(default=None, foreign_key="residents_group.id", index=True)
    building_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    assembly_id: UUID | None = Field(default=None, foreign_key="assembly.id", index=True)
    method: str = Field(max_length=10)
    state: str = Field(default=State.draft, max_length=12)
    round: int = 1
    parent_id: UUID | None = Field(default=None, foreign_key="election.id")
    pack_version_id: UUID | None = Field(default=None, foreign_key="rule_pack_version.id", index=True)
    pack: dict[str, Any] | None = Field(default=None, sa_type=JSON, sa_column_kwargs=_SKIP)
    pack_hash: str = Field(default="", max_length=64)
    registered: int = 0
    electors_hash: str = Field(default="", max_length=64)
    listed_at: datetime | None = instant(default=None)
    objections_until: date | None = None
    nominated_at: datetime | None = instant(default=None)
    opened_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    box_id: UUID | None = Field(default=None, foreign_key="ballot_box.id", unique=True)
    outcome: dict[str, Any] | None = Field(default=None, sa_type=JSON, sa_column_kwargs=_SKIP)
    declared_at: datetime | None = instant(default=None)
    declared_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    void_reason: str = Field(default="", max_length=500)
    term_id: UUID | None = Field(default=None, foreign_key="body_term.id", index=True)


class ElectionPost(Identified, table=True):
    """A post and how many are elected to it: a contest of its own on the same sheet of paper."""

    __tablename__ = "election_post"
    __table_args__ = (
        UniqueConstraint("election_id", "post"),
        CheckConstraint("seats > 0", name="seats_positive"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    post: str = Field(max_length=20)
    seats: int
    position: int


class Elector(SQLModel, table=True):
    """Somebody on the list of electors, under an opaque id that is random in every election.

    After an objection was upheld somebody may be `late` on the list or `struck` from it; nobody is ever erased.
    """

    __tablename__ = "elector"
    __audit__ = False
    __table_args__ = (
        UniqueConstraint("election_id", "voter_id"),
        UniqueConstraint("election_id", "number"),
        Index("ix_elector_order", "election_id", "sort_key", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    public_id: str = Field(max_length=20)
    number: int
    voter_kind: str = Field(max_length=20)
    voter_id: UUID
    name: str = Field(max_length=120)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii)
    place: str = Field(default="", max_length=120)
    late: bool = False
    struck: bool = False


class ElectorObjection(Identified, table=True):
    """An objection to the published list: somebody is missing, does not belong there, or is written wrongly."""

    __tablename__ = "elector_objection"
    __table_args__ = (Index("ix_elector_objection_list", "election_id", "raised_at"),)

    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    raised_by: str = Field(max_length=120, sa_column_kwargs=_MASK)
    raised_at: datetime = instant()
    elector_id: UUID | None = Field(default=None, foreign_key="elector.id")
    text: str = Field(max_length=500, sa_column_kwargs=_TEXT)
    ruling: str = Field(default=Ruling.open, max_length=10)
    ruled_at: datetime | None = instant(default=None)
    ruled_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    grounds: str = Field(default="", max_length=500, sa_column_kwargs=_TEXT)


class Candidate(Identified, table=True):
    """候选人: one person stands for one post of an election. Whoever withdraws before opening stays with the reason."""

    __tablename__ = "candidate"
    __table_args__ = (
        Index("ix_candidate_list", "election_id", "post_id", "sort_key"),
        CheckConstraint("consent IN ('asked', 'accepted', 'declined')", name="consent_known"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    post_id: UUID = Field(foreign_key="election_post.id")
    name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii, sa_column_kwargs=_SKIP)
    sex: str = Field(default="unknown", max_length=10)
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    holder_id: UUID | None = Field(default=None, foreign_key="seat_holder.id", index=True)
    about: str = Field(default="", max_length=500)
    nominated_by: str = Field(max_length=500)
    consent: str = Field(default=Consent.asked, max_length=10)
    withdrawn_at: datetime | None = instant(default=None)
    withdrawn_reason: str = Field(default="", max_length=500)


class ElectionCount(Identified, table=True):
    """A count: a recount is a new revision with its reason. Of paper it holds only once a second person has signed.

    `posts` lists {"post_id", "valid", "invalid": {reason: n}, "votes": {candidate_id: n}, "marks": {marks: ballots}}.
    """

    __tablename__ = "election_count"
    __table_args__ = (
        UniqueConstraint("election_id", "revision"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> entered_by", name="two_people"),
        CheckConstraint("issued = returned + unreturned", name="reconciled"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    revision: int
    issued: int
    returned: int
    unreturned: int
    posts: list[dict[str, Any]] = Field(sa_type=JSON)
    tellers: str = Field(default="", max_length=200, sa_column_kwargs=_TEXT)
    reason: str = Field(default="", max_length=500)
    by_machine: bool = False
    entered_by: UUID = Field(foreign_key="user_account.id")
    entered_at: datetime = instant()
    confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_at: datetime | None = instant(default=None)


class ElectionEvent(SQLModel, table=True):
    """What happened, in order. Only ever added."""

    __tablename__ = "election_event"
    __audit__ = False
    __table_args__ = (UniqueConstraint("election_id", "seq"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id")
    election_id: UUID = Field(foreign_key="election.id")
    seq: int
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    text: str = Field(default="", max_length=500)


class ElectionBundle(SQLModel, table=True):
    """What was declared, byte for byte; see docs/bundle.md."""

    __tablename__ = "election_bundle"
    __audit__ = False

    election_id: UUID = Field(primary_key=True, foreign_key="election.id")
    content: str = Field(sa_type=Text)
    sha256: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
