"""One way to read both formats: find the header row, then give each row as cells by column key."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.imports import read_csv
from app.households.imports.columns import BY_KEY, HEADERS, plain_header
from app.households.imports.problems import FileRefused
from app.households.imports.read_xlsx import Book, Cell
from app.households.imports.sniff import sniff

MOST_ROWS = 200_000
_HEADER_WITHIN = 10
_LONGEST_HEADER = 60
_NEEDED = ("building", "room")


@dataclass
class Table:
    """An opened register: its rows come as a stream, once."""

    format: str
    rows: Iterator[tuple[int, dict[str, Cell]]]
    unknown_columns: list[str] = field(default_factory=list)
    keys: frozenset[str] = frozenset()
    date_1904: bool = False


def open_table(data: bytes, filename: str) -> Table:
    """Reads as far as the header row. Raises FileRefused with a reason for people."""
    kind = sniff(data, filename)
    if kind == "csv":
        return _table(kind, read_csv.rows(data), date_1904=False)
    try:
        book = Book(data)
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError) as broken:
        raise FileRefused(N_("文件已损坏，无法打开。")) from broken
    return _table(kind, book.rows(), date_1904=book.date_1904)


def _table(kind: str, rows: Iterator[tuple[int, Sequence[Cell]]], *, date_1904: bool) -> Table:
    for count, (_row, cells) in enumerate(rows):
        keys = [HEADERS.get(plain_header(c[:_LONGEST_HEADER])) if c else None for c in cells]
        if all(needed in keys for needed in _NEEDED):
            _refuse_doubles(keys)
            unknown = [c.strip()[:_LONGEST_HEADER] for c, key in zip(cells, keys, strict=True) if c and not key]
            known = [(at, key) for at, key in enumerate(keys) if key]
            return Table(
                kind,
                _keyed(rows, known),
                [name for name in unknown if name.isprintable() and name],
                frozenset(key for _at, key in known),
                date_1904,
            )
        if count + 1 >= _HEADER_WITHIN:
            break
    raise FileRefused(
        N_("没有找到表头。前 %(rows)s 行中须有一行写着列名，至少有“楼栋”和“室”。请用模板填写。"), rows=_HEADER_WITHIN
    )


def _refuse_doubles(keys: list[str | None]) -> None:
    seen: set[str] = set()
    for key in keys:
        if key and key in seen:
            raise FileRefused(N_("“%(column)s”一列出现了两次，请删去一列。"), column=_(BY_KEY[key].label))
        seen.add(key or "")


def _keyed(
    rows: Iterator[tuple[int, Sequence[Cell]]], known: list[tuple[int, str]]
) -> Iterator[tuple[int, dict[str, Cell]]]:
    count = 0
    for number, cells in rows:
        width = len(cells)
        found = {key: cells[at] for at, key in known if at < width and cells[at]}
        if not found:
            continue
        count += 1
        if count > MOST_ROWS:
            raise FileRefused(N_("超过 %(most)s 行。请分成几个文件导入。"), most=MOST_ROWS)
        yield number, found
