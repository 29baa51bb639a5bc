"""Evaluation rounds: whom they are about, the frozen frame, the draw that anyone can recompute, and what was published.

Frame, picks and bundles carry no audit entries of their own: their hashes are in the audited rows above them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, instant

ALGORITHM = "draw-v1"


class State(StrEnum):
    """`scheduled -> framed -> open -> closed -> published`; `framed` only where a draw waits for its public number."""

    scheduled = "scheduled"
    framed = "framed"
    open = "open"
    closed = "closed"
    published = "published"
    void = "void"


class Role(StrEnum):
    """What the draw made of a person: drawn, kept in reserve, taken from the reserve, or no longer asked."""

    drawn = "drawn"
    reserve = "reserve"
    replacement = "replacement"
    replaced = "replaced"


class Absence(StrEnum):
    """Why a drawn person is replaced. A refusal is no reason: it is an answer that belongs to the response rate."""

    moved = "moved"
    died = "died"


class Round(Identified, table=True):
    """评议轮次: one per schedule and period, whoever triggers it. It keeps the instrument version it was opened with.

    `blocked` says in a word why a due round could not open yet; the next run tries again.
    `population` is how many people belong to the panel, `invited` how many of them were asked; `answered` and
    `on_paper` are counted at closing only. `framed_by` is None when the clock framed it.
    """

    __tablename__ = "evaluation_round"
    __table_args__ = (
        UniqueConstraint("schedule_id", "period"),
        Index("ix_evaluation_round_list", "community_id", "opens_at", "id"),
        Index("ix_evaluation_round_due", "state", "closes_at"),
        CheckConstraint("closes_at > opens_at", name="closes_after_opening"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    schedule_id: UUID = Field(foreign_key="schedule.id")
    instrument_id: UUID = Field(foreign_key="instrument.id", index=True)
    version_id: UUID = Field(foreign_key="instrument_version.id")
    instrument_key: str = Field(max_length=60)
    period: str = Field(max_length=10)
    title: str = Field(max_length=120)
    state: str = Field(default=State.scheduled, max_length=10)
    opens_at: datetime = instant()
    closes_at: datetime = instant()
    opened_at: datetime | None = instant(default=None)
    closed_at: datetime | None = instant(default=None)
    published_at: datetime | None = instant(default=None)
    late: bool = False
    panel: str = Field(max_length=20)
    method: str = Field(max_length=10)
    secrecy: str = Field(max_length=12)
    publish: str = Field(max_length=10)
    blocked: str = Field(default="", max_length=20)
    void_reason: str = Field(default="", max_length=500)
    extension_reason: str = Field(default="", max_length=500)
    box_id: UUID | None = Field(default=None, foreign_key="ballot_box.id", unique=True)
    framed_at: datetime | None = instant(default=None)
    framed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    population: int = 0
    frame_hash: str = Field(default="", max_length=64)
    invited: int = 0
    answered: int = 0
    on_paper: int = 0
    revision: int = 0


class RoundSubject(Identified, table=True):
    """Whom or what the round is about, as it stood on the opening day; whoever leaves office afterwards stays in it."""

    __tablename__ = "round_subject"
    __table_args__ = (UniqueConstraint("round_id", "key"),)

    community_id: UUID = Field(foreign_key="community.id")
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    key: str = Field(max_length=60)
    kind: str = Field(max_length=20)
    name: str = Field(max_length=120)
    ref_id: UUID | None = None
    position: int = 0


class FrameEntry(SQLModel, table=True):
    """A person of the frame under an opaque id that is random in every round.

    `cluster` is the household, opaque as well: of one household at most one person is drawn.
    """

    __tablename__ = "frame_entry"
    __audit__ = False
    __table_args__ = ({"sqlite_with_rowid": False},)

    round_id: UUID = Field(primary_key=True, foreign_key="evaluation_round.id")
    public_id: str = Field(primary_key=True, max_length=20)
    person_kind: str = Field(max_length=20)
    person_id: UUID
    cluster: str = Field(default="", max_length=20)
    stratum: str = Field(default="", max_length=60)


class RoundDraw(Identified, table=True):
    """A draw by `draw-v1`. The seed is sealed until the public number is known; a voided draw stays with its reason.

    `table_hash` covers ids, households and strata together, so that none of them can be moved after the commit.
    """

    __tablename__ = "round_draw"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    community_id: UUID = Field(foreign_key="community.id")
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    number: int
    algorithm: str = Field(default=ALGORITHM, max_length=20)
    frame_hash: str = Field(max_length=64)
    table_hash: str = Field(max_length=64)
    commit: str = Field(max_length=64)
    committed_at: datetime = instant()
    seed_sealed: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs={"info": {"audit": "skip"}})
    seed: str = Field(default="", max_length=64)
    waits: bool = False
    source_text: str = Field(default="", max_length=500)
    announced_at: datetime | None = instant(default=None)
    announced_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    public_number: str = Field(default="", max_length=200)
    entered_at: datetime | None = instant(default=None)
    entered_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    drawn_at: datetime | None = instant(default=None)
    size: int
    reserves: int
    allocation: list[dict[str, object]] = Field(default_factory=list, sa_type=JSON)
    voided_at: datetime | None = instant(default=None)
    void_reason: str = Field(default="", max_length=500)


class DrawPick(SQLModel, table=True):
    """Somebody who was drawn, or stands in reserve, at a position of the stratum's order."""

    __tablename__ = "draw_pick"
    __audit__ = False

    draw_id: UUID = Field(primary_key=True, foreign_key="round_draw.id")
    public_id: str = Field(primary_key=True, max_length=20)
    stratum: str = Field(default="", max_length=60)
    position: int
    role: str = Field(max_length=12)
    replaces: str = Field(default="", max_length=20)
    reason: str = Field(default="", max_length=10)


