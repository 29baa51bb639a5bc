"""The pages: template, upload, progress, report, confirmation; and who may not see them."""

from __future__ import annotations

import csv
import io

import pytest
from openpyxl import load_workbook

from app.households.imports import work
from app.households.imports.columns import COLUMNS
from tests.cast import bearer
from tests.imports.files import check, commit, csv_of, job, person, rows, upload, upload_in_page
from tests.visitor import HTML

OUTSIDERS = ["李网格", "周代表", "钱会计", "区督导", "系统员"]


@pytest.fixture
def checked(visit_as, db) -> str:
    """An import of 王站长 that waits for confirmation: one row is refused."""
    content = csv_of([person("901", "<b>甲</b>"), person("902", "乙", 身份证号="1"), person("903", "")])
    return str(check(db, visit_as("王站长"), content)["id"])


def test_from_the_upload_to_the_register(visit_as, db, cast) -> None:
    wang = visit_as("王站长")
    assert "还没有导入过" in wang.page("/imports").text
    answer = upload_in_page(wang, csv_of([person("901", "甲"), person("902", "乙", 身份证号="1")]), "名册.csv")
    assert answer.status_code == 303
    at = answer.headers.get_list("location")[0]
    waiting = wang.page(at).text
    assert "等待检查" in waiting and 'hx-trigger="every 1s"' in waiting and "<progress" in waiting and "刷新" in waiting
    work.drain(db)
    page = wang.page(at).text
    assert "hx-trigger" not in page and "有 1 行不能导入" in page and "身份证号应为 18 位" in page
    again = wang.submit(f"{at}/commit", {})
    assert again.status_code == 409 and 'aria-invalid="true"' in again.text
    assert wang.submit(f"{at}/commit", {"allow_partial": "true"}).status_code == 303
    assert "正在写入" in wang.page(at).text
    work.drain(db)
    page = wang.page(at).text
    assert "已导入" in page and 'href="/households"' in page and "1 行没有导入" in page
    assert "名册.csv" in wang.page("/imports").text
    assert_only_the_director(visit_as, at)


def assert_only_the_director(visit_as, at: str) -> None:
    for name in OUTSIDERS:
        assert visit_as(name).page(at).status_code == 403, name
    assert visit_as("外主任").page(at).status_code == 404
    assert visit_as(None).page(at).headers["location"].startswith("/sign-in")


def test_nothing_of_it_is_open_to_others(visit_as, db, checked: str, app) -> None:
    operations = [
        ("GET", "/imports", None),
        ("GET", "/imports/households/template.xlsx", None),
        ("GET", "/imports/households/template.csv", None),
        ("GET", f"/imports/{checked}", 404),
        ("GET", f"/imports/{checked}/rows", 404),
        ("GET", f"/imports/{checked}/report.csv", 404),
        ("POST", f"/imports/{checked}/commit", 404),
        ("DELETE", f"/imports/{checked}", 404),
    ]
    for method, address, elsewhere in operations:
        kwargs = {"json": {}} if method == "POST" else {}
        for name in OUTSIDERS:
            assert visit_as(name).request(method, address, **kwargs).status_code == 403, (name, address)
        assert visit_as(None).request(method, address, **kwargs).status_code == 401
        client = visit_as(None).client.request(method, address, headers=bearer("区平台"), **kwargs)
        assert client.status_code == 403
        if elsewhere:
            headers = {"If-Match": '"3"'} if method == "DELETE" else {}
            assert visit_as("外主任").request(method, address, headers=headers, **kwargs).status_code == elsewhere
    for name in [*OUTSIDERS, None]:
        assert upload(visit_as(name), csv_of([person()])).status_code == (403 if name else 401)
    assert visit_as("外主任").get("/imports").json()["items"] == []
    assert job(visit_as("王站长"), checked)["state"] == "checked"


def test_an_upload_without_the_token_of_the_page_is_refused(visit_as) -> None:
    wang = visit_as("王站长")
    files = {"file": ("a.csv", csv_of([person()]), "text/csv")}
    answer = wang.client.post("/imports/households", files=files, headers=HTML)
    assert answer.status_code == 403


def test_an_upload_without_a_file(visit_as) -> None:
    wang = visit_as("王站长")
    assert wang.post("/imports/households", data={"mode": "dry_run"}).status_code == 422
    assert wang.post("/imports/households", json={"file": "x"}).status_code == 422
    assert wang.post("/imports/households", files={"file": ("a.csv", b"x")}, data={"mode": "real"}).status_code == 422
    assert wang.submit("/imports/households", {"file": "text"}).status_code == 422


