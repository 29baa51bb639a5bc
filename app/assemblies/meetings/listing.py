"""The list of assemblies: filters, rows, export."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import service, states, words
from app.assemblies.meetings.models import Assembly, Kind, State
from app.assemblies.meetings.schemas import AssemblyRow
from app.assemblies.models import TermBody
from app.communities.models import Community
from app.core.clock import zone
from app.core.i18n import gettext as _
from app.core.pagination import Paging, paginate

_KEYS: list[Any] = [(col(Assembly.scheduled_at), datetime), (col(Assembly.id), UUID)]


@dataclass(frozen=True)
class Filters:
    """What a list of assemblies is narrowed to."""

    q: str = ""
    community_id: UUID | None = None
    body: TermBody | None = None
    kind: Kind | None = None
    state: State | None = None
    year: int | None = None


def listed(who: Principal, wanted: Filters) -> Select[Any]:
    statement = service.visible(who)
    for column, value in (
        (Assembly.community_id, wanted.community_id),
        (Assembly.body, wanted.body),
        (Assembly.kind, wanted.kind),
        (Assembly.state, wanted.state),
        (Assembly.year, wanted.year),
    ):
        if value is not None:
            statement = statement.where(col(column) == value)
    if wanted.q:
        like = [col(c).icontains(wanted.q, autoescape=True) for c in (Assembly.title, Assembly.place)]
        statement = statement.where(like[0] | like[1])
    return statement


def community_names(s: Session, assemblies: Iterable[Assembly]) -> dict[UUID, str]:
    wanted = {a.community_id for a in assemblies}
    found = s.execute(select(col(Community.id), col(Community.name)).where(col(Community.id).in_(wanted)))
    return {row[0]: row[1] for row in found}


def rows(s: Session, found: Sequence[Assembly]) -> list[AssemblyRow]:
    names = community_names(s, found)
    return [AssemblyRow(**row_of(a, names[a.community_id])) for a in found]


def row_of(assembly: Assembly, community_name: str) -> dict[str, Any]:
    return {**assembly.model_dump(), "community_name": community_name}


def page(s: Session, who: Principal, wanted: Filters, paging: Paging) -> dict[str, Any]:
    """One page of assemblies, the latest first."""
    found = paginate(s, listed(who, wanted), paging, _KEYS, descending=True)
    return {**found, "items": rows(s, found["items"])}


def columns() -> list[str]:
    called = [_("社区"), _("组织"), _("类别"), _("年份"), _("季度"), _("序号")]
    return [*called, _("名称"), _("时间"), _("地点"), _("状态")]


def export(s: Session, who: Principal, wanted: Filters) -> Iterator[list[Any]]:
    """Every assembly of the list."""
    statement = listed(who, wanted).order_by(col(Assembly.scheduled_at).desc(), col(Assembly.id).desc())
    found: Sequence[Assembly] = s.scalars(statement).all()
    names, known = community_names(s, found), words.words()
    for a in found:
        yield [
            names[a.community_id],
            known["bodies"][a.body],
            known["kinds"][a.kind],
            a.year,
            a.quarter,
            a.number,
            a.title,
            a.scheduled_at.astimezone(zone()),
            a.place,
            _("已终止") if a.abandoned else states.label(a.state),
        ]
