"""What `qinlian check` says about the storage: files that are missing, were altered, or that nobody names."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import col

from app.attachments import service
from app.attachments.models import Attachment
from app.attachments.storage import THUMBNAIL, storage
from app.core.clock import now
from app.core.db import Database
from app.core.errors import NotFound


def files(db: Database) -> Iterator[str]:
    named = set()
    with db.read() as s:
        for row in s.scalars(select(Attachment).order_by(col(Attachment.id)).execution_options(yield_per=500)):
            named.add(row.storage_key)
            problem = _problem(row)
            if problem:
                yield f"attachment {row.id}: {problem}"
    before = now() - service.UNCLAIMED
    for key, written in storage().files():
        if written < before and key.removesuffix(THUMBNAIL) not in named:
            yield f"file {key} belongs to no attachment: the next start of the server takes it away"


def _problem(row: Attachment) -> str:
    for thumbnail in (False, True) if row.is_picture else (False,):
        what = "thumbnail" if thumbnail else "file"
        try:
            content = service.content(row, thumbnail=thumbnail)
        except NotFound as refusal:
            return f"its {what} is missing" if refusal.code == "file_missing" else f"its {what} was altered"
        if not thumbnail and hashlib.sha256(content).hexdigest() != row.sha256:
            return "its file is not the one that was uploaded"
    return ""
