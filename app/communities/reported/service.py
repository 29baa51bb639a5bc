"""The rules of reported figures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities import service as communities
from app.communities.figures import FIGURES
from app.communities.models import ReportedFigure
from app.communities.reported.schemas import ReportedFigureCreate, ReportedFigureUpdate
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _


def visible(s: Session, who: Principal, community_id: UUID) -> Select[Any]:
    community = communities.find(s, who, community_id)
    return select(ReportedFigure).where(ReportedFigure.community_id == community.id)


def find(s: Session, who: Principal, community_id: UUID, figure_id: UUID) -> ReportedFigure:
    statement = visible(s, who, community_id).where(col(ReportedFigure.id) == figure_id)
    found: ReportedFigure | None = s.scalars(statement).one_or_none()
    if found is None:
        raise NotFound()
    return found


def _check(key: str, value: float) -> None:
    if FIGURES[key].is_share:
        if value > 1:
            raise Invalid(_("占比应在 0 到 1 之间，也可以写成百分数，如 52％。"), field="value")
    elif value != int(value):
        raise Invalid(_("户数和人数应为整数。"), field="value")


def _twice() -> Conflict:
    return Conflict(_("这一天已经有这一项的上报数，请修改原来的那一条。"), code="figure_exists", field="as_of")


def create(s: Session, who: Principal, community_id: UUID, data: ReportedFigureCreate) -> ReportedFigure:
    community = communities.find(s, who, community_id)
    _check(data.key, data.value)
    figure = ReportedFigure(community_id=community.id, **data.model_dump(mode="python"))
    figure.key = str(data.key)
    s.add(figure)
    flush_or(s, _twice())
    return figure


def update(
    s: Session, who: Principal, community_id: UUID, figure_id: UUID, data: ReportedFigureUpdate, version: int | None
) -> ReportedFigure:
    figure = find(s, who, community_id, figure_id)
    check_version(figure, version)
    figure.sqlmodel_update(data.model_dump(exclude_unset=True))
    _check(figure.key, figure.value)
    touch(figure)
    flush_or(s, _twice())
    return figure


def delete(s: Session, who: Principal, community_id: UUID, figure_id: UUID, version: int | None) -> None:
    figure = find(s, who, community_id, figure_id)
    check_version(figure, version)
    s.delete(figure)
