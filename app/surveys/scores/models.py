"""Published satisfaction scores, which never change, and the head of the feed that keeps them in order."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import UtcDateTime, new_id

FEED = 1


class Score(SQLModel, table=True):
    """What one round said about one subject, as published. Append-only: triggers refuse UPDATE and DELETE.

    Rates are whole ten-thousandths and means whole hundredths, so that every engine keeps and compares them exactly.
    What is suppressed is not stored either: `suppressed` says why in a word, and the figures are null.
    """

    __tablename__ = "score"
    __audit__ = False  # `service.store` notes each publication, without its figures
    __table_args__ = (
        UniqueConstraint("round_id", "subject_key", "revision"),
        Index("ix_score_feed", "published_at", "id"),
        Index("ix_score_community_feed", "community_id", "published_at", "id"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id")
    round_id: UUID = Field(foreign_key="evaluation_round.id")
    instrument_key: str = Field(max_length=60)
    subject_key: str = Field(max_length=60)
    subject_kind: str = Field(max_length=40)
    subject_ref: UUID | None = None
    subject_name: str = Field(max_length=120)
    period: str = Field(max_length=10)
    census: bool
    invited: int
    population: int
    responses: int
    people: int | None = None
    valid: int | None = None
    satisfied: int | None = None
    strict: int | None = None
    rate: int | None = None
    strict_rate: int | None = None
    low: int | None = None
    high: int | None = None
    mean: int | None = None
    items: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    areas: list[dict[str, Any]] = Field(default_factory=list, sa_type=JSON)
    method: str = Field(max_length=40)
    smallest_cell: int
    suppressed: str = Field(default="", max_length=20)
    published_at: datetime = Field(sa_type=UtcDateTime)
    revision: int = 1
    supersedes: UUID | None = None
    reason: str = Field(default="", max_length=500)
    audit_head: str = Field(max_length=64)
    line: str = Field(sa_type=Text)  # the item of the feed but for its community, as JSON: made once, read often


class ScoreFeed(SQLModel, table=True):
    """The one row that every publication takes in turn: who holds it knows the last place in the feed."""

    __tablename__ = "score_feed"
    __audit__ = False

    id: int = Field(primary_key=True)
    size: int = 0
    last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_id: UUID | None = None
