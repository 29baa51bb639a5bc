"""The rules of imports: who sees them, uploading a file, confirming it, and its report."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.core import audit
from app.core.clock import now
from app.core.db import Database, check_version, lock_row
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge, TooManyRequests
from app.core.i18n import gettext as _
from app.core.pagination import Paging, decode_cursor, paginate
from app.households.imports import store
from app.households.imports.columns import BY_KEY
from app.households.imports.models import Fate, ImportJob, ImportState
from app.households.imports.problems import FileRefused, Problem
from app.households.imports.reading import open_table
from app.households.imports.schemas import ImportDetail, ImportJobRead, ImportRowRead
from app.households.imports.work import OPEN_STATES, live
from app.households.scope import communities_of

LARGEST_FILE = 24 * 1024 * 1024
MOST_WAITING = 5
_UPLOAD_LEASE = timedelta(minutes=2)
_WRITING_FATES = tuple(fate for fate in Fate if fate not in (Fate.refused, Fate.unchanged))


def visible(who: Principal) -> Select[ImportJob]:
    """Every import that somebody may see."""
    return select(ImportJob).where(communities_of(who, col(ImportJob.community_id)))


def get(s: Session, who: Principal, job_id: UUID) -> ImportJob:
    found = s.scalars(visible(who).where(col(ImportJob.id) == job_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def plain_filename(name: str) -> str:
    """The file's own name without its path, and without characters that cannot be stored or shown."""
    last = re.split(r"[/\\]", name)[-1]
    shown = "".join(c for c in unicodedata.normalize("NFC", last) if c.isprintable() and not "\ud800" <= c <= "\udfff")
    return shown[-200:] or "?"


