"""What the tests of visits share: a body that is right, and a counter of SQL statements."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event
from sqlmodel import select

from app.core.audit import AuditEntry
from app.core.clock import day_start, now, today
from app.core.db import Database
from app.households.visits import refresh
from app.households.visits.models import VisitDue
from tests.cast import Cast


def body(cast: Cast, label: str = "1-1-101", **changes: Any) -> dict[str, Any]:
    sent = {
        "household_id": str(cast.households[label]),
        "visited_at": max(now() - timedelta(hours=1), day_start(today())).isoformat(),  # today, even at 00:30
        "purpose": "care",
        "outcome": "fine",
        "note": "身体不错",
        "people_met": [],
        "needs": [],
    }
    return {**sent, **changes}


def new_path() -> str:
    return f"/visits/{uuid4()}"


def plan(db: Database, cast: Cast) -> None:
    with db.write() as s:
        refresh.refresh_community(s, cast.community)
        refresh.refresh_community(s, cast.other_community)


def due_of(db: Database, household_id: UUID) -> VisitDue | None:
    with db.read() as s:
        return s.get(VisitDue, household_id)


def audit_size(db: Database) -> int:
    with db.read() as s:
        return len(s.exec(select(AuditEntry.seq)).all())


@contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    """Every SQL statement that is sent meanwhile, transactions' own words aside."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, text: str, *_rest: Any) -> None:
        if not text.startswith(("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT")):
            seen.append(text)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def instant(text: str) -> str:
    return datetime.fromisoformat(text).isoformat()
