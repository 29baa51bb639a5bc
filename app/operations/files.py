"""The sealed files of attachments in a backup: which ones belong to it, and how they come back."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select
from sqlmodel import Session, col

from app.attachments.models import Attachment
from app.attachments.storage import THUMBNAIL, FileStorage, storage
from app.operations import archive


def of_database(s: Session) -> dict[str, Path]:
    """The paths of every file that the rows of a database name, by key. A file never changes once it is there."""
    if Attachment.__tablename__ not in inspect(s.connection()).get_table_names():
        return {}
    found: dict[str, Path] = {}
    for key, width in s.execute(select(col(Attachment.storage_key), col(Attachment.width))):
        found[key] = storage().path(key)
        if width is not None:
            found[key + THUMBNAIL] = storage().path(key + THUMBNAIL)
    return found


@contextlib.contextmanager
def unpacked(source: Path, manifest: dict[str, Any]) -> Iterator[Path]:
    """The files of a backup beside where they belong, all verified; gone again unless `take` moves them."""
    root = storage().root
    beside = root.with_name(f"{root.name}.restoring")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True, mode=0o700)
    try:
        fresh = FileStorage(beside)
        for key, content in archive.extract_files(source, manifest):
            fresh.put(key, content)
        yield beside
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def take(fresh: Path) -> None:
    """Puts the unpacked files in place. What was there stays beside them, until the next restore."""
    root = storage().root
    kept = root.with_name(f"{root.name}.before-restore")
    if root.exists():
        shutil.rmtree(kept, ignore_errors=True)
        root.rename(kept)
    fresh.rename(root)
    archive.sync(root.parent)
