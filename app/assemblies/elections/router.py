"""Elections: preparing one, its list of electors, its candidates, and what everybody may see of it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from sqlalchemy import Select
from sqlmodel import col

from app.accounts.permissions import AssembliesRead, AssembliesWrite
from app.assemblies.elections import audit_words, day_router, list_router, reading, service, shown
from app.assemblies.elections.models import Election, State
from app.assemblies.elections.schemas import (
    ElectionCreate,
    ElectionDetail,
    ElectionRead,
    ElectionUpdate,
    ReasonGiven,
)
from app.assemblies.elections.shown import PAGE
from app.assemblies.models import TermBody
from app.ballots.ending import ended
from app.core.apart import database
from app.core.clock import today
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ASSEMBLIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage, Search
from app.core.versions import IfMatch
from app.households.scope import Choice

own = APIRouter(prefix="/elections", tags=["elections"])


def _wanted(
    who: AssembliesRead,
    q: Annotated[Search, Query(description="part of the title")] = "",
    state: Annotated[Choice[State], Query()] = None,
    body: Annotated[Choice[TermBody], Query()] = None,
    assembly_id: Annotated[Choice[UUID], Query()] = None,
    community_id: Annotated[Choice[UUID], Query()] = None,
) -> Select[Election]:
    statement = service.visible(who)
    if q:
        statement = statement.where(col(Election.title).contains(q, autoescape=True))
    for column, value in (
        (col(Election.state), state),
        (col(Election.body), body),
        (col(Election.assembly_id), assembly_id),
        (col(Election.community_id), community_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    return statement


WantedDep = Annotated[Any, Depends(_wanted)]


@own.get("")
@html("elections/list.html", extra=shown.words)
def list_elections(s: SessionDep, who: AssembliesRead, wanted: WantedDep, paging: PagingDep) -> Page[ElectionRead]:
    """Elections, the latest first."""
    keys: list[Any] = [(col(Election.held_on), type(today())), (col(Election.id), UUID)]
    found = paginate(s, wanted, paging, keys, descending=True)
    return Page[ElectionRead](**{**found, "items": reading.many(s, found["items"])})


@own.get("/export", response_class=Response)
def export_elections(
    s: SessionDep,
    who: AssembliesRead,
    wanted: WantedDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    answer = table_response(format, _("选举"), reading.columns(), reading.rows(s, wanted))
    note_export(database(request), who, "election", who.community_id, format, request.query_params.keys())
    return answer


@own.get("/new")
@html("elections/form.html", extra=shown.form)
def show_election_form(s: SessionDep, who: AssembliesWrite) -> FormPage:
    """The form for a new election."""
    return FormPage(action="/elections")


@own.post("", status_code=201)
@html(form="elections/form.html", extra=shown.form, done=N_("选举已建立，下一步公布选民名单。"))
def create_election(
    s: SessionDep,
    who: AssembliesWrite,
    data: ElectionCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ElectionRead:
    """Prepares an election: which posts of which body, who elects, when, and by which ballots."""
    election = service.create(s, who, data)
    response.headers["Location"] = f"/elections/{election.id}"
    return reading.many(s, [election])[0]


@own.get("/{election_id}")
@html(PAGE, extra=shown.page)
def read_election(s: SessionDep, who: AssembliesRead, election_id: UUID) -> ElectionDetail:
    """An election with its candidates, counts and history; while people vote without any figure of a result."""
    return reading.one(s, who, service.find(s, who, election_id))


@own.get("/{election_id}/edit")
@html("elections/form.html", extra=shown.form)
def show_election_edit(s: SessionDep, who: AssembliesWrite, election_id: UUID) -> ElectionDetail:
    """The form that changes an election in preparation."""
    return reading.one(s, who, service.find(s, who, election_id))


@own.patch("/{election_id}")
@html(form="elections/form.html", extra=shown.form, current=shown.again, then=shown.here, done=N_("已保存。"))
def update_election(
    s: SessionDep, who: AssembliesWrite, election_id: UUID, data: ElectionUpdate, if_match: IfMatch
) -> ElectionRead:
    """Changes an election until its list of electors is published."""
    return reading.many(s, [service.update(s, who, election_id, data, if_match)])[0]


@own.post("/{election_id}/void")
@html(form=PAGE, extra=shown.page, current=shown.again, then=shown.here, done=N_("这次选举已作废。"))
def void_election(
    request: Request,
    who: AssembliesWrite,
    election_id: UUID,
    data: ReasonGiven,
    idempotency_key: IdempotencyKey = None,
) -> ElectionDetail:
    """Ends an election without a result, with a reason; ballots in an open box are destroyed unread."""
    return ended(
        request,
        who,
        idempotency_key,
        lambda s: service.void(s, who, election_id, data.reason),
        lambda s, done: reading.one(s, who, s.get_one(Election, done)),
    )


router = APIRouter()
for part in (own, list_router.router, day_router.router):  # flat: include_router would match every address twice
    router.routes.extend(part.routes)

add_nav(NavItem("/elections", N_("选举"), "vote", "assemblies:read", 58, ASSEMBLIES))
audit_words.register()