class RoundReminder(Identified, table=True):
    """A reminder: when it is due, when it went out, and to how many. One that came too late went out to nobody."""

    __tablename__ = "round_reminder"
    __table_args__ = (UniqueConstraint("round_id", "number"),)

    community_id: UUID = Field(foreign_key="community.id")
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    number: int
    due_at: datetime = instant()
    sent_at: datetime | None = instant(default=None)
    audience: int = 0


class RoundCorrection(Identified, table=True):
    """Sheets that were entered wrongly, with what they should have said; the counted sheets stay as they were."""

    __tablename__ = "round_correction"
    __table_args__ = (UniqueConstraint("round_id", "revision"),)

    community_id: UUID = Field(foreign_key="community.id")
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    revision: int
    reason: str = Field(max_length=500)
    changes: list[dict[str, object]] = Field(
        default_factory=list, sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}}
    )
    made_by: UUID = Field(foreign_key="user_account.id")


class RoundCorrectionDraft(Identified, table=True):
    """A correction that is being put together and waits for its second person; gone once published or discarded.

    `editors` are the accounts that had a hand in it: none of them may confirm it.
    """

    __tablename__ = "round_correction_draft"
    __table_args__ = (UniqueConstraint("round_id"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    reason: str = Field(default="", max_length=500)
    changes: list[dict[str, object]] = Field(
        default_factory=list, sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}}
    )
    editors: list[str] = Field(default_factory=list, sa_type=JSON)


class RoundBundle(SQLModel, table=True):
    """What was published with a revision, byte for byte; see docs/bundle.md."""

    __tablename__ = "round_bundle"
    __audit__ = False

    round_id: UUID = Field(primary_key=True, foreign_key="evaluation_round.id")
    revision: int = Field(primary_key=True)
    content: str = Field(sa_type=Text)
    sha256: str = Field(max_length=64)
    created_at: datetime = Field(sa_type=UtcDateTime)
