"""The forms of districts."""

from __future__ import annotations

from typing import Any

from app.accounts.permissions import CommunitiesCreate
from app.communities.districts import service
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage

router = APIRouter(tags=["districts"])


def new_form(_view: View) -> dict[str, Any]:
    return {"record": None}


def edit_form(view: View) -> dict[str, Any]:
    return {"record": service.read(view.s, view.who, view.param("district_id"))}


@router.get("/districts/new")
@html("communities/district_form.html", extra=new_form)
def show_new_district(who: CommunitiesCreate) -> FormPage:
    """The form for a new district."""
    return FormPage(action="/districts")
