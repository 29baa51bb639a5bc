"""Parts of a job in the database: sealed, so that neither the file nor a backup shows anybody's data in clear."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import delete, insert, select
from sqlmodel import Session, col

from app.core import crypto
from app.core.i18n import N_
from app.households.imports.models import Fate, ImportPart
from app.households.imports.problems import FileRefused

FILE = "file"
LINES = "lines"  # what the check read: the import itself need not read the file again
FILE_PART = 2 * 1024 * 1024
REPORT_PART = 500
_NONCE = 12
_DELETED = N_("文件已删除。请重新上传。")

Item = list[Any]  # row, label, name, details


@lru_cache(maxsize=1)
def _cipher() -> AESGCM:
    return AESGCM(crypto.derive("import parts"))


def _address(job_id: UUID, kind: str, seq: int) -> bytes:
    return f"import_part:{job_id}:{kind}:{seq}".encode()


def sealed_part(job_id: UUID, kind: str, seq: int, data: bytes) -> dict[str, Any]:
    nonce = os.urandom(_NONCE)
    sealed = nonce + _cipher().encrypt(nonce, zlib.compress(data, 1), _address(job_id, kind, seq))
    return {"job_id": job_id, "kind": kind, "seq": seq, "data": sealed}


def _opened(part: ImportPart) -> bytes:
    address = _address(part.job_id, part.kind, part.seq)
    try:
        return zlib.decompress(_cipher().decrypt(part.data[:_NONCE], part.data[_NONCE:], address))
    except InvalidTag as broken:
        raise crypto.SealBroken(address.decode()) from broken


def sealed_lines(job_id: UUID, packs: Iterable[bytes]) -> list[dict[str, Any]]:
    """The rows that were read, instead of the file."""
    return [sealed_part(job_id, LINES, seq, packed) for seq, packed in enumerate(packs)]


def lines_of(s: Session, job_id: UUID) -> Iterator[bytes]:
    """The rows that were read, pack by pack."""
    missing = True
    for part in s.scalars(_parts(job_id, LINES).execution_options(yield_per=1)):
        missing = False
        yield _opened(part)
    if missing:
        raise FileRefused(_DELETED)


def put(s: Session, parts: list[dict[str, Any]]) -> None:
    if parts:
        s.execute(insert(ImportPart), parts)


def erase(s: Session, job_id: UUID, *kinds: str) -> None:
    """Deletes parts of these kinds; of every kind if none is named."""
    statement = delete(ImportPart).where(col(ImportPart.job_id) == job_id)
    s.execute(statement.where(col(ImportPart.kind).in_(kinds)) if kinds else statement)


def file_of(s: Session, job_id: UUID) -> bytes:
    """The uploaded file."""
    parts = s.scalars(_parts(job_id, FILE))
    data = b"".join(_opened(part) for part in parts)
    if not data:
        raise FileRefused(_DELETED)
    return data


def _parts(job_id: UUID, kind: str) -> Any:
    wanted = select(ImportPart).where(col(ImportPart.job_id) == job_id, col(ImportPart.kind) == kind)
    return wanted.order_by(col(ImportPart.seq))


def items(s: Session, job_id: UUID, fate: str, offset: int, limit: int) -> list[Item]:
    """Some rows of the report, in the order of the file."""
    first, last = offset // REPORT_PART, (offset + limit - 1) // REPORT_PART
    found: list[Item] = []
    for part in s.scalars(_parts(job_id, fate).where(col(ImportPart.seq).between(first, last))):
        found += json.loads(_opened(part))
    begin = offset - first * REPORT_PART
    return found[begin : begin + limit]


def all_items(s: Session, job_id: UUID, fate: str) -> Iterator[Item]:
    """Every row of one fate, part by part."""
    for part in s.scalars(_parts(job_id, fate).execution_options(yield_per=1)):
        yield from json.loads(_opened(part))


class ReportWriter:
    """Collects rows by fate, packed and sealed as they come."""

    def __init__(self, job_id: UUID) -> None:
        self._job_id = job_id
        self._open: dict[str, list[Item]] = {fate: [] for fate in Fate}
        self._counts: dict[str, int] = dict.fromkeys(Fate, 0)
        self._parts: list[dict[str, Any]] = []

    def add(self, fate: str, item: Item) -> None:
        held = self._open[fate]
        held.append(item)
        if len(held) >= REPORT_PART:
            self._pack(fate)

    def _pack(self, fate: str) -> None:
        if self._open[fate]:
            data = json.dumps(self._open[fate], ensure_ascii=False, separators=(",", ":")).encode()
            self._parts.append(sealed_part(self._job_id, str(fate), self._counts[fate], data))
            self._counts[fate] += 1
            self._open[fate] = []

    def finish(self) -> None:
        """Packs what is left, before a transaction is begun."""
        for fate in Fate:
            self._pack(fate)

    def write(self, s: Session) -> None:
        """Replaces the job's report."""
        erase(s, self._job_id, *Fate)
        put(s, self._parts)
