"""The forms of communities."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.permissions import CommunitiesCreate, CommunitiesWrite
from app.communities import service
from app.communities.districts import service as districts
from app.communities.schemas import CommunityRead
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage

router = APIRouter(tags=["communities"])


def new_form(view: View) -> dict[str, Any]:
    return {"record": None, "districts": districts.choices(view.s, view.who)}


def edit_form(view: View) -> dict[str, Any]:
    return {"record": service.find(view.s, view.who, view.param("community_id")), "districts": []}


@router.get("/communities/new")
@html("communities/form.html", extra=new_form)
def show_new_community(s: SessionDep, who: CommunitiesCreate) -> FormPage:
    """The form for a new community."""
    return FormPage(action="/communities")


@router.get("/communities/{community_id}/edit")
@html("communities/form.html", extra=edit_form)
def show_edit_community(s: SessionDep, who: CommunitiesWrite, community_id: UUID) -> CommunityRead:
    """The form to change a community."""
    return service.shown(s, [service.find(s, who, community_id)])[0]
