"""The three sheets of a form as rows, read with the bounded reader of the imports."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass

from app.core.errors import Invalid
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.imports.problems import FileRefused
from app.households.imports.read_xlsx import Book
from app.households.imports.sniff import sniff

MOST_ROWS = 2000
_HEADER_WITHIN = 5
_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class Line:
    """A row of a sheet: its number as Excel shows it, and cells by column name."""

    sheet: str
    row: int
    cells: dict[str, str]

    def get(self, name: str) -> str:
        return self.cells.get(name, "")


class _Sheets(Book):
    """The same reader, for a sheet that is named."""

    def __init__(self, data: bytes) -> None:
        self._by_name: dict[str, str] = {}
        self._wanted = ""
        super().__init__(data)

    def _workbook_element(self, name: str, attributes: dict[str, str]) -> None:
        super()._workbook_element(name, attributes)
        if name.rpartition(":")[2] == "sheet":
            self._by_name.setdefault(attributes.get("name", "").strip().lower(), self._sheets[-1][0])

    def _sheet_member(self) -> str:
        member = self._targets.get(self._wanted, "")
        if member not in self._names:
            raise FileRefused(N_("工作簿里没有工作表。"))
        return member

    def sheet(self, name: str) -> Iterator[Line]:
        """The rows below the header; none where there is no such sheet."""
        if name not in self._by_name:
            return
        self._wanted = self._by_name[name]
        columns: list[str] = []
        for count, (row, cells) in enumerate(self.rows()):
            if count > MOST_ROWS:
                raise FileRefused(N_("超过 %(most)s 行。请分成几个文件导入。"), most=MOST_ROWS)
            texts = [str(c).strip() if c else "" for c in cells]
            if not columns:
                if count >= _HEADER_WITHIN:
                    return
                names = [_SPACES.sub(" ", t).lower() for t in texts]
                columns = names if names[0] or any(names) else []
                continue
            named = {columns[at]: text for at, text in enumerate(texts) if text and at < len(columns) and columns[at]}
            if named:
                yield Line(name, row, named)


def sheets(data: bytes, filename: str) -> dict[str, list[Line]]:
    """survey, choices and settings of an uploaded file. Raises Invalid with the reason for people."""
    try:
        if sniff(data, filename) != "xlsx":
            raise FileRefused(N_("XLSForm 须是 .xlsx 文件。"))
        book = _Sheets(data)
        try:
            found = {name: list(book.sheet(name)) for name in ("survey", "choices", "settings")}
        finally:
            book.close()
    except FileRefused as refused:
        raise Invalid(str(refused.problem), code="file_refused", field="file") from refused
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError, ValueError) as broken:
        raise Invalid(_("文件已损坏，无法打开。"), code="file_refused", field="file") from broken
    if not found["survey"]:
        message = _("没有找到名为 survey 的工作表，或者它是空的。请按 XLSForm 的格式准备文件。")
        raise Invalid(message, code="file_refused", field="file")
    return found
