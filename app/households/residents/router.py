"""Residents: the list with its search, one person's page, registering, changing, revealing, counting."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import ResidentsRead, ResidentsWrite
from app.communities.areas import service as areas
from app.core.clock import today
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import HOMES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import AnyDate
from app.core.versions import IfMatch
from app.households import detail as households
from app.households import service as dwellings
from app.households.buildings import service as buildings
from app.households.finding import Find, sent_on
from app.households.residents import detail, duplicates, listing, service
from app.households.residents.listing import FiltersDep
from app.households.residents.schemas import (
    Counts,
    DuplicateGroup,
    ResidentCreate,
    ResidentItem,
    ResidentRead,
    ResidentUpdate,
)
from app.households.schemas import HouseholdDetail
from app.households.scope import Choice
from app.households.words import (
    CARE,
    DISABILITIES,
    EDUCATIONS,
    GRAVE,
    RELATIONS,
    SEXES,
    care_word,
    choices,
    translated,
)

router = APIRouter(tags=["residents"])


def list_extra(view: View) -> dict[str, Any]:
    return {
        "areas": areas.choices(view.s, view.who),
        "buildings": buildings.choices(view.s, view.who),
        "care": [("any", _("任何关爱类别")), ("elder", _("60 岁以上")), *choices(CARE)],
        "states": [("living", _("在住")), ("left", _("已迁出")), ("died", _("已去世")), ("all", _("全部"))],
        "sexes": choices(SEXES),
        "care_words": translated(CARE),
        "sex_words": translated(SEXES),
        "relation_words": translated(RELATIONS),
        "grave": {str(key) for key in GRAVE},
    }


@router.get("/residents")
@html("residents/list.html", extra=list_extra)
def list_residents(s: SessionDep, who: ResidentsRead, wanted: FiltersDep, paging: PagingDep) -> Page[ResidentItem]:
    """Residents in the order of pinyin; phones are masked."""
    return cast(Page[ResidentItem], listing.page(s, who, wanted, paging))


@router.post("/residents/find", status_code=303, response_class=Response)
def find_residents(_who: ResidentsRead, data: Find) -> Response:
    """Leads to the list that a search asks for; a whole number stays out of its address."""
    return sent_on("/residents", data)


@router.get("/residents/export", response_class=Response)
def export_residents(
    s: SessionDep,
    who: ResidentsRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it and masked the same way, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("居民"), listing.columns(), listing.rows(s, who, wanted))
    db = cast(Database, request.app.state.db)
    note_export(db, who, "resident", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/residents/counts")
@html("residents/counts.html")
def count_residents(s: SessionDep, who: ResidentsRead, as_of: Annotated[Choice[AnyDate], Query()] = None) -> Counts:
    """How many people lived here on a day, and in which grid area."""
    return Counts.model_validate(listing.counts(s, who, as_of or today()))


def duplicates_extra(view: View) -> dict[str, Any]:
    kinds = {
        "same_id_number": _("身份证号相同"),
        "same_name_birth": _("姓名和出生日期相同"),
        "similar": _("读音和出生日期相同"),
    }
    return {"kinds": kinds, "sex_words": translated(SEXES)}


@router.get("/residents/duplicates")
@html("residents/duplicates.html", extra=duplicates_extra)
def list_duplicates(
    s: SessionDep, who: ResidentsRead, kind: Annotated[Choice[duplicates.Kind], Query()] = None
) -> Page[DuplicateGroup]:
    """Records that may be of one person, at most a hundred groups of each kind; the surest first."""
    found = duplicates.groups(s, who, (kind,) if kind else duplicates.KINDS)
    return cast(Page[DuplicateGroup], {"items": found, "total": len(found)})


def create_extra(_view: View) -> dict[str, Any]:
    return {"sexes": choices(SEXES), "educations": choices(EDUCATIONS), "relations": choices(RELATIONS)}


def home(view: View) -> HouseholdDetail:
    """The household beneath a refused form."""
    return households.detail(view.s, view.who, view.param("household_id"))


@router.get("/households/{household_id}/residents/new")
@html("residents/new.html", extra=create_extra)
def show_resident_form(s: SessionDep, who: ResidentsWrite, household_id: UUID) -> HouseholdDetail:
    """The form for somebody who moves in."""
    return households.detail(s, who, household_id)


def _to_home(_data: Any, request: Request) -> str:
    return f"/households/{request.path_params['household_id']}"


@router.post("/households/{household_id}/residents", status_code=201)
@html(form="residents/new.html", extra=create_extra, current=home, then=_to_home, done=N_("居民已登记。"))
def create_resident(
    s: SessionDep, who: ResidentsWrite, household_id: UUID, data: ResidentCreate, response: Response
) -> ResidentRead:
    """Registers somebody who lives in this household."""
    household = dwellings.get(s, who, household_id)
    resident = service.create_resident(s, who, household, data)
    response.headers["Location"] = f"/residents/{resident.id}"
    return detail.of(s, who, resident)


def page_extra(view: View) -> dict[str, Any]:
    """Words and choices of a person's page."""
    return {
        **create_extra(view),
        "care_choices": choices(CARE),
        "disabilities": choices(DISABILITIES),
        "care_word": care_word,
        "sex_words": translated(SEXES),
        "education_words": translated(EDUCATIONS),
        "relation_words": translated(RELATIONS),
        "grave": {str(key) for key in GRAVE},
    }


def current(view: View) -> ResidentRead:
    """The person beneath a refused form."""
    return detail.detail(view.s, view.who, view.param("resident_id"))


@router.get("/residents/{resident_id}")
@html("residents/resident.html", extra=page_extra)
def read_resident(s: SessionDep, who: ResidentsRead, resident_id: UUID) -> ResidentRead:
    """One person. The id of a merged duplicate answers with the record that lives on."""
    return detail.detail(s, who, resident_id)


@router.get("/residents/{resident_id}/edit")
@html("residents/edit.html", extra=page_extra)
def show_resident_edit(s: SessionDep, who: ResidentsWrite, resident_id: UUID) -> ResidentRead:
    """The form that changes a person's particulars."""
    return detail.detail(s, who, resident_id)


def to_page(_data: Any, request: Request) -> str:
    return f"/residents/{request.path_params['resident_id']}"


@router.patch("/residents/{resident_id}")
@html(form="residents/edit.html", extra=page_extra, current=current, then=to_page, done=N_("居民信息已保存。"))
def update_resident(
    s: SessionDep, who: ResidentsWrite, resident_id: UUID, data: ResidentUpdate, if_match: IfMatch
) -> ResidentRead:
    """Changes what is named. An identity number or phone stays unless a new one is sent or `forget` names it."""
    return detail.of(s, who, service.update(s, who, resident_id, data, if_match))


add_nav(NavItem("/residents", N_("居民"), "users", "residents:read", 22, HOMES))
