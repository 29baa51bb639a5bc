"""Small shapes of query results."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session


def pairs(s: Session, statement: Any) -> dict[Any, Any]:
    """The first column of a question as keys, the second as values."""
    return {row[0]: row[1] for row in s.execute(statement)}
