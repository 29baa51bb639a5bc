"""Bombs and nonsense: refused at once with the reason, by what they would cost and never by trying them out."""

from __future__ import annotations

import io
import os
import struct
import time
import tracemalloc
import zipfile

import pytest

from app.households.imports import read_csv, sniff, work
from tests.imports.files import HEADERS, changed_xlsx, csv_of, job, person, upload, upload_in_page, xlsx_of

SHEET = "xl/worksheets/sheet1.xml"
NS = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
CEILING = 20  # seconds, for a machine under load; usually hundredths
MEMORY = 120 * 1024 * 1024


def sheet(inside: str, head: str = "") -> bytes:
    return f'<?xml version="1.0"?>{head}<worksheet xmlns="{NS}"><sheetData>{inside}</sheetData></worksheet>'.encode()


def header_row() -> str:
    cells = "".join(f'<c t="inlineStr"><is><t>{name}</t></is></c>' for name in HEADERS)
    return f'<row r="1">{cells}</row>'


def bomb() -> bytes:
    """180 MB of one byte in a small file."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", "<workbook/>")
        with archive.open(SHEET, "w") as member:
            for _ in range(180):
                member.write(b" " * 1024 * 1024)
    return out.getvalue()


def many_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(3000):
            archive.writestr(f"xl/{number}.xml", "")
    return out.getvalue()


def lying_size() -> bytes:
    """A member that is larger than the table of contents says."""
    honest = changed_xlsx(xlsx_of([person()]), {SHEET: sheet(header_row() + "<row/>" * 200_000)})
    with zipfile.ZipFile(io.BytesIO(honest)) as archive:
        size = archive.getinfo(SHEET).file_size
    return honest.replace(struct.pack("<L", size), struct.pack("<L", 5000))


def nested() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("inner.xlsx", xlsx_of([person()]))
    return out.getvalue()


def locked() -> bytes:
    data = bytearray(xlsx_of([person()]))
    at = data.find(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BOOK = xlsx_of([person()])
ATTACKS: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "空的"),
    "only blanks": ("a.xlsx", b"\x00" * 500, "空的"),
    "random bytes as xlsx": ("a.xlsx", os.urandom(5000), "XLSX"),
    "random bytes as csv": ("a.csv", b"\x80\xff" + os.urandom(5000).replace(b"\x00", b"\x80"), "编码"),
    "pdf renamed": ("a.xlsx", b"%PDF-1.7 ...", "PDF"),
    "png renamed": ("a.csv", b"\x89PNG\r\n", "PNG"),
    "old xls": ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "xls"),
    "program": ("a.exe", b"hello,world", ".xlsx 和 .csv"),
    "xlsx called csv": ("a.csv", BOOK, "压缩包"),
    "csv called xlsx": ("a.xlsx", csv_of([person()]), "XLSX"),
    "cut in half": ("a.xlsx", BOOK[: len(BOOK) // 2], "损坏"),
    "zip bomb": ("a.xlsx", bomb(), "过大"),
    "thousands of members": ("a.xlsx", many_members(), "XLSX"),
    "nested zip": ("a.xlsx", nested(), "XLSX"),
    "password": ("a.xlsx", locked(), "密码"),
    "no workbook": ("a.xlsx", changed_xlsx(BOOK, {"xl/workbook.xml": None}), "XLSX"),
    "billion laughs": ("a.xlsx", changed_xlsx(BOOK, {SHEET: sheet("<row><c>&c;</c></row>", LAUGHS)}), "DTD"),
    "laughs in the strings": (
        "a.xlsx",
        changed_xlsx(BOOK, {"xl/sharedStrings.xml": None}, {"xl/sharedStrings.xml": LAUGHS.encode()}),
        "DTD",
    ),
    "laughs in the workbook": ("a.xlsx", changed_xlsx(BOOK, {"xl/workbook.xml": LAUGHS.encode()}), "DTD"),
    "outside entity": ("a.xlsx", changed_xlsx(BOOK, {SHEET: sheet("<row><c>&x;</c></row>", OUTSIDE)}), "DTD"),
    "a header that contradicts the contents": (
        "a.xlsx",
        BOOK.replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/sheet2.xml", 1),
        "损坏",
    ),
    "broken xml": ("a.xlsx", changed_xlsx(BOOK, {SHEET: b"<worksheet><sheetData><row>"}), "损坏"),
    "strings that are not there": (
        "a.xlsx",
        changed_xlsx(BOOK, {SHEET: sheet('<row><c t="s"><v>99999</v></c></row>')}),
        "损坏",
    ),
    "lying size": ("a.xlsx", lying_size(), "损坏"),
    "10 million empty rows": (
        "a.xlsx",
        changed_xlsx(BOOK, {SHEET: sheet(header_row() + "<row/>" * 10_000_000)}),
        "过大",
    ),
    "16,384 columns": (
        "a.xlsx",
        changed_xlsx(BOOK, {SHEET: sheet('<row r="1"><c r="XFD1"><v>1</v></c></row>')}),
        "列数",
    ),
    "16,384 columns in csv": ("a.csv", b",".join([b"x"] * 16_384) + b"\n1", "列数"),
    "NUL": ("a.csv", csv_of([person()]) + b"\x00", "NUL"),
    "utf-16": ("a.csv", "楼栋,室\n1,2".encode("utf-16"), "UTF-16"),
    "lone surrogate": ("a.csv", csv_of([person()]) + b"\xed\xa0\x80", "编码"),
    "no header": ("a.csv", b"a,b,c\n1,2,3\n", "表头"),
    "the same column twice": ("a.csv", "楼栋,室,室号\n1,2,3\n".encode(), "两次"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_it_is_refused_with_the_reason(visit_as, name: str) -> None:
    filename, content, reason = ATTACKS[name]
    wang = visit_as("王站长")
    tracemalloc.start()
    began = time.monotonic()
    answer = upload(wang, content, filename)
    seconds, (_now, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == "file"
    assert reason in answer.json()["detail"]
    assert seconds < CEILING and peak < MEMORY
    assert wang.get("/imports").json()["items"] == []


LATE: dict[str, tuple[str, bytes, str]] = {
    "a quote that never closes": ("a.csv", csv_of([person()]) + b'1,1,"102\n' + b"x,y,z\n" * 50_000, "双引号"),
    "a quote in the wrong place": ("a.csv", csv_of([person()]) + b'1,1,"10"2,x\n', "引号"),
    "a million empty rows": (
        "a.xlsx",
        changed_xlsx(BOOK, {SHEET: sheet(header_row() + "".join(f'<row r="{n}"/>' for n in range(2, 1_048_600)))}),
        "空行太多",
    ),
    "a row far away": ("a.xlsx", changed_xlsx(BOOK, {SHEET: sheet(header_row() + '<row r="99999999"/>')}), "空行太多"),
    "a cell too long": (
        "a.xlsx",
        changed_xlsx(
            BOOK,
            {SHEET: sheet(f'{header_row()}<row><c t="inlineStr"><is><t>{os.urandom(40_000).hex()}</t></is></c></row>')},
        ),
        "个字",
    ),
    "nothing below the header": ("a.csv", csv_of([]), "没有任何内容"),
}


@pytest.mark.parametrize("name", LATE)
def test_what_shows_only_further_down_ends_the_check(visit_as, db, name: str) -> None:
    filename, content, reason = LATE[name]
    wang = visit_as("王站长")
    answer = upload(wang, content, filename)
    assert answer.status_code in (201, 422), answer.text
    if answer.status_code == 422:
        assert reason in answer.json()["detail"]
        return
    work.drain(db)
    found = job(wang, answer.json()["id"])
    assert found["state"] == "failed" and reason in found["message"], found
    assert not found["can_commit"]


def test_too_many_rows_in_csv(visit_as, db, monkeypatch) -> None:
    monkeypatch.setattr("app.households.imports.reading.MOST_ROWS", 5)
    wang = visit_as("王站长")
    answer = upload(wang, csv_of([person(str(n)) for n in range(1, 8)]))
    work.drain(db)
    assert "超过 5 行" in job(wang, answer.json()["id"])["message"]


def test_a_reading_that_takes_too_long_is_stopped(visit_as, db, monkeypatch) -> None:
    monkeypatch.setattr(work, "LONGEST_READING", -1.0)
    monkeypatch.setattr("app.households.imports.survey.PACK", 1)
    wang = visit_as("王站长")
    answer = upload(wang, csv_of([person()]))
    work.drain(db)
    assert "用时过长" in job(wang, answer.json()["id"])["message"]


def test_a_file_that_is_too_large(visit_as) -> None:
    wang = visit_as("王站长")
    assert upload(wang, b"x" * (26 * 1024 * 1024)).status_code == 413
    assert upload(wang, b"x," * (12 * 1024 * 1024 + 1)).status_code == 413


def test_caps_hold_before_anything_is_unpacked(monkeypatch) -> None:
    made = bomb()
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *_args, **_kwargs: pytest.fail("it was unpacked"))
    with pytest.raises(sniff.FileRefused):
        sniff.check_archive(made)


@pytest.mark.parametrize(
    "name", ["../../etc/passwd.csv", "C:\\x\\名册.csv", "<script>alert(1)</script>.csv", "a\x1b[2J.csv"]
)
def test_a_filename_is_only_a_name(visit_as, name: str) -> None:
    wang = visit_as("王站长")
    answer = upload(wang, csv_of([person()]), name)
    assert answer.status_code == 201
    kept = answer.json()["filename"]
    assert "/" not in kept.replace("</", "") and "\\" not in kept and "\x1b" not in kept
    page = wang.page("/imports").text
    assert "<script>alert" not in page


def test_the_page_says_it_beside_the_field(visit_as) -> None:
    wang = visit_as("王站长")
    answer = upload_in_page(wang, b"%PDF", "a.xlsx")
    assert answer.status_code == 422
    assert "这是 PDF 文件" in answer.text and 'id="f-file-error"' in answer.text


def test_delimiters_and_encodings() -> None:
    for mark in ",;\t":
        text = f"楼栋{mark}室{mark}备注\n1{mark}101{mark}好\n"
        for encoding in ("utf-8", "utf-8-sig", "gb18030"):
            assert [cells for _n, cells in read_csv.rows(text.encode(encoding))][1] == ["1", "101", "好"]
