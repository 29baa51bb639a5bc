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


def once(
    request: Request,
    who: Actor,
    key: str | None,
    work: Callable[[], R],
    *,
    said: bytes | None = None,
    created: Callable[[R], str] | None = None,
) -> R:
    """The work's answer; with an `Idempotency-Key` the first answer again. Work killed half-way may be asked again.

    `said` is what was asked where that is not the plain body (of a form with a file the parts are in any order);
    `created` says where the new record is: the answer is a 201 then.
    """
    if not key:
        return work()
    db, owner = database(request), str(who.id)
    body = getattr(request, "_body", b"") if said is None else said
    mark = idempotency.fingerprint(request.method, request.scope["path"], body)
    earlier = idempotency.reserve(db, owner, key, mark)
    if earlier is not None:
        return cast(R, earlier)
    try:
        made = work()
    except Exception:
        idempotency.release(db, owner, key)
        raise
    status, headers = (201, {"Location": created(made)}) if created else (200, None)
    kept = Response(made.model_dump_json(), status, headers, media_type="application/json")
    with db.write() as s:
        idempotency.keep(s, owner, key, kept)
    return made
