"""Party branches of a community: the list, founding, changing, dissolving."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from app.accounts.permissions import MembersRead, MembersWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage
from app.core.versions import IfMatch
from app.members import listing, service
from app.members.models import Branch
from app.members.schemas import BranchCreate, BranchRead, BranchUpdate

router = APIRouter(prefix="/branches", tags=["members"])


def new_extra(_view: View) -> dict[str, Any]:
    return {"record": None}


def edit_extra(view: View) -> dict[str, Any]:
    return {"record": service.find_branch(view.s, view.who, view.param("branch_id"))}


@router.get("")
@html("members/branches.html")
def list_branches(s: SessionDep, who: MembersRead, paging: PagingDep) -> Page[BranchRead]:
    """Branches within reach, with their members counted today."""
    keys: list[Any] = [(col(Branch.community_id), UUID), (col(Branch.id), UUID)]
    page = paginate(s, service.branches(who), paging, keys)
    return Page[BranchRead](**{**page, "items": listing.branches(s, page["items"])})


@router.get("/new")
@html("members/branch_form.html", extra=new_extra)
def show_branch_form(who: MembersWrite) -> FormPage:
    """The form for a new branch."""
    return FormPage(action="/branches")


@router.post("", status_code=201)
@html(form="members/branch_form.html", extra=new_extra, then="/branches", done=N_("支部已登记。"))
def create_branch(s: SessionDep, who: MembersWrite, data: BranchCreate, response: Response) -> BranchRead:
    """Registers a branch."""
    branch = service.create_branch(s, who, data)
    response.headers["Location"] = f"/branches/{branch.id}"
    return listing.branches(s, [branch])[0]


@router.get("/{branch_id}")
@html("members/branch.html")
def read_branch(s: SessionDep, who: MembersRead, branch_id: UUID) -> BranchRead:
    """One branch."""
    return listing.branches(s, [service.find_branch(s, who, branch_id)])[0]


@router.get("/{branch_id}/edit")
@html("members/branch_form.html", extra=edit_extra)
def show_branch_edit(s: SessionDep, who: MembersWrite, branch_id: UUID) -> BranchRead:
    """The form that changes or dissolves a branch."""
    return listing.branches(s, [service.find_branch(s, who, branch_id)])[0]


@router.patch("/{branch_id}")
@html(form="members/branch_form.html", extra=edit_extra, then="/branches", done=N_("已保存。"))
def update_branch(
    s: SessionDep, who: MembersWrite, branch_id: UUID, data: BranchUpdate, if_match: IfMatch
) -> BranchRead:
    """Changes a branch; one to which nobody belongs may be dissolved."""
    return listing.branches(s, [service.update_branch(s, who, branch_id, data, if_match)])[0]
