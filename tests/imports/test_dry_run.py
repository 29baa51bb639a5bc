"""The dry run: what every row is told before anything is written."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import func, select

from app.households.models import Household
from app.households.residents.models import Resident
from tests.imports.files import LEAP, WOMAN, X, check, csv_of, person, rows, texts, xlsx_of


def counts(db) -> tuple[int, int]:
    with db.read() as s:
        return s.exec(select(func.count()).select_from(Household)).one(), s.exec(
            select(func.count()).select_from(Resident)
        ).one()


def test_it_names_every_fate_and_writes_nothing(visit_as, db) -> None:
    before = counts(db)
    wang = visit_as("王站长")
    found = check(
        db,
        wang,
        csv_of(
            [
                person("101", "张桂英", 出生日期="1938-03-05", 与户主关系="户主"),
                person("101", "新来的", 身份证号=WOMAN),
                person("901", "李四", 身份证号=X),
                person("902", "", 使用情况="空置"),
                person("201", "王小明", 出生日期="1985-07-01", 电话="13812345678"),
                person("903", "陈建国", 出生日期="1950-10-01"),
                person("904", "坏号码", 身份证号="999999198808154324"),
            ]
        ),
    )
    assert found["state"] == "checked" and found["rows"] == 7
    assert found["fates"] == {
        "unchanged": 1,
        "new_person": 1,
        "new_household": 2,
        "updated": 1,
        "possible_duplicate": 1,
        "refused": 1,
    }
    assert found["totals"] == {"new_people": 3, "new_households": 3, "updated_people": 1}
    assert [row["row"] for row in rows(wang, found["id"], "new_household")] == [4, 5]
    assert "更新居民：电话" in texts(wang, found["id"], "updated")
    assert "2-1-101 已有同名" in texts(wang, found["id"], "possible_duplicate")
    assert texts(wang, found["id"], "refused") == "身份证号：身份证号校验码不对，请核对。"
    assert counts(db) == before


REFUSED = {
    "no room": (person("", "甲"), "室：请填写此项"),
    "no tenure": (person("901", "甲", 使用情况=""), "使用情况：登记新住户须填写使用情况"),
    "unknown building": (person("901", "甲", 楼栋="77"), "网格：系统里还没有这幢楼"),
    "vacant with a person": (person("901", "甲", 使用情况="空置"), "“空置”，却登记了人员"),
    "vacant where people live": (person("101", "", 使用情况="空置"), "登记着 1 位居民，不能改为空置"),
    "person without a name": (person("901", "", 电话="13812345678"), "姓名：填了人员信息，却没有姓名"),
    "number that Excel spoilt": (person("901", "甲", 身份证号="9.99999E+17"), "末几位已经丢失"),
    "number too short": (person("901", "甲", 身份证号="99999919880815432"), "身份证号应为 18 位"),
    "no such birthday": (person("901", "甲", 身份证号="999999190002290020"), "出生日期不存在"),
    "1900 was no leap year": (person("901", "甲", 出生日期="1900-02-29"), "没有这一天：1900-02-29"),
    "born tomorrow": (person("901", "甲", 出生日期="2199-01-01"), "不能晚于今天"),
    "born long ago": (person("901", "甲", 出生日期="1899-12-31"), "不能早于 1900 年"),
    "a serial in CSV": (person("901", "甲", 出生日期="32362"), "不是日期"),
    "moved in before birth": (person("901", "甲", 出生日期="2020-01-01", 入住日期="2019-01-01"), "早于出生日期"),
    "tenure nobody knows": (person("901", "甲", 使用情况="借住"), "“借住”不在可填的内容里"),
    "telephone": (person("901", "甲", 电话="12345"), "电话号码格式不对"),
    "telephone that Excel spoilt": (person("901", "甲", 电话="1.38E+10"), "末几位已经丢失"),
    "control character": (person("901", "甲\x07"), "姓名：含有不能保存的字符"),
    "name too long": (person("901", "甲" * 61), "姓名：超过 60 个字"),
    "cell too long": (person("901", "甲", 备注="好" * 4001), "备注：超过 4000 个字"),
    "error of Excel": (person("901", "#REF!"), "Excel 的错误值"),
    "room with signs": (person("9-01", "甲"), "只能是数字和字母"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_row_says_why(visit_as, db, name: str) -> None:
    row, why = REFUSED[name]
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([row]))
    assert found["fates"] == {"refused": 1}, found
    assert why in texts(wang, found["id"], "refused")
    assert rows(wang, found["id"], "refused")[0]["row"] == 2


def test_rows_that_contradict_each_other(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(
        db,
        wang,
        csv_of(
            [
                person("901", "甲", 身份证号=WOMAN),
                person("902", "乙", 身份证号=WOMAN),
                person("901", "丙", 使用情况="出租"),
                person("901", "甲", 身份证号=WOMAN),
                person("903", "丁", 出生日期="1960-01-01"),
                person("904", "丁", 出生日期="1960-01-01"),
                person("903", "丁", 出生日期="1960-01-01", 电话="13812345678"),
            ]
        ),
    )
    said = texts(wang, found["id"], "refused")
    assert "身份证号与第 2 行相同" in said
    assert "与第 2 行同户，内容却不一致" in said
    assert "与第 6 行是同一户、同名" in said
    assert "与第 2 行完全相同，已忽略" in texts(wang, found["id"], "unchanged")
    assert "与第 6 行同名、同一出生日期" in texts(wang, found["id"], "possible_duplicate")


def test_a_number_under_another_name_is_not_taken_over(visit_as, db) -> None:
    wang = visit_as("王站长")
    first = check(db, wang, csv_of([person("901", "甲", 身份证号=LEAP)]))
    wang.post(f"/imports/{first['id']}/commit", json={})
    found = check(db, wang, csv_of([person("901", "乙", 身份证号=LEAP)]))
    assert "已登记在另一个姓名下" in texts(wang, found["id"], "refused")


def test_sex_and_birthday_that_disagree_with_the_number_are_a_hint(visit_as, db) -> None:
    headers = ["楼栋", "单元", "室", "使用情况", "姓名", "身份证号", "性别", "出生日期"]
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([["1", "1", "901", "自住", "甲", WOMAN, "男", "1988-08-16"]], headers))
    assert found["fates"] == {"new_household": 1}
    said = texts(wang, found["id"], "new_household")
    assert "性别与身份证号不一致" in said and "出生日期与身份证号不一致" in said


def test_headers_in_any_order_in_english_and_below_a_title(visit_as, db) -> None:
    title = "翰林缘社区住户登记表,,,,\n2012年6月,,,,\n"
    content = f"{title}name,ROOM,*楼栋(必填),房屋使用情况,喜好,unit\n甲,901,1幢,自有,钓鱼,1单元\n"
    wang = visit_as("王站长")
    found = check(db, wang, content.encode("gb18030"))
    assert found["fates"] == {"new_household": 1}
    assert found["unknown_columns"] == ["喜好"]
    row = rows(wang, found["id"], "new_household")[0]
    assert (row["row"], row["household"], row["name"]) == (4, "1-1-901", "甲")


def test_numbers_and_dates_as_excel_keeps_them(visit_as, db) -> None:
    headers = ["楼栋", "单元", "室", "使用情况", "姓名", "身份证号", "出生日期", "建筑面积", "电话"]
    wang = visit_as("王站长")
    found = check(
        db,
        wang,
        xlsx_of(
            [
                [1, 1, 901, "自住", "甲", None, date(1988, 8, 15), 89.5, 13812345678],
                [1, 1, 901.0, "自住", "乙", 999999198808154323, None, None, None],
                [1, 1, 902, "自住", "丙", None, 60, None, None],
                [1, 1, 902, "自住", "丁", None, 19880815, None, None],
            ],
            headers,
        ),
        "a.xlsx",
    )
    assert [row["row"] for row in rows(wang, found["id"], "new_household")] == [2, 5]
    said = texts(wang, found["id"], "refused")
    assert "身份证号被 Excel 当成了数字" in said
    assert "没有这一天：1900-02-29" in said


def test_pages_of_the_report(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person(str(n), f"甲{n}") for n in range(1000, 1720)]))
    seen: list[int] = []
    address = f"/imports/{found['id']}/rows?fate=new_household&limit=300"
    while address:
        page = wang.get(address.removeprefix("/api/v1")).json()
        assert page["total"] == 720
        seen += [row["row"] for row in page["items"]]
        address = page["next"]
    assert seen == list(range(2, 722))
    assert wang.get(f"/imports/{found['id']}/rows?fate=nonsense").status_code == 422
    assert wang.get(f"/imports/{found['id']}/rows?cursor=x").status_code == 422


def test_the_report_to_take_away_starts_no_formula(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = check(db, wang, csv_of([person("901", "=1+1"), person("902", "@SUM(A1)")]))
    text = wang.get(f"/imports/{found['id']}/report.csv").content.decode("utf-8-sig")
    assert "'=1+1" in text and "'@SUM(A1)" in text and ",=1+1" not in text
