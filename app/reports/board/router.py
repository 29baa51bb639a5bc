"""The public board: no sign-in, and everything on it leads to its proof."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query

from app.accounts.permissions import AnyoneAtAll
from app.assemblies import words as posts
from app.assemblies.documents import words as documents
from app.assemblies.rules import words as rules
from app.core import qr
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import gettext as _
from app.core.pagination import PagingDep
from app.core.schemas import Code, Search
from app.projects import words as projects
from app.reports.board import service
from app.reports.board.schemas import BoardRead, DecisionsPage

router = APIRouter(prefix="/board/{community_code}", tags=["board"])
CommunityCode = Annotated[Code, Path(description="statistical code")]


def _words(view: View) -> dict[str, Any]:
    here = f"{qr.base(view.request)}/board/{view.request.path_params['community_code']}"
    return {
        **projects.words(view),
        "bodies": {str(key): _(text) for key, text in posts.BODIES.items()},
        "posts": {str(key): _(text) for key, text in posts.POSTS.items()},
        "outcomes": {str(key): _(text) for key, text in rules.OUTCOMES.items()},
        "kinds": {str(key): _(text) for key, text in documents.KINDS.items()},
        "address": here,
        "code": qr.picture(here),
    }


@router.get("")
@html("reports/board.html", extra=_words)
def read_board(s: SessionDep, who: AnyoneAtAll, community_code: CommunityCode) -> BoardRead:
    """The public board of a community."""
    return service.board(s, community_code)


@router.get("/decisions")
@html("reports/decisions.html", extra=_words)
def list_public_decisions(
    s: SessionDep,
    who: AnyoneAtAll,
    community_code: CommunityCode,
    paging: PagingDep,
    q: Annotated[Search, Query(description="part of the question, the text or the number")] = "",
) -> DecisionsPage:
    """What a community put to a vote, with the rule that decided it and the project that came of it."""
    return service.decisions(s, community_code, q, paging)
