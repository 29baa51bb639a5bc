"""The audit log: every write leaves an entry, in the same transaction, chained by hash to the one before it.

Changes of mapped rows are taken from the session itself, so no service can forget them. Columns say with
`info={"audit": ...}` how their values may appear: "name", "text" and "secret" are masked, "skip" stays out. A table
with `__audit__ = False` (sessions, counters, derived rows, ballots) leaves no entry of its own.

Each entry's hash covers its content and the hash before it (SHA-256). The head (how many entries, the last hash) is
signed with Ed25519 at every commit and published, so that an edited, deleted, inserted, reordered or cut log shows.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import BigInteger, Text, event, insert, inspect, select, update
from sqlmodel import Field, Session, SQLModel

from app.core import crypto
from app.core.clock import now
from app.core.logs import request_id
from app.core.masking import mask_name, mask_text
from app.core.models import UtcDateTime

GENESIS = "0" * 64
_ALWAYS_SKIPPED = {"version", "created_at", "updated_at", "id"}
_HEAD_ID = 1


class Actor(Protocol):
    """Whoever acts: a person, an API client or the system itself."""

    @property
    def kind(self) -> str: ...
    @property
    def id(self) -> UUID | None: ...
    @property
    def name(self) -> str: ...


class AuditEntry(SQLModel, table=True):
    """One thing that happened. Append-only: triggers refuse UPDATE and DELETE."""

    __tablename__ = "audit_entry"
    __audit__ = False

    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    actor_kind: str = Field(max_length=20)
    actor_id: UUID | None = Field(default=None, index=True)
    actor_name: str = Field(max_length=120)
    community_id: UUID | None = Field(default=None, index=True)
    action: str = Field(max_length=80)
    object_type: str = Field(max_length=60)
    object_id: UUID | None = Field(default=None, index=True)
    changes: str = Field(sa_type=Text)
    request_id: str = Field(max_length=64)
    previous_hash: str = Field(max_length=64)
    hash: str = Field(max_length=64)


class AuditHead(SQLModel, table=True):
    """How long the log is and what its last hash was, signed at every commit."""

    __tablename__ = "audit_head"
    __audit__ = False

    id: int = Field(primary_key=True)
    size: int = Field(sa_type=BigInteger)
    hash: str = Field(max_length=64)
    signed_at: datetime = Field(sa_type=UtcDateTime)
    signature: str = Field(max_length=120)


_entries = AuditEntry.__table__  # type: ignore[attr-defined]
_head = AuditHead.__table__  # type: ignore[attr-defined]
_FIND_HEAD = select(_head.c.size, _head.c.hash).where(_head.c.id == _HEAD_ID).with_for_update()
_MOVE_HEAD = update(_head).where(_head.c.id == _HEAD_ID)
_ADD = insert(_entries)


def set_actor(session: Session, actor: Actor) -> None:
    """Names whoever is responsible for what this session writes."""
    session.info["actor"] = actor


def note(
    session: Session,
    action: str,
    object_type: str,
    object_id: UUID | None = None,
    community_id: UUID | None = None,
    **details: Any,
) -> None:
    """Records something that no changed row shows: a reveal of personal data, an export, a bulk import."""
    _pending(session).append(
        {
            "action": action,
            "object_type": object_type,
            "object_id": object_id,
            "community_id": community_id,
            "changes": {"details": {k: _plain(v) for k, v in details.items()}},
        }
    )


def insert_row(session: Session, row: SQLModel) -> None:
    """Stores a new row at once by a plain statement, with its entry: for what is written all day.

    The row stays outside the session, so nothing that is changed in it later is noticed.
    """
    statement, keys = _insert_of(type(row))
    session.execute(statement, {key: getattr(row, key) for key in keys})
    _remember(session, row, "create", {}, _values(row))


@lru_cache(maxsize=64)
def _insert_of(model: type[SQLModel]) -> tuple[Any, tuple[str, ...]]:
    return insert(model.__table__), tuple(a.key for a in inspect(model).column_attrs)  # type: ignore[attr-defined]


def _pending(session: Session) -> list[dict[str, Any]]:
    pending: list[dict[str, Any]] = session.info.setdefault("audit", [])
    return pending


@event.listens_for(Session, "before_flush")
def _collect(session: Session, _context: object, _instances: object) -> None:
    for row in session.new:
        _remember(session, row, "create", {}, _values(row))
    for row in session.dirty:
        before, after = _difference(row)
        if before or after:
            _remember(session, row, "update", before, after)
    for row in session.deleted:
        _remember(session, row, "delete", _values(row), {})


def _remember(session: Session, row: Any, verb: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    if getattr(row, "__audit__", True) is False:
        return
    own = row.id if type(row).__tablename__ == "community" else None
    _pending(session).append(
        {
            "action": f"{row.__tablename__}.{verb}",
            "object_type": row.__tablename__,
            "object_id": getattr(row, "id", None),
            "community_id": own or getattr(row, "community_id", None),
            "changes": {"before": before, "after": after},
        }
    )


@lru_cache(maxsize=256)
def _columns(model: type[Any]) -> tuple[tuple[str, str], ...]:
    """The columns that entries show, and how."""
    shown = ((a.key, a.columns[0].info.get("audit", "plain")) for a in inspect(model).column_attrs)
    return tuple((key, how) for key, how in shown if how != "skip" and key not in _ALWAYS_SKIPPED)


def _values(row: Any) -> dict[str, Any]:
    found = {key: _shown(getattr(row, key), how) for key, how in _columns(row.__class__)}
    return {key: value for key, value in found.items() if value is not None}


def _difference(row: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    before: dict[str, Any] = {}
    after: dict[str, Any] = {}
    state = inspect(row)
    for key, how in _columns(row.__class__):
        history = state.attrs[key].history
        if history.has_changes():
            before[key] = _shown(history.deleted[0] if history.deleted else None, how)
            after[key] = _shown(history.added[0] if history.added else None, how)
    return before, after


def _shown(value: Any, how: str) -> Any:
    if value is None:
        return None
    if how == "name":
        return mask_name(str(value))
    if how == "text":
        return mask_text(str(value)) if value else ""
    if how == "secret":
        return "***"
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return "***"
    return value


@event.listens_for(Session, "before_commit")
def _write(session: Session) -> None:
    session.flush()
    pending = session.info.pop("audit", None)
    if pending:
        _append(session, pending)


def sum_up(session: Session) -> None:
    """Leaves out what is pending: the note that follows stands for all of it. For loads that only a demo makes."""
    session.flush()
    session.info.pop("audit", None)


@event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("audit", None)


def _append(session: Session, pending: list[dict[str, Any]]) -> None:
    actor: Actor | None = session.info.get("actor")
    connection = session.connection()
    head = connection.execute(_FIND_HEAD).one_or_none()
    size, last = (head.size, head.hash) if head else (0, GENESIS)
    at, rows = now(), []
    for item in pending:
        size += 1
        row = {
            **item,
            "seq": size,
            "at": at,
            "actor_kind": actor.kind if actor else "system",
            "actor_id": actor.id if actor else None,
            "actor_name": actor.name if actor else "system",
            "changes": json.dumps(item["changes"], ensure_ascii=False, sort_keys=True, default=str),
            "request_id": request_id(),
            "previous_hash": last,
        }
        last = row["hash"] = entry_hash(row)
        rows.append(row)
    connection.execute(_ADD, rows)
    signed = {"size": size, "hash": last, "signed_at": at, "signature": crypto.sign(head_message(size, last, at))}
    if head:
        connection.execute(_MOVE_HEAD, signed)
    else:
        connection.execute(insert(_head).values(id=_HEAD_ID, **signed))


def entry_hash(row: Mapping[str, Any]) -> str:
    """SHA-256 over the JSON list of an entry's fields, the hash before it first."""
    content = [
        row["previous_hash"],
        row["seq"],
        row["at"].isoformat(),
        row["actor_kind"],
        str(row["actor_id"] or ""),
        row["actor_name"],
        str(row["community_id"] or ""),
        row["action"],
        row["object_type"],
        str(row["object_id"] or ""),
        row["changes"],
        row["request_id"],
    ]
    return hashlib.sha256(json.dumps(content, ensure_ascii=False).encode()).hexdigest()


