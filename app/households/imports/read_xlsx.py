"""XLSX, read as a stream: no formulas, no styles, no links; document types and entities are refused outright.

openpyxl's read-only mode takes five times as long (measured), half a minute for a large register, and bounds neither
rows nor columns; element trees of the standard library take three times as long. This reader takes the first visible
sheet's cells and nothing else; every size is bounded (see also `sniff`).
"""

from __future__ import annotations

import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import IO, Any
from xml.parsers import expat

from app.core.i18n import N_
from app.households.imports.problems import FileRefused

LAST_ROW = 1_048_576
MOST_EMPTY_ROWS = 200_000  # one after the other
MOST_COLUMNS = 100
MOST_STRINGS = 3_000_000
LARGEST_TEXT = 32_767  # what Excel itself allows in a cell
LARGEST_STRINGS = 64 * 1024 * 1024
LARGEST_SMALL_MEMBER = 4 * 1024 * 1024
_PIECE = 32 * 1024
_REFERENCE = re.compile(r"[A-Z]{1,3}[0-9]{1,7}")
_ESCAPED = re.compile(r"_x000([9AD])_")
_BROKEN = N_("工作簿的内容已损坏（%(part)s），无法读取。请用 Excel 或 WPS 打开后另存一份。")
_DTD = N_("工作簿中含有 DTD 或实体定义，可能是恶意文件，已拒绝。")


class Number(str):
    """A cell that Excel keeps as a number: its digits may not be what somebody typed."""

    __slots__ = ()


Cell = str | Number | None


