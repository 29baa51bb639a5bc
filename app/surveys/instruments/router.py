"""Questionnaires: list, read, edit as a draft, publish, copy, retire, and XLSForm in and out."""

from __future__ import annotations

from typing import Annotated, Any, cast
from urllib.parse import quote
from uuid import UUID

from fastapi import File, Form, Path, Query, Request, Response, UploadFile
from sqlmodel import col

from app.accounts.permissions import InstrumentsRead, InstrumentsWrite
from app.core.db import Database, SessionDep
from app.core.errors import TooLarge
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.navigation import ROUNDS, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch
from app.surveys.instruments import importing, pages, service
from app.surveys.instruments.models import Instrument
from app.surveys.instruments.schemas import (
    DraftRead,
    DraftWrite,
    ImportedForm,
    InstrumentCopy,
    InstrumentCreate,
    InstrumentDetail,
    InstrumentRead,
    VersionDetail,
)
from app.surveys.instruments.xlsform.write import workbook

router = APIRouter(tags=["instruments"])
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _home(_data: object, request: Request) -> str:
    return f"/instruments/{request.path_params['instrument_id']}"


def _editor(data: Any, request: Request) -> str:
    """Back to where the step happened; after publishing to the instrument itself."""
    if data.state == "published":
        return _home(data, request)
    return f"/instruments/{data.instrument_id}/draft" + (f"#{data.focus}" if data.focus else "")


