"""Where sealed files lie. The directory may be replaced by any store that keeps bytes under a key.

A key is random hexadecimal text made here, so nothing that anybody sends ever becomes part of a path.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from app.core.config import get_settings

THUMBNAIL = "t"
_KEY = re.compile(r"[0-9a-f]{40}t?", re.ASCII)


class Storage(Protocol):
    """Three things that rooms need; `files` is for the operator's checks and sweeps."""

    def put(self, key: str, content: bytes) -> None: ...
    def get(self, key: str) -> bytes | None: ...
    def discard(self, key: str) -> None: ...
    def files(self) -> Iterator[tuple[str, datetime]]: ...


def new_key() -> str:
    return secrets.token_hex(20)


class FileStorage:
    """Files in a directory, spread over 256 folders; readable by the server's own account only."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("not a key of this storage")
        return self.root / key[:2] / key

    def put(self, key: str, content: bytes) -> None:
        """On the disk, under its name, or not at all."""
        target = self.path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = target.with_name(f".{key}.unfinished")
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(target)
        folder = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def get(self, key: str) -> bytes | None:
        try:
            return self.path(key).read_bytes()
        except FileNotFoundError:
            return None

    def discard(self, key: str) -> None:
        self.path(key).unlink(missing_ok=True)

    def files(self) -> Iterator[tuple[str, datetime]]:
        """Every file with the instant at which it was written; one that a crash left unfinished as well."""
        for path in sorted(self.root.glob("??/*")):
            key = path.name.removeprefix(".").removesuffix(".unfinished")
            if not _KEY.fullmatch(key):
                continue
            try:
                written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
            except FileNotFoundError:  # discarded meanwhile
                continue
            yield key, written


def storage() -> FileStorage:
    return FileStorage(get_settings().data_dir / "attachments")
