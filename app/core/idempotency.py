"""`Idempotency-Key`: the same request asked again gets the same answer, and the work is done once.

A key is first reserved in a transaction of its own, then the work and the stored answer are committed together. So a
reservation without an answer means that the work was not done: after `TAKE_OVER` it may be taken over.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy import LargeBinary, UniqueConstraint, delete, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col
from starlette.responses import Response

from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.core.models import UtcDateTime, new_id

TAKE_OVER = timedelta(seconds=60)
KEPT = timedelta(days=7)

IdempotencyKey = Annotated[
    str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255, pattern=r"^[\x21-\x7e]+$")
]


class IdempotentRequest(SQLModel, table=True):
    """A key, what it was used for, and the answer that it got."""

    __tablename__ = "idempotent_request"
    __audit__ = False
    __table_args__ = (UniqueConstraint("owner", "key"),)

    id: UUID = Field(default_factory=new_id, primary_key=True)
    owner: str = Field(max_length=64)
    key: str = Field(max_length=255)
    fingerprint: str = Field(max_length=64)
    started_at: datetime = Field(sa_type=UtcDateTime)
    status: int | None = None
    location: str | None = Field(default=None, max_length=500)
    media_type: str | None = Field(default=None, max_length=100)
    body: bytes | None = Field(default=None, sa_type=LargeBinary)


def fingerprint(method: str, path: str, body: bytes) -> str:
    return hashlib.sha256(b"\n".join([method.encode(), path.encode(), body])).hexdigest()


def reserve(db: Database, owner: str, key: str, mark: str) -> Response | None:
    """Reserves the key for this request, or returns the answer that was given before."""
    with db.write() as s:
        s.execute(delete(IdempotentRequest).where(col(IdempotentRequest.started_at) < now() - KEPT))
        held = _find(s, owner, key)
        if held is None:
            s.add(IdempotentRequest(owner=owner, key=key, fingerprint=mark, started_at=now()))
            try:
                s.flush()
            except IntegrityError:
                s.rollback()
                held = _find(s, owner, key)
        return _replay(held, mark) if held else None


def _find(s: Session, owner: str, key: str) -> IdempotentRequest | None:
    return s.scalars(
        select(IdempotentRequest).where(col(IdempotentRequest.owner) == owner, col(IdempotentRequest.key) == key)
    ).one_or_none()


def _replay(held: IdempotentRequest, mark: str) -> Response | None:
    if held.fingerprint != mark:
        raise Invalid(_("这个 Idempotency-Key 已用于另一个请求。"), code="idempotency_key_reused")
    if held.status is not None:
        response = Response(held.body or b"", status_code=held.status, media_type=held.media_type)
        response.headers["Idempotency-Replayed"] = "true"
        if held.location:
            response.headers["Location"] = held.location
        return response
    if now() - held.started_at < TAKE_OVER:
        again = {"Retry-After": "2"}
        raise Conflict(_("同一请求正在处理，请稍后再试。"), code="idempotency_in_progress", headers=again)
    held.started_at = now()
    return None


def keep(s: Session, owner: str, key: str, response: Response) -> None:
    """Stores the answer in the transaction that did the work."""
    held = _find(s, owner, key)
    if held is not None:
        held.status = response.status_code
        held.location = response.headers.get("Location")
        held.media_type = response.media_type
        held.body = bytes(response.body)


def release(db: Database, owner: str, key: str) -> None:
    """Gives a key back after a refusal, so that a corrected request may use it."""
    with db.write() as s:
        held = _find(s, owner, key)
        if held is not None and held.status is None:
            s.delete(held)