def _stream(source: IO[bytes], part: str, start: Any, end: Any, text: Any) -> Iterator[None]:
    """Feeds a member to expat piece by piece, pausing after each."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    parser.StartDoctypeDeclHandler = _refuse_dtd
    parser.EntityDeclHandler = _refuse_dtd
    try:
        while piece := source.read(_PIECE):
            parser.Parse(piece, False)
            yield
        parser.Parse(b"", True)
        yield
    except (expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as broken:
        raise FileRefused(_BROKEN, part=part) from broken


def _refuse_dtd(*_declaration: Any) -> None:
    raise FileRefused(_DTD)


def _local(name: str) -> str:
    return name.rpartition(":")[2]


class SharedStrings:
    """The table of texts, read only as far as it is asked for."""

    def __init__(self, source: IO[bytes] | None) -> None:
        self._texts: list[str] = []
        self._open: list[str] | None = None
        self._in_text = self._phonetic = False
        self._more = (
            _stream(source, "sharedStrings", self._start, self._end, self._text) if source is not None else iter(())
        )
        next(self._more, None)  # what is wrong at its beginning is refused whether it is used or not

    def _start(self, name: str, _attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "si":
            self._open = []
        elif local == "rPh":
            self._phonetic = True
        elif local == "t":
            self._in_text = not self._phonetic

    def _text(self, data: str) -> None:
        if self._in_text and self._open is not None:
            self._open.append(data)

    def _end(self, name: str) -> None:
        local = _local(name)
        if local == "t":
            self._in_text = False
        elif local == "rPh":
            self._phonetic = False
        elif local == "si":
            self._texts.append(_unescaped("".join(self._open or ())))
            self._open = None
            if len(self._texts) > MOST_STRINGS:
                raise FileRefused(_BROKEN, part="sharedStrings")

    def __getitem__(self, index: int) -> str:
        while index >= len(self._texts):
            try:
                next(self._more)
            except StopIteration:
                raise FileRefused(_BROKEN, part="sharedStrings") from None
        return self._texts[index]


def _unescaped(text: str) -> str:
    if len(text) > LARGEST_TEXT:
        raise FileRefused(N_("有单元格超过 %(most)s 个字，已拒绝。"), most=LARGEST_TEXT)
    return _ESCAPED.sub(lambda m: {"9": "\t", "A": "\n", "D": ""}[m[1]], text) if "_x000" in text else text


class _Sheet:
    """Collects the rows of one sheet as expat meets them."""

    def __init__(self, strings: SharedStrings) -> None:
        self.rows: list[tuple[int, list[Cell]]] = []
        self._strings = strings
        self._columns: dict[str, int] = {}
        self._row: list[Cell] = []
        self._number = self._column = self._length = 0
        self._kind = ""
        self._value: list[str] = []
        self._collect = False
        self._empty = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name) if ":" in name else name
        if local == "c":
            self._kind = attributes.get("t", "n")
            self._column = self._place(attributes.get("r"), self._column)
            self._value.clear()
            self._length = 0
        elif local == "v":
            self._collect = True
        elif local == "t":
            self._collect = self._kind == "inlineStr"
        elif local == "row":
            self._begin_row(attributes.get("r"))

    def _begin_row(self, reference: str | None) -> None:
        self._empty += 1
        given = int(reference) if reference and reference.isdecimal() and len(reference) < 9 else 0
        self._number = max(given, self._number + 1)
        if self._empty > MOST_EMPTY_ROWS or self._number > LAST_ROW:
            raise FileRefused(N_("工作表里的空行太多。请把数据下面的空行删除后再上传。"))
        self._row, self._column = [], -1

    def _place(self, reference: str | None, before: int) -> int:
        """The column of a cell: from its reference, else the one after the last."""
        if not reference:
            return before + 1
        letters = reference.rstrip("0123456789")
        if letters not in self._columns:
            if _REFERENCE.fullmatch(reference) is None:
                raise FileRefused(_BROKEN, part="sheet")
            at = 0
            for letter in letters:
                at = at * 26 + ord(letter) - 64
            self._columns[letters] = at - 1
        return self._columns[letters]

    def text(self, data: str) -> None:
        if self._collect:
            self._length += len(data)
            if self._length > LARGEST_TEXT:
                _unescaped(" " * self._length)
            self._value.append(data)

    def end(self, name: str) -> None:
        local = _local(name) if ":" in name else name
        if local == "c":
            if self._value:
                self._put(self._read("".join(self._value)))
                self._value.clear()
        elif local in ("v", "t"):
            self._collect = False
        elif local == "row" and self._row:
            self.rows.append((self._number, self._row))
            self._row, self._empty = [], 0

    def _read(self, raw: str) -> Cell:
        if self._kind == "s":
            return self._strings[int(raw)] if raw.isdecimal() and len(raw) < 9 else None
        if self._kind == "n":
            return Number(raw.strip())
        return _unescaped(raw)

    def _put(self, value: Cell) -> None:
        if not value:
            return
        if self._column >= MOST_COLUMNS:
            raise FileRefused(N_("第 %(row)s 行的列数超过 %(most)s。"), row=self._number, most=MOST_COLUMNS)
        self._row.extend([None] * (self._column + 1 - len(self._row)))
        self._row[self._column] = value


class Book:
    """An opened workbook. `rows()` streams the first visible sheet; `date_1904` says how its serial days count."""

    def __init__(self, data: bytes) -> None:
        self._archive = zipfile.ZipFile(BytesIO(data))
        self._names = set(self._archive.namelist())
        self.date_1904 = False
        self._sheets: list[tuple[str, bool]] = []
        self._targets: dict[str, str] = {}
        self._walk("xl/workbook.xml", self._workbook_element)
        if "xl/_rels/workbook.xml.rels" in self._names:
            self._walk("xl/_rels/workbook.xml.rels", self._relationship)

    def _walk(self, member: str, start: Callable[[str, dict[str, str]], None]) -> None:
        if self._archive.getinfo(member).file_size > LARGEST_SMALL_MEMBER:
            raise FileRefused(_BROKEN, part=member)
        with self._open(member) as source:
            for _ in _stream(source, member, start, None, None):
                pass

    def _open(self, member: str) -> IO[bytes]:
        """A member; its own header may contradict the archive's table of contents."""
        try:
            return self._archive.open(member)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, OSError) as broken:
            raise FileRefused(_BROKEN, part=member) from broken

    def _workbook_element(self, name: str, attributes: dict[str, str]) -> None:
        local = _local(name)
        if local == "workbookPr":
            self.date_1904 = attributes.get("date1904", "0") in ("1", "true")
        elif local == "sheet":
            key = next((v for k, v in attributes.items() if _local(k) == "id"), "")
            self._sheets.append((key, attributes.get("state", "visible") == "visible"))

    def _relationship(self, name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            path = target.lstrip("/") if target.startswith("/") else "xl/" + target
            self._targets[attributes.get("Id", "")] = path

    def _sheet_member(self) -> str:
        keys = [key for key, visible in self._sheets if visible] or [key for key, _visible in self._sheets]
        member = self._targets.get(keys[0], "") if keys else ""
        if member not in self._names:
            member = "xl/worksheets/sheet1.xml"
        if member not in self._names:
            raise FileRefused(N_("工作簿里没有工作表。"))
        return member

    def rows(self) -> Iterator[tuple[int, list[Cell]]]:
        """Row numbers as Excel shows them, and cells; rows without any value are left out."""
        strings_member = "xl/sharedStrings.xml"
        strings: IO[bytes] | None = None
        if strings_member in self._names:
            if self._archive.getinfo(strings_member).file_size > LARGEST_STRINGS:
                raise FileRefused(_BROKEN, part="sharedStrings")
            strings = self._open(strings_member)
        try:
            sheet = _Sheet(SharedStrings(strings))
            with self._open(self._sheet_member()) as source:
                for _ in _stream(source, "sheet", sheet.start, sheet.end, sheet.text):
                    yield from sheet.rows
                    sheet.rows.clear()
        finally:
            if strings is not None:
                strings.close()

    def close(self) -> None:
        self._archive.close()
