"""Keeping, showing and removing files of records.

A file is sealed and on the disk before the row that names it is committed, and goes after the row has gone: a crash
in between leaves a file that nobody names, never a row without its file. `sweep` takes such files away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, event, func, select
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.attachments import kinds, owners, pictures
from app.attachments.models import Attachment, Moment
from app.attachments.schemas import AttachmentUpdate
from app.attachments.storage import THUMBNAIL, new_key, storage
from app.core import crypto
from app.core.clock import now
from app.core.db import Database, check_version, touch
from app.core.errors import Conflict, NotFound, TooLarge
from app.core.i18n import gettext as _
from app.core.logs import log
from app.core.models import new_id

MOST_FILES = 60
UNCLAIMED = timedelta(hours=6)  # longer than any request that is still at work
_TABLE = "attachment"


@dataclass(frozen=True)
class Upload:
    """A file that was looked at and may be kept."""

    filename: str
    media_type: str
    content: bytes
    thumbnail: bytes = b""
    width: int | None = None
    height: int | None = None


@dataclass(frozen=True)
class Stored:
    """A file that lies in the storage already, under the id that its row will have."""

    id: UUID
    key: str
    upload: Upload


def examine(data: bytes, filename: str) -> Upload:
    """What is kept of a file that was sent, or why it is refused. Slow: never inside a transaction."""
    if len(data) > kinds.LARGEST:
        most = kinds.LARGEST // 1024 // 1024
        raise TooLarge(_("文件超过 %(n)s MB，请缩小后再上传。", n=most), field="file", code="too_large")
    media_type = kinds.sniff(data)
    name = kinds.plain_name(filename, media_type)
    if media_type not in kinds.PICTURES:
        return Upload(name, media_type, data)
    made = pictures.remake(data, media_type)
    return Upload(name, media_type, made.content, made.thumbnail, made.width, made.height)


def store(upload: Upload) -> Stored:
    """Seals a file and puts it on the disk, before the transaction that makes its row."""
    made = Stored(new_id(), new_key(), upload)
    sealed = crypto.seal_bytes(upload.content, crypto.cell(_TABLE, "content", made.id))
    storage().put(made.key, sealed)
    if upload.thumbnail:
        sealed = crypto.seal_bytes(upload.thumbnail, crypto.cell(_TABLE, "thumbnail", made.id))
        storage().put(made.key + THUMBNAIL, sealed)
    return made


def discard(key: str) -> None:
    storage().discard(key)
    storage().discard(key + THUMBNAIL)


def add(
    s: Session,
    who: Principal,
    kind: str,
    owner_id: UUID,
    stored: Stored,
    *,
    caption: str = "",
    moment: Moment = Moment.none,
) -> Attachment:
    """Keeps a file with a record that `who` may change."""
    owner = owners.writable(s, who, kind, owner_id)
    return keep(s, owner.community_id, kind, owner_id, stored, caption=caption, moment=moment, by=who.id)


def keep(
    s: Session,
    community_id: UUID,
    kind: str,
    owner_id: UUID,
    stored: Stored,
    *,
    caption: str = "",
    moment: Moment = Moment.none,
    by: UUID | None = None,
) -> Attachment:
    """The same without asking who: for what the software itself files."""
    held = select(func.count()).select_from(Attachment)
    if (s.scalar(held.where(*_of(kind, owner_id))) or 0) >= MOST_FILES:
        raise Conflict(_("一条记录最多 %(n)s 个附件。", n=MOST_FILES), code="too_many_files", field="file")
    upload = stored.upload
    row = Attachment(
        id=stored.id,
        community_id=community_id,
        owner_kind=kind,
        owner_id=owner_id,
        filename=upload.filename,
        media_type=upload.media_type,
        size=len(upload.content),
        sha256=hashlib.sha256(upload.content).hexdigest(),
        storage_key=stored.key,
        width=upload.width,
        height=upload.height,
        caption=caption,
        moment=moment,
        uploaded_by=by,
    )
    s.add(row)
    s.flush()
    return row


def _of(kind: str, owner_id: UUID) -> tuple[Any, Any]:
    return col(Attachment.owner_kind) == kind, col(Attachment.owner_id) == owner_id


def of(s: Session, kind: str, owner_id: UUID) -> list[Attachment]:
    """The files of a record, in the order in which they came."""
    return list(s.scalars(listing(kind, owner_id).order_by(col(Attachment.id))))


def of_many(s: Session, kind: str, owner_ids: Iterable[UUID]) -> dict[UUID, list[Attachment]]:
    """The files of several records of one kind, for a page that shows them together."""
    found: dict[UUID, list[Attachment]] = {owner_id: [] for owner_id in owner_ids}
    wanted = select(Attachment).where(col(Attachment.owner_kind) == kind, col(Attachment.owner_id).in_(found))
    for row in s.scalars(wanted.order_by(col(Attachment.id))):
        found[row.owner_id].append(row)
    return found


def listing(kind: str, owner_id: UUID) -> Select[Attachment]:
    return select(Attachment).where(*_of(kind, owner_id))


def find(s: Session, who: Principal | None, attachment_id: UUID) -> tuple[Attachment, owners.OwnerRecord]:
    """A file and its record, for whoever may see the record."""
    row = s.get(Attachment, attachment_id)
    if row is None:
        raise NotFound()
    return row, owners.readable(s, who, row.owner_kind, row.owner_id)


def _changeable(
    s: Session, who: Principal, attachment_id: UUID, version: int | None
) -> tuple[Attachment, owners.OwnerRecord]:
    row = s.get(Attachment, attachment_id)
    if row is None:
        raise NotFound()
    owner = owners.writable(s, who, row.owner_kind, row.owner_id)
    check_version(row, version)
    return row, owner


def update(
    s: Session, who: Principal, attachment_id: UUID, data: AttachmentUpdate, version: int | None
) -> tuple[Attachment, owners.OwnerRecord]:
    row, owner = _changeable(s, who, attachment_id, version)
    row.sqlmodel_update({k: v for k, v in data.model_dump(exclude_unset=True).items() if v is not None})
    touch(row)
    s.add(row)
    s.flush()
    return row, owner


def remove(s: Session, who: Principal, attachment_id: UUID, version: int | None) -> owners.OwnerRecord:
    row, owner = _changeable(s, who, attachment_id, version)
    _drop(s, [row])
    return owner


def drop_all(s: Session, kind: str, owner_id: UUID) -> None:
    """For a room that deletes a record: its files go with it."""
    _drop(s, of(s, kind, owner_id))


def _drop(s: Session, rows: list[Attachment]) -> None:
    """The rows go now, the files when that is committed: a refusal afterwards must not have destroyed anything."""
    keys = [row.storage_key for row in rows]
    for row in rows:
        s.delete(row)
    s.flush()

    def forget(_session: Session) -> None:
        for key in keys:
            discard(key)

    event.listen(s, "after_commit", forget, once=True)


def content(row: Attachment, *, thumbnail: bool = False) -> bytes:
    """The file itself. One that is gone or was changed on the disk is refused: `qinlian check` names it."""
    if thumbnail and not row.is_picture:
        raise NotFound()
    sealed = storage().get(row.storage_key + (THUMBNAIL if thumbnail else ""))
    if sealed is None:
        raise NotFound(_("文件不在存储中，请联系系统管理员。"), code="file_missing")
    try:
        return crypto.unseal_bytes(sealed, crypto.cell(_TABLE, "thumbnail" if thumbnail else "content", row.id))
    except crypto.SealBroken:
        raise NotFound(_("文件已被改动，不能打开。请联系系统管理员。"), code="file_altered") from None


def sweep(db: Database) -> int:
    """Takes away files that no row names and nobody can be about to name. Returns how many."""
    before = now() - UNCLAIMED
    old = [key for key, written in storage().files() if written < before]
    if not old:
        return 0
    with db.read() as s:
        named = set(s.scalars(select(col(Attachment.storage_key))))
    orphans = [key for key in old if key.removesuffix(THUMBNAIL) not in named]
    for key in orphans:
        storage().discard(key)
    return len(orphans)


def sweep_if_possible(db: Database) -> None:
    """The same at start; a server with a database or a disk in trouble starts all the same."""
    try:
        sweep(db)
    except (DBAPIError, OSError) as trouble:
        log.error("attachments not swept", kind=type(trouble).__name__)
