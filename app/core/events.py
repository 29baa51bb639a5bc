"""How a lower room tells a higher one: it publishes an event, the higher one has subscribed. Same transaction.

Handlers run at once, in the session of the change; what they raise undoes the change as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session


@dataclass(frozen=True)
class Event:
    """The base of all events."""


@dataclass(frozen=True)
class HouseholdsChanged(Event):
    """People, care categories, tenure or grid area of these households changed."""

    household_ids: tuple[UUID, ...]


@dataclass(frozen=True)
class ResidentsMerged(Event):
    """Two records were of one person: whatever names `gone` now means `kept`."""

    kept: UUID
    gone: UUID


@dataclass(frozen=True)
class NeedRaised(Event):
    """A need was recorded at a visit."""

    need_id: UUID


@dataclass(frozen=True)
class QuorumLost(Event):
    """An assembly has fewer present than its quorum: whatever is being voted on is void, from that instant on."""

    assembly_id: UUID
    at: datetime | None = None


@dataclass(frozen=True)
class MotionCarried(Event):
    """A motion was carried by a declared vote: it becomes a project."""

    motion_id: UUID
    vote_id: UUID


@dataclass(frozen=True)
class RoundPublished(Event):
    """An evaluation round was published for the first time."""

    round_id: UUID


Handler = Callable[[Session, Any], None]
_handlers: dict[type[Event], list[Handler]] = defaultdict(list)


def subscribe(kind: type[Event], handler: Handler) -> None:
    if handler not in _handlers[kind]:
        _handlers[kind].append(handler)


def publish(s: Session, happened: Event) -> None:
    for handler in _handlers[type(happened)]:
        handler(s, happened)
