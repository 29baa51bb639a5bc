"""Charter, assessment rules and other documents: lists, drafts, adoption, what changed, and the public pages."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import AssembliesRead, AssembliesWrite
from app.assemblies.documents import audit_words, reading, service, words
from app.assemblies.documents.models import Document, DocumentKind
from app.assemblies.documents.schemas import (
    DiffRead,
    DocumentCreate,
    DocumentItem,
    DocumentRead,
    DocumentUpdate,
    PublicDocuments,
    PublicText,
)
from app.assemblies.documents.version_router import router as versions
from app.core.apart import database
from app.core.db import SessionDep
from app.core.export import ExportFormat, note_export, table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import RULES, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import FormPage, Search
from app.core.versions import IfMatch
from app.households.scope import Choice

router = APIRouter(prefix="/documents", tags=["documents"])
CommunityCode = Annotated[str, Path(max_length=20)]
Kind = Annotated[Choice[DocumentKind], Query()]
Text = Annotated[Choice[Search], Query(description="in the title or the text")]


def _words(_view: View) -> dict[str, Any]:
    return {**words.words(), "record": None}


def _edit(view: View) -> dict[str, Any]:
    return {**words.words(), "record": view.data}


def _current(view: View) -> DocumentRead:
    return reading.detail(view.s, service.find(view.s, view.who, view.param("document_id")))


def _to_page(_data: Any, request: Request) -> str:
    return f"/documents/{request.path_params['document_id']}"


@router.get("")
@html("documents/list.html", extra=_words)
def list_documents(
    s: SessionDep, who: AssembliesRead, paging: PagingDep, kind: Kind = None, q: Text = None
) -> Page[DocumentItem]:
    """Documents with the version that is in force."""
    keys: list[Any] = [(col(Document.kind), str), (col(Document.title), str), (col(Document.id), UUID)]
    page = paginate(s, service.filtered(who, kind, q), paging, keys)
    return Page[DocumentItem](**{**page, "items": reading.listed(s, page["items"])})


@router.get("/export", response_class=Response)
def export_documents(
    s: SessionDep,
    who: AssembliesRead,
    request: Request,
    kind: Kind = None,
    q: Text = None,
    format: Annotated[ExportFormat, Query()] = "csv",
) -> Response:
    """The same list, all of it, as CSV or XLSX. Each export stands in the audit log."""
    found = s.scalars(service.filtered(who, kind, q).order_by(col(Document.kind), col(Document.title))).all()
    columns = [_("名称"), _("种类"), _("现行版本"), _("通过日期"), _("生效日期"), _("决议"), _("版本数"), _("有草案")]
    rows = (
        [
            d.title,
            _(words.KINDS[DocumentKind(d.kind)]),
            d.in_force.number if d.in_force else None,
            d.in_force.adopted_on if d.in_force else None,
            d.in_force.effective_on if d.in_force else None,
            (d.in_force.resolution_number or d.in_force.source) if d.in_force else "",
            d.versions,
            _("是") if d.draft else "",
        ]
        for d in reading.listed(s, found)
    )
    answer = table_response(format, _("章程和制度"), columns, rows)
    note_export(database(request), who, "document", who.community_id, format, request.query_params.keys())
    return answer


@router.get("/new")
@html("documents/form.html", extra=_words)
def show_document_form(who: AssembliesWrite) -> FormPage:
    """The form for a new document."""
    return FormPage(action="/documents")


@router.post("", status_code=201)
@html(form="documents/form.html", extra=_words, done=N_("草案已保存。"))
def create_document(
    s: SessionDep,
    who: AssembliesWrite,
    data: DocumentCreate,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> DocumentRead:
    """A new document with its first draft."""
    document = service.create(s, who, data)
    response.headers["Location"] = f"/documents/{document.id}"
    return reading.detail(s, document)


@router.get("/public/{community_code}")
@html("documents/public_list.html", extra=_words)
def list_public_documents(s: SessionDep, community_code: CommunityCode) -> PublicDocuments:
    """What is in force in a community, for everybody."""
    return reading.public(s, community_code)


@router.get("/public/{community_code}/{document_id}")
@html("documents/public.html", extra=_words)
def read_public_document(s: SessionDep, community_code: CommunityCode, document_id: UUID) -> PublicText:
    """The text in force, the resolutions it came about by, and what the last one changed."""
    return reading.public_text(s, community_code, document_id)


@router.get("/{document_id}")
@html("documents/document.html", extra=_words)
def read_document(s: SessionDep, who: AssembliesRead, document_id: UUID) -> DocumentRead:
    """One document with its versions."""
    return reading.detail(s, service.find(s, who, document_id))


@router.get("/{document_id}/edit")
@html("documents/title_form.html", extra=_edit)
def show_document_edit(s: SessionDep, who: AssembliesWrite, document_id: UUID) -> DocumentRead:
    """The form that changes a document's title or kind."""
    return reading.detail(s, service.find(s, who, document_id))


@router.patch("/{document_id}")
@html(form="documents/title_form.html", extra=_edit, current=_current, then=_to_page, done=N_("已保存。"))
def update_document(
    s: SessionDep, who: AssembliesWrite, document_id: UUID, data: DocumentUpdate, if_match: IfMatch
) -> DocumentRead:
    """Changes a document's title or kind; its words change only by a new version."""
    return reading.detail(s, service.update(s, who, document_id, data, if_match))


@router.get("/{document_id}/diff")
@html("documents/diff.html", extra=_words)
def compare_document_versions(
    s: SessionDep,
    who: AssembliesRead,
    document_id: UUID,
    from_id: Annotated[Choice[UUID], Query(description="the version before; the one before `to_id` by default")] = None,
    to_id: Annotated[Choice[UUID], Query(description="the version after; the latest by default")] = None,
) -> DiffRead:
    """What changed from one version to another, paragraph by paragraph."""
    return reading.compared(s, who, document_id, from_id, to_id)


router.routes.extend(versions.routes)
add_nav(NavItem("/documents", N_("章程和制度"), "file-text", "assemblies:read", 47, RULES))
audit_words.register()
