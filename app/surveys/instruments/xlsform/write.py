"""A definition as XLSForm."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from io import BytesIO
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from app.surveys.instruments.definition import Definition, Kind, Option, Question, Section

CHINESE, ENGLISH = "label::中文 (zh)", "label::English (en)"
SURVEY = (
    "type",
    "name",
    CHINESE,
    ENGLISH,
    "required",
    "appearance",
    "constraint",
    "subject_kind",
    "scored",
    "weight",
)
CHOICES = ("list_name", "name", CHINESE, ENGLISH, "points", "satisfied", "strict", "valid")
SETTINGS = ("form_title", "form_id", "version", "default_language", "title_en", "smallest_cell", "method")
LIKERT, TABLE = "likert", "table-list"
_YES = "yes"
_WIDTHS = (22, 18, 44, 44, 10, 14, 24, 18, 10, 10)

Line = dict[str, Any]


def workbook(definition: Definition, form_id: str, version: int) -> bytes:
    """The three sheets. Text never becomes a formula, whatever it begins with."""
    lists = _Lists()
    survey = list(_survey(definition, lists))
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    _fill(book.create_sheet("survey"), SURVEY, survey)
    _fill(book.create_sheet("choices"), CHOICES, lists.lines())
    settings = {
        "form_title": definition.title,
        "form_id": form_id,
        "version": str(version),
        "default_language": "中文 (zh)",
        "title_en": definition.title_en,
        "smallest_cell": definition.smallest_cell,
        "method": definition.method,
    }
    _fill(book.create_sheet("settings"), SETTINGS, [settings])
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _fill(sheet: Worksheet, columns: Sequence[str], lines: Sequence[Line]) -> None:
    for at, name in enumerate(columns, 1):
        sheet.cell(1, at, name).font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(at)].width = _WIDTHS[at - 1]
    for row, line in enumerate(lines, 2):
        for at, name in enumerate(columns, 1):
            value = line.get(name)
            if value in (None, ""):
                continue
            cell = sheet.cell(row, at)
            if isinstance(value, str):
                cell.value, cell.data_type = value, "s"
            else:
                cell.value = value
    sheet.freeze_panes = "A2"


class _Lists:
    """The lists of choices; questions with the same options share one."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._options: dict[str, list[Option]] = {}

    def name(self, question: Question) -> str:
        mark = "\n".join(option.model_dump_json() for option in question.options)
        if mark not in self._names:
            self._names[mark] = f"{question.key}_options"
            self._options[self._names[mark]] = question.options
        return self._names[mark]

    def lines(self) -> list[Line]:
        return [
            {
                "list_name": name,
                "name": option.key,
                CHINESE: option.label,
                ENGLISH: option.label_en,
                "points": option.points,
                "satisfied": _yes(option.satisfied),
                "strict": _yes(option.strict),
                "valid": "" if option.valid else "no",
            }
            for name, options in self._options.items()
            for option in options
        ]


def _yes(value: bool) -> str:
    return _YES if value else ""


def _survey(definition: Definition, lists: _Lists) -> Iterator[Line]:
    if definition.intro or definition.intro_en:
        yield {"type": "note", "name": "intro", CHINESE: definition.intro, ENGLISH: definition.intro_en}
    for number, section in enumerate(definition.sections, 1):
        yield _group(number, section)
        for question in section.questions:
            yield from _question(question, lists)
        yield {"type": "end_group"}


def _group(number: int, section: Section) -> Line:
    return {
        "type": "begin_group",
        "name": f"section_{number}",
        CHINESE: section.title,
        ENGLISH: section.title_en,
        "subject_kind": section.subject_kind,
    }


def _question(q: Question, lists: _Lists) -> Iterator[Line]:
    line: Line = {
        "name": q.key,
        CHINESE: q.label,
        ENGLISH: q.label_en,
        "required": _yes(q.required),
        "scored": _yes(q.scored),
        "weight": q.weight,
    }
    if q.kind == Kind.matrix:
        choose = f"select_one {lists.name(q)}"
        yield {**line, "type": "begin_group", "appearance": TABLE}
        for row in q.rows:
            labels = {CHINESE: row.label, ENGLISH: row.label_en}
            yield {"type": choose, "name": row.key, **labels, "required": _yes(q.required)}
        yield {"type": "end_group"}
    elif q.kind in (Kind.rating, Kind.single):
        appearance = LIKERT if q.kind == Kind.rating else ""
        yield {**line, "type": f"select_one {lists.name(q)}", "appearance": appearance}
    elif q.kind == Kind.multiple:
        yield {**line, "type": f"select_multiple {lists.name(q)}"}
    elif q.kind == Kind.number:
        yield {**line, "type": "decimal" if q.decimals else "integer", "constraint": _constraint(q)}
    else:
        yield {**line, "type": "text"}


def _constraint(q: Question) -> str:
    bounds = [(">=", q.minimum), ("<=", q.maximum)]
    return " and ".join(f". {sign} {_plain(value)}" for sign, value in bounds if value is not None)


def _plain(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)
