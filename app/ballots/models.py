"""Boxes, invitations, passes and sheets.

What a voter writes lies in tables that hold no time, no sequence, no user and no address, under random keys, and on
SQLite without a row number. They have no foreign key to the box either: on PostgreSQL that would write to the box's
row with every ballot. docs/secrecy.md says why each of these matters.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime

NO_ROW_NUMBER = {"sqlite_with_rowid": False}


class Purpose(StrEnum):
    round = "round"
    vote = "vote"
    election = "election"


class Secrecy(StrEnum):
    """Three levels, each named to the person who answers, each with its honest claim (`claims.py`)."""

    named = "named"
    confidential = "confidential"
    secret = "secret"


class BoxState(StrEnum):
    """prepared -> open -> closed; void from either of the first two."""

    prepared = "prepared"
    open = "open"
    closed = "closed"
    void = "void"


class InvitationState(StrEnum):
    invited = "invited"
    ineligible = "ineligible"


UNSPENT, ONLINE, ON_PAPER = 0, 1, 2  # how a pass was used


class BallotBox(Identified, table=True):
    """A box. Its row changes when it is prepared, opened and closed, never when somebody answers."""

    __tablename__ = "ballot_box"
    __table_args__ = (
        CheckConstraint("purpose IN ('round', 'vote', 'election')", name="purpose_known"),
        CheckConstraint("secrecy IN ('named', 'confidential', 'secret')", name="secrecy_known"),
        CheckConstraint("state IN ('prepared', 'open', 'closed', 'void')", name="state_known"),
        CheckConstraint("state IN ('prepared', 'open') OR key_sealed IS NULL", name="key_destroyed"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    purpose: str = Field(max_length=10)
    secrecy: str = Field(max_length=12)
    state: str = Field(default=BoxState.prepared, max_length=10)
    issued: int | None = Field(default=None, description="passes there were, filled at closing, like the next two")
    returned: int | None = None
    on_paper: int | None = None
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    key_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs={"info": {"audit": "skip"}})
    swept: bool = Field(
        default=False,
        description="what was erased at closing is gone from the disk too",
        sa_column_kwargs={"info": {"audit": "skip"}},
    )


class Invitation(Identified, table=True):
    """Somebody who may answer. In a secret box the row is never written again, and no slip carries its number."""

    __tablename__ = "invitation"
    __audit__ = False
    __table_args__ = (
        UniqueConstraint("box_id", "voter_kind", "voter_id"),
        UniqueConstraint("box_id", "serial"),
        CheckConstraint("state IN ('invited', 'ineligible')", name="state_known"),
    )

    box_id: UUID = Field(foreign_key="ballot_box.id")
    community_id: UUID = Field(foreign_key="community.id", index=True)
    voter_kind: str = Field(max_length=20)
    voter_id: UUID
    voter_name: str = Field(max_length=120, sa_column_kwargs={"info": {"audit": "name"}})
    stratum: str = Field(default="", max_length=60)
    serial: str | None = Field(default=None, max_length=8, description="none in a secret box")
    state: str = Field(default=InvitationState.invited, max_length=10)
    answered: bool = Field(default=False, description="never written in a secret box")
    reminded: int = 0


class BallotPass(SQLModel, table=True):
    """The right to put in one sheet. Erased at closing."""

    __tablename__ = "ballot_pass"
    __audit__ = False
    __table_args__ = (
        UniqueConstraint("box_id", "serial_hash"),
        CheckConstraint("spent IN (0, 1, 2)", name="spent_known"),
        NO_ROW_NUMBER,
    )

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    box_id: UUID = Field(foreign_key="ballot_box.id")
    serial_hash: bytes = Field(sa_type=LargeBinary)
    stratum: str = Field(default="", max_length=60)
    spent: int = UNSPENT


class NamedSheet(Identified, table=True):
    """The answers of a person who knows that the name stands on them."""

    __tablename__ = "named_sheet"
    __audit__ = False

    box_id: UUID = Field(foreign_key="ballot_box.id", index=True)
    invitation_id: UUID = Field(foreign_key="invitation.id", unique=True)
    answers: dict[str, Any] = Field(sa_type=JSON)
    texts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    on_paper: bool = False


class SealedSheet(SQLModel, table=True):
    """Answers without a person. Encrypted while the box is open; canonical JSON in random order once it is closed."""

    __tablename__ = "sealed_sheet"
    __audit__ = False
    __table_args__ = (NO_ROW_NUMBER,)

    box_id: UUID = Field(primary_key=True)
    rid: bytes = Field(primary_key=True, sa_type=LargeBinary)
    stratum: str = Field(default="", max_length=60)
    answers: str = Field(sa_type=Text)


class SealedText(SQLModel, table=True):
    """One free text, apart from the ratings and from the other texts of the same person."""

    __tablename__ = "sealed_text"
    __audit__ = False
    __table_args__ = (NO_ROW_NUMBER,)

    box_id: UUID = Field(primary_key=True)
    rid: bytes = Field(primary_key=True, sa_type=LargeBinary)
    field: str = Field(default="", max_length=200)
    text: str = Field(sa_type=Text)


class BallotReceipt(SQLModel, table=True):
    """Proves that a sheet is among those counted, and nothing about what it says."""

    __tablename__ = "ballot_receipt"
    __audit__ = False
    __table_args__ = (NO_ROW_NUMBER,)

    box_id: UUID = Field(primary_key=True)
    code: str = Field(primary_key=True, max_length=12, index=True)


class AnswerDraft(SQLModel, table=True):
    """Answers not yet sent, encrypted with a key that only the token gives. Erased when sent, and at closing."""

    __tablename__ = "answer_draft"
    __audit__ = False
    __table_args__ = (NO_ROW_NUMBER,)

    token_hash: bytes = Field(primary_key=True, sa_type=LargeBinary)
    box_id: UUID = Field(index=True)
    sealed: bytes = Field(sa_type=LargeBinary)
