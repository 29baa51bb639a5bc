"""Residents' groups, terms of elected bodies, their seats and who held them, and the posts of community workers."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from app.core.models import Ascii, Identified

_MASK = {"info": {"audit": "name"}}
_SECRET = {"info": {"audit": "secret"}}
_SKIP = {"info": {"audit": "skip"}}


class TermBody(StrEnum):
    """The elected bodies that have terms."""

    representative_assembly = "representative_assembly"
    committee = "committee"
    supervision_committee = "supervision_committee"


class SeatPost(StrEnum):
    """In the order in which they are listed."""

    director = "director"
    deputy_director = "deputy_director"
    member = "member"
    representative = "representative"


class Installed(StrEnum):
    """How somebody came to a seat."""

    elected = "elected"
    by_election = "by_election"
    appointed = "appointed"


class ResidentsGroup(Identified, table=True):
    """居民小组: elects representatives. `buildings` says in words which buildings it covers."""

    __tablename__ = "residents_group"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    number: int
    name: str = Field(max_length=120)
    buildings: str = Field(default="", max_length=500)


class Term(Identified, table=True):
    """届: the time for which a body was elected, both days included. `source` names the election's record."""

    __tablename__ = "body_term"
    __table_args__ = (
        CheckConstraint("ends_on >= starts_on", name="order"),
        UniqueConstraint("community_id", "body", "starts_on"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    body: str = Field(max_length=30)
    name: str = Field(max_length=120)
    starts_on: date
    ends_on: date
    source: str = Field(default="", max_length=500)


class Seat(Identified, table=True):
    """A place in a body for one term; `number` is unique in the term."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("term_id", "number"), CheckConstraint("number > 0", name="number_positive"))

    community_id: UUID = Field(foreign_key="community.id", index=True)
    term_id: UUID = Field(foreign_key="body_term.id")
    group_id: UUID | None = Field(default=None, foreign_key="residents_group.id", index=True)
    number: int
    post: str = Field(max_length=20)


class SeatHolder(Identified, table=True):
    """Who held a seat from–to (both days included). Without `to_on` until the term ends; never two at once."""

    __tablename__ = "seat_holder"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        Index(
            "uq_seat_holder_open",
            "seat_id",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
        UniqueConstraint("seat_id", "from_on"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    seat_id: UUID = Field(foreign_key="seat.id")
    resident_id: UUID | None = Field(default=None, foreign_key="resident.id", index=True)
    user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii, sa_column_kwargs=_SKIP)
    sex: str = Field(default="unknown", max_length=10)
    phone_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs=_SECRET)
    phone_index: str | None = Field(default=None, max_length=32, index=True, sa_column_kwargs=_SKIP)
    from_on: date
    to_on: date | None = None
    how: str = Field(default=Installed.elected, max_length=20)
    end_reason: str = Field(default="", max_length=200)


class StaffPost(Identified, table=True):
    """社区工作者: an employed worker's post, from–to (both days included)."""

    __tablename__ = "staff_post"
    __table_args__ = (
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        Index("ix_staff_post_period", "community_id", "from_on", "to_on"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    name: str = Field(max_length=120, sa_column_kwargs=_MASK)
    sort_key: str = Field(default="", max_length=160, sa_type=Ascii, sa_column_kwargs=_SKIP)
    position: str = Field(max_length=40)
    from_on: date
    to_on: date | None = None
    end_reason: str = Field(default="", max_length=200)
