"""XLSForm: what goes out comes back the same; forms made elsewhere are read, and unused rows are named."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from openpyxl import Workbook, load_workbook

from app.core.errors import Invalid
from app.surveys.instruments import lint
from app.surveys.instruments.builtins import BUILT_IN
from app.surveys.instruments.definition import Definition, Kind
from app.surveys.instruments.xlsform.read import Form, read
from app.surveys.instruments.xlsform.write import workbook
from tests.surveys.instruments.made import definitions

CHOICES = [["list_name", "name", "label"], ["yn", "yes", "是"], ["yn", "no", "否"]]


def _book(survey: Sequence[Sequence[Any]], choices: Sequence[Sequence[Any]] = CHOICES, settings: Any = ()) -> bytes:
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for name, rows in (("survey", survey), ("choices", choices), ("settings", settings)):
        if rows:
            sheet = book.create_sheet(name)
            for row in rows:
                sheet.append(list(row))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _read(*args: Any) -> Form:
    return read(_book(*args), "form.xlsx")


def _said(form: Form) -> list[tuple[str, int]]:
    return [(u.sheet, u.row) for u in form.unused]


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_a_round_trip_keeps_everything(definition: Definition) -> None:
    form = read(workbook(definition, "mine", 3), "form.xlsx")
    assert form.unused == []
    assert form.definition == definition
    assert form.form_id == "mine"


@pytest.mark.parametrize("key", BUILT_IN)
def test_built_in_ones_survive_too(key: str) -> None:
    assert read(workbook(BUILT_IN[key], key, 1), "x.xlsx").definition == BUILT_IN[key]


def test_the_sheets_are_those_of_the_format() -> None:
    book = load_workbook(io.BytesIO(workbook(BUILT_IN["property_monthly"], "property_monthly", 2)))
    assert book.sheetnames == ["survey", "choices", "settings"]
    rows = [[cell.value for cell in row] for row in book["survey"].iter_rows()]
    assert rows[0][:4] == ["type", "name", "label::中文 (zh)", "label::English (en)"]
    types = [row[0] for row in rows[1:]]
    assert types[:3] == ["note", "begin_group", "begin_group"] and types[3].startswith("select_one ")
    assert rows[3][rows[0].index("appearance")] == "table-list"
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds


def test_a_form_made_elsewhere() -> None:
    form = _read(
        [
            ["type", "name", "label::Chinese", "label::English", "required", "constraint", "relevant"],
            ["start", "start"],
            ["note", "hello", "您好", "Hello"],
            ["select_one yn", "Q1", "住得惯吗？", "Settled in?", "true()"],
            ["begin group", "g", "家里"],
            ["integer", "people", "几口人", "", "", ". >= 1 and . <= 20"],
            ["decimal", "area", "面积", "", "", ". > 3"],
            ["select_multiple yn or_other", "2many", "多选", "", "", "", "${Q1} = 'yes'"],
            ["end group"],
            ["geopoint", "where", "位置"],
            ["select_one nope", "q", "没有列表"],
            ["text", "Q1", "还有什么"],
        ],
        CHOICES,
        [["form_title", "form_id"], ["邻里问卷", "Neighbours 2026"]],
    )
    definition = form.definition
    assert (definition.title, definition.intro, definition.intro_en) == ("邻里问卷", "您好", "Hello")
    assert form.form_id == "neighbours_2026"
    assert [(s.title, [q.key for q in s.questions]) for s in definition.sections] == [
        ("", ["q1"]), ("家里", ["people", "area", "q_2many"]), ("", ["q1_2"]),
    ]  # fmt: skip
    first, people, area, many, last = [q for _s, q in definition.questions()]
    assert first.kind == Kind.single and first.required and [o.label for o in first.options] == ["是", "否"]
    assert (people.minimum, people.maximum, people.decimals) == (1, 20, False)
    assert area.decimals and area.minimum is None
    assert many.kind == Kind.multiple and last.kind == Kind.text
    assert lint.problems(definition) == []
    assert _said(form) == [("survey", n) for n in (2, 7, 8, 8, 10, 11)]
    assert all(u.message for u in form.unused)


def test_a_matrix_with_rows_that_do_not_fit() -> None:
    form = _read(
        [
            ["type", "name", "label", "appearance"],
            ["begin_group", "m", "各项", "table-list"],
            ["select_one yn", "a", "甲"],
            ["text", "b", "乙"],
            ["select_one yn", "a", "丙"],
        ]
    )
    (question,) = [q for _s, q in form.definition.questions()]
    assert [(r.key, r.label) for r in question.rows] == [("a", "甲"), ("a_2", "丙")]
    assert _said(form) == [("survey", 2), ("survey", 4)]  # no end_group; a row that is no choice


def test_numbers_that_make_no_sense_are_said_and_left_out() -> None:
    form = _read(
        [["type", "name", "label", "scored", "weight", "subject_kind"], ["begin_group", "g", "组", "", "", "king"],
         ["select_one s", "q", "题", "yes", "much"], ["end_group"], ["end_group"]],
        [["list_name", "name", "label", "points", "valid"], ["s", "a", "甲", "999"], ["s", "b", "乙", "7.5", "no"],
         ["", "c", "丙"]],
    )  # fmt: skip
    (question,) = [q for _s, q in form.definition.questions()]
    assert (question.weight, question.scored) == (1, True)
    assert [(o.key, o.points, o.valid) for o in question.options] == [("b", None, False)]
    assert sorted(_said(form)) == [
        ("choices", 2), ("choices", 3), ("choices", 4), ("survey", 2), ("survey", 3), ("survey", 5)
    ]  # fmt: skip


def test_more_than_fits_is_cut_and_said() -> None:
    rows = [["type", "name", "label"], *(["text", f"q{n}", f"第{n}题"] for n in range(70))]
    form = _read(rows)
    assert sum(1 for _pair in form.definition.questions()) == 60 and len(form.unused) == 10


def test_nothing_usable_is_refused_with_the_reasons() -> None:
    with pytest.raises(Invalid) as refused:
        _read([["type", "name", "label"], ["geopoint", "where", "位置"]])
    assert refused.value.code == "nothing_usable" and refused.value.errors[0]["field"] == "survey.2"


def _zip(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


_TYPES = {"[Content_Types].xml": b"<Types/>"}
NONSENSE = {
    "empty": b"",
    "text": b"type,name,label\ntext,q,x\n",
    "half a zip": _book([["type"], ["text"]])[:300],
    "no workbook": _zip({"hello.txt": b"x"}),
    "no sheets": _zip({**_TYPES, "xl/workbook.xml": b"<workbook/>"}),
    "broken xml": _zip({**_TYPES, "xl/workbook.xml": b"<workbook><sheets>"}),
    "entities": _zip({**_TYPES, "xl/workbook.xml": b'<!DOCTYPE x [<!ENTITY a "b">]><workbook>&a;</workbook>'}),
    "bomb": _zip({**_TYPES, "xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": b"0" * 300_000_000}),
    "no survey": _book([], CHOICES),
    "too many rows": _book([["type", "name"], *(["text", "q"] for _ in range(2100))]),
    "word": _zip({**_TYPES, "word/document.xml": b"<w/>"}),
}


@pytest.mark.parametrize("name", NONSENSE)
def test_bombs_and_nonsense_are_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Invalid) as refused:
        read(NONSENSE[name], "form.xlsx")
    assert refused.value.code == "file_refused" and refused.value.errors[0]["field"] == "file"


def test_a_csv_is_not_a_form() -> None:
    with pytest.raises(Invalid, match="xlsx"):
        read(b"type,name\ntext,q\n", "form.csv")
