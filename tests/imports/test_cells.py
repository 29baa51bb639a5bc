"""Cells of every kind: whatever stands in them, a row is understood or refused, and never breaks anything."""

from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.households.imports import lines
from app.households.imports.columns import COLUMNS
from app.households.imports.problems import FileRefused
from app.households.imports.read_xlsx import Number
from app.households.imports.reading import open_table
from app.households.imports.survey import Survey
from tests.imports.files import csv_of, xlsx_of

BOOK = xlsx_of([["1", "1", "101", "自住", "甲"]])
KEYS = [c.key for c in COLUMNS]
CELL = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789-/.年月日EeX+ ", max_size=24),
    st.sampled_from(["自住", "户主", "独居、残疾", "2012-06-03", "999999198808154323", "13812345678", "1e400", "∞"]),
    st.integers(-(10**20), 10**20).map(lambda n: Number(str(n))),
    st.floats().map(lambda n: Number(repr(n))),
)


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS), CELL))
def test_any_cells_make_a_line(cells: dict[str, str]) -> None:
    line = lines.LineReader(date_1904=False).read(2, {k: v for k, v in cells.items() if v})
    assert line.row == 2
    for packed in (*line.problems, *line.hints):
        assert str(lines.unpack(packed))
    survey = Survey({})
    survey.add(line)
    kept = next(survey.lines())[0]
    assert kept._replace(problems=line.problems) == line  # the survey may have found one more problem


@settings(deadline=None)
@given(st.lists(st.lists(st.text(max_size=30), min_size=3, max_size=3), max_size=5), st.sampled_from(",;\t"))
def test_any_table_survives_the_way_through_csv(table: list[list[str]], mark: str) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=mark).writerows([["楼栋", "室", "备注"], *table])
    try:
        data = text.getvalue().encode()
    except UnicodeEncodeError:
        return
    try:
        found = list(open_table(data, "a.csv").rows)
    except FileRefused as refused:
        assert str(refused.problem)
        return
    assert [cells for _n, cells in found] == [
        {k: c for k, c in zip(("building", "room", "note"), row, strict=True) if c} for row in table if any(row)
    ]


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for name in ("a.csv", "a.xlsx"):
        for content in (data, "楼栋,室\n".encode() + data, b"PK\x03\x04" + data):
            try:
                list(open_table(content, name).rows)
            except FileRefused as refused:
                assert str(refused.problem)


@settings(deadline=None)
@given(st.data())
def test_a_workbook_with_any_byte_changed_is_read_or_refused(data: st.DataObject) -> None:
    content = bytearray(BOOK)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        list(open_table(bytes(content), "a.xlsx").rows)
    except FileRefused as refused:
        assert str(refused.problem)


@pytest.mark.parametrize(
    ("raw", "day"),
    [
        ("2012-06-03", date(2012, 6, 3)),
        ("2012/6/3", date(2012, 6, 3)),
        ("2012.6.3", date(2012, 6, 3)),
        ("2012年6月3日", date(2012, 6, 3)),
        ("20120603", date(2012, 6, 3)),
        ("2012-06-03 00:00:00", date(2012, 6, 3)),
        (Number("41063"), date(2012, 6, 3)),
        (Number("41063.5"), date(2012, 6, 3)),
        (Number("59"), date(1900, 2, 28)),
        (Number("61"), date(1900, 3, 1)),
    ],
)
def test_days(raw: str, day: date) -> None:
    line = lines.LineReader(date_1904=False).read(2, {"building": "1", "room": "1", "name": "甲", "from_on": raw})
    assert line.problems == () and line.from_on == day.toordinal()


def test_days_of_the_other_calendar() -> None:
    line = lines.LineReader(date_1904=True).read(2, {"building": "1", "room": "1", "from_on": Number("39601")})
    assert line.from_on == date(2012, 6, 3).toordinal()


@pytest.mark.parametrize(
    ("raw", "area"), [("89.5", 8950), ("89.50㎡", 8950), ("1,200平方米", 120000), (Number("89.49999999999999"), 8950)]
)
def test_areas(raw: str, area: int) -> None:
    assert lines.LineReader(date_1904=False).read(2, {"floor_area": raw}).floor_area == area


@pytest.mark.parametrize("raw", ["0", "-5", "1e9", "89.555", "大", "99999999999999999999999"])
def test_what_is_no_area(raw: str) -> None:
    problems = lines.LineReader(date_1904=False).read(2, {"floor_area": raw}).problems
    assert any(column == "floor_area" for _text, _values, column in problems)


def test_every_word_that_the_template_offers_is_understood() -> None:
    for column in COLUMNS:
        for word in column.choices:
            line = lines.LineReader(date_1904=False).read(2, {column.key: word})
            assert column.key not in {name for _text, _values, name in line.problems}, word


def test_not_known_is_the_same_as_empty() -> None:
    line = lines.LineReader(date_1904=False).read(2, {"sex": "未说明", "education": "不详"})
    assert (line.sex, line.education) == ("", "")


def test_several_kinds_of_care() -> None:
    line = lines.LineReader(date_1904=False).read(2, {"care": "独居老人、肢体残疾2级;低保"})
    assert line.care == ("living_alone", "disabled:4:2", "subsistence_allowance")


def test_the_example_rows_of_csv_and_xlsx_are_the_same() -> None:
    rows = [["1", "1", "101", "自住", "甲"]]
    read = [list(open_table(make(rows), name).rows) for make, name in ((csv_of, "a.csv"), (xlsx_of, "a.xlsx"))]
    assert read[0] == read[1]
