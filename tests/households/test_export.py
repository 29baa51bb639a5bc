"""Exports: the same list and the same scope, no cell that a spreadsheet would calculate, an entry in the audit."""

from __future__ import annotations

import csv
import io
from datetime import date, datetime

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.core import xlsx
from app.core.audit import AuditEntry
from app.core.db import Database
from app.core.export import starts_formula
from app.core.xlsx import Cell
from tests.cast import Cast, bearer
from tests.households.access import Visit, newcomer


def rows_of(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(io.StringIO(text[1:])))


def test_csv_is_the_list(visit_as: Visit) -> None:
    answer = visit_as("李网格").get("/households/export?care=living_alone")
    assert answer.headers["content-type"].startswith("text/csv")
    heads, *rows = rows_of(answer.content.decode())
    assert heads[0] == "房号" and [r[0] for r in rows] == ["1-1-101"] and "独居" in rows[0]
    assert "2-1-101" not in visit_as("李网格").get("/households/export").text
    assert len(rows_of(visit_as("赵网格").get("/residents/export").content.decode())) == 2
    assert visit_as("外主任").get("/residents/export").text.count("张桂英") == 0
    for path in ("/households/export", "/residents/export", "/buildings/export"):
        assert visit_as("周代表").get(path).status_code == 403
        assert visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 200
        assert "张桂英" not in visit_as("区督导").get(path).text
        assert visit_as("王站长").get(f"{path}?surprise=1").status_code == 422


def test_xlsx_opens(visit_as: Visit) -> None:
    for path in ("/households/export", "/residents/export", "/buildings/export"):
        answer = visit_as("王站长").get(f"{path}?format=xlsx")
        sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
        assert sheet is not None and sheet.max_row > 2, path


def test_personal_data_stays_masked_and_the_audit_knows(visit_as: Visit, cast: Cast, db: Database) -> None:
    worker = visit_as("李网格")
    number, phone = "999999198808154323", "13812345678"
    newcomer(worker, cast.households["1-1-101"], name="王小燕", id_number=number, phone=phone)
    text = worker.get(f"/residents/export?q={phone}").text
    assert "138****5678" in text and phone not in text and number not in text
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "resident.export")).one()
        assert entry.actor_name == "李网格" and '"q"' in entry.changes and phone not in entry.changes


EVIL = ["=1+1", "+1", "-1", "@SUM(A1)", "＝1+1", "  =1+1", "\u3000=1+1", "－1", '=HYPERLINK("http://x")']


@pytest.mark.parametrize("name", [f"{evil}王" for evil in EVIL])
def test_no_cell_starts_a_formula(visit_as: Visit, cast: Cast, name: str) -> None:
    worker = visit_as("李网格")
    newcomer(worker, cast.households["1-1-101"], name=name)
    cells = [c for row in rows_of(worker.get("/residents/export").content.decode()) for c in row]
    assert not any(starts_formula(c) for c in cells) and any(c.startswith("'") for c in cells)
    sheet = openpyxl.load_workbook(io.BytesIO(worker.get("/residents/export?format=xlsx").content)).active
    assert sheet is not None
    kinds = {cell.data_type for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    quoted = [cell for row in sheet.iter_rows() for cell in row if cell.quotePrefix]
    assert [cell.value for cell in quoted] == [name.strip()]


def test_cells_keep_what_they_are() -> None:
    day, old = date(2012, 6, 3), date(1900, 2, 28)
    row: list[Cell] = [' a\n<&>"]]>  ', 7, 1.5, day, old, None, "", True, "\x00b\ud800", datetime(2026, 1, 2, 3, 4)]  # noqa: DTZ001 - as some rows have them
    file = io.BytesIO()
    xlsx.write(file, [f"列{n}" for n in range(len(row))], [row] * 1200, starts_formula)
    sheet = openpyxl.load_workbook(file)["Sheet1"]
    assert sheet.max_row == 1201 and sheet["A1"].font.bold and sheet.freeze_panes == "A2"
    for read in ([cell.value for cell in sheet[n]] for n in (2, 502, 1201)):
        assert read[:3] == [row[0], 7, 1.5] and read[3].date() == day and read[4] == "1900-02-28"
        assert read[5:] == [None, None, True, "b", "2026-01-02T03:04:00"]


@given(st.text(alphabet="=+-@ \t\r\n\u3000＝＋－＠a1", max_size=6))
def test_what_could_start_a_formula(text: str) -> None:
    import unicodedata

    first = unicodedata.normalize("NFKC", text).lstrip()[:1]
    assert starts_formula(text) == (first in tuple("=+-@") or text[:1] in ("\t", "\r", "\n")) or not first
