"""Minutes of an assembly: drawn from its record, edited beside it, signed by two people, then locked by their hash."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, instant, new_id


class MinutesState(StrEnum):
    """`draft -> confirmed` when chair and clerk have signed the same words, `-> published`."""

    draft = "draft"
    confirmed = "confirmed"
    published = "published"


class SignerRole(StrEnum):
    chair = "chair"
    clerk = "clerk"


class Minutes(Identified, table=True):
    """会议记录. `facts` is what the record says, never edited; `remarks` what a person adds to a part of it."""

    __tablename__ = "minutes"
    __table_args__ = (
        CheckConstraint("(state = 'draft') = (sha256 = '')", name="locked_by_hash"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_when"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id", unique=True)
    state: str = Field(default=MinutesState.draft, max_length=10)
    facts: dict[str, Any] = Field(sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}})
    remarks: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    drawn_at: datetime = Field(sa_type=UtcDateTime, description="when the record was last read")
    sha256: str = Field(default="", max_length=64, description="of the words that were signed")
    confirmed_at: datetime | None = instant(default=None)
    published_at: datetime | None = instant(default=None)


class MinutesSignature(SQLModel, table=True):
    """Who signed which words. It counts as long as the minutes still have this hash; only ever added to."""

    __tablename__ = "minutes_signature"
    __table_args__ = (
        UniqueConstraint("minutes_id", "role", "sha256"),
        UniqueConstraint("minutes_id", "user_id", "sha256"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    minutes_id: UUID = Field(foreign_key="minutes.id")
    role: str = Field(max_length=6)
    user_id: UUID = Field(foreign_key="user_account.id")
    name: str = Field(max_length=120)
    sha256: str = Field(max_length=64)
    at: datetime = Field(sa_type=UtcDateTime)


class MinutesNote(SQLModel, table=True):
    """A correction after the minutes were confirmed: the minutes stay, the note stands beneath. Only ever added to."""

    __tablename__ = "minutes_note"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    minutes_id: UUID = Field(foreign_key="minutes.id", index=True)
    text: str = Field(sa_type=Text)
    author_id: UUID = Field(foreign_key="user_account.id")
    author_name: str = Field(max_length=120)
    at: datetime = Field(sa_type=UtcDateTime)
