"""Operations that need transactions of their own: running what is due, closing now, voiding."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from fastapi import Request
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.ballots import ending
from app.core.apart import database, once
from app.core.clock import day_end
from app.core.config import get_settings
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.surveys.rounds import reading, running
from app.surveys.rounds.models import Round
from app.surveys.rounds.schemas import RoundRead, RunDue, RunResult


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
    return ending.ended(request, who, key, end, lambda s, round_id: reading.one(s, who, s.get_one(Round, round_id)))
