"""The forms of API clients."""

from __future__ import annotations

from typing import Any

from app.accounts.permissions import SCOPES, ClientsAdmin
from app.communities import service as communities
from app.communities.clients import service
from app.communities.clients.schemas import ApiClientRead
from app.communities.districts import service as districts
from app.core.clock import add_months, today
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.schemas import FormPage

router = APIRouter(tags=["clients"])
SCOPE_LABELS = {
    "read": N_("读取档案和走访"),
    "scores:read": N_("读取满意度得分"),
    "rounds:run": N_("触发测评轮次"),
}


def labels(_view: View) -> dict[str, Any]:
    return {"scopes": {scope: _(label) for scope, label in SCOPE_LABELS.items()}}


def new_form(view: View) -> dict[str, Any]:
    return {
        "scopes": [(scope, _(SCOPE_LABELS.get(scope, scope))) for scope in SCOPES],
        "districts": districts.choices(view.s, view.who),
        "communities": communities.choices(view.s, view.who),
        "expires_on": add_months(today(), 12),
    }


def current(view: View) -> ApiClientRead:
    return service.shown(view.s, [service.find(view.s, view.who, view.param("client_id"))])[0]


@router.get("/clients/new")
@html("communities/client_form.html", extra=new_form)
def show_new_client(s: SessionDep, who: ClientsAdmin) -> FormPage:
    """The form for a new API client."""
    return FormPage(action="/clients")
