"""Grid areas: list, create, edit, delete when empty, and who is responsible."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import AreasWrite, CommunitiesRead
from app.communities.areas import pages, service
from app.communities.areas.schemas import (
    AssignmentCreate,
    AssignmentEnd,
    AssignmentRead,
    GridAreaCreate,
    GridAreaDetail,
    GridAreaRead,
    GridAreaUpdate,
)
from app.communities.models import GridArea
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(tags=["grid areas"])
router.routes.extend(pages.router.routes)


def _area(_data: object, request: Request) -> str:
    return f"/grid-areas/{request.path_params['grid_area_id']}"


@router.get("/grid-areas")
@html("communities/areas.html")
def list_grid_areas(
    s: SessionDep, who: CommunitiesRead, paging: PagingDep, community_id: Annotated[UUID | None, Query()] = None
) -> Page[GridAreaRead]:
    """Grid areas within reach with those responsible, by community and number."""
    statement = service.visible(who)
    if community_id is not None:
        statement = statement.where(col(GridArea.community_id) == community_id)
    keys: list[Any] = [(col(GridArea.community_id), UUID), (col(GridArea.number), int), (col(GridArea.id), UUID)]
    page = paginate(s, statement, paging, keys)
    return Page[GridAreaRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/grid-areas", status_code=201)
@html(form="communities/area_form.html", extra=pages.new_form, done=N_("网格已添加。"))
def create_grid_area(s: SessionDep, who: AreasWrite, data: GridAreaCreate, response: Response) -> GridAreaRead:
    """Add a grid area."""
    area = service.create(s, who, data)
    response.headers["Location"] = f"/grid-areas/{area.id}"
    return area


@router.get("/grid-areas/{grid_area_id}")
@html("communities/area.html", extra=pages.detail_extra)
def read_grid_area(s: SessionDep, who: CommunitiesRead, grid_area_id: UUID) -> GridAreaDetail:
    """A grid area and everybody who was ever responsible for it."""
    return service.detail(s, who, grid_area_id)


@router.patch("/grid-areas/{grid_area_id}")
@html(form="communities/area_form.html", extra=pages.edit_form, then=_area, done=N_("已保存。"))
def update_grid_area(
    s: SessionDep, who: AreasWrite, grid_area_id: UUID, data: GridAreaUpdate, if_match: IfMatch
) -> GridAreaRead:
    """Change a grid area's number or name."""
    return service.update(s, who, grid_area_id, data, if_match)


@router.delete("/grid-areas/{grid_area_id}", status_code=204)
@html(form="communities/area_form.html", extra=pages.edit_form, then="/grid-areas", done=N_("网格已删除。"))
def delete_grid_area(s: SessionDep, who: AreasWrite, grid_area_id: UUID, if_match: IfMatch) -> None:
    """Delete a grid area that nothing belongs to."""
    service.remove(s, who, grid_area_id, if_match)


@router.post("/grid-areas/{grid_area_id}/assignments", status_code=201)
@html(
    form="communities/area.html",
    extra=pages.detail_extra,
    current=pages.detail,
    then=_area,
    done=N_("分工已登记。"),
)
def create_assignment(
    s: SessionDep, who: AreasWrite, grid_area_id: UUID, data: AssignmentCreate, response: Response
) -> AssignmentRead:
    """Make a worker responsible; a new primary worker takes over from the present one."""
    assignment = service.assign(s, who, grid_area_id, data)
    response.headers["Location"] = f"/grid-areas/{grid_area_id}"
    return assignment


@router.post("/grid-areas/{grid_area_id}/assignments/{assignment_id}/end")
@html(
    form="communities/area.html",
    extra=pages.detail_extra,
    current=pages.detail,
    then=_area,
    done=N_("分工已结束。"),
)
def end_assignment(
    s: SessionDep, who: AreasWrite, grid_area_id: UUID, assignment_id: UUID, data: AssignmentEnd
) -> AssignmentRead:
    """End somebody's responsibility; from then on the worker no longer sees the area."""
    return service.end(s, who, grid_area_id, assignment_id, data)
