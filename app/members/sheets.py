"""Roster files: CSV (UTF-8, GB18030) or XLSX read by the bounded readers of `households.imports`, and their templates.

A roster says which columns it has and how each is read; what is wrong in a cell is named with its column.
"""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from app.core import clock
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.imports import lines, read_csv
from app.households.imports import template as register_template
from app.households.imports.columns import Column, plain_header, plain_word
from app.households.imports.problems import FileRefused, Problem, problem
from app.households.imports.read_xlsx import Book, Cell, Number
from app.households.imports.sniff import sniff

MOST_ROWS = 5_000
LARGEST_FILE = 1_000_000  # a request that is not for the register holds one megabyte
_HEADER_WITHIN = 10
_LONGEST = 120

Parser = Callable[[str, bool], Any]


@dataclass
class Row:
    """One line of the file: its number there, what was understood, and what was not."""

    number: int
    values: dict[str, Any]
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Sheet:
    """A roster that was read."""

    rows: list[Row]
    unknown_columns: list[str]


def words(choices: Mapping[Any, str], also: Mapping[Any, str]) -> dict[str, str]:
    """Everything that is understood for a choice: its value, the interface's word, and other usual words."""
    found: dict[str, str] = {}
    for value, word in choices.items():
        for text in (str(value), word, *also.get(value, "").split()):
            found[plain_word(text)] = str(value)
    return found


def choice(known: Mapping[str, str]) -> Parser:
    return lambda raw, _number: lines.read_choice(raw, dict(known))


def phone(raw: str, is_number: bool) -> str:
    return lines.read_phone(raw, is_number)


def whole_number(raw: str, is_number: bool) -> int:
    plain = lines.read_whole(raw) if is_number else raw.strip().removesuffix("组").removesuffix("号").removeprefix("第")
    if not (plain.isascii() and plain.isdecimal() and 1 <= len(plain) <= 4 and int(plain)):
        raise lines.Refused(N_("请填写 1 到 9999 的整数。"))
    return int(plain)


def past_day(date_1904: bool) -> Parser:
    today = clock.today()
    return lambda raw, number: date.fromordinal(lines.read_past_day(raw, number, date_1904, today))


def read(data: bytes, filename: str, columns: Sequence[Column], parsers: Mapping[str, Parser]) -> Sheet:
    """Reads a whole roster. Raises FileRefused with a reason for people."""
    if sniff(data, filename) == "csv":
        return _read(read_csv.rows(data), columns, parsers, date_1904=False)
    try:
        book = Book(data)
        return _read(book.rows(), columns, parsers, date_1904=book.date_1904)
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError) as broken:
        raise FileRefused(N_("文件已损坏，无法打开。")) from broken


def _read(
    rows: Iterator[tuple[int, Sequence[Cell]]],
    columns: Sequence[Column],
    parsers: Mapping[str, Parser],
    *,
    date_1904: bool,
) -> Sheet:
    known, unknown = _header(rows, columns)
    days = past_day(date_1904)
    by_key = {column.key: days if column.key.endswith("_on") else parsers.get(column.key) for column in columns}
    example = {column.key: column.example for column in columns if column.example}
    found: list[Row] = []
    for number, cells in rows:
        named = {key: cells[at] for at, key in known if at < len(cells) and cells[at]}
        if not named or named == example:
            continue
        if len(found) == MOST_ROWS:
            raise FileRefused(N_("超过 %(most)s 行。请分成几个文件导入。"), most=MOST_ROWS)
        found.append(_row(number, named, columns, by_key))
    return Sheet(found, unknown)


def _header(
    rows: Iterator[tuple[int, Sequence[Cell]]], columns: Sequence[Column]
) -> tuple[list[tuple[int, str]], list[str]]:
    """Which column stands where, and the headers that mean nothing here."""
    headers = {plain_header(name): c.key for c in columns for name in (c.label, c.key, *c.names)}
    needed = [c for c in columns if c.required]
    for count, (_number, cells) in enumerate(rows):
        keys = [headers.get(plain_header(cell[:_LONGEST])) if cell else None for cell in cells]
        if all(column.key in keys for column in needed):
            return _columns(cells, keys, columns)
        if count + 1 >= _HEADER_WITHIN:
            break
    raise FileRefused(
        N_("没有找到表头。前 %(rows)s 行中须有一行写着列名，至少有“%(needed)s”。请用模板填写。"),
        rows=_HEADER_WITHIN,
        needed="”“".join(_(c.label) for c in needed),
    )


def _columns(
    cells: Sequence[Cell], keys: Sequence[str | None], columns: Sequence[Column]
) -> tuple[list[tuple[int, str]], list[str]]:
    for column in columns:
        if keys.count(column.key) > 1:
            raise FileRefused(N_("“%(column)s”一列出现了两次，请删去一列。"), column=_(column.label))
    unknown = [cell.strip()[:60] for cell, key in zip(cells, keys, strict=True) if cell and not key]
    known = [(at, key) for at, key in enumerate(keys) if key]
    return known, [name for name in unknown if name and name.isprintable()]


def _row(number: int, cells: Mapping[str, Cell], columns: Sequence[Column], by_key: Mapping[str, Parser | None]) -> Row:
    row = Row(number, {})
    for key, raw in cells.items():
        try:
            text = lines.read_text(raw or "", key)
            if len(text) > _LONGEST:
                raise lines.Refused(N_("超过 %(most)s 个字。"), most=_LONGEST)
            parse = by_key[key]
            if text:
                row.values[key] = parse(text, isinstance(raw, Number)) if parse else text
        except lines.Refused as wrong:
            row.problems.append(problem(wrong.text, key, **wrong.values))
    faulty = {p.column for p in row.problems}
    row.problems += [
        problem(N_("请填写此项。"), c.key)
        for c in columns
        if c.required and c.key not in row.values and c.key not in faulty
    ]
    return row


def csv_template(columns: Sequence[Column]) -> bytes:
    """Headers and the example row, as Excel reads them: UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([[c.label for c in columns], [c.example for c in columns]])
    return text.getvalue().encode("utf-8-sig")


def xlsx_template(title: str, columns: Sequence[Column]) -> bytes:
    """The same with choices to pick from; all cells are text. Words in templates are Chinese in every language."""
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has a sheet
    sheet.title = title
    sheet.freeze_panes = "A2"
    for at, column in enumerate(columns, start=1):
        register_template._column(sheet, at, column)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def explanations(columns: Sequence[Column]) -> list[tuple[str, str, str]]:
    """Name, explanation, and the words that may be filled in."""
    return [(_(c.label), _(c.explanation), "、".join(c.choices)) for c in columns]
