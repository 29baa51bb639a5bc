"""Making, editing and publishing a questionnaire, as a browser without JavaScript does and as a program does."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.core.db import Database
from app.surveys.instruments.builtins import BUILT_IN, ensure_builtins, instrument_id
from app.surveys.instruments.definition import Definition, hash_of
from app.surveys.instruments.models import Instrument, InstrumentVersion
from tests.cast import Cast, bearer
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]


@pytest.fixture
def wang(visit_as: Open) -> Visitor:
    return visit_as("王站长")


def _made(wang: Visitor, **body: Any) -> str:
    answer = wang.post("/instruments", json={"title": "纳凉晚会", **body})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _draft(wang: Visitor, made: str) -> Any:
    return wang.get(f"/instruments/{made}/draft").json()


def _write(wang: Visitor, made: str, definition: Any, op: str = "save") -> Any:
    version = _draft(wang, made)["version"]
    return wang.put(f"/instruments/{made}/draft", json={**definition, "op": op}, headers={"If-Match": f'"{version}"'})


def _fields(page: str) -> dict[str, str]:
    """The controls of the editor's form as a browser would send them."""
    form = page[page.index('class="form editor"') : page.index("</form>", page.index('class="form editor"'))]
    sent: dict[str, str] = {}
    for tag in re.findall(r"<(?:input|textarea|select)[^>]*>", form):
        name = re.search(r' name="([^"]+)"', tag)
        if name is None or ("checkbox" in tag and " checked" not in tag):
            continue
        sent[name[1]] = _value(form, tag)
    return sent


def _value(form: str, tag: str) -> str:
    after = form[form.index(tag) + len(tag) :]
    if tag.startswith("<textarea"):
        return html.unescape(after[: after.index("</textarea>")].removeprefix("\n"))
    if tag.startswith("<select"):
        chosen = re.search(r'<option value="([^"]*)" selected', after[: after.index("</select>")])
        return chosen[1] if chosen else ""
    value = re.search(r' value="([^"]*)"', tag)
    return html.unescape(value[1]) if value else ""


def _press(wang: Visitor, made: str, op: str, **typed: str) -> Any:
    """Fills in what is typed, presses one of the editor's buttons, and follows the answer."""
    fields = _fields(wang.page(f"/instruments/{made}/draft").text)
    return wang.submit(f"/instruments/{made}/draft?_method=put", {**fields, **typed, "op": op})


def test_a_questionnaire_from_nothing_to_published_with_plain_forms(wang: Visitor) -> None:
    answer = wang.submit("/instruments", {"title": "纳凉晚会", "title_en": "Summer evening", "key": "summer"})
    assert answer.status_code == 303
    made = answer.headers["location"].split("/")[2]
    first = {"sections.0.questions.0.label": "您对晚会是否满意？", "sections.0.subject_kind": "activity"}
    answer = _press(wang, made, "add:0:multiple", **first)
    assert answer.headers["location"] == f"/instruments/{made}/draft#q-0-1"
    page = wang.page(f"/instruments/{made}/draft").text
    assert 'id="q-0-1"' in page and "您对晚会是否满意？" in page  # typed before the button, and kept
    _press(wang, made, "add_option:0.1", **{"sections.0.questions.1.label": "您喜欢哪些节目？"})
    _press(wang, made, "copy:0.1", **{f"sections.0.questions.1.options.{n}.label": f"节目{n}" for n in range(3)})
    _press(wang, made, "up:0.2")
    _press(wang, made, "remove:0.2")
    _press(wang, made, "add_section")
    _press(wang, made, "add:1:number", **{"sections.1.title": "关于您"})
    answer = _press(
        wang, made, "publish", **{"sections.1.questions.0.label": "您几岁？", "sections.1.questions.0.minimum": "18"}
    )
    assert answer.headers["location"] == f"/instruments/{made}", answer.text
    found = wang.get(f"/instruments/{made}").json()
    assert (found["key"], found["published_number"], found["has_draft"]) == ("summer", 1, False)
    sections = found["definition"]["sections"]
    assert [q["label"] for q in sections[0]["questions"]] == ["您对晚会是否满意？", "您喜欢哪些节目？"]
    assert [o["label"] for o in sections[0]["questions"][1]["options"]] == ["节目0", "节目1", "节目2"]
    assert (sections[1]["title"], sections[1]["questions"][0]["minimum"]) == ("关于您", 18)
    definition = Definition.model_validate(found["definition"])
    assert found["versions"][0]["hash"] == hash_of(definition)


