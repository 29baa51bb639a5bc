"""Voting in the open: one's own phone, the clerk's list, owners' ballots; and the slips of a secret vote."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import AssembliesRead, AssembliesRun, VotesCast
from app.assemblies.votes import casting, opening, panels, reading, service
from app.assemblies.votes.schemas import Cast, CastRead, ElectorRead, OwnVotes, Slips, Tap, TapCorrection
from app.assemblies.votes.shown import PAGE, again, back_to_list, back_to_own, words
from app.core import qr
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import Group, NavItem, add_nav
from app.core.pagination import Page, PagingDep
from app.core.schemas import Search
from app.core.versions import IfMatch

router = APIRouter(tags=["votes"])
_MINE, _ELECTORS, _SLIPS = "votes/mine.html", "votes/electors.html", "votes/slips.html"
SearchName = Annotated[Search, Query(description="part of a name, or of a dwelling's label")]


@router.get("/my-votes")
@html(_MINE, extra=words)
def list_own_votes(s: SessionDep, who: VotesCast) -> OwnVotes:
    """Open votes that ask the holder of a seat, and the latest results."""
    return panels.own(s, who)


def _mine_again(view: View) -> OwnVotes:
    return panels.own(view.s, view.who)


@router.post("/votes/{vote_id}/cast")
@html(form=_MINE, extra=words, current=_mine_again, then=back_to_own, done=N_("已表决。"))
def cast_vote(
    s: SessionDep, who: VotesCast, vote_id: UUID, data: Cast, idempotency_key: IdempotencyKey = None
) -> CastRead:
    """One's own vote in a roll call; the same press again changes nothing, another choice is refused."""
    return cast(CastRead, casting.cast(s, who, vote_id, data))


def _vote_words(view: View) -> dict[str, object]:
    vote = service.get(view.s, view.who, view.param("vote_id"))
    return {**words(view), "vote": reading.one(view.s, view.who, vote)}


@router.get("/votes/{vote_id}/electors")
@html(_ELECTORS, extra=_vote_words)
def list_electors(
    s: SessionDep, who: AssembliesRead, vote_id: UUID, paging: PagingDep, q: SearchName = ""
) -> Page[ElectorRead]:
    """The electorate as it was frozen at opening; in a named vote with what each said."""
    return cast(Page[ElectorRead], reading.electors(s, who, vote_id, q, paging))


@router.get("/votes/{vote_id}/electors/export", response_class=Response)
def export_electors(
    s: SessionDep,
    who: AssembliesRead,
    vote_id: UUID,
    request: Request,
    q: SearchName = "",
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX."""
    rows = reading.elector_rows(s, who, vote_id, q)
    answer = table_response(format, _("表决名单"), reading.elector_columns(), list(rows))
    note_export(database(request), who, "vote_elector", who.community_id, format, request.query_params.keys())
    return answer


@router.post("/votes/{vote_id}/electors/{vote_elector_id}")
@html(form=PAGE, extra=words, current=again, then=back_to_list)
def tap_vote(
    s: SessionDep,
    who: AssembliesRun,
    vote_id: UUID,
    vote_elector_id: UUID,
    data: Tap,
    idempotency_key: IdempotencyKey = None,
) -> CastRead:
    """What the clerk heard in a roll call, or read on an owner's ballot."""
    return cast(CastRead, casting.tap(s, who, vote_id, vote_elector_id, data.choice))


@router.put("/votes/{vote_id}/electors/{vote_elector_id}")
@html(form=PAGE, extra=words, current=again, then=back_to_list, done=N_("已更正。"))
def correct_tap(
    s: SessionDep, who: AssembliesRun, vote_id: UUID, vote_elector_id: UUID, data: TapCorrection, if_match: IfMatch
) -> CastRead:
    """Correct what a clerk tapped wrongly, with a reason, before the result is declared."""
    made = casting.correct(s, who, vote_id, vote_elector_id, data.choice, data.reason, if_match)
    return cast(CastRead, made)


@router.get("/votes/{vote_id}/slips")
@html(_SLIPS)
def read_slips(s: SessionDep, who: AssembliesRun, vote_id: UUID) -> Slips:
    """What would be printed for a secret vote by passes, and who was present to draw a slip."""
    return opening.slips_of(s, service.get(s, who, vote_id))


def _slips_again(view: View) -> Slips:
    return opening.slips_of(view.s, service.get(view.s, view.who, view.param("vote_id")))


@router.post("/votes/{vote_id}/slips")
@html(form=_SLIPS, current=_slips_again, shows=_SLIPS)
def print_slips(s: SessionDep, who: AssembliesRun, request: Request, vote_id: UUID) -> Slips:
    """New slips for everybody present, seen this once; earlier ones become void."""
    return opening.make_slips(s, who, vote_id, qr.base(request))


add_nav(NavItem("/my-votes", N_("我的表决"), "vote", "votes:cast", 13, Group.daily, phone=True))
