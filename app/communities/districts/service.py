"""The rules of districts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Select, false
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.communities.districts.schemas import DistrictCreate, DistrictUpdate
from app.communities.models import Community, District
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _


def visible(who: Principal) -> Select[Any]:
    """An administrator sees every district; others see their own."""
    if who.role == "admin":
        return select(District)
    if who.district_id is not None:
        return select(District).where(District.id == who.district_id)
    if who.community_id is not None:
        own = select(Community.district_id).where(Community.id == who.community_id)
        return select(District).where(col(District.id).in_(own))
    return select(District).where(false())


def read(s: Session, who: Principal, district_id: UUID) -> District:
    found: District | None = s.scalars(visible(who).where(col(District.id) == district_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def choices(s: Session, who: Principal) -> list[tuple[UUID, str]]:
    return [(d.id, d.name) for d in s.scalars(visible(who).order_by(col(District.code)))]


def _taken() -> Conflict:
    return Conflict(_("这个代码已经有人使用。"), code="code_taken", field="code")


def create(s: Session, data: DistrictCreate) -> District:
    district = District(**data.model_dump())
    s.add(district)
    flush_or(s, _taken())
    return district


def update(s: Session, who: Principal, district_id: UUID, data: DistrictUpdate, version: int | None) -> District:
    district = read(s, who, district_id)
    check_version(district, version)
    district.sqlmodel_update(data.model_dump(exclude_unset=True))
    touch(district)
    flush_or(s, _taken())
    return district


def delete(s: Session, who: Principal, district_id: UUID, version: int | None) -> None:
    """Only a district without communities, people and clients can go."""
    district = read(s, who, district_id)
    check_version(district, version)
    s.delete(district)
    flush_or(s, Conflict(_("这个区还有社区或用户，不能删除。"), code="district_in_use"))
