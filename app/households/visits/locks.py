"""Names that one transaction at a time may hold, for what has no row to lock yet."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlmodel import Session


def hold(s: Session, name: str) -> None:
    """Waits until no other transaction holds this name; nothing to do on SQLite, where writers take turns."""
    if s.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
        s.execute(select(func.pg_advisory_xact_lock(key)))
