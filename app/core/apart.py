"""Operations that need transactions of their own, and do not take the session of the request."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

from fastapi import Request
from starlette.responses import Response

from app.core import idempotency
from app.core.audit import Actor
from app.core.db import Database
from app.core.schemas import Read

R = TypeVar("R", bound=Read)


def database(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def once(request: Request, who: Actor, key: str | None, work: Callable[[], R]) -> R:
    """The work's answer; with an `Idempotency-Key` the first answer again. Work killed half-way may be asked again."""
    if not key:
        return work()
    db, owner = database(request), str(who.id)
    mark = idempotency.fingerprint(request.method, request.scope["path"], getattr(request, "_body", b""))
    earlier = idempotency.reserve(db, owner, key, mark)
    if earlier is not None:
        return cast(R, earlier)
    try:
        made = work()
    except Exception:
        idempotency.release(db, owner, key)
        raise
    kept = Response(made.model_dump_json(), status_code=200, media_type="application/json")
    with db.write() as s:
        idempotency.keep(s, owner, key, kept)
    return made
