"""API clients: list, create, revoke."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response
from sqlmodel import col

from app.accounts.models import ApiClient
from app.accounts.permissions import ClientsAdmin
from app.communities.clients import pages, service
from app.communities.clients.schemas import ApiClientCreate, ApiClientRead, ApiClientToken
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.pagination import Page, PagingDep, paginate

router = APIRouter(tags=["clients"])
router.routes.extend(pages.router.routes)


@router.get("/clients")
@html("communities/clients.html", extra=pages.labels)
def list_clients(s: SessionDep, who: ClientsAdmin, paging: PagingDep) -> Page[ApiClientRead]:
    """Every API client, the latest first."""
    keys: list[Any] = [(col(ApiClient.id), UUID)]
    page = paginate(s, service.visible(who), paging, keys, descending=True)
    return Page[ApiClientRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/clients", status_code=201)
@html(form="communities/client_form.html", extra=pages.new_form, shows="communities/client_token.html")
def create_client(s: SessionDep, who: ClientsAdmin, data: ApiClientCreate, response: Response) -> ApiClientToken:
    """Make a client; the answer holds its token, this once."""
    made = service.create(s, data)
    response.headers["Location"] = f"/clients/{made.id}"
    return made


@router.get("/clients/{client_id}")
@html("communities/client.html", extra=pages.labels)
def read_client(s: SessionDep, who: ClientsAdmin, client_id: UUID) -> ApiClientRead:
    """One API client."""
    return service.shown(s, [service.find(s, who, client_id)])[0]


@router.post("/clients/{client_id}/revoke")
@html(
    form="communities/client.html", extra=pages.labels, current=pages.current, then="/clients", done=N_("令牌已停用。")
)
def revoke_client(s: SessionDep, who: ClientsAdmin, client_id: UUID) -> ApiClientRead:
    """Stop a client's token at once; another server process may still let it read for half a second."""
    return service.revoke(s, who, client_id)
