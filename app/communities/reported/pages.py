"""The forms of reported figures."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from app.accounts.permissions import CommunitiesWrite
from app.communities import service as communities
from app.communities.figures import FIGURES
from app.communities.reported import service
from app.communities.reported.schemas import ReportedFigureRead
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.schemas import FormPage

router = APIRouter(tags=["communities"])


def _common(view: View) -> dict[str, Any]:
    return {
        "community": communities.find(view.s, view.who, view.param("community_id")),
        "choices": [(f.key, _(f.label)) for f in FIGURES.values()],
        "labels": {f.key: _(f.label) for f in FIGURES.values()},
        "record": None,
    }


def listing(view: View) -> dict[str, Any]:
    return {**_common(view), "shares": {f.key for f in FIGURES.values() if f.is_share}}


def new_form(view: View) -> dict[str, Any]:
    return _common(view)


def edit_form(view: View) -> dict[str, Any]:
    record = service.find(view.s, view.who, view.param("community_id"), view.param("figure_id"))
    return {**_common(view), "record": record}


@router.get("/communities/{community_id}/figures/new")
@html("communities/figure_form.html", extra=new_form)
def show_new_figure(s: SessionDep, who: CommunitiesWrite, community_id: UUID) -> FormPage:
    """The form for a reported figure."""
    communities.find(s, who, community_id)
    return FormPage(action=f"/communities/{community_id}/figures")


@router.get("/communities/{community_id}/figures/{figure_id}/edit")
@html("communities/figure_form.html", extra=edit_form)
def show_edit_figure(s: SessionDep, who: CommunitiesWrite, community_id: UUID, figure_id: UUID) -> ReportedFigureRead:
    """The form to correct a reported figure."""
    return ReportedFigureRead.model_validate(service.find(s, who, community_id, figure_id))
