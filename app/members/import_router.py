"""Importing the members' register: template, upload and dry run, and the real import."""

from __future__ import annotations

from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import File, Query, Request, Response, UploadFile

from app.accounts.permissions import MembersWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pagination import Page, Paging, PagingDep
from app.core.versions import IfMatch
from app.households.scope import Choice
from app.households.words import translated
from app.members import service, sheets, uploads
from app.members.import_plan import ROSTER
from app.members.uploads import FATES, Fate, UploadDetail, UploadRead

router = APIRouter(prefix="/members/imports", tags=["members"])
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HERE = "/members/imports"


def attachment(roster: uploads.Roster, ending: str) -> Response:
    """A template as a file to download; its words are Chinese in every language."""
    content = (
        sheets.xlsx_template(roster.title, roster.columns) if ending == "xlsx" else sheets.csv_template(roster.columns)
    )
    name = f"attachment; filename=\"template.{ending}\"; filename*=UTF-8''{quote(roster.title)}.{ending}"
    media = XLSX if ending == "xlsx" else "text/csv; charset=utf-8"
    return Response(content, media_type=media, headers={"Content-Disposition": name})


def page_extra(roster: uploads.Roster, base: str, back: tuple[str, str]) -> dict[str, Any]:
    """What the pages of an import need: where they are, what the columns mean, and words."""
    return {
        "base": base,
        "back": back,
        "title": _(roster.title),
        "columns": sheets.explanations(roster.columns),
        "most_rows": sheets.MOST_ROWS,
        "largest": sheets.LARGEST_FILE // 1_000_000,
        "fates": translated(FATES),
    }


def extra(_view: View) -> dict[str, Any]:
    return page_extra(ROSTER, HERE, ("/members", _("党员")))


def first_page(view: View) -> Page[UploadRead]:
    """The list beneath a refused upload."""
    return Page[UploadRead](**uploads.listed(view.s, view.who, ROSTER, None, Paging(view.request, 20, None)))


def current(view: View) -> UploadDetail:
    """The import beneath a refused form."""
    upload = uploads.find(view.s, view.who, ROSTER, None, view.param("member_import_id"))
    return uploads.detail(view.s, ROSTER, upload)


@router.get("")
@html("members/imports.html", extra=extra)
def list_member_imports(s: SessionDep, who: MembersWrite, paging: PagingDep) -> Page[UploadRead]:
    """Files that were uploaded, the latest first."""
    return cast(Page[UploadRead], uploads.listed(s, who, ROSTER, None, paging))


@router.get("/template.xlsx", response_class=Response, responses={200: {"content": {XLSX: {}}}})
def read_member_template(who: MembersWrite) -> Response:
    """The template as XLSX."""
    return attachment(ROSTER, "xlsx")


@router.get("/template.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_member_csv_template(who: MembersWrite) -> Response:
    """The template as CSV (UTF-8)."""
    return attachment(ROSTER, "csv")


@router.post("", status_code=201)
@html(form="members/imports.html", extra=extra, current=first_page, done=N_("文件已检查，还没有写入。"))
def upload_members(
    s: SessionDep,
    who: MembersWrite,
    response: Response,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or XLSX, at most 1 MB and 5,000 rows")],
) -> UploadDetail:
    """Uploads a members' file and answers with its dry run, which names every row's fate and writes no member."""
    data = file.file.read(sheets.LARGEST_FILE + 1)
    upload = uploads.store(s, who, ROSTER, service.own_community(who), None, data, file.filename or "")
    response.headers["Location"] = f"{HERE}/{upload.id}"
    return uploads.detail(s, ROSTER, upload)


@router.get("/{member_import_id}")
@html("members/import.html", extra=extra)
def read_member_import(
    s: SessionDep,
    who: MembersWrite,
    member_import_id: UUID,
    paging: PagingDep,
    fate: Annotated[Choice[Fate], Query()] = None,
) -> UploadDetail:
    """The dry run as it stands now, or what was written."""
    return uploads.detail(s, ROSTER, uploads.find(s, who, ROSTER, None, member_import_id), paging, fate)


def _to_import(_data: Any, request: Request) -> str:
    return f"{HERE}/{request.path_params['member_import_id']}"


@router.post("/{member_import_id}/commit")
@html(form="members/import.html", extra=extra, current=current, then=_to_import, done=N_("已导入。"))
def commit_member_import(s: SessionDep, who: MembersWrite, member_import_id: UUID) -> UploadDetail:
    """Writes every row, or none. Asked again, it changes nothing."""
    return uploads.detail(s, ROSTER, uploads.commit(s, who, ROSTER, None, member_import_id))


@router.delete("/{member_import_id}", status_code=204)
@html(form="members/import.html", extra=extra, current=current, then=HERE, done=N_("文件已删除。"))
def discard_member_import(s: SessionDep, who: MembersWrite, member_import_id: UUID, if_match: IfMatch) -> None:
    """Deletes a file that was not imported."""
    uploads.discard(s, who, ROSTER, None, member_import_id, if_match)
