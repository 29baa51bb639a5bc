"""Votes, the electorate as it was frozen, the counts of each, and the file from which anybody recomputes the result.

Whoever reads these rows of a secret vote learns who was entitled and present, and nothing of how anybody voted.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, instant

_LIVE = "state IN ('draft', 'open', 'closed')"


class Method(StrEnum):
    """How people vote. `owners`: in writing, one ballot a dwelling, with its area."""

    hands = "hands"
    roll_call = "roll_call"
    secret_paper = "secret_paper"
    secret_pass = "secret_pass"
    owners = "owners"


NAMED = (Method.roll_call, Method.owners)
SECRET = (Method.secret_paper, Method.secret_pass)


class State(StrEnum):
    """`draft -> open -> closed -> declared`; `void` with a reason until it is declared."""

    draft = "draft"
    open = "open"
    closed = "closed"
    declared = "declared"
    void = "void"


class Choice(StrEnum):
    in_favour = "for"
    against = "against"
    abstain = "abstain"


class Channel(StrEnum):
    """How a named vote came in: on the voter's own phone, called out and tapped by the clerk, or on paper."""

    own = "own"
    clerk = "clerk"
    paper = "paper"


class Vote(Identified, table=True):
    """表决: the rule pack and the electorate are kept as they were at opening; areas are integers of 0.01 m².

    `void_reason` is the word `quorum_lost` where the rule voided it, else a person's own.
    """

    __tablename__ = "vote"
    __table_args__ = (
        CheckConstraint("method IN ('hands', 'roll_call', 'secret_paper', 'secret_pass', 'owners')", name="method"),
        CheckConstraint("state IN ('draft', 'open', 'closed', 'declared', 'void')", name="state"),
        CheckConstraint("state <> 'void' OR void_reason <> ''", name="void_has_reason"),
        CheckConstraint("(assembly_id IS NULL) = (method = 'owners')", name="assembly"),
        UniqueConstraint("community_id", "resolution_number"),
        Index("ix_vote_list", "community_id", "created_at", "id"),
        Index("uq_vote_motion_live", "motion_id", unique=True, sqlite_where=text(_LIVE), postgresql_where=text(_LIVE)),
    )

    community_id: UUID = Field(foreign_key="community.id")
    assembly_id: UUID | None = Field(default=None, foreign_key="assembly.id", index=True)
    agenda_item_id: UUID | None = Field(default=None, foreign_key="agenda_item.id", index=True)
    motion_id: UUID | None = Field(default=None, foreign_key="motion.id", index=True)
    body: str = Field(max_length=30)
    question: str = Field(max_length=500)
    matter: str = Field(max_length=20)
    method: str = Field(max_length=14)
    state: str = Field(default=State.draft, max_length=10)
    pack_version_id: UUID | None = Field(default=None, foreign_key="rule_pack_version.id")
    pack: dict[str, Any] = Field(default_factory=dict, sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}})
    pack_hash: str = Field(default="", max_length=64)
    entitled: int = 0
    present: int = 0
    area_entitled: int = Field(default=0, sa_type=BigInteger)
    opened_at: datetime | None = instant(default=None)
    opened_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    closed_at: datetime | None = instant(default=None)
    closed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    declared_at: datetime | None = instant(default=None)
    declared_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    voided_at: datetime | None = instant(default=None)
    voided_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    void_reason: str = Field(default="", max_length=500)
    box_id: UUID | None = Field(default=None, foreign_key="ballot_box.id", unique=True)
    outcome: str = Field(default="", max_length=12)
    decision: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    resolution_number: str | None = Field(default=None, max_length=20)
    resolution_text: str = Field(default="", sa_type=Text)


class VoteElector(Identified, table=True):
    """One seat, or one dwelling, entitled to one vote; frozen when the vote opened.

    `present`: there at that moment, in person or through `proxy_id`, the holder who votes in this one's place. The
    choice is written in named votes only, once; what a clerk tapped wrongly is corrected with a reason.
    """

    __tablename__ = "vote_elector"
    __audit__ = False
    __table_args__ = (
        UniqueConstraint("vote_id", "kind", "voter_id"),
        UniqueConstraint("vote_id", "seat_id"),
        CheckConstraint("choice IS NULL OR choice IN ('for', 'against', 'abstain')", name="choice"),
        CheckConstraint("(choice IS NULL) = (cast_at IS NULL)", name="cast"),
        CheckConstraint("choice IS NULL OR present", name="only_present_vote"),
        Index("ix_vote_elector_user", "user_id", "vote_id"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    kind: str = Field(max_length=20)
    voter_id: UUID
    seat_id: UUID | None = None
    position: int
    name: str = Field(max_length=120, sa_column_kwargs={"info": {"audit": "name"}})
    user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    present: bool
    proxy_id: UUID | None = Field(default=None, foreign_key="seat_holder.id")
    area: int = Field(default=0, sa_type=BigInteger)
    choice: str | None = Field(default=None, max_length=8)
    channel: str = Field(default="", max_length=6)
    cast_at: datetime | None = instant(default=None)
    cast_by: UUID | None = Field(default=None, foreign_key="user_account.id")


class VoteCount(Identified, table=True):
    """A count. A recount is a new revision with its reason; the earlier ones stay."""

    __tablename__ = "vote_count"
    __table_args__ = (
        UniqueConstraint("vote_id", "revision"),
        CheckConstraint("confirmed_by IS NULL OR confirmed_by <> entered_by", name="two_people"),
        CheckConstraint("revision = 1 OR reason <> ''", name="recount_has_reason"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    vote_id: UUID = Field(foreign_key="vote.id")
    revision: int
    issued: int
    returned: int
    unreturned: int
    valid: int
    invalid: int
    votes_for: int
    votes_against: int
    abstain: int
    area_participating: int = Field(default=0, sa_type=BigInteger)
    area_for: int = Field(default=0, sa_type=BigInteger)
    counted_at: datetime = instant()
    entered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    confirmed_at: datetime | None = instant(default=None)
    reason: str = Field(default="", max_length=500)


class VoteBundle(SQLModel, table=True):
    """What was published when the result was declared, byte for byte; see docs/bundle.md."""

    __tablename__ = "vote_bundle"
    __audit__ = False

    vote_id: UUID = Field(primary_key=True, foreign_key="vote.id")
    content: str = Field(sa_type=Text)
    sha256: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
