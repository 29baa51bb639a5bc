"""Assemblies: called, noticed, held; their agenda, who was told, who was present, and what happened in order.

Presence is a set of intervals, each with its end left open while somebody sits there: nothing counts by a mere tick.
What happened is append-only, kept so by the database itself; the minutes are drawn from it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.assemblies.models import TermBody
from app.core.clock import now
from app.core.models import Identified, UtcDateTime, instant, new_id


class State(StrEnum):
    """`draft -> noticed -> open <-> suspended -> closed -> minutes_draft -> minutes_confirmed -> published`."""

    draft = "draft"
    noticed = "noticed"
    open = "open"
    suspended = "suspended"
    closed = "closed"
    minutes_draft = "minutes_draft"
    minutes_confirmed = "minutes_confirmed"
    published = "published"
    cancelled = "cancelled"


class Kind(StrEnum):
    regular = "regular"
    extraordinary = "extraordinary"


class Caller(StrEnum):
    """Who calls an assembly; the words are those of a rule pack's `callers`."""

    committee = "committee"
    representatives = "representatives"
    subdistrict = "subdistrict"


class ItemKind(StrEnum):
    report = "report"
    motion = "motion"
    election = "election"
    appraisal = "appraisal"
    other = "other"


class ItemState(StrEnum):
    """`pending -> current -> done`; `put_off` for what this assembly did not come to."""

    pending = "pending"
    current = "current"
    done = "done"
    put_off = "put_off"


class NoticeChannel(StrEnum):
    paper = "paper"
    wechat = "wechat"
    phone = "phone"
    visit = "visit"


class Channel(StrEnum):
    """How somebody was checked in: from the list, by the code in the room, or carried by a proxy."""

    list = "list"
    qr = "qr"
    proxy = "proxy"


class EventKind(StrEnum):
    """What the log of an assembly knows; votes and elections write theirs as `vote` and `election`."""

    created = "created"
    noticed = "noticed"
    told = "told"
    moved = "moved"
    merged = "merged"
    cancelled = "cancelled"
    opened = "opened"
    opening_undone = "opening_undone"
    suspended = "suspended"
    quorum_lost = "quorum_lost"
    resumed = "resumed"
    closed = "closed"
    abandoned = "abandoned"
    arrived = "arrived"
    left = "left"
    arrival_undone = "arrival_undone"
    proxy_given = "proxy_given"
    proxy_ended = "proxy_ended"
    late_item = "late_item"
    item_current = "item_current"
    item_done = "item_done"
    item_put_off = "item_put_off"
    note = "note"
    vote = "vote"
    election = "election"
    minutes = "minutes"


