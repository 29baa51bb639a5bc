"""Reported figures: list, create, correct, delete."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from uuid import UUID

from fastapi import Request, Response
from sqlmodel import col

from app.accounts.permissions import CommunitiesRead, CommunitiesWrite
from app.communities.models import ReportedFigure
from app.communities.reported import pages, service
from app.communities.reported.schemas import ReportedFigureCreate, ReportedFigureRead, ReportedFigureUpdate
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(tags=["communities"])
router.routes.extend(pages.router.routes)
PATH = "/communities/{community_id}/figures"
_KEYS: list[Any] = [(col(ReportedFigure.as_of), date), (col(ReportedFigure.id), UUID)]


def _list_address(_data: object, request: Request) -> str:
    return f"/communities/{request.path_params['community_id']}/figures"


@router.get(PATH)
@html("communities/figures.html", extra=pages.listing)
def list_figures(
    s: SessionDep, who: CommunitiesRead, community_id: UUID, paging: PagingDep
) -> Page[ReportedFigureRead]:
    """Every figure that was reported, the latest first."""
    statement = service.visible(s, who, community_id)
    return cast(Page[ReportedFigureRead], paginate(s, statement, paging, _KEYS, descending=True))


@router.post(PATH, status_code=201)
@html(form="communities/figure_form.html", extra=pages.new_form, then=_list_address, done=N_("上报数已登记。"))
def create_figure(
    s: SessionDep, who: CommunitiesWrite, community_id: UUID, data: ReportedFigureCreate, response: Response
) -> ReportedFigureRead:
    """Record a figure as it was reported, with its date and source."""
    figure = service.create(s, who, community_id, data)
    response.headers["Location"] = f"/communities/{community_id}/figures/{figure.id}"
    return cast(ReportedFigureRead, figure)


@router.get(PATH + "/{figure_id}")
@html("communities/figure_form.html", extra=pages.edit_form)
def read_figure(s: SessionDep, who: CommunitiesRead, community_id: UUID, figure_id: UUID) -> ReportedFigureRead:
    """One reported figure."""
    return cast(ReportedFigureRead, service.find(s, who, community_id, figure_id))


@router.patch(PATH + "/{figure_id}")
@html(form="communities/figure_form.html", extra=pages.edit_form, then=_list_address, done=N_("已保存。"))
def update_figure(
    s: SessionDep,
    who: CommunitiesWrite,
    community_id: UUID,
    figure_id: UUID,
    data: ReportedFigureUpdate,
    if_match: IfMatch,
) -> ReportedFigureRead:
    """Correct a reported figure; the audit log keeps what it was."""
    return cast(ReportedFigureRead, service.update(s, who, community_id, figure_id, data, if_match))


@router.delete(PATH + "/{figure_id}", status_code=204)
@html(form="communities/figure_form.html", extra=pages.edit_form, then=_list_address, done=N_("上报数已删除。"))
def delete_figure(s: SessionDep, who: CommunitiesWrite, community_id: UUID, figure_id: UUID, if_match: IfMatch) -> None:
    """Delete a figure that was recorded by mistake."""
    service.delete(s, who, community_id, figure_id, if_match)
