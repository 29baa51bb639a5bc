"""The rules of communities, and the community page: reported figures beside computed ones."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, func, true
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities import figures
from app.communities.comparison import explain
from app.communities.districts import service as districts
from app.communities.models import Community, District, GridArea, ReportedFigure
from app.communities.schemas import (
    CommunityCreate,
    CommunityProfile,
    CommunityRead,
    CommunityUpdate,
    CompositionRead,
    CompositionRow,
    FigureLine,
)
from app.core.clock import today
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _


def in_scope(who: Principal, community_id: Any) -> ColumnElement[bool]:
    """Whether rows of this community are within reach: one's own, all of one's district, or all for `admin`."""
    if who.community_id is not None:
        return col(community_id) == who.community_id
    if who.district_id is not None:
        of_district = select(Community.id).where(Community.district_id == who.district_id)
        return col(community_id).in_(of_district)
    return true() if who.role == "admin" else false()


def visible(who: Principal) -> Select[Any]:
    return select(Community).where(in_scope(who, Community.id))


def find(s: Session, who: Principal, community_id: UUID) -> Community:
    found: Community | None = s.scalars(visible(who).where(col(Community.id) == community_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def choices(s: Session, who: Principal) -> list[tuple[UUID, str]]:
    return [(c.id, c.name) for c in s.scalars(visible(who).order_by(col(Community.code)))]


def shown(s: Session, communities: list[Community]) -> list[CommunityRead]:
    """Communities with the names of their districts."""
    wanted = {c.district_id for c in communities}
    names = {d.id: d.name for d in s.exec(select(District).where(col(District.id).in_(wanted)))}
    return [CommunityRead(**c.model_dump(), district_name=names[c.district_id]) for c in communities]


def _taken() -> Conflict:
    return Conflict(_("这个代码已经有人使用。"), code="code_taken", field="code")


def create(s: Session, who: Principal, data: CommunityCreate) -> CommunityRead:
    try:
        districts.read(s, who, data.district_id)
    except NotFound:
        raise Invalid(_("没有这个区。"), field="district_id") from None
    community = Community(**data.model_dump())
    s.add(community)
    flush_or(s, _taken())
    return shown(s, [community])[0]


def update(s: Session, who: Principal, community_id: UUID, data: CommunityUpdate, version: int | None) -> CommunityRead:
    """The code is on notices and in other systems' records, so only an administrator may change it."""
    community = find(s, who, community_id)
    check_version(community, version)
    changes = data.model_dump(exclude_unset=True)
    if changes.get("code", community.code) != community.code and who.role != "admin":
        raise Forbidden(_("社区代码只能由系统管理员修改。"))
    community.sqlmodel_update(changes)
    touch(community)
    flush_or(s, _taken())
    return shown(s, [community])[0]


def profile(s: Session, who: Principal, community_id: UUID, as_of: date | None) -> CommunityProfile:
    """The community page: its facts, its figures on a day, and how it is made up."""
    community, day = find(s, who, community_id), as_of or today()
    areas = s.scalar(select(func.count()).select_from(GridArea).where(GridArea.community_id == community.id))
    return CommunityProfile(
        **shown(s, [community])[0].model_dump(),
        as_of=day,
        grid_areas=areas or 0,
        figures=figure_lines(s, community.id, day),
        compositions=_compositions(s, community.id, day),
    )


def figure_lines(s: Session, community_id: UUID, as_of: date) -> list[FigureLine]:
    """Every figure: the last one reported until the day, and the one computed for the day."""
    reported = _last_reported(s, community_id, as_of)
    return [_line(s, figure, reported.get(key), community_id, as_of) for key, figure in figures.FIGURES.items()]


def _last_reported(s: Session, community_id: UUID, as_of: date) -> dict[str, ReportedFigure]:
    found = s.exec(
        select(ReportedFigure)
        .where(ReportedFigure.community_id == community_id, ReportedFigure.as_of <= as_of)
        .order_by(col(ReportedFigure.as_of))
    )
    return {row.key: row for row in found}


def _line(
    s: Session, figure: figures.Figure, row: ReportedFigure | None, community_id: UUID, as_of: date
) -> FigureLine:
    computed = figures.compute(s, figure.key, community_id, as_of)
    then = figures.compute(s, figure.key, community_id, row.as_of) if row else None
    both = row is not None and computed is not None
    return FigureLine(
        key=figure.key,
        label=_(figure.label),
        unit=_(figure.unit) if figure.unit else "",
        definition=_(figure.definition),
        is_share=figure.is_share,
        reported=row.value if row else None,
        reported_as_of=row.as_of if row else None,
        reported_source=row.source if row else "",
        reported_id=row.id if row else None,
        computed=computed,
        difference=round(computed - row.value, 6) if both and row and computed is not None else None,
        explanation=explain(figure, row, computed, then),
        source=figure.source_path.format(community_id=community_id, as_of=as_of.isoformat()),
    )


def _compositions(s: Session, community_id: UUID, as_of: date) -> list[CompositionRead]:
    return [
        CompositionRead(
            key=c.key,
            label=_(c.label),
            kind=c.kind,
            rows=[
                CompositionRow(label=label, values=list(values)) for label, values in c.source(s, community_id, as_of)
            ],
        )
        for c in figures.compositions()
    ]
