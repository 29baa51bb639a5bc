"""Who may touch a box at the same time, without a mark in any row."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session

from app.ballots.models import BallotBox
from app.core.db import lock_row
from app.core.errors import NotFound


def share(s: Session, box_id: UUID) -> None:
    """Many put in sheets at once, but not while the box is being closed. A row lock would write to the box's row."""
    if not _is_sqlite(s):
        s.execute(select(func.pg_advisory_xact_lock_shared(_number(box_id))))


def hold(s: Session, box_id: UUID) -> None:
    """Alone with the box until the transaction ends."""
    if not _is_sqlite(s):
        s.execute(select(func.pg_advisory_xact_lock(_number(box_id))))


def held(s: Session, box: BallotBox) -> BallotBox:
    """The box as it is now, for a change of its state."""
    hold(s, box.id)
    found: BallotBox | None = lock_row(s, BallotBox, box.id)
    if found is None:
        raise NotFound()
    return found


def _number(box_id: UUID) -> int:
    return int.from_bytes(box_id.bytes[8:], "big", signed=True)


def _is_sqlite(s: Session) -> bool:
    return s.get_bind().dialect.name == "sqlite"


def erase_for_good(s: Session) -> None:
    """Overwrites on SQLite what this connection deletes from now on; PostgreSQL is swept after the commit."""
    if _is_sqlite(s):
        s.connection().exec_driver_sql("PRAGMA secure_delete=ON")
