"""The rules of buildings: their dwellings follow them into another grid area and carry their number and place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, update
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.areas import service as areas
from app.communities.models import GridArea
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, publish
from app.core.i18n import gettext as _
from app.households.buildings.schemas import BuildingCreate, BuildingUpdate
from app.households.labels import make_label, make_walk_key
from app.households.models import Building, Household, Tenure
from app.households.queries import pairs
from app.households.residents.models import Residency
from app.households.scope import areas_of, communities_of

_EXPORTED = ("number", "address", "grid_area", "walk_order", "households", "occupied", "residents")


def visible(who: Principal) -> Select[Building]:
    return select(Building).where(
        communities_of(who, col(Building.community_id)), *areas_of(who, col(Building.grid_area_id))
    )


def get(s: Session, who: Principal, building_id: UUID) -> Building:
    found = s.scalars(visible(who).where(col(Building.id) == building_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def choices(s: Session, who: Principal) -> list[tuple[UUID, str]]:
    """Pairs for a select box, in walking order."""
    wanted = visible(who).order_by(col(Building.community_id), col(Building.walk_order), col(Building.number))
    return [(b.id, _("%(number)s幢", number=b.number)) for b in s.scalars(wanted)]


def _area(s: Session, who: Principal, grid_area_id: UUID) -> GridArea:
    try:
        return areas.find(s, who, grid_area_id)
    except NotFound:
        raise Invalid(_("没有这个网格。"), code="no_such_area", field="grid_area_id") from None


def _taken(number: str) -> Conflict:
    return Conflict(_("%(number)s幢已经登记。", number=number), code="building_taken", field="number")


def create(s: Session, who: Principal, data: BuildingCreate) -> Building:
    """Registers a building; without a place in the walk it comes last."""
    area = _area(s, who, data.grid_area_id)
    walk_order = data.walk_order
    if walk_order is None:
        last = select(func.max(col(Building.walk_order))).where(col(Building.community_id) == area.community_id)
        walk_order = min((s.scalar(last) or 0) + 1, 999_999)
    building = Building(
        community_id=area.community_id,
        grid_area_id=area.id,
        number=data.number,
        address=data.address,
        walk_order=walk_order,
    )
    s.add(building)
    flush_or(s, _taken(data.number))
    return building


def change(s: Session, who: Principal, building_id: UUID, data: BuildingUpdate, version: int | None) -> Building:
    """Changes a building and, with it, its dwellings' grid area, labels and places in the walk."""
    building = get(s, who, building_id)
    check_version(building, version)
    before = (building.grid_area_id, building.number, building.walk_order)
    if data.grid_area_id is not None:
        area = _area(s, who, data.grid_area_id)
        if area.community_id != building.community_id:
            raise Invalid(_("没有这个网格。"), code="no_such_area", field="grid_area_id")
        building.grid_area_id = area.id
    building.number = data.number or building.number
    building.address = building.address if data.address is None else data.address
    building.walk_order = building.walk_order if data.walk_order is None else data.walk_order
    touch(building)
    flush_or(s, _taken(building.number))
    if before != (building.grid_area_id, building.number, building.walk_order):
        _take_along(s, building)
    return building


def _take_along(s: Session, building: Building) -> None:
    """Gives the dwellings the building's grid area, number and place; the audit names the building's change only."""
    h = Household.__table__  # type: ignore[attr-defined]
    rows = s.execute(select(h.c.id, h.c.unit, h.c.room).where(h.c.building_id == building.id)).all()
    for row in rows:
        label = make_label(building.number, row.unit, row.room)
        key = make_walk_key(building.walk_order, building.number, row.unit, row.room)
        changed = {"label": label, "walk_key": key, "grid_area_id": building.grid_area_id}
        s.execute(update(h).where(h.c.id == row.id).values(**changed, version=h.c.version + 1))
    if rows:
        publish(s, HouseholdsChanged(tuple(row.id for row in rows)))


def shown(s: Session, buildings: Sequence[Building]) -> list[dict[str, Any]]:
    """Buildings with their area's name and counts of today."""
    ids = [b.id for b in buildings]
    names = pairs(s, select(col(GridArea.id), col(GridArea.name)))
    dwellings, occupied, people = _counts(s, ids)
    return [
        {
            **b.model_dump(),
            "grid_area": names[b.grid_area_id],
            "households": dwellings.get(b.id, 0),
            "occupied": occupied.get(b.id, 0),
            "residents": people.get(b.id, 0),
        }
        for b in buildings
    ]


def _counts(s: Session, ids: Sequence[UUID]) -> tuple[dict[UUID, int], dict[UUID, int], dict[UUID, int]]:
    building, open_ = col(Household.building_id), col(Household.closed_on).is_(None)
    dwellings = select(building, func.count()).where(building.in_(ids), open_).group_by(building)
    occupied = dwellings.where(col(Household.tenure) != Tenure.vacant)
    people = (
        select(building, func.count())
        .join(Residency, col(Residency.household_id) == col(Household.id))
        .where(building.in_(ids), col(Residency.to_on).is_(None))
        .group_by(building)
    )
    first, second, third = (pairs(s, q) for q in (dwellings, occupied, people))
    return first, second, third


def columns() -> list[str]:
    return [_("楼号"), _("地址"), _("网格"), _("巡走顺序"), _("户数"), _("入住户数"), _("居民人数")]


def rows(s: Session, wanted: Select[Building]) -> Iterator[list[Any]]:
    listed = s.scalars(wanted.order_by(col(Building.walk_order), col(Building.id))).all()
    for item in shown(s, listed):
        yield [
            item[key] for key in ("number", "address", "grid_area", "walk_order", "households", "occupied", "residents")
        ]
