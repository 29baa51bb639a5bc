"""Importing the household register: template, upload and dry run, report, and the real import."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import File, Form, Query, Request, Response, UploadFile

from app.accounts.permissions import ImportsWrite
from app.core import idempotency
from app.core.db import Database, SessionDep
from app.core.export import table_response
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.idempotency import IdempotencyKey
from app.core.navigation import HOMES, NavItem, add_nav
from app.core.pagination import Page, Paging, PagingDep
from app.core.versions import IfMatch
from app.households.imports import service, store, template
from app.households.imports.models import Fate
from app.households.imports.schemas import ImportCommit, ImportJobRead, ImportRowRead, Mode

router = APIRouter(prefix="/imports", tags=["imports"])

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_SHOWN = 20
TONES = {
    Fate.refused: "bad",
    Fate.possible_duplicate: "warn",
    Fate.moves_in: "warn",
    Fate.new_household: "good",
    Fate.new_person: "good",
}


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def _wake(request: Request) -> None:
    worker = getattr(request.app.state, "import_worker", None)
    if worker is not None:
        worker.wake()


def list_extra(_view: View) -> dict[str, Any]:
    """What the upload page explains."""
    return {"columns": template.explanations(), "largest": service.LARGEST_FILE // 1024 // 1024}


def _first_page(view: View) -> Page[ImportJobRead]:
    paging = Paging(view.request, 20, None)
    return Page[ImportJobRead].model_validate(service.listed(view.s, view.who, paging))


@router.get("")
@html("imports/index.html", extra=list_extra)
def list_imports(s: SessionDep, who: ImportsWrite, paging: PagingDep) -> Page[ImportJobRead]:
    """Imports, the latest first, with their state and progress."""
    return cast(Page[ImportJobRead], service.listed(s, who, paging))


@router.get("/households/template.xlsx", response_class=Response, responses={200: {"content": {_XLSX: {}}}})
def read_template(who: ImportsWrite) -> Response:
    """The template as XLSX, with lists to choose from, an example row and explanations."""
    return _attachment(template.xlsx_template(), _XLSX, "xlsx")


@router.get("/households/template.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def read_csv_template(who: ImportsWrite) -> Response:
    """The template as CSV (UTF-8)."""
    return _attachment(template.csv_template(), "text/csv; charset=utf-8", "csv")


def _attachment(content: bytes, media_type: str, ending: str) -> Response:
    name = f"attachment; filename=\"template.{ending}\"; filename*=UTF-8''%E4%BD%8F%E6%88%B7%E7%99%BB%E8%AE%B0.{ending}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": name})


@router.post("/households", status_code=201)
@html(form="imports/index.html", extra=list_extra, current=_first_page, done=N_("文件已上传。"))
def upload_register(
    request: Request,
    who: ImportsWrite,
    response: Response,
    file: Annotated[UploadFile, File(description="CSV (UTF-8 or GB18030) or XLSX, at most 24 MB")],
    mode: Annotated[Mode, Form(description="always a dry run; the real import is `commit` of the job")] = "dry_run",
    idempotency_key: IdempotencyKey = None,
) -> ImportJobRead:
    """Uploads a household register and starts its dry run, which names every row's fate and writes nothing."""
    data = file.file.read(service.LARGEST_FILE + 1)
    db = _db(request)
    owner, mark = str(who.id), idempotency.fingerprint("POST", request.url.path, data)
    if idempotency_key:
        earlier = idempotency.reserve(db, owner, idempotency_key, mark)
        if earlier is not None:
            return cast(ImportJobRead, earlier)
    try:
        job = service.upload(db, who, data, file.filename or "")
    except Exception:
        if idempotency_key:
            idempotency.release(db, owner, idempotency_key)
        raise
    shown = service.read_of(job, {who.id: who.name})
    response.headers["Location"] = f"/imports/{job.id}"
    if idempotency_key:
        headers = {"Location": f"/imports/{job.id}"}
        kept = Response(shown.model_dump_json(), status_code=201, media_type="application/json", headers=headers)
        with db.write() as s:
            idempotency.keep(s, owner, idempotency_key, kept)
    _wake(request)
    return shown


def job_extra(view: View) -> dict[str, Any]:
    """Tabs, and the first rows of the fate that matters most."""
    job = view.data or current(view)
    shown = next((fate for fate in Fate if job.fates.get(fate)), Fate.unchanged)
    items = store.items(view.s, job.id, shown, 0, _SHOWN) if job.fates else []
    return {
        "shown": shown,
        "rows": [service.row_of(item, shown) for item in items],
        "labels": {fate: service.fate_label(fate) for fate in Fate},
        "tones": TONES,
    }


def current(view: View) -> ImportJobRead:
    """The import beneath a refused form."""
    return service.read(view.s, service.get(view.s, view.who, view.param("import_job_id")))


@router.get("/{import_job_id}")
@html("imports/job.html", extra=job_extra)
def read_import(s: SessionDep, who: ImportsWrite, import_job_id: UUID) -> ImportJobRead:
    """One import: progress while it works, then what becomes of the rows."""
    return service.read(s, service.get(s, who, import_job_id))


def rows_extra(view: View) -> dict[str, Any]:
    """The import whose rows are shown."""
    fate = Fate(view.request.query_params.get("fate", Fate.refused))
    return {**job_extra(View(view.s, view.who, view.request)), "job": current(view), "fate": fate}


@router.get("/{import_job_id}/rows")
@html("imports/rows.html", extra=rows_extra)
def list_import_rows(
    s: SessionDep,
    who: ImportsWrite,
    import_job_id: UUID,
    paging: PagingDep,
    fate: Annotated[Fate, Query()] = Fate.refused,
) -> Page[ImportRowRead]:
    """The rows of one fate, in the order of the file, each with what happens to it or why it is refused."""
    return cast(Page[ImportRowRead], service.rows(s, service.get(s, who, import_job_id), fate, paging))


@router.get("/{import_job_id}/report.csv", response_class=Response, responses={200: {"content": {"text/csv": {}}}})
def export_import_report(s: SessionDep, who: ImportsWrite, import_job_id: UUID) -> Response:
    """Every row's fate as CSV."""
    job = service.get(s, who, import_job_id)
    heads = [_("行号"), _("住户"), _("姓名"), _("结果"), _("说明")]
    return table_response("csv", _("导入报告"), heads, service.report(s, job))


@router.post("/{import_job_id}/commit", status_code=202)
@html(form="imports/job.html", extra=job_extra, current=current, done=N_("已确认导入。"))
def commit_import(
    request: Request,
    s: SessionDep,
    who: ImportsWrite,
    import_job_id: UUID,
    data: ImportCommit,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> ImportJobRead:
    """Starts the real import: all or nothing unless `allow_partial`. Asked again, it changes nothing."""
    job = service.commit(s, who, import_job_id, allow_partial=data.allow_partial)
    response.headers["Location"] = f"/imports/{job.id}"
    _wake(request)
    return service.read(s, job)


@router.delete("/{import_job_id}", status_code=204)
@html(form="imports/job.html", extra=job_extra, current=current, then="/imports", done=N_("文件和报告已删除。"))
def discard_import(s: SessionDep, who: ImportsWrite, import_job_id: UUID, if_match: IfMatch) -> None:
    """Deletes an import's file and report; what it has written stays."""
    service.discard(s, who, import_job_id, if_match)


add_nav(NavItem("/imports", N_("名册导入"), "upload", "imports:write", 28, HOMES))
