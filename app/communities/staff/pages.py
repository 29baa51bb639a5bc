"""The forms of user administration."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import col

from app.accounts.permissions import ROLE_LABELS, UsersAdmin
from app.communities import service as communities
from app.communities.areas import service as areas
from app.communities.districts import service as districts
from app.communities.models import GridArea
from app.communities.staff import service
from app.communities.staff.schemas import UserRead
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.schemas import FormPage

router = APIRouter(tags=["users"])


def role_choices(view: View) -> list[tuple[str, str]]:
    return [(role.value, _(ROLE_LABELS[role])) for role in service.roles_for(view.who)]


def listing(view: View) -> dict[str, Any]:
    return {"roles": role_choices(view)}


def new_form(view: View) -> dict[str, Any]:
    """An administrator chooses the community first; grid areas are given to a worker afterwards."""
    is_admin = view.who.role == "admin"
    return {
        "record": None,
        "roles": role_choices(view),
        "communities": communities.choices(view.s, view.who) if is_admin else [],
        "districts": districts.choices(view.s, view.who) if is_admin else [],
        "areas": [] if is_admin else areas.choices(view.s, view.who),
    }


def edit_form(view: View) -> dict[str, Any]:
    user = service.find(view.s, view.who, view.param("user_id"))
    of_community = []
    if user.community_id is not None:
        rows = view.s.scalars(areas.visible(view.who).where(col(GridArea.community_id) == user.community_id))
        of_community = [(area.id, area.name) for area in rows]
    return {**new_form(view), "record": service.shown(view.s, [user])[0], "areas": of_community}


def current(view: View) -> UserRead:
    return service.shown(view.s, [service.find(view.s, view.who, view.param("user_id"))])[0]


@router.get("/users/new")
@html("communities/user_form.html", extra=new_form)
def show_new_user(s: SessionDep, who: UsersAdmin) -> FormPage:
    """The form for a new account."""
    return FormPage(action="/users")


@router.get("/users/{user_id}/edit")
@html("communities/user_form.html", extra=edit_form)
def show_edit_user(s: SessionDep, who: UsersAdmin, user_id: UUID) -> UserRead:
    """The form to change an account."""
    return service.shown(s, [service.find(s, who, user_id)])[0]
