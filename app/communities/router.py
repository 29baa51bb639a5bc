"""Communities: the list, the community page with its figures, and editing."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlmodel import col

from app.accounts.permissions import CommunitiesCreate, CommunitiesRead, CommunitiesWrite
from app.communities import pages, service
from app.communities.areas.router import router as areas_router
from app.communities.clients.router import router as clients_router
from app.communities.districts.router import router as districts_router
from app.communities.home import router as home_router
from app.communities.models import Community
from app.communities.reported.router import router as reported_router
from app.communities.schemas import CommunityCreate, CommunityProfile, CommunityRead, CommunityUpdate
from app.communities.staff.router import router as staff_router
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.navigation import COMMUNITY, OFFICE, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, Search
from app.core.versions import IfMatch

own = APIRouter(tags=["communities"])
own.routes.extend(pages.router.routes)


@own.get("/communities")
@html("communities/list.html")
def list_communities(
    s: SessionDep, who: CommunitiesRead, paging: PagingDep, q: Annotated[Search, Query()] = ""
) -> Page[CommunityRead]:
    """Communities within reach, by code; `q` is a part of a name or code."""
    found = service.visible(who)
    if q:
        found = found.where(col(Community.name).contains(q, autoescape=True) | col(Community.code).startswith(q))
    keys: list[Any] = [(col(Community.code), str), (col(Community.id), UUID)]
    page = paginate(s, found, paging, keys)
    return Page[CommunityRead](**{**page, "items": service.shown(s, page["items"])})


@own.post("/communities", status_code=201)
@html(form="communities/form.html", extra=pages.new_form, done=N_("社区已添加。"))
def create_community(s: SessionDep, who: CommunitiesCreate, data: CommunityCreate, response: Response) -> CommunityRead:
    """Add a community to a district."""
    community = service.create(s, who, data)
    response.headers["Location"] = f"/communities/{community.id}"
    return community


@own.get("/communities/{community_id}")
@html("communities/profile.html")
def read_community(
    s: SessionDep, who: CommunitiesRead, community_id: UUID, as_of: Annotated[AnyDate | None, Query()] = None
) -> CommunityProfile:
    """A community with its figures on a day (today): reported, computed from the register, and why they differ."""
    return service.profile(s, who, community_id, as_of)


@own.patch("/communities/{community_id}")
@html(form="communities/form.html", extra=pages.edit_form, done=N_("已保存。"))
def update_community(
    s: SessionDep, who: CommunitiesWrite, community_id: UUID, data: CommunityUpdate, if_match: IfMatch
) -> CommunityRead:
    """Change a community's facts."""
    return service.update(s, who, community_id, data, if_match)


router = APIRouter()
for part in (home_router, districts_router, own, reported_router, areas_router, staff_router, clients_router):
    router.routes.extend(part.routes)

add_nav(
    NavItem("/communities", N_("社区"), "building-2", "communities:read", 19, COMMUNITY, phone=True),
    NavItem("/grid-areas", N_("网格"), "map-pin", "communities:read", 65, COMMUNITY),
    NavItem("/users", N_("用户"), "user-round", "users:admin", 80, OFFICE),
    NavItem("/clients", N_("接口"), "lock", "clients:admin", 85, OFFICE),
)
