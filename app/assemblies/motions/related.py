"""What higher rooms say about a motion on its page: votes, projects. They register themselves here."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.motions.schemas import RelatedRead

Source = Callable[[Session, Principal, UUID], list[RelatedRead]]
_sources: list[Source] = []


def register(source: Source) -> None:
    """`source(s, who, motion_id)` returns links that this person may follow."""
    if source not in _sources:
        _sources.append(source)


def of(s: Session, who: Principal, motion_id: UUID) -> list[RelatedRead]:
    return [link for source in _sources for link in source(s, who, motion_id)]