def head_message(size: int, last: str, at: datetime) -> str:
    return f"qinlian-audit-head|{size}|{last}|{at.isoformat()}"


def head(session: Session) -> dict[str, Any]:
    """The signed head, as the contract publishes it."""
    row = session.get(AuditHead, _HEAD_ID)
    if row is None:
        at = now()
        row = AuditHead(id=_HEAD_ID, size=0, hash=GENESIS, signed_at=at, signature="")
        row.signature = crypto.sign(head_message(0, GENESIS, at))
    return {**row.model_dump(exclude={"id"}), "key_id": crypto.key_id()}


def verify(session: Session, published: Mapping[str, Any] | None = None) -> str | None:
    """Walks the whole chain. Returns None if it holds, else a sentence that names the first bad entry."""
    last, size, hash_at_published = GENESIS, 0, GENESIS
    statement = select(_entries).order_by(_entries.c.seq).execution_options(yield_per=2000)
    with contextlib.closing(session.execute(statement)) as result:
        for row in result.mappings():
            size += 1
            if row["seq"] != size:
                return f"entry {size} is missing (the next one found is {row['seq']})"
            if row["previous_hash"] != last:
                return f"entry {size} does not follow the entry before it"
            if entry_hash(dict(row)) != row["hash"]:
                return f"entry {size} was edited"
            last = row["hash"]
            if published and size == published.get("size"):
                hash_at_published = last
    return _verify_head(session, size, last) or _verify_published(published, size, hash_at_published)


def _verify_head(session: Session, size: int, last: str) -> str | None:
    row = session.get(AuditHead, _HEAD_ID)
    if row is None:
        return None if size == 0 else f"the signed head is missing; entry {size} is the last one found"
    if not crypto.signed_by(crypto.public_key(), row.signature, head_message(row.size, row.hash, row.signed_at)):
        return f"the head is not signed by this installation (entry {row.size})"
    if row.size > size:
        return f"entry {size + 1} is missing: the signed head counts {row.size} entries"
    if row.size < size:
        return f"entry {row.size + 1} was added behind the signed head"
    return None if row.hash == last else f"entry {size} is not the one that the head was signed for"


def _verify_published(published: Mapping[str, Any] | None, size: int, found: str) -> str | None:
    if not published:
        return None
    try:
        wanted, at = int(published["size"]), datetime.fromisoformat(str(published["signed_at"]))
        message = head_message(wanted, str(published["hash"]), at)
        genuine = crypto.signed_by(crypto.public_key(), str(published["signature"]), message)
    except (KeyError, ValueError):
        genuine, wanted = False, 0
    if not genuine:
        return "the published head was not signed by this installation"
    if wanted > size:
        return f"entry {size + 1} is missing: a published head counts {wanted} entries"
    return None if found == published["hash"] else f"entry {wanted} differs from the published head"
