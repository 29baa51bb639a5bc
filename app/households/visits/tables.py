"""Visits and needs as tables to take away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import zone
from app.core.i18n import gettext as _
from app.households.visits import needs, service
from app.households.visits.labels import label
from app.households.visits.models import Need, Visit

_AT_ONCE = 500


def visit_columns() -> list[str]:
    return [
        _("走访时间"),
        _("房号"),
        _("走访人"),
        _("目的"),
        _("结果"),
        _("见到的人"),
        _("记录"),
        _("需求"),
        _("登记时间"),
        _("更正次数"),
    ]


def visit_rows(s: Session, who: Principal, query: service.VisitQuery) -> Iterator[list[Any]]:
    """Every visit of the list, the latest first; visits are loaded in parts."""
    statement = service.filtered(who, query).order_by(col(Visit.visited_at).desc(), col(Visit.id).desc())
    everything = s.scalars(statement).all()
    for at in range(0, len(everything), _AT_ONCE):
        for visit in service.read(s, who, everything[at : at + _AT_ONCE]):
            yield [
                _local(visit.visited_at),
                visit.household_label,
                visit.worker_name,
                label("purpose", visit.purpose),
                label("outcome", visit.outcome),
                _("、").join(p.name for p in visit.people),
                visit.note,
                _(";").join(f"{n.serial} {label('need', n.category)} {n.detail}".strip() for n in visit.needs),
                _local(visit.recorded_at),
                visit.corrections,
            ]


def need_columns() -> list[str]:
    return [_("编号"), _("房号"), _("类别"), _("内容"), _("紧急"), _("状态"), _("提出时间")]


def need_rows(s: Session, who: Principal, query: needs.NeedQuery) -> Iterator[list[Any]]:
    statement = needs.filtered(who, query).order_by(col(Need.raised_at).desc(), col(Need.id).desc())
    for need, home in s.execute(statement):
        yield [
            need.serial,
            home,
            label("need", need.category),
            need.detail,
            _("是") if need.urgent else "",
            label("need_state", need.state),
            _local(need.raised_at),
        ]


def _local(instant: Any) -> str:
    return f"{instant.astimezone(zone()):%Y-%m-%d %H:%M}"
