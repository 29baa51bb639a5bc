"""Operations that need transactions of their own: running what is due, closing now, voiding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import TypeVar, cast
from uuid import UUID

from fastapi import Request
from sqlmodel import Session
from starlette.responses import Response

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.core import audit, idempotency
from app.core.clock import day_end
from app.core.config import get_settings
from app.core.db import Database
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.schemas import Read
from app.surveys.rounds import reading, running
from app.surveys.rounds.models import Round
from app.surveys.rounds.schemas import RoundRead, RunDue, RunResult

R = TypeVar("R", bound=Read)


def database(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def once(request: Request, who: Principal, key: str | None, work: Callable[[], R]) -> R:
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


def instant_of(as_of: datetime | date | None) -> datetime | None:
    """A date stands for the end of that local day."""
    if as_of is None or isinstance(as_of, datetime):
        return as_of
    return day_end(as_of) - timedelta(milliseconds=1)


def run_due(request: Request, who: Principal, data: RunDue | None, key: str | None) -> RunResult:
    as_of = data.as_of if data else None
    if as_of is not None and get_settings().production:
        raise Invalid(_("正式环境中不能指定时间。"), code="as_of_in_production", field="as_of")
    db = database(request)
    return once(request, who, key, lambda: RunResult.model_validate(running.run_due(db, who, instant_of(as_of))))


def ended(request: Request, who: Principal, key: str | None, end: Callable[[Session], Round]) -> RoundRead:
    """Ends a round's box: commits first, then clears the disk of what linked answers to people."""

    def work() -> RoundRead:
        db = database(request)
        with db.write() as s:
            audit.set_actor(s, who)
            round_ = end(s)
            box_id: UUID | None = round_.box_id
        if box_id is not None:
            ballots.after_close(db, box_id)
        with db.read() as s:
            return reading.one(s, who, s.get_one(Round, round_.id))

    return once(request, who, key, work)
