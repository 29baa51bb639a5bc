"""What the world sees of an import."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core.schemas import Body, Read
from app.households.imports.models import Fate, ImportState


class ImportJobRead(Read):
    """An import: its state, its progress (`step`, `done` of `rows`), and what becomes of its rows (`fates`)."""

    id: UUID
    version: int
    kind: str
    filename: str
    format: str
    size: int
    sha256: str
    state: ImportState
    step: str
    done: int
    rows: int
    fates: dict[Fate, int]
    totals: dict[str, int]
    unknown_columns: list[str]
    message: str
    writes: int
    can_commit: bool
    allow_partial: bool
    requested_by: str
    created_at: datetime
    checked_at: datetime | None
    finished_at: datetime | None


class ImportCommit(Body):
    """All or nothing, unless `allow_partial`: then the refused rows are left out."""

    allow_partial: bool = False


class ImportDetail(Read):
    """One thing that happens to a row or is wrong with it."""

    column: str
    column_label: str
    text: str


class ImportRowRead(Read):
    """A row of the report, by its number in the file."""

    row: int
    household: str
    name: str
    fate: Fate
    details: list[ImportDetail]


Mode = Literal["dry_run"]