def test_names_are_shown_as_text(visit_as, checked: str) -> None:
    wang = visit_as("王站长")
    for at in (f"/imports/{checked}/rows?fate=new_household", f"/imports/{checked}"):
        assert "<b>甲" not in wang.page(at).text
    assert "&lt;b&gt;甲" in wang.page(f"/imports/{checked}/rows?fate=new_household").text


def test_tabs_by_fate(visit_as, checked: str) -> None:
    wang = visit_as("王站长")
    page = wang.page(f"/imports/{checked}/rows?fate=new_household")
    assert page.status_code == 200
    assert "新住户" in page.text and "不能导入" in page.text and "1-1-903" in page.text
    assert "没有这样的行" in wang.page(f"/imports/{checked}/rows?fate=moves_in").text


def test_giving_an_import_up(visit_as, db, checked: str) -> None:
    wang = visit_as("王站长")
    version = job(wang, checked)["version"]
    assert wang.delete(f"/imports/{checked}").status_code == 428
    assert wang.delete(f"/imports/{checked}", headers={"If-Match": '"99"'}).status_code == 412
    assert wang.submit(f"/imports/{checked}?_method=delete", {"_version": str(version)}).status_code == 303
    assert wang.get(f"/imports/{checked}").status_code == 404


def test_what_was_written_stays_when_its_report_is_deleted(visit_as, db) -> None:
    wang = visit_as("王站长")
    done = commit(db, wang, check(db, wang, csv_of([person("901", "甲")]))["id"])
    assert wang.delete(f"/imports/{done['id']}", headers={"If-Match": f'"{done["version"]}"'}).status_code == 204
    assert job(wang, done["id"])["state"] == "done"
    assert rows(wang, done["id"], "new_household") == []
    assert "报告已删除" in wang.page(f"/imports/{done['id']}").text


def test_a_check_that_runs_cannot_be_confirmed_or_deleted(visit_as, db) -> None:
    wang = visit_as("王站长")
    found = upload(wang, csv_of([person("901", "甲")])).json()
    assert wang.post(f"/imports/{found['id']}/commit", json={}).json()["code"] == "import_not_checked"
    refusal = wang.delete(f"/imports/{found['id']}", headers={"If-Match": f'"{job(wang, found["id"])["version"]}"'})
    assert refusal.status_code == 409


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_comes_back_as_it_went(visit_as, db, kind: str) -> None:
    wang = visit_as("王站长")
    template = wang.get(f"/imports/households/template.{kind}").content
    found = check(db, wang, template, f"名册.{kind}")
    assert found["fates"] == {"unchanged": 1} and found["unknown_columns"] == []
    assert "示例行" in rows(wang, found["id"], "unchanged")[0]["details"][0]["text"]


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_the_template_filled_in(visit_as, db, kind: str) -> None:
    wang = visit_as("王站长")
    template = wang.get(f"/imports/households/template.{kind}").content
    example = {c.key: c.example for c in COLUMNS}
    new = [example[c.key] if c.key != "note" else "" for c in COLUMNS]
    if kind == "xlsx":
        book = load_workbook(io.BytesIO(template))
        for at, value in enumerate(new, start=1):
            book.active.cell(3, at, value or None)
        out = io.BytesIO()
        book.save(out)
        content = out.getvalue()
    else:
        text = io.StringIO(newline="")
        csv.writer(text).writerow(new)
        content = template + text.getvalue().encode()
    found = check(db, wang, content, f"名册.{kind}")
    assert found["fates"] == {"unchanged": 1, "new_household": 1}, rows(wang, found["id"], "refused")
    assert commit(db, wang, found["id"])["totals"] == {"new_people": 1, "new_households": 1}


def test_the_template_explains_itself(visit_as) -> None:
    book = load_workbook(io.BytesIO(visit_as("王站长").get("/imports/households/template.xlsx").content))
    sheet, explained = book.worksheets
    heads = [cell.value for cell in sheet[1]]
    assert heads == [c.label for c in COLUMNS]
    assert [row[0].value for row in explained.iter_rows(min_row=2, max_row=len(COLUMNS) + 1)] == heads
    lists = {rule.promptTitle: rule.formula1 for rule in sheet.data_validations.dataValidation}
    assert lists["使用情况"] == '"自住,出租,空置"' and "户主" in lists["与户主关系"]
    assert all(cell.number_format == "@" for cell in sheet[3][: len(COLUMNS)])


def test_english(visit_as, checked: str) -> None:
    wang = visit_as("王站长")
    page = wang.page(f"/imports/{checked}", headers={"Accept-Language": "en"}).text
    assert "Not importable" in page and "ID number" in page
