"""Minutes as they are shown: in the list, and one in full."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings.models import Assembly
from app.assemblies.minutes import decided, service
from app.assemblies.minutes.models import Minutes, MinutesState
from app.assemblies.minutes.schemas import (
    AwaitingMinutes,
    MinutesItem,
    MinutesRead,
    NoteRead,
    PartRead,
    SignatureRead,
)
from app.assemblies.minutes.shapes import Facts
from app.core.pagination import Paging, paginate

_KEYS: list[Any] = [(col(Assembly.scheduled_at), datetime), (col(Minutes.id), UUID)]


def page(s: Session, who: Principal, state: MinutesState | None, q: str | None, paging: Paging) -> dict[str, Any]:
    """One page, the latest assembly first."""
    statement = service.filtered(who, state, q)
    found = paginate(s, statement, paging, _KEYS, descending=True, scalars=False, key_of=_keys_of)
    return {**found, "items": items(s, found["items"])}


def _keys_of(row: Any) -> list[Any]:
    return [row[1].scheduled_at, row[0].id]


def items(s: Session, rows: Iterable[Any]) -> list[MinutesItem]:
    return [_item(s, minutes, assembly) for minutes, assembly in rows]


def _item(s: Session, minutes: Minutes, assembly: Assembly) -> MinutesItem:
    return MinutesItem(
        **minutes.model_dump(include={"id", "assembly_id", "community_id", "state", "version"}),
        title=assembly.title,
        held_at=assembly.opened_at or assembly.scheduled_at,
        signatures=len(service.signatures(s, minutes)),
    )


def awaiting(s: Session, who: Principal) -> list[AwaitingMinutes]:
    return [
        AwaitingMinutes(assembly_id=a.id, title=a.title, held_at=a.opened_at or a.scheduled_at)
        for a in service.awaiting(s, who)
    ]


def one(s: Session, who: Principal, minutes: Minutes) -> MinutesRead:
    """Minutes in full, with the signatures over the words as they now stand."""
    assembly = s.get_one(Assembly, minutes.assembly_id)
    facts = Facts.model_validate(minutes.facts)
    parts = [
        PartRead(**part.model_dump(exclude={"table"}), table=part.table, remark=minutes.remarks.get(part.key, ""))
        for part in facts.parts
    ]
    other = PartRead(key="other", title="其他事项", lines=[], table=None, remark=minutes.remarks.get("other", ""))
    drafting = minutes.state == MinutesState.draft
    return MinutesRead(
        **{**_item(s, minutes, assembly).model_dump(), "title": facts.title},
        **minutes.model_dump(include={"drawn_at", "sha256", "confirmed_at", "published_at"}),
        community=facts.community,
        parts=[*parts, other],
        current_sha256=service.hash_of(minutes),
        signed=[SignatureRead.model_validate(x) for x in service.signatures(s, minutes)],
        notes=[NoteRead.model_validate(x) for x in service.notes(s, minutes.id)],
        stale=drafting and who.may("assemblies:run") and service.is_stale(s, minutes),
        pending=decided.pending(s, assembly) if drafting else [],
    )
