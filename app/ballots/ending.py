"""Ending whatever has a box: first the commit, then the disk is cleared of what linked ballots to people."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar
from uuid import UUID

from fastapi import Request
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.ballots.closing import after_close
from app.core import audit
from app.core.apart import R, database, once


class Boxed(Protocol):
    id: UUID
    box_id: UUID | None


B = TypeVar("B", bound=Boxed)


def ended(
    request: Request,
    who: Principal,
    key: str | None,
    end: Callable[[Session], B],
    shown: Callable[[Session, UUID], R],
) -> R:
    """`end` does it and returns the row with its box; `shown` reads what is answered, by the row's id."""

    def work() -> R:
        db = database(request)
        with db.write() as s:
            audit.set_actor(s, who)
            row = end(s)
            row_id, box_id = row.id, row.box_id
        if box_id is not None:
            after_close(db, box_id)
        with db.read() as s:
            return shown(s, row_id)

    return once(request, who, key, work)
