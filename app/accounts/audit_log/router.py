"""The audit log as a page and as JSON, and its signed head."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Depends, Query, Request
from sqlmodel import col
from starlette.responses import Response

from app.accounts.audit_log import service, words
from app.accounts.audit_log.schemas import AuditEntryRead, AuditHeadRead, AuditKeyRead
from app.accounts.permissions import AuditRead
from app.core import audit, crypto
from app.core.audit import AuditEntry
from app.core.db import Database, SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import OFFICE, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, Search

router = APIRouter(tags=["audit"])


async def _wanted(
    actor: Annotated[Search, Query()] = "",
    action: Annotated[Search, Query()] = "",
    object_id: Annotated[UUID | None, Query()] = None,
    from_on: Annotated[AnyDate | None, Query(alias="from")] = None,
    to_on: Annotated[AnyDate | None, Query(alias="to")] = None,
) -> service.Wanted:
    return service.Wanted(actor, action, object_id, from_on, to_on)


WantedDep = Annotated[service.Wanted, Depends(_wanted)]


def _filters(view: View) -> dict[str, Any]:
    named = service.names(view.s, view.data.items)
    return {"objects": words.actions_of_objects(), "names": named}


@router.get("/audit")
@html("audit/list.html", extra=_filters)
def list_audit_entries(s: SessionDep, who: AuditRead, paging: PagingDep, wanted: WantedDep) -> Page[AuditEntryRead]:
    """Who did what and when, with what it was before and after; the latest first."""
    keys: list[Any] = [(col(AuditEntry.seq), int)]
    page = paginate(s, service.filtered(who, wanted), paging, keys, descending=True)
    return Page[AuditEntryRead](**{**page, "items": [service.shown(row) for row in page["items"]]})


@router.get("/audit/export", response_class=Response)
def export_audit_entries(
    request: Request, s: SessionDep, who: AuditRead, wanted: WantedDep, format: ExportFormat = "csv"
) -> Response:
    """The same list as a table to take away (CSV or XLSX)."""
    filters = [name for name in request.query_params if name != "format"]
    db = cast(Database, request.app.state.db)
    note_export(db, who, "audit_entry", who.community_id, format, filters)
    heads, rows = service.table(s, who, wanted)
    return table_response(format, _("审计"), heads, rows)


@router.get("/audit/head")
def read_audit_head(s: SessionDep) -> AuditHeadRead:
    """The signed head of the log: keep it, and a log that was cut or changed later can be told."""
    return AuditHeadRead(**audit.head(s))


@router.get("/audit/key")
def read_audit_key() -> AuditKeyRead:
    """The public key that checks signatures of heads."""
    return AuditKeyRead(key_id=crypto.key_id(), public_key=crypto.public_key())


add_nav(NavItem("/audit", N_("审计"), "history", "audit:read", 90, OFFICE))
