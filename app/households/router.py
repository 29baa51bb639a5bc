"""Dwellings: the list with its search, one household's page, registering, changing and closing."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import HouseholdsRead, HouseholdsWrite
from app.communities.areas import service as areas
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import HOMES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import FormPage
from app.core.versions import IfMatch
from app.households import detail, listing, service
from app.households.buildings import service as buildings
from app.households.finding import Find, sent_on
from app.households.listing import FiltersDep
from app.households.panels import panels_for
from app.households.schemas import (
    HouseholdClose,
    HouseholdCreate,
    HouseholdDetail,
    HouseholdItem,
    HouseholdRead,
    HouseholdUpdate,
)
from app.households.scope import Choice
from app.households.words import CARE, GRAVE, RELATIONS, SEXES, TENURES, care_word, choices, translated

router = APIRouter(prefix="/households", tags=["households"])


def list_extra(view: View) -> dict[str, Any]:
    """Choices of the filters."""
    return {
        "areas": areas.choices(view.s, view.who),
        "buildings": buildings.choices(view.s, view.who),
        "tenures": choices(TENURES),
        "care": [("any", _("任何关爱类别")), ("elder", _("60 岁以上")), *choices(CARE)],
        "care_words": translated(CARE),
        "grave": {str(key) for key in GRAVE},
        "tenure_words": translated(TENURES),
    }


@router.get("")
@html("households/list.html", extra=list_extra)
def list_households(s: SessionDep, who: HouseholdsRead, wanted: FiltersDep, paging: PagingDep) -> Page[HouseholdItem]:
    """Households in walking order, with who lives there and what care they need."""
    return cast(Page[HouseholdItem], listing.page(s, who, wanted, paging))


@router.post("/find", status_code=303, response_class=Response)
def find_households(_who: HouseholdsRead, data: Find) -> Response:
    """Leads to the list that a search asks for; a whole number stays out of its address."""
    return sent_on("/households", data)


@router.get("/export", response_class=Response)
def export_households(
    s: SessionDep,
    who: HouseholdsRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("住户"), listing.columns(), listing.rows(s, who, wanted))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "household", who.community_id, format, request.query_params.keys())
    return answer


def form_extra(view: View) -> dict[str, Any]:
    return {"buildings": buildings.choices(view.s, view.who), "tenures": choices(TENURES)}


@router.get("/new")
@html("households/new.html", extra=form_extra)
def show_household_form(
    s: SessionDep, who: HouseholdsWrite, building_id: Annotated[Choice[UUID], Query()] = None
) -> FormPage:
    """The form for a new dwelling."""
    return FormPage(action="/households")


@router.post("", status_code=201)
@html(form="households/new.html", extra=form_extra, done=N_("住户已登记。"))
def create_household(s: SessionDep, who: HouseholdsWrite, data: HouseholdCreate, response: Response) -> HouseholdRead:
    """Registers a dwelling."""
    household = service.create(s, who, data)
    response.headers["Location"] = f"/households/{household.id}"
    return cast(HouseholdRead, household)


def page_extra(view: View) -> dict[str, Any]:
    """What the page of a household shows besides its data: the panels of higher rooms."""
    return {
        "panels": panels_for(view),
        "care_word": care_word,
        "grave": {str(key) for key in GRAVE},
        "sex_words": translated(SEXES),
        "relation_words": translated(RELATIONS),
        "tenure_words": translated(TENURES),
        "tenures": choices(TENURES),
    }


def current(view: View) -> HouseholdDetail:
    """The household beneath a refused form."""
    return detail.detail(view.s, view.who, view.param("household_id"))


@router.get("/{household_id}")
@html("households/household.html", extra=page_extra)
def read_household(s: SessionDep, who: HouseholdsRead, household_id: UUID) -> HouseholdDetail:
    """One household: who lives there, what care they need, who left, how the dwelling was used."""
    return detail.detail(s, who, household_id)


@router.get("/{household_id}/edit")
@html("households/edit.html", extra=form_extra)
def show_household_edit(s: SessionDep, who: HouseholdsWrite, household_id: UUID) -> HouseholdDetail:
    """The form that changes a dwelling."""
    return detail.detail(s, who, household_id)


def _to_page(_data: Any, request: Request) -> str:
    return f"/households/{request.path_params['household_id']}"


@router.patch("/{household_id}")
@html(form="households/edit.html", extra=form_extra, current=current, then=_to_page, done=N_("住户信息已保存。"))
def update_household(
    s: SessionDep, who: HouseholdsWrite, household_id: UUID, data: HouseholdUpdate, if_match: IfMatch
) -> HouseholdRead:
    """Changes a dwelling; a change of tenure begins a new period."""
    return cast(HouseholdRead, service.update(s, who, household_id, data, if_match))


@router.put("/{household_id}/closing")
@html(
    form="households/household.html",
    extra=page_extra,
    current=current,
    then=_to_page,
    done=N_("这一户已注销，历史仍可查看。"),
)
def close_household(
    s: SessionDep, who: HouseholdsWrite, household_id: UUID, data: HouseholdClose, if_match: IfMatch
) -> HouseholdRead:
    """Takes a dwelling out of the register; refused while somebody lives there."""
    return cast(HouseholdRead, service.close(s, who, household_id, data.closed_on, if_match))


@router.delete("/{household_id}/closing")
@html(
    form="households/household.html",
    extra=page_extra,
    current=current,
    then=_to_page,
    done=N_("这一户已恢复。"),
)
def reopen_household(s: SessionDep, who: HouseholdsWrite, household_id: UUID, if_match: IfMatch) -> HouseholdRead:
    """Puts a closed dwelling back into the register."""
    return cast(HouseholdRead, service.reopen(s, who, household_id, if_match))


add_nav(NavItem("/households", N_("住户"), "house", "households:read", 20, HOMES, phone=True))
