"""Votes: setting one up, opening, closing, counting, declaring, voiding; and what is published of them."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Query, Request, Response

from app.accounts.permissions import AssembliesRead, AssembliesRun
from app.assemblies.votes import (
    audit_words,
    cast_router,
    counting,
    declaring,
    forms,
    links,
    opening,
    passes,
    published_router,
    reading,
    service,
)
from app.assemblies.votes.models import Method, State
from app.assemblies.votes.schemas import (
    CountEntry,
    Declaration,
    VoteBrief,
    VoteCreate,
    VoteForm,
    VoteRead,
    VoteUpdate,
    VoteVoid,
)
from app.assemblies.votes.shown import PAGE, again, here, words
from app.ballots import ending
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import ASSEMBLIES, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import LineOrEmpty, Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/votes", tags=["votes"])
_FORM = "votes/form.html"


def _filters(
    q: Annotated[Search, Query(description="part of the question, or the number of a resolution")] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    assembly_id: Annotated[Choice[UUID], Query()] = None,
    motion_id: Annotated[Choice[UUID], Query()] = None,
    state: Annotated[Choice[State], Query()] = None,
    method: Annotated[Choice[Method], Query()] = None,
    outcome: Annotated[Choice[LineOrEmpty], Query(description="carried, rejected, tied, not_valid")] = None,
) -> service.Filters:
    return service.Filters(q, community_id, assembly_id, motion_id, state, method, outcome)


FiltersDep = Annotated[service.Filters, Depends(_filters)]


@router.get("")
@html("votes/list.html", extra=words)
def list_votes(s: SessionDep, who: AssembliesRead, wanted: FiltersDep, paging: PagingDep) -> Page[VoteBrief]:
    """Votes, the latest first."""
    return cast(Page[VoteBrief], reading.page(s, who, wanted, paging))


@router.get("/export", response_class=Response)
def export_votes(
    s: SessionDep,
    who: AssembliesRead,
    wanted: FiltersDep,
    request: Request,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX."""
    answer = table_response(format, _("表决"), reading.columns(), reading.rows(s, who, wanted))
    note_export(database(request), who, "vote", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/new")
@html(_FORM, extra=words)
def new_vote(
    s: SessionDep,
    who: AssembliesRun,
    assembly_id: Annotated[Choice[UUID], Query()] = None,
    agenda_item_id: Annotated[Choice[UUID], Query()] = None,
    motion_id: Annotated[Choice[UUID], Query()] = None,
) -> VoteForm:
    """The form for a new vote."""
    return forms.new(s, who, assembly_id, agenda_item_id, motion_id)


@router.post("", status_code=201)
@html(form=_FORM, extra=words, current=forms.refused, done=N_("表决已建立，还没有开始。"))
def create_vote(
    s: SessionDep, who: AssembliesRun, data: VoteCreate, response: Response, idempotency_key: IdempotencyKey = None
) -> VoteRead:
    """Set up a vote; it opens by a step of its own."""
    made = service.create(s, who, data)
    response.headers["Location"] = f"/votes/{made.id}"
    return reading.one(s, who, made)


@router.get("/{vote_id}")
@html(PAGE, extra=words)
def read_vote(s: SessionDep, who: AssembliesRead, vote_id: UUID) -> VoteRead:
    """One vote: no figure of how people voted before it is closed."""
    return reading.one(s, who, service.get(s, who, vote_id))


@router.get("/{vote_id}/edit")
@html(_FORM, extra=words)
def edit_vote(s: SessionDep, who: AssembliesRun, vote_id: UUID) -> VoteForm:
    """The form to change a vote that is not open yet."""
    return forms.edit(s, who, service.get(s, who, vote_id))


def _edit_again(view: View) -> VoteForm:
    return forms.edit(view.s, view.who, service.get(view.s, view.who, view.param("vote_id")))


@router.put("/{vote_id}")
@html(form=_FORM, extra=words, current=_edit_again, then=here, done=N_("已保存。"))
def update_vote(s: SessionDep, who: AssembliesRun, vote_id: UUID, data: VoteUpdate, if_match: IfMatch) -> VoteRead:
    """Change what is voted on and how, before the vote opens."""
    return reading.one(s, who, service.update(s, who, vote_id, data, if_match))


@router.delete("/{vote_id}", status_code=204)
@html(form=PAGE, extra=words, current=again, then="/votes", done=N_("表决已删除。"))
def delete_vote(s: SessionDep, who: AssembliesRun, vote_id: UUID, if_match: IfMatch) -> None:
    """Delete a vote that never opened."""
    service.remove(s, who, vote_id, if_match)


@router.post("/{vote_id}/open")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("表决开始。"))
def open_vote(s: SessionDep, who: AssembliesRun, vote_id: UUID, idempotency_key: IdempotencyKey = None) -> VoteRead:
    """Open a vote: quorum is tested, rules and electorate are frozen; pressed twice it opens once."""
    return reading.one(s, who, opening.open_vote(s, who, vote_id))


