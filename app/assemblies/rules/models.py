"""Rule packs, their versions, and which pack a community uses for a body from a day on."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field

from app.core.models import Identified, UtcDateTime

_BUILT_IN = text("community_id IS NULL")
_DRAFT = text("state = 'draft'")


class VersionState(StrEnum):
    """A draft may change; a published version never does (a trigger refuses)."""

    draft = "draft"
    published = "published"


class RulePack(Identified, table=True):
    """A set of rules under one name. Without a community it is built in and there for all."""

    __tablename__ = "rule_pack"
    __table_args__ = (
        UniqueConstraint("community_id", "key"),
        Index("uq_rule_pack_built_in_key", "key", unique=True, sqlite_where=_BUILT_IN, postgresql_where=_BUILT_IN),
    )

    community_id: UUID | None = Field(default=None, foreign_key="community.id")
    key: str = Field(max_length=40)
    title: str = Field(max_length=120)
    title_en: str = Field(default="", max_length=120)


class RulePackVersion(Identified, table=True):
    """What one version says, from when to when, and where that is written. `hash` is that of its document."""

    __tablename__ = "rule_pack_version"
    __table_args__ = (
        UniqueConstraint("pack_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint("state IN ('draft', 'published')", name="state_known"),
        CheckConstraint("(state = 'published') = (published_at IS NOT NULL)", name="published_has_instant"),
        CheckConstraint(
            "state = 'draft' OR (citation <> '' AND effective_from IS NOT NULL)", name="published_is_cited"
        ),
        CheckConstraint("effective_to IS NULL OR effective_to >= effective_from", name="order"),
        Index("uq_rule_pack_version_draft", "pack_id", unique=True, sqlite_where=_DRAFT, postgresql_where=_DRAFT),
    )

    pack_id: UUID = Field(foreign_key="rule_pack.id")
    number: int
    definition: dict[str, Any] = Field(sa_type=JSON, sa_column_kwargs={"info": {"audit": "skip"}})
    hash: str = Field(max_length=64)
    citation: str = Field(default="", max_length=500)
    source_url: str = Field(default="", max_length=500)
    effective_from: date | None = None
    effective_to: date | None = None
    state: str = Field(default=VersionState.draft, max_length=10)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class PackChoice(Identified, table=True):
    """That a community decides in this body by this pack, from a day on until the next choice."""

    __tablename__ = "pack_choice"
    __table_args__ = (UniqueConstraint("community_id", "body", "from_on"),)

    community_id: UUID = Field(foreign_key="community.id")
    body: str = Field(max_length=30)
    pack_id: UUID = Field(foreign_key="rule_pack.id", index=True)
    from_on: date