HTMX = {"Accept": "text/html", "HX-Request": "true", "HX-Request-Type": "partial"}
STEPS = [
    ("add:0:single", "f-sections.0.questions.1.label"),
    ("copy:0.1", "f-sections.0.questions.2.label"),
    ("add_option:0.1", "f-sections.0.questions.1.options.2.label"),
    ("remove_option:0.1.0", "do-add_option:0.1"),
    ("up:0.2", "do-up:0.1"),
    ("down:0.1", "do-down:0.2"),
    ("remove:0.2", "f-sections.0.title"),
    ("add:0:matrix", "f-sections.0.questions.2.label"),
    ("add_row:0.2", "f-sections.0.questions.2.rows.2.label"),
    ("remove_row:0.2.0", "do-add_row:0.2"),
    ("add_section", "f-sections.1.title"),
    ("up_section:1", "do-up_section:0"),
    ("remove_section:0", "f-sections.0.title"),
    ("save", "do-save"),
]


def test_with_htmx_each_step_swaps_the_content_and_names_where_to_go_on(wang: Visitor) -> None:
    """What was typed comes back, an empty part stays a part, and exactly one control gets the cursor."""
    made = _made(wang)
    page = wang.page(f"/instruments/{made}/draft").text
    for op, control in STEPS:
        fields = {**_fields(page), "title": "说到一半", "_csrf": wang.csrf, "op": op}
        answer = wang.client.post(f"/instruments/{made}/draft?_method=put", data=fields, headers=HTMX)
        page = answer.text
        assert answer.status_code == 200 and "<html" not in page and 'value="说到一半"' in page, op
        assert re.findall(r'id="([^"]*)"[^>]* autofocus', page) == [control], op
    fields = {**_fields(page), "sections.0.subject_kind": "activity", "_csrf": wang.csrf, "op": "publish"}
    labels = {name: "甲" + name[-9:] for name in fields if name.endswith(".label") and not fields[name]}
    done = wang.client.post(f"/instruments/{made}/draft?_method=put", data={**fields, **labels}, headers=HTMX)
    assert done.headers.get("HX-Redirect") == f"/instruments/{made}", re.findall('class="error".*', done.text)


def test_what_was_typed_stays_when_a_button_is_refused(wang: Visitor) -> None:
    made = _made(wang)
    typed = {"sections.0.questions.0.label": "半句话", "sections.0.questions.0.options.1.points": "很多"}
    answer = _press(wang, made, "add:0:text", **typed)
    assert answer.status_code == 422
    assert 'value="半句话"' in answer.text and 'value="很多"' in answer.text and "请填写数字。" in answer.text
    assert _draft(wang, made)["definition"]["sections"][0]["questions"][0]["label"] == ""


def test_publishing_an_unfinished_one_says_what_is_missing_beside_its_field(wang: Visitor) -> None:
    made = _made(wang)
    typed = {"sections.0.questions.0.options.0.label": "", "sections.0.questions.0.weight": "0", "intro": "您好！"}
    answer = _press(wang, made, "publish", **typed)
    assert answer.status_code == 422
    assert "没有评议对象，不能计分" in answer.text
    for name in ("label", "options.0.label", "weight", "scored"):
        assert f'id="f-sections.0.questions.0.{name}-error"' in answer.text
    assert "您好！" in answer.text
    refused = _write(wang, made, {**_draft(wang, made)["definition"]}, "publish")
    assert refused.status_code == 422 and refused.json()["code"] == "definition_unfinished"
    assert wang.get(f"/instruments/{made}").json()["published_number"] is None


def test_two_who_edit_at_once_do_not_overwrite_each_other(wang: Visitor) -> None:
    made = _made(wang)
    fields = _fields(wang.page(f"/instruments/{made}/draft").text)
    _press(wang, made, "save", title="甲的名称")
    answer = wang.submit(f"/instruments/{made}/draft?_method=put", {**fields, "title": "乙的名称", "op": "save"})
    assert answer.status_code == 412 and 'value="乙的名称"' in answer.text
    assert _draft(wang, made)["definition"]["title"] == "甲的名称"