def read_upload(data: bytes, filename: str) -> str:
    """The format of a file that can be read as far as its header row; otherwise a refusal beside the field."""
    if len(data) > LARGEST_FILE:
        raise TooLarge(
            _("文件超过 %(mb)s MB。请分成几个文件导入。", mb=LARGEST_FILE // 1024 // 1024),
            field="file",
            code="too_large",
        )
    try:
        return open_table(data, filename).format
    except FileRefused as refused:
        raise Invalid(str(refused.problem), code="file_refused", field="file") from refused


def upload(db: Database, who: Principal, data: bytes, filename: str) -> ImportJob:
    """Stores the file, sealed, and queues its check. The file goes in by pieces, so that nobody waits for the lock."""
    if who.community_id is None:
        raise Forbidden(_("请以某一个社区的账号导入。"))
    name = plain_filename(filename)
    job = ImportJob(
        community_id=who.community_id,
        filename=name,
        format=read_upload(data, name),
        size=len(data),
        sha256=hashlib.sha256(data).hexdigest(),
        requested_by=who.id,
        lease_owner="upload",
        lease_until=now() + _UPLOAD_LEASE,
    )
    with db.write() as s:
        audit.set_actor(s, who)
        _refuse_too_many(s, who.community_id)
        s.add(job)
        audit.note(s, "import.upload", "import_job", job.id, job.community_id, sha256=job.sha256, size=job.size)
    for seq, at in enumerate(range(0, len(data), store.FILE_PART)):
        part = store.sealed_part(job.id, store.FILE, seq, data[at : at + store.FILE_PART])
        with db.write() as s:
            store.put(s, [part])
    with db.write() as s:
        job = lock_row(s, ImportJob, job.id) or job
        job.lease_owner, job.lease_until = None, None
        s.add(job)
    return job


def _refuse_too_many(s: Session, community_id: UUID) -> None:
    waiting = select(func.count()).where(
        col(ImportJob.community_id) == community_id, col(ImportJob.state).in_(OPEN_STATES)
    )
    count = s.scalar(waiting) or 0
    if count >= MOST_WAITING:
        raise TooManyRequests(
            _("还有 %(n)s 个导入没有处理完，请稍后再上传。", n=count), headers={"Retry-After": "30"}, field="file"
        )


def commit(s: Session, who: Principal, job_id: UUID, *, allow_partial: bool) -> ImportJob:
    """Queues the real import. Asked again while it runs or when it is done, it changes nothing."""
    get(s, who, job_id)
    job: ImportJob = lock_row(s, ImportJob, job_id)  # type: ignore[assignment]
    if job.state in (ImportState.running, ImportState.done):
        return job
    if job.state in (ImportState.uploaded, ImportState.checking):
        raise Conflict(_("还在检查，请等检查完成后再确认导入。"), code="import_not_checked")
    if job.state == ImportState.failed:
        raise Conflict(_("这次导入没有成功，不能再确认。请重新上传。"), code="import_failed")
    refused = job.fates.get(Fate.refused, 0)
    if refused and not allow_partial:
        raise Conflict(
            _("有 %(n)s 行不能导入。请改正后重新上传，或选择只导入其余各行。", n=refused),
            code="rows_refused",
            field="allow_partial",
        )
    job.state, job.step, job.done = ImportState.running, "", 0
    job.allow_partial, job.committed_by = allow_partial, who.id
    job.problem, job.attempts, job.lease_owner, job.lease_until = None, 0, None, None
    job.version += 1
    job.updated_at = now()
    s.add(job)
    return job


def discard(s: Session, who: Principal, job_id: UUID, version: int | None) -> None:
    """Deletes an import with its file and report; one that was written stays in the list, without either."""
    get(s, who, job_id)
    job: ImportJob = lock_row(s, ImportJob, job_id)  # type: ignore[assignment]
    check_version(job, version)
    if job.state in OPEN_STATES:
        raise Conflict(_("正在处理，完成后才能删除。"), code="import_running")
    store.erase(s, job.id)
    if job.state != ImportState.done:
        s.delete(job)
    audit.note(s, "import.discard", "import_job", job.id, job.community_id, sha256=job.sha256)


def _problem_of(job: ImportJob) -> Problem | None:
    plain = (job.problem or {}).get("plain")
    return Problem.of(plain) if plain else None


def read_of(job: ImportJob, names: dict[UUID, str]) -> ImportJobRead:
    """The job as people see it, with the freshest progress."""
    step, done, rows = live.get(job.id, (job.step, job.done, job.rows)) if job.state in OPEN_STATES else ("", 0, 0)
    if job.state not in OPEN_STATES:
        done, rows = job.done, job.rows
    why = _problem_of(job)
    return ImportJobRead(
        **{key: getattr(job, key) for key in ImportJobRead.model_fields if key in ImportJob.model_fields}
        | {"step": step, "done": done, "rows": rows, "requested_by": names.get(job.requested_by, "")},
        message=str(why) if why else "",
        writes=sum(job.fates.get(fate, 0) for fate in _WRITING_FATES),
        can_commit=job.state == ImportState.checked,
    )


def _names(s: Session, jobs: list[ImportJob]) -> dict[UUID, str]:
    wanted = select(col(User.id), col(User.display_name)).where(col(User.id).in_({job.requested_by for job in jobs}))
    return {row[0]: row[1] for row in s.execute(wanted)}


def read(s: Session, job: ImportJob) -> ImportJobRead:
    return read_of(job, _names(s, [job]))


def listed(s: Session, who: Principal, paging: Paging) -> dict[str, Any]:
    """Imports, the latest first."""
    keys: list[Any] = [(col(ImportJob.created_at), type(now())), (col(ImportJob.id), UUID)]
    page = paginate(s, visible(who), paging, keys, descending=True)
    names = _names(s, page["items"])
    return {**page, "items": [read_of(job, names) for job in page["items"]]}


def row_of(item: store.Item, fate: Fate) -> ImportRowRead:
    number, label, name, details = item
    return ImportRowRead(
        row=number, household=label, name=name, fate=fate, details=[_detail(Problem.of(d)) for d in details]
    )


def _detail(problem: Problem) -> ImportDetail:
    column = BY_KEY.get(problem.column)
    return ImportDetail(column=problem.column, column_label=_(column.label) if column else "", text=str(problem))


def rows(s: Session, job: ImportJob, fate: Fate, paging: Paging) -> dict[str, Any]:
    """Rows of one fate, in the order of the file."""
    offset: int = decode_cursor(paging.cursor, [int])[0] if paging.cursor else 0
    total = job.fates.get(fate, 0)
    if not 0 <= offset <= max(total, 1):
        offset = total
    found = store.items(s, job.id, fate, offset, paging.limit)
    after = offset + len(found)
    following = paging.address_after([after]) if found and after < total else None
    return {"items": [row_of(item, fate) for item in found], "next": following, "total": total}


def report(s: Session, job: ImportJob) -> Iterator[list[str | int]]:
    """Every row of the report as a table, what was refused first."""
    for fate in Fate:
        for item in store.all_items(s, job.id, fate):
            row = row_of(item, fate)
            texts = [f"{d.column_label}{_('：')}{d.text}" if d.column_label else d.text for d in row.details]
            yield [row.row, row.household, row.name, fate_label(fate), " ".join(texts)]


def fate_label(fate: Fate) -> str:
    return {
        Fate.refused: _("不能导入"),
        Fate.possible_duplicate: _("可能重复"),
        Fate.moves_in: _("迁入"),
        Fate.new_household: _("新住户"),
        Fate.new_person: _("新居民"),
        Fate.updated: _("更新"),
        Fate.unchanged: _("无变化"),
    }[fate]