@router.post("/{vote_id}/close")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("表决已截止。"))
def close_vote(request: Request, who: AssembliesRun, vote_id: UUID, idempotency_key: IdempotencyKey = None) -> VoteRead:
    """Close a vote and count what can be counted; pressed on two tablets it closes once."""
    return ending.ended(
        request,
        who,
        idempotency_key,
        lambda s: counting.close(s, who, vote_id),
        lambda s, closed: reading.one(s, who, service.get(s, who, closed)),
    )


@router.post("/{vote_id}/void")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("表决已作废。"))
def void_vote(
    request: Request, who: AssembliesRun, vote_id: UUID, data: VoteVoid, idempotency_key: IdempotencyKey = None
) -> VoteRead:
    """End a vote without a result, with a reason; ballots of an open secret vote are destroyed unread."""
    return ending.ended(
        request,
        who,
        idempotency_key,
        lambda s: service.void(s, who, vote_id, data.reason),
        lambda s, voided: reading.one(s, who, service.get(s, who, voided)),
    )


@router.post("/{vote_id}/counts", status_code=201)
@html(form=PAGE, extra=words, current=again, then=here, done=N_("计票已保存。"))
def enter_count(
    s: SessionDep, who: AssembliesRun, vote_id: UUID, data: CountEntry, idempotency_key: IdempotencyKey = None
) -> VoteRead:
    """Enter a count of hands or paper; a recount is a new one with a reason."""
    counting.enter(s, who, vote_id, data)
    return reading.one(s, who, service.get(s, who, vote_id))


@router.post("/{vote_id}/counts/confirm")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("计票已复核。"))
def confirm_count(s: SessionDep, who: AssembliesRun, vote_id: UUID, idempotency_key: IdempotencyKey = None) -> VoteRead:
    """Sign the count that stands, as the second person."""
    counting.confirm(s, who, vote_id)
    return reading.one(s, who, service.get(s, who, vote_id))


@router.post("/{vote_id}/declare")
@html(form=PAGE, extra=words, current=again, then=here, done=N_("结果已宣布。"))
def declare_vote(
    s: SessionDep,
    who: AssembliesRun,
    vote_id: UUID,
    data: Declaration | None = None,
    idempotency_key: IdempotencyKey = None,
) -> VoteRead:
    """Declare the result by the rules that the vote was opened under; it never changes afterwards."""
    return reading.one(s, who, declaring.declare(s, who, vote_id, data.text if data else ""))


router.routes.extend(cast_router.router.routes)
router.routes.extend(published_router.router.routes)
add_nav(
    NavItem("/votes", N_("表决"), "vote", "assemblies:read", 59, ASSEMBLIES),
    NavItem("/resolutions", N_("决议"), "file-text", "assemblies:read", 60, ASSEMBLIES),
)
audit_words.register()
passes.register()
links.register()