@pytest.mark.parametrize(
    "op",
    ["up:9.9", "up:0", "up", "add:0:nothing", "remove:0.5", "remove_option:0.0.99", "fly:0", "add_row:0.0", "move"],
)
def test_steps_that_do_not_exist_are_refused(wang: Visitor, op: str) -> None:
    made = _made(wang)
    before = _draft(wang, made)
    refused = _write(wang, made, before["definition"], op)
    assert refused.status_code == 422 and refused.json()["code"] == "unknown_step"
    assert _draft(wang, made) == before


def test_a_questionnaire_that_no_form_could_carry_is_refused(wang: Visitor) -> None:
    made = _made(wang)
    definition = _draft(wang, made)["definition"]
    question = definition["sections"][0]["questions"][0]
    many = [{**question, "key": f"q{n}"} for n in range(60)]
    definition["sections"] = [
        {**definition["sections"][0], "questions": many[:31]},
        {**definition["sections"][0], "questions": many[31:]},
    ]
    assert _write(wang, made, definition).status_code == 200
    assert _write(wang, made, definition, "add:0:text").json()["code"] == "definition_too_long"


def test_a_published_version_never_changes_not_even_in_the_database(wang: Visitor, db: Database) -> None:
    made = _made(wang)
    _press(wang, made, "publish", **{"sections.0.questions.0.label": "满意吗？", "sections.0.subject_kind": "activity"})
    assert wang.get(f"/instruments/{made}/draft").status_code == 404
    first = wang.get(f"/instruments/{made}/versions/1").json()
    started = wang.post(f"/instruments/{made}/draft")
    assert started.status_code == 201 and started.json()["number"] == 2
    assert wang.post(f"/instruments/{made}/draft").json()["id"] == started.json()["id"]
    _press(wang, made, "publish", **{"sections.0.questions.0.label": "很满意吗？"})
    assert wang.get(f"/instruments/{made}/versions/1").json() == first
    assert wang.get(f"/instruments/{made}").json()["published_number"] == 2
    for statement in ("UPDATE instrument_version SET hash = 'x'", "DELETE FROM instrument_version"):
        with pytest.raises(DBAPIError, match="never changes"), db.write() as s:
            s.execute(text(statement))


def test_discarding_a_draft(wang: Visitor) -> None:
    made = _made(wang)
    path = f"/instruments/{made}/draft"
    assert wang.delete(path).status_code == 428
    assert wang.delete(path, headers={"If-Match": '"9"'}).status_code == 412
    assert wang.delete(path, headers={"If-Match": '"1"'}).status_code == 204
    assert wang.get(f"/instruments/{made}").status_code == 404


def test_a_copy_of_a_built_in_one_is_ones_own(wang: Visitor) -> None:
    built_in = instrument_id("property_monthly")
    assert wang.post(f"/instruments/{built_in}/draft").status_code == 403
    assert wang.post(f"/instruments/{built_in}/retire").status_code == 403
    copy = wang.post(f"/instruments/{built_in}/duplicate", json={"title": "我们的物业评议"})
    assert copy.status_code == 201 and copy.json()["key"] == "property_monthly_2"
    definition = _draft(wang, copy.json()["id"])["definition"]
    wanted = {**BUILT_IN["property_monthly"].model_dump(mode="json"), "title": "我们的物业评议"}
    assert definition == wanted


def test_keys_are_ones_own_and_never_a_built_in_ones(wang: Visitor) -> None:
    _made(wang, key="summer")
    for key in ("summer", "property_monthly"):
        refused = wang.post("/instruments", json={"title": "又一份", "key": key})
        assert refused.status_code == 409 and refused.json()["errors"][0]["field"] == "key"
    assert wang.submit("/instruments", {"title": "又一份", "key": "Summer!"}).status_code == 422
    keys = {wang.post("/instruments", json={"title": "无代码"}).json()["key"] for _time in range(2)}
    assert keys == {"survey", "survey_2"}


def test_retiring_and_restoring(wang: Visitor) -> None:
    made = _made(wang)
    _press(wang, made, "publish", **{"sections.0.questions.0.label": "满意吗？", "sections.0.subject_kind": "activity"})
    for _time in range(2):
        assert wang.post(f"/instruments/{made}/retire").json()["retired_at"]
    assert made not in {i["id"] for i in wang.get("/instruments").json()["items"]}
    assert [i["id"] for i in wang.get("/instruments?retired=true").json()["items"]] == [made]
    assert wang.post(f"/instruments/{made}/draft").json()["code"] == "retired"
    assert wang.post(f"/instruments/{made}/restore").json()["retired_at"] is None


