"""Tables to take away: CSV (UTF-8 with a byte order mark, so that Excel reads it) and XLSX.

No cell can start a formula: in CSV an apostrophe stands before a text that a spreadsheet would calculate, in XLSX such
a text is stored as text and marked as typed with an apostrophe. The file is complete before its first byte leaves, so
a failure is a refusal and never half a table.
"""

from __future__ import annotations

import csv
import io
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import IO, Any, Literal
from urllib.parse import quote
from uuid import UUID

from starlette.responses import Response, StreamingResponse

from app.core import audit, xlsx
from app.core.db import Database
from app.core.xlsx import Cell

ExportFormat = Literal["csv", "xlsx"]

_MEDIA = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_IN_MEMORY = 4 * 1024 * 1024
_PIECE = 64 * 1024
_STARTS = ("=", "+", "-", "@")


def starts_formula(text: str) -> bool:
    """Whether a spreadsheet might calculate this text: = + - @ or a control character first, blanks aside."""
    if text[:1] in ("\t", "\r", "\n"):
        return True
    return unicodedata.normalize("NFKC", text[:40]).lstrip().lstrip("\u200b\ufeff").startswith(_STARTS)


def table_response(
    kind: ExportFormat, filename: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]
) -> Response:
    """The rows as a file to download. Must run where the rows' session is open."""
    write = _write_csv if kind == "csv" else _write_xlsx
    file = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed when the last piece has left
    try:
        write(file, columns, rows)
    except BaseException:
        file.close()
        raise
    size = file.tell()
    file.seek(0)
    headers = {
        "Content-Disposition": f"attachment; filename=\"export.{kind}\"; filename*=UTF-8''{quote(filename)}.{kind}",
        "Content-Length": str(size),
    }
    return StreamingResponse(_pieces(file), media_type=_MEDIA[kind], headers=headers)


def note_export(
    db: Database, who: Any, object_type: str, community_id: UUID | None, kind: ExportFormat, filters: Iterable[str]
) -> None:
    """Records who took which list; of its filters only the names, since a search may hold personal data."""
    with db.write() as s:
        audit.set_actor(s, who)
        audit.note(s, f"{object_type}.export", object_type, None, community_id, format=kind, filters=sorted(filters))


def csv_text(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table for programs: CSV without a byte order mark, which would become part of the first column's name."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([_csv_cell(c) for c in columns])
    writer.writerows([_csv_cell(c) for c in row] for row in rows)
    return text.getvalue()


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while piece := file.read(_PIECE):
            yield piece


def _write_csv(file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
    writer = csv.writer(text)
    writer.writerow([_csv_cell(c) for c in columns])
    for row in rows:
        writer.writerow([_csv_cell(c) for c in row])
    text.flush()
    text.detach()


def _csv_cell(value: Cell) -> Cell:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and starts_formula(value):
        return "'" + value
    return value


def _write_xlsx(file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    xlsx.write(file, columns, rows, starts_formula)
    file.seek(0, io.SEEK_END)
