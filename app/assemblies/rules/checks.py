"""What must hold of rule packs, whatever happened: `qinlian check` runs it."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import col

from app.assemblies.rules.definition import hash_of
from app.assemblies.rules.models import RulePackVersion
from app.assemblies.rules.service import document_of
from app.core.db import Database


def versions(db: Database) -> Iterator[str]:
    """Every version says what its hash was made of."""
    with db.read() as s:
        for version in s.scalars(select(RulePackVersion).order_by(col(RulePackVersion.id))):
            if hash_of(document_of(s, version)) != version.hash:
                yield f"rule pack version {version.id} is not the one that its hash was made of"
