"""Importing representatives (or committee posts) into a term: template, upload and dry run, and the real import."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile

from app.accounts.permissions import RostersWrite
from app.assemblies import service
from app.assemblies.import_plan import ROSTER
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.pagination import Page, Paging, PagingDep
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.members import sheets, uploads
from app.members.import_router import XLSX, attachment, page_extra
from app.members.uploads import Fate, UploadDetail, UploadRead

router = APIRouter(prefix="/terms/{term_id}/imports", tags=["assemblies"])


def _here(request: Request) -> str:
    return f"/terms/{request.path_params['term_id']}/imports"


def extra(view: View) -> dict[str, Any]:
    term = service.find_term(view.s, view.who, view.param("term_id"))
    return page_extra(ROSTER, _here(view.request), (f"/terms/{term.id}", term.name))


def first_page(view: View) -> Page[UploadRead]:
    """The list beneath a refused upload."""
    term = service.find_term(view.s, view.who, view.param("term_id"))
    return Page[UploadRead](**uploads.listed(view.s, view.who, ROSTER, term.id, Paging(view.request, 20, None)))


def current(view: View) -> UploadDetail:
    """The import beneath a refused form."""
    upload = uploads.find(view.s, view.who, ROSTER, view.param("term_id"), view.param("seat_import_id"))
    return uploads.detail(view.s, ROSTER, upload)


@router.get("")
@html("members/imports.html", extra=extra)
def list_seat_imports(s: SessionDep, who: RostersWrite, term_id: UUID, paging: PagingDep) -> Page[UploadRead]:
    """Files that were uploaded for this term, the latest first."""
    term = service.find_term(s, who, term_id)
    return cast(Page[UploadRead], uploads.listed(s, who, ROSTER, term.id, paging))


@router.get("/template.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def read_seat_template(s: SessionDep, who: RostersWrite, term_id: UUID) -> Response:
    """The template as XLSX."""
    service.find_term(s, who, term_id)
    return attachment(ROSTER, "xlsx")


@router.get("/template.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_seat_csv_template(s: SessionDep, who: RostersWrite, term_id: UUID) -> Response:
    """The template as CSV (UTF-8)."""
    service.find_term(s, who, term_id)
    return attachment(ROSTER, "csv")


@router.post("", status_code=201)
@html(form="members/imports.html", extra=extra, current=first_page, done=N_("文件已检查，还没有写入。"))
def upload_seats(
    s: SessionDep,
    who: RostersWrite,
    term_id: UUID,
    response: Response,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or XLSX, at most 1 MB and 5,000 rows")],
) -> UploadDetail:
    """Uploads a file of representatives and answers with its dry run, which names every row's fate."""
    term = service.find_term(s, who, term_id)
    data = file.file.read(sheets.LARGEST_FILE + 1)
    upload = uploads.store(s, who, ROSTER, term.community_id, term.id, data, file.filename or "")
    response.headers["Location"] = f"/terms/{term.id}/imports/{upload.id}"
    return uploads.detail(s, ROSTER, upload)


@router.get("/{seat_import_id}")
@html("members/import.html", extra=extra)
def read_seat_import(
    s: SessionDep,
    who: RostersWrite,
    term_id: UUID,
    seat_import_id: UUID,
    paging: PagingDep,
    fate: Annotated[Choice[Fate], Query()] = None,
) -> UploadDetail:
    """The dry run as it stands now, or what was written."""
    return uploads.detail(s, ROSTER, uploads.find(s, who, ROSTER, term_id, seat_import_id), paging, fate)


def _to_import(_data: Any, request: Request) -> str:
    return f"{_here(request)}/{request.path_params['seat_import_id']}"


def _to_list(_data: Any, request: Request) -> str:
    return _here(request)


@router.post("/{seat_import_id}/commit")
@html(form="members/import.html", extra=extra, current=current, then=_to_import, done=N_("已导入。"))
def commit_seat_import(s: SessionDep, who: RostersWrite, term_id: UUID, seat_import_id: UUID) -> UploadDetail:
    """Writes every row, or none. Asked again, it changes nothing."""
    return uploads.detail(s, ROSTER, uploads.commit(s, who, ROSTER, term_id, seat_import_id))


@router.delete("/{seat_import_id}", status_code=204)
@html(form="members/import.html", extra=extra, current=current, then=_to_list, done=N_("文件已删除。"))
def discard_seat_import(
    s: SessionDep, who: RostersWrite, term_id: UUID, seat_import_id: UUID, if_match: IfMatch
) -> None:
    """Deletes a file that was not imported."""
    uploads.discard(s, who, ROSTER, term_id, seat_import_id, if_match)
