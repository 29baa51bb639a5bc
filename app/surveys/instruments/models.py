"""Instruments and their versions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from app.core.models import Identified, UtcDateTime

_BUILT_IN = text("community_id IS NULL")


class VersionState(StrEnum):
    """A draft may change and is replaced by publishing it; a published version never changes (a trigger refuses)."""

    draft = "draft"
    published = "published"


class Instrument(Identified, table=True):
    """A questionnaire. Without a community it is built in and there for all."""

    __tablename__ = "instrument"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        Index("uq_instrument_built_in_key", "key", unique=True, sqlite_where=_BUILT_IN, postgresql_where=_BUILT_IN),
    )

    community_id: UUID | None = Field(default=None, foreign_key="community.id")
    key: str = Field(max_length=40)
    title: str = Field(max_length=120)
    title_en: str = Field(default="", max_length=120)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class InstrumentVersion(Identified, table=True):
    """What one version asks. `hash` is that of the canonical JSON of `definition`."""

    __tablename__ = "instrument_version"
    __table_args__ = (
        UniqueConstraint("instrument_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("state IN ('draft', 'published')", name="state_known"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_has_instant"),
        Index(
            "uq_instrument_version_draft",
            "instrument_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
    )

    instrument_id: UUID = Field(foreign_key="instrument.id")
    number: int
    definition: dict[str, Any] = Field(sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}})
    hash: str = Field(max_length=64)
    state: str = Field(default=VersionState.draft, max_length=10)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
