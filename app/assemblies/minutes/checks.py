"""What `qinlian check` verifies of minutes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import col

from app.assemblies.minutes import service
from app.assemblies.minutes.models import Minutes, SignerRole
from app.core.checks import register_check
from app.core.db import Database


def locked(db: Database) -> Iterator[str]:
    """Minutes that are confirmed have the hash that two people signed, in both roles."""
    with db.read() as s:
        for minutes in s.scalars(select(Minutes).where(col(Minutes.state).in_(service.READY))):
            if service.hash_of(minutes) != minutes.sha256:
                yield f"minutes {minutes.id} were changed after they were signed"
                continue
            signed = service.signatures(s, minutes)
            if {x.role for x in signed} != {str(r) for r in SignerRole} or len({x.user_id for x in signed}) != 2:
                yield f"minutes {minutes.id} are not signed by two people"


def register() -> None:
    register_check("minutes", locked)
