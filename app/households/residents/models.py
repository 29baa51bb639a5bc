"""Residents, where they live and lived, and their care categories. Personal data is sealed and found by blind index."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlmodel import Field, SQLModel

from app.core.models import Ascii, Identified

_MASK = {"info": {"audit": "name"}}
_SECRET = {"info": {"audit": "secret"}}
_SKIP = {"info": {"audit": "skip"}}


class Sex(StrEnum):
    male = "male"
    female = "female"
    unknown = "unknown"


class Education(StrEnum):
    """Groups of GB/T 4658."""

    postgraduate = "postgraduate"
    bachelor = "bachelor"
    college = "college"
    vocational = "vocational"
    high_school = "high_school"
    middle_school = "middle_school"
    primary = "primary"
    none = "none"
    unknown = "unknown"


class Relation(StrEnum):
    """To the head of the household (GB/T 4761, one digit)."""

    head = "head"
    spouse = "spouse"
    son = "son"
    daughter = "daughter"
    grandchild = "grandchild"
    parent = "parent"
    grandparent = "grandparent"
    sibling = "sibling"
    tenant = "tenant"
    other = "other"


class CareCategory(StrEnum):
    """重点关爱对象, see the glossary."""

    childless_lonely = "childless_lonely"
    living_alone = "living_alone"
    empty_nest = "empty_nest"
    left_behind = "left_behind"
    disabled = "disabled"
    severe_ill = "severe_ill"
    incapacitated_elder = "incapacitated_elder"
    subsistence_allowance = "subsistence_allowance"
    near_poor = "near_poor"
    extreme_hardship = "extreme_hardship"
    child_in_hardship = "child_in_hardship"
    orphan = "orphan"
    special_family_planning = "special_family_planning"
    mental_disorder = "mental_disorder"
    veteran = "veteran"


class Resident(Identified, table=True):
    """居民. A merged duplicate keeps its row and points at the record that lives on."""

    __tablename__ = "resident"
    __table_args__ = (
        Index(
            "uq_resident_id_number",
            "community_id",
            "id_number_index",
            unique=True,
            sqlite_where=text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
            postgresql_where=text("id_number_index IS NOT NULL AND merged_into_id IS NULL"),
        ),
        Index("ix_resident_order", "community_id", "sort_key", "id"),
        Index("ix_resident_same_person", "community_id", "name", "birth_on"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii, sa_column_kwargs=_SKIP)
    sex: str = Field(default=Sex.unknown, max_length=10)
    birth_on: date | None = Field(default=None, index=True)
    education: str = Field(default=Education.unknown, max_length=20)
    id_number_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    id_number_index: str | None = Field(default=None, max_length=32, sa_column_kwargs=_SKIP)
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    phone_index: str | None = Field(default=None, max_length=32, index=True, sa_column_kwargs=_SKIP)
    phone_ending_index: str | None = Field(default=None, max_length=32, index=True, sa_column_kwargs=_SKIP)
    note: str = Field(default="", max_length=4000, sa_column_kwargs={"info": {"audit": "text"}})
    died_on: date | None = None
    merged_into_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)


class ResidentTerm(SQLModel, table=True):
    """The search index: every ending of a name and of its pinyin initials, so that a fragment is a prefix.

    王小明 is found under 王小明, 小明, 明, wxm, xm and m. An ordinary index range on both engines.
    """

    __tablename__ = "resident_term"
    __audit__ = False
    __table_args__ = (Index("ix_resident_term_resident", "resident_id"), {"sqlite_with_rowid": False})

    community_id: UUID = Field(primary_key=True)
    term: str = Field(primary_key=True, max_length=120, sa_type=Ascii)
    resident_id: UUID = Field(primary_key=True, foreign_key="resident.id", ondelete="CASCADE")


class Residency(Identified, table=True):
    """A person in a household, from–to (both days included). At most one open residency a person."""

    __tablename__ = "residency"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        Index(
            "uq_residency_open",
            "resident_id",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        Index("ix_residency_period", "community_id", "from_on", "to_on"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    household_id: UUID = Field(foreign_key="household.id", index=True)
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    relation: str = Field(default=Relation.other, max_length=20)
    from_on: date
    to_on: date | None = None
    reason: str = Field(default="", max_length=200)


class CareRecord(Identified, table=True):
    """A person's care category, from–to, with the reason and the person who confirmed it. Sensitive.

    Of a disability certificate only type and level are kept: its number repeats the identity number.
    """

    __tablename__ = "care_record"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        CheckConstraint("disability_type IS NULL OR disability_type BETWEEN 1 AND 7", name="disability_type_known"),
        CheckConstraint("disability_level IS NULL OR disability_level BETWEEN 1 AND 4", name="disability_level_known"),
        Index(
            "uq_care_record_open",
            "resident_id",
            "category",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    resident_id: UUID = Field(foreign_key="resident.id", index=True)
    category: str = Field(max_length=30)
    disability_type: int | None = Field(default=None, description="1–7, GB/T 26341")
    disability_level: int | None = Field(default=None, description="1 (severest) to 4")
    detail: str = Field(default="", max_length=120, sa_column_kwargs={"info": {"audit": "text"}})
    reason: str = Field(default="", max_length=500, sa_column_kwargs={"info": {"audit": "text"}})
    from_on: date
    to_on: date | None = None
    reviewed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