class Assembly(Identified, table=True):
    """一次会议. `pulse` counts everything that somebody at another tablet should see; `notice_number` the notices.

    `number` counts the body's assemblies of the year; `quarter` is the one for which a regular assembly was called,
    also when it was held later. `pack_version_id` is the rule pack that the notice was given under, and stays.
    """

    __tablename__ = "assembly"
    __table_args__ = (
        Index("ix_assembly_list", "community_id", "scheduled_at", "id"),
        UniqueConstraint("community_id", "body", "year", "number"),
        CheckConstraint("quarter IS NULL OR quarter BETWEEN 1 AND 4", name="quarter_known"),
        CheckConstraint("(kind = 'regular') = (quarter IS NOT NULL)", name="quarter_of_regular"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    body: str = Field(default=TermBody.representative_assembly, max_length=30)
    kind: str = Field(default=Kind.regular, max_length=15)
    year: int
    quarter: int | None = None
    number: int
    title: str = Field(max_length=120)
    scheduled_at: datetime = instant()
    place: str = Field(max_length=200)
    pack_version_id: UUID | None = Field(default=None, foreign_key="rule_pack_version.id", index=True)
    called_by: str = Field(default=Caller.committee, max_length=20)
    ground: str = Field(default="", max_length=500)
    state: str = Field(default=State.draft, max_length=20, index=True)
    noticed_at: datetime | None = instant(default=None)
    notice_channel: str = Field(default="", max_length=10)
    notice_number: int = 0
    opened_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    suspended_reason: str = Field(default="", max_length=500)
    cancelled_reason: str = Field(default="", max_length=500)
    merged_into_id: UUID | None = Field(default=None, foreign_key="assembly.id", index=True)
    abandoned: bool = False
    pulse: int = Field(default=0, sa_column_kwargs={"info": {"audit": "skip"}})


class AssemblyEvent(SQLModel, table=True):
    """One thing that happened in an assembly, in order. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "assembly_event"
    __audit__ = False
    __table_args__ = (UniqueConstraint("assembly_id", "seq"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id")
    seq: int
    kind: str = Field(max_length=20)
    at: datetime = Field(sa_type=UtcDateTime)
    stored_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    actor_id: UUID | None = None
    actor_name: str = Field(default="", max_length=120)
    data: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    text: str = Field(default="", sa_type=Text)


class AgendaItem(Identified, table=True):
    """议程. `late_reason` says why an item came after the notice."""

    __tablename__ = "agenda_item"
    __table_args__ = (
        UniqueConstraint("assembly_id", "position"),
        Index(
            "uq_agenda_item_current",
            "assembly_id",
            unique=True,
            sqlite_where=text("state = 'current'"),
            postgresql_where=text("state = 'current'"),
        ),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id")
    position: int
    kind: str = Field(default=ItemKind.other, max_length=10)
    title: str = Field(max_length=200)
    text: str = Field(default="", sa_type=Text)
    motion_id: UUID | None = Field(default=None, foreign_key="motion.id", index=True)
    state: str = Field(default=ItemState.pending, max_length=10)
    late_reason: str = Field(default="", max_length=500)
    taken_up_at: datetime | None = instant(default=None)
    ended_at: datetime | None = instant(default=None)


class CallSigner(Identified, table=True):
    """A representative who asked for an extraordinary assembly."""

    __tablename__ = "call_signer"
    __table_args__ = (UniqueConstraint("assembly_id", "holder_id"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id")
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)


class NoticeRecipient(Identified, table=True):
    """Who was told of an assembly, when and how. A notice that was given anew has the next number."""

    __tablename__ = "notice_recipient"
    __table_args__ = (UniqueConstraint("assembly_id", "number", "holder_id"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id")
    number: int = 1
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)
    channel: str = Field(max_length=10)
    notified_at: datetime = instant()


class Attendance(Identified, table=True):
    """An interval of presence. With `proxy_for_id`, `holder_id` carries that seat, and only while present himself.

    At most one interval of a seat (`seat_of_id`, its holder) is open at a time, own or carried: the database says so.
    One that was entered by mistake counts for nothing, and stays.
    """

    __tablename__ = "attendance"
    __table_args__ = (
        CheckConstraint("out_at IS NULL OR out_at >= in_at", name="order"),
        CheckConstraint("proxy_for_id IS NULL OR proxy_for_id <> holder_id", name="proxy_of_another"),
        Index("ix_attendance_assembly", "assembly_id", "in_at"),
        Index(
            "uq_attendance_open",
            "assembly_id",
            "seat_of_id",
            unique=True,
            sqlite_where=text("out_at IS NULL"),
            postgresql_where=text("out_at IS NULL"),
        ),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    assembly_id: UUID = Field(foreign_key="assembly.id")
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)
    proxy_for_id: UUID | None = Field(default=None, foreign_key="seat_holder.id", index=True)
    seat_of_id: UUID = Field(foreign_key="seat_holder.id", index=True)
    in_at: datetime = instant()
    out_at: datetime | None = instant(default=None)
    channel: str = Field(default=Channel.list, max_length=10)
    mistaken: bool = False


class CalendarFeed(Identified, table=True):
    """A secret address under which a calendar program reads assemblies: a person's own, or the community's."""

    __tablename__ = "calendar_feed"

    community_id: UUID = Field(foreign_key="community.id", index=True)
    user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    token_hash: str = Field(max_length=64, unique=True, sa_column_kwargs={"info": {"audit": "skip"}})
    token_hint: str = Field(max_length=8)
    label: str = Field(default="", max_length=120)
    created_by: UUID = Field(foreign_key="user_account.id")
    revoked_at: datetime | None = instant(default=None)
