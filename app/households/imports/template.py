"""The template to fill in: XLSX with lists to choose from and a sheet of explanations, and the same as CSV."""

from __future__ import annotations

import csv
import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.core.i18n import gettext as _
from app.households.imports.columns import COLUMNS, Column

_LAST_ROW = 20_000
_TEXT = "@"
_REQUIRED, _OTHER = PatternFill("solid", fgColor="F6DFC8"), PatternFill("solid", fgColor="E3ECE6")


def csv_template() -> bytes:
    """Headers and the example row, as Excel reads them: UTF-8 with a byte order mark."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow([column.label for column in COLUMNS])
    writer.writerow([column.example for column in COLUMNS])
    return text.getvalue().encode("utf-8-sig")


def xlsx_template() -> bytes:
    book = Workbook()
    sheet = book.active
    assert isinstance(sheet, Worksheet)  # noqa: S101 - a new workbook has a sheet
    sheet.title = "住户登记"
    sheet.freeze_panes = "A2"
    for at, column in enumerate(COLUMNS, start=1):
        _column(sheet, at, column)
    _explanations(book.create_sheet("填写说明"))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _column(sheet: Worksheet, at: int, column: Column) -> None:
    """All cells are text, so that Excel takes no digits from ID numbers and makes no dates of room numbers."""
    letter = get_column_letter(at)
    sheet.column_dimensions[letter].width = column.width
    head = sheet.cell(1, at, column.label)
    head.font = Font(bold=True)
    head.fill = _REQUIRED if column.required else _OTHER
    head.alignment = Alignment(vertical="center")
    for row in range(2, 502):
        sheet.cell(row, at).number_format = _TEXT
    example = sheet.cell(2, at, column.example or None)
    example.font = Font(italic=True, color="777777")
    sheet.add_data_validation(_validation(letter, column))


def _validation(letter: str, column: Column) -> DataValidation:
    """The choices where there are any, and the explanation beside the cell that is being filled in."""
    listed = f'"{",".join(column.choices)}"' if column.choices else None
    rule = DataValidation(type="list" if listed else None, formula1=listed, allow_blank=True)
    rule.showErrorMessage = False  # other usual words are understood too, and several care categories at once
    rule.showInputMessage = True
    rule.promptTitle = column.label[:32]
    rule.prompt = column.explanation[:255]
    rule.add(f"{letter}2:{letter}{_LAST_ROW}")
    return rule


def _explanations(sheet: Worksheet) -> None:
    sheet.append(["列名", "怎么填", "示例", "可填内容", "也认这些列名"])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for column in COLUMNS:
        names = "、".join((column.key, *column.names))
        sheet.append([column.label, column.explanation, column.example, "、".join(column.choices), names])
    sheet.append([])
    for line in (
        "一人一行；没有人住的房屋也占一行，人员各列留空。",
        "空着的单元格不会清掉系统里已有的内容。",
        "第 2 行是示例，原样保留会自动跳过。",
        "列的先后不限；不认识的列会在检查报告里指出，不影响其余各列。",
    ):
        sheet.append([line])
    for letter, width in zip("ABCDE", (14, 52, 22, 60, 48), strict=True):
        sheet.column_dimensions[letter].width = width


def explanations() -> list[tuple[str, str, str]]:
    """The same for the page: name, explanation, and the words that may be filled in, which are Chinese everywhere."""
    return [(_(c.label), _(c.explanation), "、".join(c.choices)) for c in COLUMNS]
