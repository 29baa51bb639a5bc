"""Requests for relief and condolence visits: the list, reporting a need, the page of a request."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import FundRead, FundWrite
from app.assistance.fund import listing, reading, relief, shown, states
from app.assistance.fund.listing import ReliefFiltersDep
from app.assistance.fund.models import ReliefKind
from app.assistance.fund.schemas import ReliefCreate, ReliefDetail, ReliefRead, ReliefUpdate
from app.assistance.fund.words import RELIEFS, choices
from app.core.clock import now
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage
from app.core.versions import IfMatch
from app.households import service as households
from app.households.models import Household

router = APIRouter(prefix="/fund/relief", tags=["fund"])


def _list_extra(view: View) -> dict[str, Any]:
    return {
        **shown.places(view),
        "kinds": choices(RELIEFS),
        "states": [(str(state), states.label(state)) for state in states.LABELS],
    }


@router.get("")
@html("fund/reliefs.html", extra=_list_extra)
def list_reliefs(s: SessionDep, who: FundRead, filters: ReliefFiltersDep, paging: PagingDep) -> Page[ReliefRead]:
    """Requests, the newest first; a worker sees those of the own grid areas."""
    statement = filters.narrow(relief.visible(who), who)
    found = paginate(s, statement, paging, listing.RELIEF_KEYS, descending=True)
    return cast(Page[ReliefRead], {**found, "items": reading.reliefs(s, who, found["items"])})


@router.get("/export", response_class=Response)
def export_reliefs(
    s: SessionDep,
    who: FundRead,
    filters: ReliefFiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    rows = listing.relief_rows(s, who, filters)
    answer = table_response(format, _("救助和慰问"), listing.relief_columns(), rows)
    db = cast(Database, request.app.state.db)
    note_export(db, who, "fund_relief", who.community_id, format, request.query_params.keys())
    return answer


def _form_extra(view: View) -> dict[str, Any]:
    """Choices, and the household and the case that the form was opened for."""
    asked = {**view.request.query_params, **view.values}
    room = ""
    if asked.get("household_id"):
        wanted = households.visible(view.who).where(col(Household.id) == _uuid(str(asked["household_id"])))
        home = view.s.scalars(wanted).one_or_none()
        room = home.label if home else ""
    kinds = choices(RELIEFS)
    return {**shown.places(view), "kinds": kinds, "room": room, "case_id": str(asked.get("case_id") or "")}


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


@router.get("/new")
@html("fund/relief_form.html", extra=_form_extra)
def show_relief_form(
    s: SessionDep,
    who: FundWrite,
    kind: Annotated[ReliefKind, Query()] = ReliefKind.relief,
    household_id: Annotated[UUID | None, Query()] = None,
    case_id: Annotated[UUID | None, Query()] = None,
) -> FormPage:
    """The form for a new request, perhaps for a household or a case."""
    return FormPage(action="/fund/relief")


@router.post("", status_code=201)
@html(form="fund/relief_form.html", extra=_form_extra, done=N_("已上报。下一步由经办人提交申请。"))
def create_relief(
    s: SessionDep, who: FundWrite, data: ReliefCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> ReliefDetail:
    """Reports a need of a household, or a condolence visit."""
    found = relief.report(s, who, data, now())
    response.headers["Location"] = f"/fund/relief/{found.id}"
    return reading.relief(s, who, found)


@router.get("/{relief_id}")
@html("fund/relief.html", extra=shown.relief_extra)
def read_relief(s: SessionDep, who: FundRead, relief_id: UUID) -> ReliefDetail:
    """A request with its whole course."""
    return shown.request(s, who, relief_id)


@router.get("/{relief_id}/slip")
@html("fund/slip.html", extra=shown.relief_extra)
def show_relief_slip(s: SessionDep, who: FundWrite, relief_id: UUID) -> ReliefDetail:
    """The slip that the recipient signs, to be printed."""
    return shown.request(s, who, relief_id)


@router.get("/{relief_id}/edit")
@html("fund/relief_edit.html", extra=shown.relief_extra)
def show_relief_edit(s: SessionDep, who: FundWrite, relief_id: UUID) -> ReliefDetail:
    """The form that changes a request."""
    return shown.request(s, who, relief_id)


@router.patch("/{relief_id}")
@html(
    form="fund/relief_edit.html",
    extra=shown.relief_extra,
    current=shown.current_relief,
    then=shown.home,
    done=N_("已保存。"),
)
def update_relief(
    s: SessionDep, who: FundWrite, relief_id: UUID, data: ReliefUpdate, if_match: IfMatch
) -> ReliefDetail:
    """Changes a request that nobody has checked yet."""
    return reading.relief(s, who, relief.update(s, who, relief_id, data, if_match))
