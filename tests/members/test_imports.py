"""Importing rosters: every row's fate before anything is written, all or nothing, the same file twice adds nothing."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest
from sqlmodel import select

from app.assemblies.models import SeatHolder
from app.core.db import Database
from app.members.models import Member, RosterUpload
from tests.assemblies.rosters import seats_of, sit, term_of
from tests.members.access import Visit, branch_of, member_of
from tests.visitor import HTML, Visitor

HEADS = ["姓名", "性别", "出生日期", "电话", "类别", "所在支部", "阶段", "阶段日期", "登记日期"]
ROWS = [
    ["王小明", "男", "1985-07-01", "13800000001", "居民党员", "某公司党支部", "", "2008-07-01", "2012-06-03"],
    ["赵新", "女", "1990年1月2日", "", "直管党员", "第一党支部", "预备党员", "2012-10-18", "2012-10-18"],
]


def sheet(rows: list[list[str]], heads: list[str] = HEADS, encoding: str = "utf-8-sig") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([heads, *rows])
    return text.getvalue().encode(encoding)


def workbook(rows: list[list[str]], heads: list[str] = HEADS) -> bytes:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in (heads, *rows):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def upload(visitor: Visitor, data: bytes, name: str = "名册.csv", path: str = "/members/imports") -> Any:
    return visitor.post(path, files={"file": (name, data)})


def members(db: Database) -> list[str]:
    with db.read() as s:
        return sorted(m.name for m in s.exec(select(Member)))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("名册.csv", sheet(ROWS)),
        ("名册.csv", sheet(ROWS, encoding="gb18030")),
        ("名册.xlsx", workbook(ROWS)),
    ],
    ids=["utf-8", "gb18030", "xlsx"],
)
def test_a_dry_run_then_the_import_then_the_same_file(visit_as: Visit, db: Database, name: str, data: bytes) -> None:
    director = visit_as("王站长")
    branch_of(director)
    checked = upload(director, data, name)
    assert checked.status_code == 201, checked.text
    assert checked.json()["fates"] == {"new": 2} and checked.json()["can_commit"] and members(db) == []
    path = checked.headers["Location"]
    page = director.page(path).text
    assert "王小明" in page and "新增" in page and "确认导入" in page
    done = director.post(f"{path}/commit", json={})
    assert done.status_code == 200 and done.json()["committed_at"] and members(db) == ["王小明", "赵新"]
    assert director.post(f"{path}/commit", json={}).status_code == 200 and len(members(db)) == 2
    with db.read() as s:
        assert s.exec(select(RosterUpload)).one().content_sealed is None
        known = s.exec(select(Member).where(Member.name == "王小明")).one()
        assert known.resident_id is not None and known.phone_sealed
    again = upload(director, data, name)
    assert again.json()["fates"] == {"unchanged": 2}
    assert director.post(f"{again.headers['Location']}/commit", json={}).status_code == 200
    assert len(members(db)) == 2


def test_every_fault_is_named_and_nothing_is_written(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    branch_of(director)
    bad = [
        ["", "男", "", "", "居民党员", "某", "", "", ""],
        ["甲", "男", "2100-01-01", "", "居民党员", "某", "", "", ""],
        ["乙", "雄", "", "12", "居民党员", "某", "", "", ""],
        ["丙", "男", "", "", "居民党员", "", "", "", ""],
        ["丁", "男", "", "", "直管党员", "没有的支部", "", "", ""],
        ["戊", "男", "", "", "居民党员", "某", "", "", ""],
        ["戊", "男", "", "", "居民党员", "某", "", "", ""],
    ]
    found = upload(director, sheet([*ROWS, *bad])).json()
    assert found["fates"] == {"refused": 6, "new": 3} and not found["can_commit"]
    columns = {row["row"]: [d["column"] for d in row["details"]] for row in found["rows"] if row["fate"] == "refused"}
    assert columns == {
        4: ["name"], 5: ["birth_on"], 6: ["sex", "phone"], 7: ["branch"], 8: ["branch"], 10: ["name"],
    }  # fmt: skip
    path = f"/members/imports/{found['id']}"
    refused = director.submit(f"{path}/commit", {})
    assert refused.status_code == 409 and "没有写入" in refused.text and members(db) == []
    only = director.get(f"{path}?fate=refused&limit=4").json()
    assert len(only["rows"]) == 4
    assert [r["row"] for r in director.get(only["next"].removeprefix("/api/v1")).json()["rows"]] == [8, 10]
    assert director.delete(path, headers={"If-Match": '"1"'}).status_code == 204


def test_what_changed_is_updated_and_empty_cells_change_nothing(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    member = member_of(director, "王小明", birth_on="1985-07-01", phone="13800000001", stage="probationary")
    rows = [["王小明", "男", "1985-07-01", "", "居民党员", "另一公司党支部", "正式党员", "2013-01-10", ""]]
    found = upload(director, sheet(rows))
    assert {d["column"] for d in found.json()["rows"][0]["details"]} == {"sex", "branch", "stage"}
    director.post(f"{found.headers['Location']}/commit", json={})
    now = director.get(f"/members/{member['id']}").json()
    assert (now["branch"], now["stage"], now["phone"]) == ("另一公司党支部", "full", "138****0001")
    other = [["王小明", "", "1999-01-01", "", "居民党员", "某", "", "", ""]]
    assert upload(director, sheet(other)).json()["fates"] == {"new": 1}
    lower = [["王小明", "", "1985-07-01", "", "居民党员", "另一公司党支部", "入党积极分子", "2020-01-01", ""]]
    assert upload(director, sheet(lower)).json()["fates"] == {"refused": 1}


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("名册.csv", b""),
        ("名册.csv", b"\x00\x01"),
        ("名册.xlsx", b"PK\x03\x04broken"),
        ("名册.pdf", b"%PDF-1.7"),
        ("名册.csv", "列甲,列乙\n1,2\n".encode()),
        ("名册.csv", sheet([["王", "", "", "", "居民党员", "某", "", "", ""]], [*HEADS[:-1], "姓名"])),
        ("名册.csv", sheet([[f"王{n}", "", "", "", "居民党员", "某", "", "", ""] for n in range(5001)])),
        ("名册.csv", b"a" * 1_000_001),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_beside_the_field(visit_as: Visit, name: str, data: bytes) -> None:
    director = visit_as("王站长")
    answer = upload(director, data, name)
    assert answer.status_code in (413, 422) and answer.json()["errors"][0]["field"] == "file", answer.text
    sent = {"_csrf": director.csrf}
    page = director.client.post("/members/imports", data=sent, files={"file": (name, data)}, headers=HTML)
    assert page.status_code in (413, 422) and 'id="f-file-error"' in page.text


def test_templates_come_back_without_their_example(visit_as: Visit) -> None:
    director = visit_as("王站长")
    term = term_of(director)
    for base in ("/members/imports", f"/terms/{term['id']}/imports"):
        for ending in ("xlsx", "csv"):
            template = director.get(f"{base}/template.{ending}")
            assert template.status_code == 200
            checked = upload(director, template.content, f"template.{ending}", base)
            assert checked.status_code == 201 and checked.json()["fates"] == {} and not checked.json()["can_commit"]
            assert director.post(f"{checked.headers['Location']}/commit", json={}).json()["code"] == "no_rows"
        assert "每一列怎么填" in director.page(base).text


def test_representatives_fill_the_seats_of_a_term(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    term = term_of(director, seats=3)
    sit(director, seats_of(director, term)[0], "旧代表")
    for number in (1, 2):
        director.post("/residents-groups", json={"number": number, "name": f"第{number}小组"})
    base = f"/terms/{term['id']}/imports"
    heads = ["席位号", "居民小组", "姓名", "电话", "产生方式"]
    rows = [["", "1", "王一", "13800000001", ""], ["", "2组", "李二", "", "选举产生"], ["9", "1", "张三", "", "补选"]]
    checked = upload(director, sheet(rows, heads), path=base)
    assert checked.json()["fates"] == {"new": 3}, checked.text
    director.post(f"{checked.headers['Location']}/commit", json={})
    places = {p["number"]: (p["holder"] or {}).get("name") for p in seats_of(director, term)}
    assert places == {1: "旧代表", 2: "王一", 3: "李二", 9: "张三"}
    again = upload(director, sheet(rows, heads), path=base)
    assert again.json()["fates"] == {"unchanged": 3}
    director.post(f"{again.headers['Location']}/commit", json={})
    with db.read() as s:
        assert len(s.exec(select(SeatHolder)).all()) == 4
    bad = [["1", "1", "新人", "", ""], ["", "7", "赵四", "", ""], ["x", "", "钱五", "", ""]]
    refused = upload(director, sheet(bad, heads), path=base).json()
    assert refused["fates"] == {"refused": 3}
    assert [r["details"][0]["column"] for r in refused["rows"]] == ["number", "group", "number"]


def test_nobody_else_imports(visit_as: Visit) -> None:
    director = visit_as("王站长")
    term = term_of(director)
    mine = upload(director, sheet([ROWS[0]])).headers["Location"]
    for base in ("/members/imports", f"/terms/{term['id']}/imports"):
        for name in ("李网格", "周代表", "区督导", "系统员"):
            assert upload(visit_as(name), sheet([ROWS[0]]), path=base).status_code == 403
        assert upload(visit_as(None), sheet([ROWS[0]]), path=base).status_code == 401
    assert upload(visit_as("外主任"), sheet([ROWS[0]]), path=f"/terms/{term['id']}/imports").status_code == 404
    foreign = visit_as("外主任")
    assert foreign.get(mine).status_code == 404 and foreign.post(f"{mine}/commit", json={}).status_code == 404
    assert foreign.get("/members/imports").json()["items"] == []
