"""Versions of a document: drafting the next, changing a draft, and recording its adoption."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Request, Response

from app.accounts.permissions import AssembliesRead, AssembliesWrite
from app.assemblies.documents import reading, service, words
from app.assemblies.documents.schemas import Adoption, AdoptionForm, DocumentRead, VersionRead, VersionUpdate
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.versions import IfMatch

router = APIRouter(prefix="/documents/{document_id}/versions", tags=["documents"])


def _words(_view: View) -> dict[str, Any]:
    return words.words()


def _document(view: View) -> DocumentRead:
    return reading.detail(view.s, service.find(view.s, view.who, view.param("document_id")))


def _version(view: View) -> VersionRead:
    found = service.find_version(view.s, view.who, view.param("document_id"), view.param("document_version_id"))
    return reading.version_read(view.s, *found)


def _adoption(view: View) -> AdoptionForm:
    found = service.find_version(view.s, view.who, view.param("document_id"), view.param("document_version_id"))
    return reading.adoption_form(view.s, *found)


def _to_document(_data: Any, request: Request) -> str:
    return f"/documents/{request.path_params['document_id']}"


def _to_version(_data: Any, request: Request) -> str:
    return f"{_to_document(_data, request)}/versions/{request.path_params['document_version_id']}"


def _read(s: SessionDep, who: AssembliesRead, document_id: UUID, version_id: UUID) -> VersionRead:
    return reading.version_read(s, *service.find_version(s, who, document_id, version_id))


@router.post("", status_code=201)
@html(form="documents/document.html", extra=_words, current=_document, done=N_("新的一版已按现行文字起草。"))
def draft_document_version(
    s: SessionDep,
    who: AssembliesWrite,
    document_id: UUID,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> VersionRead:
    """Starts a draft of the next version, with the words of the last one."""
    draft = service.new_draft(s, who, document_id)
    response.headers["Location"] = f"/documents/{document_id}/versions/{draft.id}/edit"
    return _read(s, who, document_id, draft.id)


@router.get("/{document_version_id}")
@html("documents/version.html", extra=_words)
def read_document_version(
    s: SessionDep, who: AssembliesRead, document_id: UUID, document_version_id: UUID
) -> VersionRead:
    """One version with its words."""
    return _read(s, who, document_id, document_version_id)


@router.get("/{document_version_id}/edit")
@html("documents/draft_form.html", extra=_words)
def show_document_draft_form(
    s: SessionDep, who: AssembliesWrite, document_id: UUID, document_version_id: UUID
) -> VersionRead:
    """The form that changes a draft."""
    return _read(s, who, document_id, document_version_id)


@router.patch("/{document_version_id}")
@html(form="documents/draft_form.html", extra=_words, current=_version, then=_to_version, done=N_("草案已保存。"))
def update_document_draft(
    s: SessionDep,
    who: AssembliesWrite,
    document_id: UUID,
    document_version_id: UUID,
    data: VersionUpdate,
    if_match: IfMatch,
) -> VersionRead:
    """Changes a draft; what was adopted never changes."""
    service.update_draft(s, who, document_id, document_version_id, data, if_match)
    return _read(s, who, document_id, document_version_id)


@router.delete("/{document_version_id}", status_code=204)
@html(form="documents/version.html", extra=_words, current=_version, then="/documents", done=N_("草案已删除。"))
def delete_document_draft(
    s: SessionDep, who: AssembliesWrite, document_id: UUID, document_version_id: UUID, if_match: IfMatch
) -> None:
    """Takes back a draft; with the only one the document goes too."""
    service.remove_draft(s, who, document_id, document_version_id, if_match)


@router.get("/{document_version_id}/adoption")
@html("documents/adopt.html", extra=_words)
def show_document_adoption(
    s: SessionDep, who: AssembliesWrite, document_id: UUID, document_version_id: UUID
) -> AdoptionForm:
    """The form that records by which resolution a draft was adopted."""
    return reading.adoption_form(s, *service.find_version(s, who, document_id, document_version_id))


@router.put("/{document_version_id}/adoption")
@html(form="documents/adopt.html", extra=_words, current=_adoption, then=_to_document, done=N_("已登记通过。"))
def adopt_document_version(
    s: SessionDep,
    who: AssembliesWrite,
    document_id: UUID,
    document_version_id: UUID,
    data: Adoption,
    if_match: IfMatch,
) -> VersionRead:
    """Records by which resolution a draft was adopted, and from which day it holds."""
    service.adopt(s, who, document_id, document_version_id, data, if_match)
    return _read(s, who, document_id, document_version_id)
