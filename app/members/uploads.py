"""Importing a roster: the file is kept sealed, its dry run is worked out anew whenever it is looked at, and the real
import writes all rows or none. The same file a second time finds everything as it is.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.communities.models import Community
from app.core import audit, crypto
from app.core.clock import now
from app.core.db import check_version, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound, TooLarge
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pagination import Paging, decode_cursor, paginate
from app.core.schemas import Read
from app.households.imports.columns import Column
from app.households.imports.problems import FileRefused, Problem
from app.households.imports.service import plain_filename
from app.households.queries import pairs
from app.households.scope import communities_of
from app.members import sheets
from app.members.models import RosterUpload

KEPT = timedelta(days=7)
_TABLE = "roster_upload"


class Fate(StrEnum):
    """What becomes of a row."""

    refused = "refused"
    new = "new"
    updated = "updated"
    unchanged = "unchanged"


FATES = {
    Fate.refused: N_("不能导入"),
    Fate.new: N_("新增"),
    Fate.updated: N_("更新"),
    Fate.unchanged: N_("无变化"),
}


@dataclass
class Planned:
    """A row's fate with the reasons or changes behind it; `apply` writes it."""

    row: int
    name: str
    fate: Fate
    details: list[Problem] = field(default_factory=list)
    apply: Callable[[], None] | None = None


Plan = Callable[[Session, RosterUpload, list[sheets.Row]], list[Planned]]


@dataclass(frozen=True)
class Roster:
    """One kind of roster: its columns, how they are read, and what its rows mean."""

    kind: str
    title: str
    columns: Sequence[Column]
    parsers: Mapping[str, sheets.Parser]
    plan: Plan

    def label(self, key: str) -> str:
        return next((_(column.label) for column in self.columns if column.key == key), "")


class DetailRead(Read):
    column: str
    column_label: str
    text: str


class RowRead(Read):
    """A row of the file and what becomes of it."""

    row: int
    name: str
    fate: Fate
    details: list[DetailRead]


class UploadRead(Read):
    """An upload in the list."""

    id: UUID
    filename: str
    requested_by: str
    created_at: datetime
    committed_at: datetime | None
    version: int


class UploadDetail(UploadRead):
    """The dry run of an upload, or what it wrote. `rows` is one page of those of `fate` (of all where it is null)."""

    fates: dict[Fate, int]
    unknown_columns: list[str]
    can_commit: bool
    fate: Fate | None
    rows: list[RowRead]
    next: str | None


def visible(who: Principal, roster: Roster, target_id: UUID | None) -> Select[RosterUpload]:
    return select(RosterUpload).where(
        communities_of(who, col(RosterUpload.community_id)),
        col(RosterUpload.kind) == roster.kind,
        col(RosterUpload.target_id).is_not_distinct_from(target_id),
    )