@router.get("/instruments")
@html("surveys/instruments/list.html", extra=pages.read_extra)
def list_instruments(
    s: SessionDep, who: InstrumentsRead, paging: PagingDep, retired: Annotated[bool, Query()] = False
) -> Page[InstrumentRead]:
    """Questionnaires within reach by key: built in for all, and the communities' own; `retired` shows those instead."""
    at = col(Instrument.retired_at)
    statement = service.visible(who).where(at.is_not(None) if retired else at.is_(None))
    keys: list[Any] = [(col(Instrument.key), str), (col(Instrument.id), UUID)]
    page = paginate(s, statement, paging, keys)
    return Page[InstrumentRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/instruments", status_code=201)
@html(
    form="surveys/instruments/new.html",
    extra=pages.new_extra,
    then=lambda made, _request: f"/instruments/{made.id}/draft",
    done=N_("问卷已建立，请编辑草稿。"),
)
def create_instrument(
    s: SessionDep, who: InstrumentsWrite, data: InstrumentCreate, response: Response
) -> InstrumentRead:
    """Begin a questionnaire: a draft with one question."""
    made = service.create(s, who, data)
    response.headers["Location"] = f"/instruments/{made.id}"
    return made


@router.post("/instruments/import", status_code=201)
@html(form="surveys/instruments/new.html", extra=pages.new_extra, shows="surveys/instruments/imported.html")
def import_instrument(
    request: Request,
    who: InstrumentsWrite,
    response: Response,
    file: Annotated[UploadFile, File(description="an XLSForm (.xlsx), at most 2 MB")],
    community_id: Annotated[str, Form(max_length=36)] = "",
) -> ImportedForm:
    """Make a draft from an XLSForm, and name every row that could not be used."""
    data = file.file.read(importing.LARGEST_FILE + 1)
    if len(data) > importing.LARGEST_FILE:
        raise TooLarge(_("文件超过 %(mb)s MB。", mb=importing.LARGEST_FILE // 1024 // 1024), field="file")
    made = importing.run(cast(Database, request.app.state.db), who, data, file.filename or "", community_id)
    response.headers["Location"] = f"/instruments/{made.instrument.id}"
    return made


router.routes.extend(pages.router.routes)


@router.get("/instruments/{instrument_id}")
@html("surveys/instruments/instrument.html", extra=pages.read_extra)
def read_instrument(s: SessionDep, who: InstrumentsRead, instrument_id: UUID) -> InstrumentDetail:
    """A questionnaire: what its newest version asks, how it counts, and all its versions."""
    return service.detail(s, who, instrument_id)


@router.get("/instruments/{instrument_id}/versions/{version_number}")
@html("surveys/instruments/version.html", extra=pages.read_extra)
def read_instrument_version(
    s: SessionDep,
    who: InstrumentsRead,
    instrument_id: UUID,
    version_number: Annotated[int, Path(ge=1, le=1_000_000)],
) -> VersionDetail:
    """What one version asks; a published one never changes."""
    return service.version(s, who, instrument_id, version_number)


@router.post("/instruments/{instrument_id}/draft", status_code=201)
@html(form="surveys/instruments/instrument.html", extra=pages.read_extra, current=pages.current, then=_editor)
def start_instrument_draft(s: SessionDep, who: InstrumentsWrite, instrument_id: UUID, response: Response) -> DraftRead:
    """Begin a new version as a draft of the newest; the one there is, where there is one."""
    response.headers["Location"] = f"/instruments/{instrument_id}/draft"
    return service.start_draft(s, who, instrument_id)


@router.put("/instruments/{instrument_id}/draft")
@html(
    form="surveys/instruments/editor.html",
    extra=pages.editor_extra,
    current=pages.current_draft,
    then=_editor,
    swap=lambda draft: None if draft.state == "published" else "surveys/instruments/editor.html",
    done=N_("已保存。"),
)
def update_instrument_draft(
    s: SessionDep, who: InstrumentsWrite, instrument_id: UUID, data: DraftWrite, if_match: IfMatch
) -> DraftRead:
    """Keep the whole draft and take a step of the editor: save, add, move, copy, remove, or publish."""
    return service.write_draft(s, who, instrument_id, data, if_match)


@router.delete("/instruments/{instrument_id}/draft", status_code=204)
@html(
    form="surveys/instruments/instrument.html",
    extra=pages.read_extra,
    current=pages.current,
    then="/instruments",
    done=N_("草稿已删除。"),
)
def discard_instrument_draft(s: SessionDep, who: InstrumentsWrite, instrument_id: UUID, if_match: IfMatch) -> None:
    """Throw the draft away; a questionnaire that was never published goes with it."""
    service.discard_draft(s, who, instrument_id, if_match)


@router.post("/instruments/{instrument_id}/duplicate", status_code=201)
@html(
    form="surveys/instruments/instrument.html",
    extra=pages.read_extra,
    current=pages.current,
    then=lambda made, _request: f"/instruments/{made.id}/draft",
    done=N_("已复制，请编辑草稿。"),
)
def duplicate_instrument(
    s: SessionDep, who: InstrumentsWrite, instrument_id: UUID, data: InstrumentCopy, response: Response
) -> InstrumentRead:
    """Copy a questionnaire, built in or not, into a draft of one's own."""
    made = service.duplicate(s, who, instrument_id, data)
    response.headers["Location"] = f"/instruments/{made.id}"
    return made


@router.post("/instruments/{instrument_id}/retire")
@html(
    form="surveys/instruments/instrument.html",
    extra=pages.read_extra,
    current=pages.current,
    then=_home,
    done=N_("问卷已停用，不再开放新的评议。"),
)
def retire_instrument(s: SessionDep, who: InstrumentsWrite, instrument_id: UUID) -> InstrumentRead:
    """Retire a questionnaire: no new rounds; its rounds and scores stay."""
    return service.set_retired(s, who, instrument_id, retired=True)


@router.post("/instruments/{instrument_id}/restore")
@html(
    form="surveys/instruments/instrument.html",
    extra=pages.read_extra,
    current=pages.current,
    then=_home,
    done=N_("问卷已恢复使用。"),
)
def restore_instrument(s: SessionDep, who: InstrumentsWrite, instrument_id: UUID) -> InstrumentRead:
    """Use a retired questionnaire again."""
    return service.set_retired(s, who, instrument_id, retired=False)


@router.get(
    "/instruments/{instrument_id}/export.xlsx", response_class=Response, responses={200: {"content": {_XLSX: {}}}}
)
def export_instrument(
    s: SessionDep,
    who: InstrumentsRead,
    instrument_id: UUID,
    number: Annotated[int | None, Query(ge=1, le=1_000_000, description="version; the newest by default")] = None,
) -> Response:
    """A version as XLSForm, for other survey tools and for editing in a spreadsheet."""
    version = service.any_version(s, who, instrument_id, number)
    content = workbook(version.definition, version.instrument_key, version.number)
    name = quote(f"{version.instrument_key}-v{version.number}.xlsx")
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


add_nav(NavItem("/instruments", N_("问卷库"), "clipboard-list", "instruments:read", 54, ROUNDS))
