"""Files beside records. The table holds what is said about a file; the file itself lies sealed in the storage."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlmodel import Field

from app.core.models import Identified

_TEXT = {"info": {"audit": "text"}}
_SKIP = {"info": {"audit": "skip"}}


class Moment(StrEnum):
    """Whether a picture shows a place as it was or as it became."""

    none = ""
    before = "before"
    after = "after"


class Attachment(Identified, table=True):
    """A file of a record. `sha256` is of what is kept (pictures are made anew), not of what was sent.

    The owner is named by kind and id, since records of many rooms own files; its room answers who may see them.
    """

    __tablename__ = "attachment"
    __table_args__ = (
        CheckConstraint("moment IN ('', 'before', 'after')", name="moment_known"),
        CheckConstraint("size > 0", name="size_positive"),
        Index("ix_attachment_owner", "owner_kind", "owner_id", "id"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    owner_kind: str = Field(max_length=30)
    owner_id: UUID
    filename: str = Field(max_length=200, sa_column_kwargs=_TEXT)
    media_type: str = Field(max_length=100)
    size: int
    sha256: str = Field(max_length=64)
    storage_key: str = Field(max_length=64, unique=True, sa_column_kwargs=_SKIP)
    width: int | None = None
    height: int | None = None
    caption: str = Field(default="", max_length=200, sa_column_kwargs=_TEXT)
    moment: str = Field(default=Moment.none, max_length=10)
    uploaded_by: UUID | None = Field(default=None, foreign_key="user_account.id")

    @property
    def is_picture(self) -> bool:
        return self.width is not None