def find(s: Session, who: Principal, roster: Roster, target_id: UUID | None, upload_id: UUID) -> RosterUpload:
    found = s.scalars(visible(who, roster, target_id).where(col(RosterUpload.id) == upload_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def store(
    s: Session, who: Principal, roster: Roster, community_id: UUID, target_id: UUID | None, data: bytes, filename: str
) -> RosterUpload:
    """Keeps a file that can be read; the reason why another cannot stands beside the field."""
    if len(data) > sheets.LARGEST_FILE:
        most = sheets.LARGEST_FILE // 1_000_000
        raise TooLarge(_("文件超过 %(mb)s MB。请分成几个文件导入。", mb=most), field="file", code="too_large")
    name = plain_filename(filename)
    try:
        sheets.read(data, name, roster.columns, roster.parsers)
    except FileRefused as refused:
        raise Invalid(str(refused.problem), code="file_refused", field="file") from refused
    _forget_old(s, community_id)
    upload = RosterUpload(
        community_id=community_id,
        kind=roster.kind,
        target_id=target_id,
        filename=name,
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        requested_by=who.id,
    )
    packed = zlib.compress(data).hex()
    upload.content_sealed = crypto.seal(packed, crypto.cell(_TABLE, "content", upload.id))
    s.add(upload)
    s.flush()
    return upload


def _forget_old(s: Session, community_id: UUID) -> None:
    """Files that nobody confirmed hold personal data for nothing."""
    old = (
        col(RosterUpload.community_id) == community_id,
        col(RosterUpload.committed_at).is_(None),
        col(RosterUpload.created_at) < now() - KEPT,
    )
    s.execute(delete(RosterUpload).where(*old))


def _sheet(roster: Roster, upload: RosterUpload) -> sheets.Sheet:
    assert upload.content_sealed is not None  # noqa: S101 - asked only of what is not written yet
    packed = crypto.unseal(upload.content_sealed, crypto.cell(_TABLE, "content", upload.id))
    return sheets.read(zlib.decompress(bytes.fromhex(packed)), upload.filename, roster.columns, roster.parsers)


def _planned(s: Session, roster: Roster, upload: RosterUpload, rows: list[sheets.Row]) -> list[Planned]:
    """Rows that could not be read are refused; the rest is judged by the roster, in the order of the file."""
    readable = [row for row in rows if not row.problems]
    found = [
        Planned(row.number, str(row.values.get("name", "")), Fate.refused, row.problems) for row in rows if row.problems
    ]
    found += roster.plan(s, upload, readable)
    return sorted(found, key=lambda planned: planned.row)


def detail(
    s: Session, roster: Roster, upload: RosterUpload, paging: Paging | None = None, fate: Fate | None = None
) -> UploadDetail:
    """The dry run as it stands now, or what was written."""
    sheet = sheets.Sheet([], [])
    planned: list[Planned] = []
    if upload.committed_at is None:
        sheet = _sheet(roster, upload)
        planned = _planned(s, roster, upload, sheet.rows)
    fates = Counter(p.fate for p in planned) if planned else Counter({Fate(k): n for k, n in upload.fates.items()})
    shown = [p for p in planned if fate in (None, p.fate)]
    at: int = decode_cursor(paging.cursor, [int])[0] if paging and paging.cursor else 0
    limit = paging.limit if paging else 50
    part = shown[max(at, 0) :][:limit]
    after = max(at, 0) + len(part)
    return UploadDetail(
        **upload_of(upload, _names(s, [upload])).model_dump(),
        fates={key: fates[key] for key in Fate if fates[key]},
        unknown_columns=sheet.unknown_columns,
        can_commit=upload.committed_at is None and bool(planned) and not fates[Fate.refused],
        fate=fate,
        rows=[_row_read(roster, p) for p in part],
        next=paging.address_after([after]) if paging and after < len(shown) else None,
    )


def _row_read(roster: Roster, planned: Planned) -> RowRead:
    details = [DetailRead(column=p.column, column_label=roster.label(p.column), text=str(p)) for p in planned.details]
    return RowRead(row=planned.row, name=planned.name, fate=planned.fate, details=details)


def _names(s: Session, uploads: Sequence[RosterUpload]) -> dict[UUID, str]:
    wanted = {u.requested_by for u in uploads}
    return pairs(s, select(col(User.id), col(User.display_name)).where(col(User.id).in_(wanted)))


def upload_of(upload: RosterUpload, names: Mapping[UUID, str]) -> UploadRead:
    return UploadRead.model_validate(
        {
            **upload.model_dump(include={"id", "filename", "created_at", "committed_at", "version"}),
            "requested_by": names.get(upload.requested_by, ""),
        }
    )


def listed(s: Session, who: Principal, roster: Roster, target_id: UUID | None, paging: Paging) -> dict[str, Any]:
    """Uploads, the latest first."""
    keys: list[Any] = [(col(RosterUpload.created_at), datetime), (col(RosterUpload.id), UUID)]
    page = paginate(s, visible(who, roster, target_id), paging, keys, descending=True)
    names = _names(s, page["items"])
    return {**page, "items": [upload_of(upload, names) for upload in page["items"]]}


def commit(s: Session, who: Principal, roster: Roster, target_id: UUID | None, upload_id: UUID) -> RosterUpload:
    """Writes every row, or none if one is refused now. Asked again, it changes nothing. The file is forgotten."""
    upload = find(s, who, roster, target_id, upload_id)
    lock_row(
        s, Community, upload.community_id
    )  # one import at a time, so that a dry run stays true while it is written
    s.refresh(upload)
    if upload.committed_at is not None:
        return upload
    planned = _planned(s, roster, upload, _sheet(roster, upload).rows)
    fates = Counter(p.fate for p in planned)
    if fates[Fate.refused]:
        raise Conflict(
            _("有 %(n)s 行不能导入，没有写入任何内容。请改正后重新上传。", n=fates[Fate.refused]), code="rows_refused"
        )
    if not planned:
        raise Conflict(_("文件里没有可导入的行。"), code="no_rows")
    for each in planned:
        if each.apply is not None:
            each.apply()
    upload.fates = {str(key): n for key, n in fates.items()}
    upload.committed_at, upload.content_sealed = now(), None
    touch(upload)
    s.add(upload)
    counts = {str(key): n for key, n in fates.items()}
    audit.note(s, "roster.import", _TABLE, upload.id, upload.community_id, sha256=upload.sha256, **counts)
    s.flush()
    return upload


def discard(
    s: Session, who: Principal, roster: Roster, target_id: UUID | None, upload_id: UUID, version: int | None
) -> None:
    """Deletes an upload that was not written; what was written stays in the list."""
    upload = find(s, who, roster, target_id, upload_id)
    check_version(upload, version)
    if upload.committed_at is not None:
        raise Conflict(_("已经导入，记录须保留。"), code="committed")
    s.delete(upload)
