"""Documents by which a community governs itself, their versions, and the resolution that adopted each."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, Text, UniqueConstraint, text
from sqlmodel import Field

from app.core.models import Identified


class DocumentKind(StrEnum):
    charter = "charter"
    assessment = "assessment"
    covenant = "covenant"
    rules = "rules"
    other = "other"


class VersionState(StrEnum):
    """A draft may change; what was adopted never does."""

    draft = "draft"
    adopted = "adopted"


class Document(Identified, table=True):
    """A charter, assessment rules or the like; what it says stands in its versions."""

    __tablename__ = "document"
    __table_args__ = (UniqueConstraint("community_id", "title"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    kind: str = Field(max_length=12)
    title: str = Field(max_length=120)


class DocumentVersion(Identified, table=True):
    """What a document says from a day on. One draft at a time; `source` names a resolution of before this system."""

    __tablename__ = "document_version"
    __table_args__ = (
        UniqueConstraint("document_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
        CheckConstraint(
            "(state = 'adopted') = (adopted_on IS NOT NULL AND effective_on IS NOT NULL)", name="adopted_has_days"
        ),
        CheckConstraint("state = 'draft' OR vote_id IS NOT NULL OR source <> ''", name="adopted_by_a_resolution"),
        CheckConstraint("effective_on >= adopted_on", name="order"),
        Index(
            "uq_document_version_draft",
            "document_id",
            unique=True,
            sqlite_where=text("state = 'draft'"),
            postgresql_where=text("state = 'draft'"),
        ),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    document_id: UUID = Field(foreign_key="document.id")
    number: int
    text: str = Field(sa_type=Text)
    note: str = Field(default="", max_length=500, description="what changed, and why")
    state: str = Field(default=VersionState.draft, max_length=8)
    vote_id: UUID | None = Field(default=None, foreign_key="vote.id", index=True)
    source: str = Field(default="", max_length=500)
    adopted_on: date | None = None
    effective_on: date | None = None
    sha256: str = Field(default="", max_length=64, description="of the text as it was adopted")
