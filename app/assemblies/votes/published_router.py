"""What is published of votes: resolutions; and for everybody the file to recompute, and the receipts."""

from __future__ import annotations

from typing import Annotated, cast
from uuid import UUID

from fastapi import Query, Request, Response

from app.accounts.permissions import AssembliesRead
from app.assemblies.votes import bundle, reading
from app.assemblies.votes.schemas import ReceiptsRead, ResolutionRead
from app.assemblies.votes.shown import words
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, html
from app.core.i18n import gettext as _
from app.core.pagination import Page, PagingDep
from app.core.schemas import Search

router = APIRouter(tags=["votes"])
SearchText = Annotated[Search, Query(description="part of the number or the text")]


@router.get("/resolutions")
@html("votes/resolutions.html", extra=words)
def list_resolutions(s: SessionDep, who: AssembliesRead, paging: PagingDep, q: SearchText = "") -> Page[ResolutionRead]:
    """What was resolved, the latest first."""
    return cast(Page[ResolutionRead], reading.resolutions(s, who, q, paging))


@router.get("/resolutions/export", response_class=Response)
def export_resolutions(
    s: SessionDep,
    who: AssembliesRead,
    request: Request,
    q: SearchText = "",
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX."""
    answer = table_response(format, _("决议"), reading.resolution_columns(), reading.resolution_rows(s, who, q))
    note_export(database(request), who, "resolution", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/votes/{vote_id}/bundle.json", response_class=Response)
def read_vote_bundle(s: SessionDep, vote_id: UUID) -> Response:
    """The file from which anyone can recompute a declared vote."""
    return bundle.response(s, vote_id)


@router.get("/votes/{vote_id}/receipts")
@html("votes/receipts.html")
def read_vote_receipts(s: SessionDep, vote_id: UUID) -> ReceiptsRead:
    """The receipts of all counted ballots of a declared secret vote: whoever finds the own one knows it was counted."""
    return reading.receipts(s, vote_id)
