"""The list of activities: its filters, one page of it, and all of it as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, or_
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.activities import access
from app.activities.models import Activity, Kind, State
from app.activities.programme import reading, states
from app.core.clock import day_start
from app.core.i18n import gettext as _
from app.core.pagination import Paging, paginate
from app.core.schemas import AnyDate, Search
from app.households.scope import Choice

KEYS: list[Any] = [(col(Activity.starts_at), datetime), (col(Activity.id), UUID)]
_AT_ONCE = 500


@dataclass(frozen=True)
class Filters:
    """What the list is narrowed to. `held` are those that took place."""

    q: str = ""
    kind: Kind | None = None
    line: str = ""
    state: State | None = None
    since: date | None = None
    until: date | None = None
    held: bool = False


async def _filters(
    q: Annotated[Search, Query(description="number, or words of the title, the host or the place")] = "",
    kind: Annotated[Choice[Kind], Query()] = None,
    line: Annotated[Search, Query(description="key of a line of work")] = "",
    state: Annotated[Choice[State], Query()] = None,
    since: Annotated[Choice[AnyDate], Query(description="first day")] = None,
    until: Annotated[Choice[AnyDate], Query(description="last day")] = None,
    held: Annotated[bool, Query(description="only those that took place")] = False,
) -> Filters:
    return Filters(q, kind, line, state, since, until, held)


FiltersDep = Annotated[Filters, Depends(_filters)]


def _statement(who: Principal, wanted: Filters) -> Select[Activity]:
    statement = access.visible(who, Activity)
    if wanted.q:
        columns = (Activity.number, Activity.title, Activity.host, Activity.place)
        statement = statement.where(or_(*(col(column).icontains(wanted.q, autoescape=True) for column in columns)))
    equal = {Activity.kind: wanted.kind, Activity.line: wanted.line, Activity.state: wanted.state}
    for column, value in equal.items():
        if value:
            statement = statement.where(col(column) == value)
    if wanted.since is not None:
        statement = statement.where(col(Activity.starts_at) >= day_start(wanted.since))
    if wanted.until is not None:
        statement = statement.where(col(Activity.starts_at) < day_start(wanted.until + timedelta(days=1)))
    return statement.where(col(Activity.state).in_(reading.TOOK_PLACE)) if wanted.held else statement


def page(s: Session, who: Principal, wanted: Filters, paging: Paging) -> dict[str, Any]:
    """The latest first."""
    found = paginate(s, _statement(who, wanted), paging, KEYS, descending=True)
    return {**found, "items": reading.listed(s, found["items"])}


def columns() -> list[str]:
    return [
        _("编号"), _("活动"), _("类型"), _("条线"), _("状态"), _("开始时间"), _("结束时间"), _("地点"), _("到场人数"),
    ]  # fmt: skip


def rows(s: Session, who: Principal, wanted: Filters) -> Iterator[Sequence[Any]]:
    statement = _statement(who, wanted).order_by(col(Activity.starts_at).desc(), col(Activity.id).desc())
    found = s.scalars(statement).all()
    for at in range(0, len(found), _AT_ONCE):
        for a in reading.listed(s, found[at : at + _AT_ONCE]):
            yield [
                a.number, a.title, reading.kind_of(a), a.line_name, _(states.LABELS[a.state]), a.starts_at, a.ends_at,
                a.place, a.headcount,
            ]  # fmt: skip
