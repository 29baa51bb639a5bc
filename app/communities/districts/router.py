"""Districts: list, create, edit, delete when empty."""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from app.accounts.permissions import CommunitiesCreate, CommunitiesRead
from app.communities.districts import pages, service
from app.communities.districts.schemas import DistrictCreate, DistrictRead, DistrictUpdate
from app.communities.models import District
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(tags=["districts"])
router.routes.extend(pages.router.routes)


@router.get("/districts")
@html("communities/districts.html")
def list_districts(s: SessionDep, who: CommunitiesRead, paging: PagingDep) -> Page[DistrictRead]:
    """Districts within reach, by code."""
    keys: list[Any] = [(col(District.code), str), (col(District.id), UUID)]
    return cast(Page[DistrictRead], paginate(s, service.visible(who), paging, keys))


@router.post("/districts", status_code=201)
@html(form="communities/district_form.html", extra=pages.new_form, then="/districts", done=N_("区已添加。"))
def create_district(s: SessionDep, who: CommunitiesCreate, data: DistrictCreate, response: Response) -> DistrictRead:
    """Add a district."""
    district = service.create(s, data)
    response.headers["Location"] = f"/districts/{district.id}"
    return cast(DistrictRead, district)


@router.get("/districts/{district_id}")
@html("communities/district_form.html", extra=pages.edit_form)
def read_district(s: SessionDep, who: CommunitiesRead, district_id: UUID) -> DistrictRead:
    """One district."""
    return cast(DistrictRead, service.read(s, who, district_id))


@router.patch("/districts/{district_id}")
@html(form="communities/district_form.html", extra=pages.edit_form, then="/districts", done=N_("已保存。"))
def update_district(
    s: SessionDep, who: CommunitiesCreate, district_id: UUID, data: DistrictUpdate, if_match: IfMatch
) -> DistrictRead:
    """Change a district."""
    return cast(DistrictRead, service.update(s, who, district_id, data, if_match))


@router.delete("/districts/{district_id}", status_code=204)
@html(form="communities/district_form.html", extra=pages.edit_form, then="/districts", done=N_("区已删除。"))
def delete_district(s: SessionDep, who: CommunitiesCreate, district_id: UUID, if_match: IfMatch) -> None:
    """Delete a district that has no communities."""
    service.delete(s, who, district_id, if_match)
