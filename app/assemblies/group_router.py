"""Residents' groups: the list, adding, changing, deleting those that never elected anybody."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from app.accounts.permissions import RostersRead, RostersWrite
from app.assemblies import service, shown
from app.assemblies.models import ResidentsGroup
from app.assemblies.schemas import GroupCreate, GroupRead, GroupUpdate
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage
from app.core.versions import IfMatch

router = APIRouter(prefix="/residents-groups", tags=["assemblies"])


def new_extra(_view: View) -> dict[str, Any]:
    return {"record": None}


def edit_extra(view: View) -> dict[str, Any]:
    return {"record": service.find_group(view.s, view.who, view.param("residents_group_id"))}


@router.get("")
@html("assemblies/groups.html")
def list_residents_groups(s: SessionDep, who: RostersRead, paging: PagingDep) -> Page[GroupRead]:
    """Residents' groups within reach, by number, with those who sit for them."""
    keys: list[Any] = [
        (col(ResidentsGroup.community_id), UUID),
        (col(ResidentsGroup.number), int),
        (col(ResidentsGroup.id), UUID),
    ]
    page = paginate(s, service.groups(who), paging, keys)
    return Page[GroupRead](**{**page, "items": shown.groups(s, page["items"])})


@router.get("/new")
@html("assemblies/group_form.html", extra=new_extra)
def show_group_form(who: RostersWrite) -> FormPage:
    """The form for a new residents' group."""
    return FormPage(action="/residents-groups")


@router.post("", status_code=201)
@html(form="assemblies/group_form.html", extra=new_extra, then="/residents-groups", done=N_("居民小组已添加。"))
def create_residents_group(s: SessionDep, who: RostersWrite, data: GroupCreate, response: Response) -> GroupRead:
    """Adds a residents' group."""
    group = service.create_group(s, who, data)
    response.headers["Location"] = f"/residents-groups/{group.id}"
    return shown.groups(s, [group])[0]


@router.get("/{residents_group_id}")
@html("assemblies/group.html")
def read_residents_group(s: SessionDep, who: RostersRead, residents_group_id: UUID) -> GroupRead:
    """One residents' group."""
    return shown.groups(s, [service.find_group(s, who, residents_group_id)])[0]


@router.get("/{residents_group_id}/edit")
@html("assemblies/group_form.html", extra=edit_extra)
def show_group_edit(s: SessionDep, who: RostersWrite, residents_group_id: UUID) -> GroupRead:
    """The form that changes a residents' group."""
    return shown.groups(s, [service.find_group(s, who, residents_group_id)])[0]


@router.patch("/{residents_group_id}")
@html(form="assemblies/group_form.html", extra=edit_extra, then="/residents-groups", done=N_("已保存。"))
def update_residents_group(
    s: SessionDep, who: RostersWrite, residents_group_id: UUID, data: GroupUpdate, if_match: IfMatch
) -> GroupRead:
    """Changes a residents' group."""
    return shown.groups(s, [service.update_group(s, who, residents_group_id, data, if_match)])[0]


@router.delete("/{residents_group_id}", status_code=204)
@html(form="assemblies/group_form.html", extra=edit_extra, then="/residents-groups", done=N_("居民小组已删除。"))
def delete_residents_group(s: SessionDep, who: RostersWrite, residents_group_id: UUID, if_match: IfMatch) -> None:
    """Deletes a residents' group that never elected anybody."""
    service.remove_group(s, who, residents_group_id, if_match)
