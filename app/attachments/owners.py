"""Which records may own files, and who may see or change them: every room registers its own kinds.

    owners.register("project", read=readable, write=writable)

`read` gets None for a stranger and answers None where the record does not exist for whoever asks. `write` answers the
same, and raises `Forbidden` or `Conflict` where the record is seen but its files may not change any more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.core.errors import NotFound


@dataclass(frozen=True)
class OwnerRecord:
    """A record that owns files: whose it is, the page that shows it, and whether everybody may see its files."""

    community_id: UUID
    href: str
    public: bool = False


Read = Callable[[Session, Principal | None, UUID], OwnerRecord | None]
Write = Callable[[Session, Principal, UUID], OwnerRecord | None]


@dataclass(frozen=True)
class _Kind:
    read: Read
    write: Write


_kinds: dict[str, _Kind] = {}


def register(kind: str, *, read: Read, write: Write) -> None:
    _kinds[kind] = _Kind(read, write)


def readable(s: Session, who: Principal | None, kind: str, owner_id: UUID) -> OwnerRecord:
    """The record, for whoever may see it. Whoever may not read attachments at all sees what a stranger sees."""
    reader = who if who is not None and who.may("attachments:read") else None
    found = _kinds[kind].read(s, reader, owner_id) if kind in _kinds else None
    if found is None:
        raise NotFound()
    return found


def writable(s: Session, who: Principal, kind: str, owner_id: UUID) -> OwnerRecord:
    found = _kinds[kind].write(s, who, owner_id) if kind in _kinds else None
    if found is None:
        raise NotFound()
    return found


def kinds() -> frozenset[str]:
    return frozenset(_kinds)
