"""The forms of grid areas."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.permissions import AreasWrite
from app.communities.areas import service
from app.communities.areas.schemas import GridAreaDetail
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage

router = APIRouter(tags=["grid areas"])


def new_form(_view: View) -> dict[str, Any]:
    return {"record": None}


def edit_form(view: View) -> dict[str, Any]:
    return {"record": service.find(view.s, view.who, view.param("grid_area_id"))}


def detail(view: View) -> GridAreaDetail:
    return service.detail(view.s, view.who, view.param("grid_area_id"))


def detail_extra(view: View) -> dict[str, Any]:
    area = service.find(view.s, view.who, view.param("grid_area_id"))
    return {"workers": service.workers(view.s, area) if view.who.may("areas:write") else []}


@router.get("/grid-areas/new")
@html("communities/area_form.html", extra=new_form)
def show_new_area(who: AreasWrite) -> FormPage:
    """The form for a new grid area."""
    return FormPage(action="/grid-areas")


@router.get("/grid-areas/{grid_area_id}/edit")
@html("communities/area_form.html", extra=edit_form)
def show_edit_area(s: SessionDep, who: AreasWrite, grid_area_id: UUID) -> GridAreaDetail:
    """The form to change a grid area."""
    return service.detail(s, who, grid_area_id)
