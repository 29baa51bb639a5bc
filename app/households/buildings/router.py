"""Buildings: list, register, change, and hand to another grid area."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import AreasWrite, HouseholdsRead
from app.communities.areas import service as areas
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import HOMES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage
from app.core.versions import IfMatch
from app.households.buildings import service
from app.households.buildings.schemas import BuildingCreate, BuildingItem, BuildingRead, BuildingUpdate
from app.households.models import Building
from app.households.scope import Choice

router = APIRouter(prefix="/buildings", tags=["buildings"])
AreaChoice = Annotated[Choice[UUID], Query()]


def form_extra(view: View) -> dict[str, Any]:
    return {"areas": areas.choices(view.s, view.who)}


def _wanted(who: Any, community_id: UUID | None, grid_area_id: UUID | None) -> Any:
    wanted = service.visible(who)
    if community_id is not None:
        wanted = wanted.where(col(Building.community_id) == community_id)
    return wanted if grid_area_id is None else wanted.where(col(Building.grid_area_id) == grid_area_id)


@router.get("")
@html("households/buildings.html", extra=form_extra)
def list_buildings(
    s: SessionDep,
    who: HouseholdsRead,
    paging: PagingDep,
    community_id: AreaChoice = None,
    grid_area_id: AreaChoice = None,
) -> Page[BuildingItem]:
    """Buildings in walking order, with their dwellings and people counted."""
    keys: list[Any] = [(col(Building.walk_order), int), (col(Building.id), UUID)]
    page = paginate(s, _wanted(who, community_id, grid_area_id), paging, keys)
    return cast(Page[BuildingItem], {**page, "items": service.shown(s, page["items"])})


@router.get("/export", response_class=Response)
def export_buildings(
    s: SessionDep,
    who: HouseholdsRead,
    request: Request,
    community_id: AreaChoice = None,
    grid_area_id: AreaChoice = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list as CSV or XLSX."""
    wanted = _wanted(who, community_id, grid_area_id)
    answer = table_response(format, _("楼栋"), service.columns(), service.rows(s, wanted))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "building", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/new")
@html("households/building_form.html", extra=form_extra)
def show_building_form(s: SessionDep, who: AreasWrite, grid_area_id: AreaChoice = None) -> FormPage:
    """The form for a new building."""
    return FormPage(action="/buildings")


@router.post("", status_code=201)
@html(form="households/building_form.html", extra=form_extra, done=N_("楼栋已登记。"))
def create_building(s: SessionDep, who: AreasWrite, data: BuildingCreate, response: Response) -> BuildingRead:
    """Registers a building."""
    building = service.create(s, who, data)
    response.headers["Location"] = f"/buildings/{building.id}"
    return cast(BuildingRead, building)


@router.get("/{building_id}")
@html("households/building.html")
def read_building(s: SessionDep, who: HouseholdsRead, building_id: UUID) -> BuildingItem:
    """One building with its counts."""
    return cast(BuildingItem, service.shown(s, [service.get(s, who, building_id)])[0])


def current(view: View) -> BuildingItem:
    found = service.shown(view.s, [service.get(view.s, view.who, view.param("building_id"))])[0]
    return BuildingItem.model_validate(found)


@router.get("/{building_id}/edit")
@html("households/building_form.html", extra=form_extra)
def show_building_edit(s: SessionDep, who: AreasWrite, building_id: UUID) -> BuildingItem:
    """The form that changes a building."""
    return cast(BuildingItem, service.shown(s, [service.get(s, who, building_id)])[0])


def _to_page(_data: Any, request: Request) -> str:
    return f"/buildings/{request.path_params['building_id']}"


@router.patch("/{building_id}")
@html(
    form="households/building_form.html",
    extra=form_extra,
    current=current,
    then=_to_page,
    done=N_("楼栋已保存，楼内各户已随之调整。"),
)
def update_building(
    s: SessionDep, who: AreasWrite, building_id: UUID, data: BuildingUpdate, if_match: IfMatch
) -> BuildingRead:
    """Changes a building; its households follow it into another grid area."""
    return cast(BuildingRead, service.change(s, who, building_id, data, if_match))


add_nav(NavItem("/buildings", N_("楼栋"), "building-2", "households:read", 25, HOMES))
