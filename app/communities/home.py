"""The way in: everybody's first page is the one with their work."""

from __future__ import annotations

from fastapi import Request

from app.accounts.permissions import AnyoneAtAll, Principal
from app.core.answers import redirect
from app.core.hypermedia import APIRouter, html
from app.core.negotiation import wants_html
from app.core.schemas import Read

router = APIRouter(tags=["account"])


class Index(Read):
    """Where things are."""

    me: str = "/api/v1/me"
    communities: str = "/api/v1/communities"
    grid_areas: str = "/api/v1/grid-areas"
    audit_head: str = "/api/v1/audit/head"
    health: str = "/healthz"
    openapi: str = "/api/v1/openapi.json"
    docs: str = "/api/v1/docs"


def first_page(who: Principal | None) -> str:
    """Today for a worker, their community for others of a community, all communities for the rest."""
    if who is None:
        return "/sign-in"
    if who.restricted:
        return "/account"
    if who.role == "worker":
        return "/today"
    return f"/communities/{who.community_id}" if who.community_id else "/communities"


@router.get("/")
@html()
def read_index(request: Request, who: AnyoneAtAll) -> Index:
    """Links to begin with; a browser is sent to the first page of whoever asks."""
    if wants_html(request):
        return redirect(request, first_page(who))  # type: ignore[return-value]
    return Index()
