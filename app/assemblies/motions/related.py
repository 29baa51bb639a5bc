"""What higher rooms say about a motion, an assembly or a vote on its page: votes, minutes, projects. They register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.motions.schemas import RelatedRead

About = Literal["motion", "assembly", "vote"]
Source = Callable[[Session, Principal, UUID], list[RelatedRead]]
_sources: dict[About, list[Source]] = {}


def register(about: About, source: Source) -> None:
    """`source(s, who, id)` returns links that this person may follow."""
    found = _sources.setdefault(about, [])
    if source not in found:
        found.append(source)


def of(s: Session, who: Principal, about: About, row_id: UUID) -> list[RelatedRead]:
    return [link for source in _sources.get(about, []) for link in source(s, who, row_id)]
