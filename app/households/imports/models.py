"""Import jobs and their sealed parts: the uploaded file and the report, page by page."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime


class ImportState(StrEnum):
    """uploaded -> checking -> checked -> running -> done, or failed. What is out of date at commit is checked again."""

    uploaded = "uploaded"
    checking = "checking"
    checked = "checked"
    running = "running"
    done = "done"
    failed = "failed"


class Fate(StrEnum):
    """What becomes of a row. Each row has one: the first of these that applies."""

    refused = "refused"
    possible_duplicate = "possible_duplicate"
    moves_in = "moves_in"
    new_household = "new_household"
    new_person = "new_person"
    updated = "updated"
    unchanged = "unchanged"


class ImportJob(Identified, table=True):
    """One uploaded file. Whoever works on it holds its lease, so that several servers never do the same job.

    Its progress changes every second, so it leaves audit entries only for what people do (see service and writer).
    """

    __tablename__ = "import_job"
    __audit__ = False
    __table_args__ = (
        CheckConstraint(
            "state IN ('uploaded', 'checking', 'checked', 'running', 'done', 'failed')", name="state_known"
        ),
        Index("ix_import_job_list", "community_id", "created_at", "id"),
        Index("ix_import_job_open", "state", "lease_until"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    kind: str = Field(default="households", max_length=20)
    filename: str = Field(max_length=200)
    format: str = Field(max_length=4)
    size: int
    sha256: str = Field(max_length=64)
    state: str = Field(default=ImportState.uploaded, max_length=10)
    step: str = Field(default="", max_length=20)
    done: int = 0
    rows: int = 0
    fates: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    totals: dict[str, int] = Field(default_factory=dict, sa_type=JSON)
    unknown_columns: list[str] = Field(default_factory=list, sa_type=JSON)
    digest: str = Field(default="", max_length=64, description="of every row's fate: what the person agreed to")
    allow_partial: bool = False
    problem: dict[str, Any] | None = Field(
        default=None, sa_type=JSON(none_as_null=True), description="why it failed or was checked again"
    )
    requested_by: UUID = Field(foreign_key="user_account.id")
    committed_by: UUID | None = Field(default=None, foreign_key="user_account.id")
    checked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    written_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, description="the instant that every row written by this job carries"
    )
    finished_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    lease_owner: str | None = Field(default=None, max_length=40)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    attempts: int = 0


class ImportPart(SQLModel, table=True):
    """A sealed piece of a job: of its file (`kind` file) or of its report (`kind` a fate). Erased after some days."""

    __tablename__ = "import_part"
    __audit__ = False

    job_id: UUID = Field(primary_key=True, foreign_key="import_job.id", ondelete="CASCADE")
    kind: str = Field(primary_key=True, max_length=20)
    seq: int = Field(primary_key=True)
    data: bytes = Field(sa_type=LargeBinary)