def test_the_preview_shows_everything_or_one_question(wang: Visitor) -> None:
    built_in = instrument_id("committee_halfyear")
    everything = wang.page(f"/instruments/{built_in}/preview").text
    assert everything.count("<textarea") == 1
    assert len(re.findall(r'name="a\.staff_[12]\.staff_overall" value="satisfied"', everything)) == 2
    assert everything.count('name="a.committee_1.items.care"') == 4
    one = wang.page(f"/instruments/{built_in}/preview?step=2").text
    assert 'name="a.committee_1.overall"' in one and "a.committee_1.items" not in one
    assert "第 2 题，共 5 题" in one and "step=3" in one and "step=1" in one
    assert wang.page(f"/instruments/{built_in}/preview?step=999").status_code == 200
    english = wang.page(f"/instruments/{built_in}/preview", headers={"Accept-Language": "en"}).text
    assert "Basically satisfied" in english


def test_export_and_import_by_form(wang: Visitor) -> None:
    built_in = instrument_id("integrity_yearly")
    exported = wang.get(f"/instruments/{built_in}/export.xlsx")
    assert exported.headers["content-disposition"] == 'attachment; filename="integrity_yearly-v1.xlsx"'
    made = wang.post("/instruments/import", files={"file": ("x.xlsx", exported.content)})
    assert made.status_code == 201 and made.json()["unused"] == []
    assert made.json()["instrument"]["key"] == "integrity_yearly_2"
    assert _draft(wang, made.json()["instrument"]["id"])["definition"] == BUILT_IN["integrity_yearly"].model_dump(
        mode="json"
    )
    page = wang.submit("/instruments/import", {}, files={"file": ("x.xlsx", exported.content)})
    assert page.status_code == 201 and "每一行都已采用" in page.text
    refused = wang.submit("/instruments/import", {}, files={"file": ("x.xlsx", b"PK nonsense")})
    assert refused.status_code == 422 and 'id="f-file-error"' in refused.text
    large = wang.post("/instruments/import", files={"file": ("x.xlsx", b"P" * (2 * 1024 * 1024 + 1))})
    assert large.status_code == 413


def test_built_in_ones_are_there_once_and_a_changed_one_becomes_a_new_version(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.write() as s:
        ensure_builtins(s)
        assert len(s.exec(select(InstrumentVersion)).all()) == len(BUILT_IN)
    changed = BUILT_IN["member_appraisal"].model_copy(update={"title": "党员评议"})
    monkeypatch.setitem(BUILT_IN, "member_appraisal", changed)
    for _time in range(2):
        with db.write() as s:
            ensure_builtins(s)
    with db.read() as s:
        row = s.exec(select(Instrument).where(Instrument.key == "member_appraisal")).one()
        found = s.exec(select(InstrumentVersion).where(InstrumentVersion.instrument_id == row.id)).all()
    assert row.title == "党员评议" and sorted(v.number for v in found) == [1, 2]


def test_who_sees_and_who_may(visit_as: Open, cast: Cast, wang: Visitor) -> None:
    made = _made(wang)
    paths = [
        f"/instruments/{made}",
        f"/instruments/{made}/preview",
        f"/instruments/{made}/export.xlsx",
        f"/instruments/{made}/versions/1",
    ]
    for path in paths:
        assert visit_as("李网格").get(path).status_code == 200
        assert visit_as("区督导").get(path).status_code == 200
        for name, status in (
            ("外主任", 404),
            ("外社区", 404),
            ("周代表", 403),
            ("钱会计", 403),
            ("系统员", 403),
            (None, 401),
        ):
            assert visit_as(name).get(path).status_code == status, (name, path)
    assert visit_as(None).get(f"/api/v1/instruments/{made}", headers=bearer("区平台")).status_code == 200
    body = _draft(wang, made)["definition"]
    writes = [
        ("PUT", f"/instruments/{made}/draft", body),
        ("DELETE", f"/instruments/{made}/draft", None),
        ("POST", f"/instruments/{made}/duplicate", {}),
        ("POST", f"/instruments/{made}/retire", None),
    ]
    for method, path, sent in writes:
        for name, status in (("外主任", 404), ("李网格", 403), ("区督导", 403), (None, 401)):
            answer = visit_as(name).request(method, path, json=sent, headers={"If-Match": '"1"'})
            assert answer.status_code == status, (name, method, path)
    keys = {i["key"] for i in visit_as("外主任").get("/instruments").json()["items"]}
    assert keys == set(BUILT_IN)
