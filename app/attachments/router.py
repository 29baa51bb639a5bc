"""Files kept beside records: uploads, thumbnails and who may see them."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import File, Form, Query, Request, Response, UploadFile
from sqlmodel import col

from app.accounts.permissions import AnyoneAtAll, AttachmentsRead, AttachmentsWrite
from app.attachments import audit_words, kinds, owners, service
from app.attachments.models import Attachment, Moment
from app.attachments.schemas import (
    AttachmentPage,
    AttachmentRead,
    AttachmentUpdate,
    Caption,
    OwnerKind,
    UploadPage,
)
from app.attachments.words import MOMENTS
from app.core import audit
from app.core.apart import database, once
from app.core.db import SessionDep
from app.core.errors import DomainError
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch

router = APIRouter(prefix="/attachments", tags=["attachments"])
# A file is never part of a page of ours: whatever it holds, it runs nothing, loads nothing and asks nobody.
_ALONE = "default-src 'none'; sandbox; frame-ancestors 'none'"
_KEPT = "public, max-age=600"
_FILES: dict[int | str, dict[str, Any]] = {200: {"content": {name: {} for name in kinds.ENDINGS}}}


def choices(_view: View) -> dict[str, Any]:
    """What a picture may show."""
    return {"moments": [(str(key), _(text)) for key, text in MOMENTS.items()]}


@router.get("")
@html("attachments/index.html", extra=choices)
def list_attachments(
    s: SessionDep,
    who: AttachmentsRead,
    paging: PagingDep,
    owner_kind: Annotated[OwnerKind, Query(description="project, milestone, agenda_item …")],
    owner_id: Annotated[UUID, Query()],
) -> Page[AttachmentRead]:
    """The files of a record, in the order in which they came."""
    owners.readable(s, who, owner_kind, owner_id)
    keys: list[Any] = [(col(Attachment.id), UUID)]
    return cast(Page[AttachmentRead], paginate(s, service.listing(owner_kind, owner_id), paging, keys))


@router.get("/new")
@html("attachments/new.html", extra=choices)
def show_upload_form(
    s: SessionDep,
    who: AttachmentsWrite,
    owner_kind: Annotated[OwnerKind, Query()],
    owner_id: Annotated[UUID, Query()],
) -> UploadPage:
    """The form that sends a file to a record."""
    owner = owners.writable(s, who, owner_kind, owner_id)
    return UploadPage(owner_kind=owner_kind, owner_id=owner_id, owner_href=owner.href)


def _refused(view: View) -> UploadPage:
    """The form beneath a refused upload; an owner that cannot be told leads back to the start."""
    kind, owner_id, href = str(view.values.get("owner_kind", "")), UUID(int=0), "/"
    with contextlib.suppress(ValueError, DomainError):  # what was wrong with the owner is said already
        owner_id = UUID(str(view.values.get("owner_id", "")))
        href = owners.writable(view.s, view.who, kind, owner_id).href
    return UploadPage(owner_kind=kind, owner_id=owner_id, owner_href=href)


def _href(made: AttachmentRead) -> str:
    return f"/attachments/{made.id}"


def _back(_data: Any, request: Request) -> str:
    return str(request.state.owner_href)


@router.post("", status_code=201)
@html(form="attachments/new.html", extra=choices, current=_refused, then=_back, done=N_("文件已保存。"))
def create_attachment(
    request: Request,
    who: AttachmentsWrite,
    response: Response,
    file: Annotated[UploadFile, File(description="JPEG, PNG, WebP, PDF, DOCX or XLSX, at most 20 MB")],
    owner_kind: Annotated[OwnerKind, Form()],
    owner_id: Annotated[UUID, Form()],
    caption: Annotated[Caption, Form()] = "",
    moment: Annotated[Moment, Form()] = Moment.none,
    idempotency_key: IdempotencyKey = None,
) -> AttachmentRead:
    """Keeps a file with a record: pictures are made anew, upright and without metadata; everything is encrypted."""
    db = database(request)
    with db.read() as s:
        request.state.owner_href = owners.writable(s, who, owner_kind, owner_id).href
    data = file.file.read(kinds.LARGEST + 1)

    def store() -> AttachmentRead:
        stored = service.store(service.examine(data, file.filename or ""))
        try:
            with db.write() as s:
                audit.set_actor(s, who)
                row = service.add(s, who, owner_kind, owner_id, stored, caption=caption, moment=moment)
        except BaseException:
            service.discard(stored.key)
            raise
        return AttachmentRead.model_validate(row)

    said = "\n".join([owner_kind, str(owner_id), caption, moment]).encode()
    made = once(request, who, idempotency_key, store, said=said + b"\n" + data, created=_href)
    if isinstance(made, AttachmentRead):  # else it is the first answer again, with its own headers
        response.headers["Location"] = _href(made)
    return made


@router.get("/{attachment_id}", response_class=Response, responses=_FILES)
def read_attachment(s: SessionDep, who: AnyoneAtAll, attachment_id: UUID) -> Response:
    """The file itself, for whoever may see its record."""
    row, owner = service.find(s, who, attachment_id)
    return _file(service.content(row), row.media_type, row.filename, inline=row.is_picture, public=owner.public)


@router.get("/{attachment_id}/thumbnail", response_class=Response, responses={200: {"content": {kinds.JPEG: {}}}})
def read_attachment_thumbnail(s: SessionDep, who: AnyoneAtAll, attachment_id: UUID) -> Response:
    """A small picture of a picture, at most 480 pixels a side."""
    row, owner = service.find(s, who, attachment_id)
    name = kinds.plain_name(row.filename, kinds.JPEG)
    return _file(service.content(row, thumbnail=True), kinds.JPEG, name, inline=True, public=owner.public)


def _file(content: bytes, media_type: str, filename: str, *, inline: bool, public: bool) -> Response:
    """Pictures may be looked at in place, documents are only ever saved."""
    how = "inline" if inline else "attachment"
    name = f"{how}; filename=\"file.{kinds.ENDINGS[media_type]}\"; filename*=UTF-8''{quote(filename, safe='')}"
    headers = {"Content-Disposition": name, "Content-Security-Policy": _ALONE}
    if public:
        headers["Cache-Control"] = _KEPT
    return Response(content, media_type=media_type, headers=headers)


def _page(row: Attachment, owner: owners.OwnerRecord) -> AttachmentPage:
    return AttachmentPage(**AttachmentRead.model_validate(row).model_dump(), owner_href=owner.href)


def _current(view: View) -> AttachmentPage:
    return _page(*service.find(view.s, view.who, view.param("attachment_id")))


@router.get("/{attachment_id}/edit")
@html("attachments/edit.html", extra=choices)
def show_attachment_form(s: SessionDep, who: AttachmentsWrite, attachment_id: UUID) -> AttachmentPage:
    """The form that changes what is said about a file, or removes it."""
    row, _owner = service.find(s, who, attachment_id)
    return _page(row, owners.writable(s, who, row.owner_kind, row.owner_id))


@router.patch("/{attachment_id}")
@html(form="attachments/edit.html", extra=choices, current=_current, then=_back, done=N_("已保存。"))
def update_attachment(
    s: SessionDep,
    who: AttachmentsWrite,
    request: Request,
    attachment_id: UUID,
    data: AttachmentUpdate,
    if_match: IfMatch,
) -> AttachmentRead:
    """Changes the caption of a file, or whether it shows before or after."""
    row, owner = service.update(s, who, attachment_id, data, if_match)
    request.state.owner_href = owner.href
    return cast(AttachmentRead, row)


@router.delete("/{attachment_id}", status_code=204)
@html(form="attachments/edit.html", extra=choices, current=_current, then=_back, done=N_("附件已删除。"))
def delete_attachment(
    s: SessionDep, who: AttachmentsWrite, request: Request, attachment_id: UUID, if_match: IfMatch
) -> None:
    """Removes a file for good; the audit log keeps that it was there."""
    request.state.owner_href = service.remove(s, who, attachment_id, if_match).href


audit_words.register()
