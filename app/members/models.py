"""Branches, the members' register, and the stages of joining that each person went through."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.models import Ascii, Identified, UtcDateTime, new_id

_MASK = {"info": {"audit": "name"}}
_SECRET = {"info": {"audit": "secret"}}
_SKIP = {"info": {"audit": "skip"}}
_OPEN, _UNLINKED = text("to_on IS NULL"), text("to_on IS NULL AND resident_id IS NULL")


class Affiliation(StrEnum):
    """直管党员 belong to a branch of the community; 居民党员 to one elsewhere, and have registered here (双报到)."""

    direct = "direct"
    resident = "resident"


class Stage(StrEnum):
    """The stages of joining, in their order. Those of the last two are members."""

    applicant = "applicant"
    activist = "activist"
    development_target = "development_target"
    probationary = "probationary"
    full = "full"


MEMBERS = (Stage.probationary, Stage.full)


class Left(StrEnum):
    """Why somebody is no longer in the register."""

    moved = "moved"
    transferred = "transferred"
    died = "died"
    application_withdrawn = "application_withdrawn"
    training_ended = "training_ended"
    probation_cancelled = "probation_cancelled"
    left_party = "left_party"
    mistake = "mistake"
    other = "other"


class Branch(Identified, table=True):
    """党支部 of the community."""

    __tablename__ = "branch"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        CheckConstraint("dissolved_on IS NULL OR dissolved_on >= founded_on", name="order"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    name: str = Field(max_length=120)
    founded_on: date
    dissolved_on: date | None = None


class Member(Identified, table=True):
    """Somebody in the register, from–to (both days included): a member, or on the way to becoming one."""

    __tablename__ = "member"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        CheckConstraint("affiliation = 'direct' OR branch_id IS NULL", name="branch_of_direct"),
        Index("ix_member_order", "community_id", "sort_key", "id"),
        Index("ix_member_period", "community_id", "from_on", "to_on"),
        Index(
            "uq_member_resident",
            "community_id",
            "resident_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        Index(
            "uq_member_name_phone",
            "community_id",
            "name",
            "phone_index",
            unique=True,
            sqlite_where=_UNLINKED,
            postgresql_where=_UNLINKED,
        ),
    )

    community_id: UUID = Field(foreign_key="community.id")
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii, sa_column_kwargs=_SKIP)
    initials: str = Field(default="", max_length=120, sa_column_kwargs=_SKIP)
    sex: str = Field(default="unknown", max_length=10)
    birth_on: date | None = None
    education: str = Field(default="unknown", max_length=20)
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    phone_index: str | None = Field(default=None, max_length=32, index=True, sa_column_kwargs=_SKIP)
    affiliation: str = Field(max_length=10)
    branch_id: UUID | None = Field(default=None, foreign_key="branch.id", index=True)
    home_branch: str = Field(default="", max_length=120)
    from_on: date
    to_on: date | None = None
    to_kind: str = Field(default="", max_length=24)
    to_reason: str = Field(default="", max_length=200)


class MemberStage(SQLModel, table=True):
    """That a person reached a stage on a day. The stage on any date is the last one reached until then."""

    __tablename__ = "member_stage"
    __table_args__ = (UniqueConstraint("member_id", "from_on"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    member_id: UUID = Field(foreign_key="member.id", ondelete="CASCADE")
    stage: str = Field(max_length=20)
    from_on: date


class RosterUpload(Identified, table=True):
    """A roster to be imported: kept sealed until it is written, discarded, or a week old.

    `kind` is `members` or `seats`; `target_id` is then the term whose seats it fills. `fates` is what was written.
    """

    __tablename__ = "roster_upload"
    __table_args__ = (Index("ix_roster_upload_list", "community_id", "kind", "created_at"),)

    community_id: UUID = Field(foreign_key="community.id")
    kind: str = Field(max_length=10)
    target_id: UUID | None = Field(default=None, index=True)
    filename: str = Field(max_length=200)
    size: int
    sha256: str = Field(max_length=64)
    content_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    requested_by: UUID = Field(foreign_key="user_account.id")
    committed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    fates: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
