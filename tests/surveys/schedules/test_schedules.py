"""Schedules: what is ordered, what is refused beside which field, what it says in plain words, and who may."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.surveys.instruments.builtins import instrument_id
from tests.cast import Cast, bearer
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]


@pytest.fixture
def wang(visit_as: Open) -> Visitor:
    return visit_as("王站长")


def _body(**changes: Any) -> dict[str, Any]:
    return {
        "instrument_id": str(instrument_id("property_monthly")),
        "title": "物业服务月度评议",
        "cadence": "monthly",
        "opens_day": 25,
        "reminder_days": [4, 2, 2],
        "panel": "representatives",
        "property_company": "甲物业公司",
        "starts_on": "2026-01-01",
        **changes,
    }


def _made(wang: Visitor, **changes: Any) -> Any:
    answer = wang.post("/schedules", json=_body(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


def _refused(wang: Visitor, **changes: Any) -> dict[str, str]:
    answer = wang.post("/schedules", json=_body(**changes))
    assert answer.status_code == 422, answer.text
    return {e["field"]: e["code"] for e in answer.json()["errors"]}


def test_a_schedule_is_stored_sound(wang: Visitor) -> None:
    made = _made(wang, opens_month=7, sample_size=30, public_number=True, public_number_source="骰子")
    assert (made["opens_month"], made["reminder_days"], made["subject_kinds"]) == (1, [2, 4], ["property_company"])
    assert (made["sample_size"], made["public_number"], made["public_number_source"]) == (0, False, "")
    assert made["summary"].startswith(
        "每月 25 日 9 时开放，5 天后截止，开放后第 2、4 天提醒。请居民代表全部回答（今天是 0 人）。"
    )
    assert "物业公司：甲物业公司。" in made["summary"] and "无记名" in made["summary"] and "下一轮：" in made["summary"]
    assert made["next"]["opens_at"].endswith("-25T01:00:00Z")
    detail = wang.get(f"/schedules/{made['id']}").json()
    assert len(detail["openings"]) == 4 and "".join(detail["sentences"]) == made["summary"]
    page = wang.page(f"/schedules/{made['id']}").text
    assert "请先登记名册" in page and "每月 25 日" in page


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"property_company": ""}, "property_company", "missing"),
        ({"open_days": 29}, "open_days", "rounds_overlap"),
        ({"reminder_days": [5]}, "reminder_days", "reminder_late"),
        ({"method": "sample"}, "sample_size", "missing"),
        ({"method": "sample", "sample_size": 9, "public_number": True}, "public_number_source", "missing"),
        ({"cadence": "quarterly", "opens_month": 4}, "opens_month", "month_outside"),
        ({"cadence": "halfyearly", "opens_month": 7}, "opens_month", "month_outside"),
        ({"ends_on": "2025-12-31"}, "", "date_order"),
        ({"instrument_id": "019f0000-0000-7000-8000-000000000001"}, "instrument_id", "invalid"),
        ({"opens_day": 32}, "opens_day", "less_than_equal"),
        ({"cadence": "weekly"}, "cadence", "enum"),
        ({"colour": "green"}, "colour", "extra_forbidden"),
    ],
)
def test_what_makes_no_sense_is_refused_beside_its_field(
    wang: Visitor, changes: dict[str, Any], field: str, code: str
) -> None:
    assert _refused(wang, **changes).get(field) == code


def test_a_draft_or_retired_questionnaire_opens_no_rounds(wang: Visitor, visit_as: Open) -> None:
    own = wang.post("/instruments", json={"title": "草稿"}).json()["id"]
    assert _refused(wang, instrument_id=own) == {"instrument_id": "invalid"}
    foreign = visit_as("外主任").post("/instruments", json={"title": "别处"}).json()["id"]
    assert _refused(wang, instrument_id=foreign) == {"instrument_id": "invalid"}


def test_the_form_keeps_what_was_typed(wang: Visitor) -> None:
    form = {
        **_body(),
        "reminder_days": ["2"],
        "property_company": "",
        "method": "sample",
        "sample_size": "",
        "reserves": "3",
    }
    answer = wang.submit("/schedules", form)
    assert answer.status_code == 422
    assert 'id="f-property_company-error"' in answer.text and 'id="f-sample_size-error"' in answer.text
    assert 'value="物业服务月度评议"' in answer.text and 'name="reserves" type="number" value="3"' in answer.text
    saved = wang.submit("/schedules", {**form, "property_company": "甲物业", "sample_size": "20"})
    assert saved.status_code == 303
    made = wang.get(saved.headers["location"]).json()
    assert (made["sample_size"], made["reserves"], made["reminder_days"]) == (20, 3, [2])


def test_changing_pausing_and_deleting(wang: Visitor) -> None:
    made = _made(wang)
    path = f"/schedules/{made['id']}"
    assert "物业服务月度评议" in wang.page(f"{path}/edit").text
    assert wang.put(path, json=_body()).status_code == 428
    changed = wang.put(path, json=_body(opens_day=31), headers={"If-Match": '"1"'})
    assert changed.status_code == 200 and changed.json()["opens_day"] == 31
    assert wang.put(path, json=_body(), headers={"If-Match": '"1"'}).status_code == 412
    stale = wang.submit(f"{path}?_method=put", {**_body(title="别的名称"), "_version": "1"})
    assert stale.status_code == 412 and 'value="别的名称"' in stale.text
    for _time in range(2):
        paused = wang.post(f"{path}/pause").json()
    assert paused["paused"] and paused["next"] is None and "已暂停" in paused["summary"] and paused["version"] == 3
    assert wang.put(path, json=_body(), headers={"If-Match": '"3"'}).json()["paused"]
    assert wang.post(f"{path}/resume").json()["next"]
    assert wang.delete(path, headers={"If-Match": '"5"'}).status_code == 204
    assert wang.get(path).status_code == 404


def test_a_sample_says_how_it_is_drawn(wang: Visitor) -> None:
    made = _made(
        wang, instrument_id=str(instrument_id("integrity_yearly")), cadence="yearly", opens_month=11, method="sample",
        panel="residents", sample_size=3, reserves=1, stratify="tenure", public_number=True,
        public_number_source="当场掷出的三枚骰子。", secrecy="confidential", property_company="",
    )  # fmt: skip
    # Of the cast's community 张桂英, 王小明, 刘芳 and 陈建国 are of age; 王乐乐 is a child.
    assert "从成年居民（今天是 4 人）中随机抽取 3 人回答，候补 1 人，按自住、租住分层。" in made["summary"]
    assert "公开号码：当场掷出的三枚骰子。" in made["summary"] and made["subject_kinds"] == ["committee"]


@pytest.mark.parametrize(
    ("query", "answers", "invite"),
    [
        ("population=4501&margin_percent=5&response_percent=60", 355, 592),
        ("population=4501&margin_percent=3", 863, 1439),
        ("population=10&margin_percent=5&response_percent=10", 10, 10),
        ("", 4, 4),
    ],
)
def test_the_sample_size_helper(wang: Visitor, query: str, answers: int, invite: int) -> None:
    found = wang.get(f"/schedules/sample-size?{query}").json()
    assert (found["answers"], found["invite"]) == (answers, invite)
    assert str(answers) in wang.page(f"/schedules/sample-size?{query}").text


@pytest.mark.parametrize(
    "query", ["margin_percent=0", "margin_percent=nan", "population=-1", "response_percent=0", "x=1"]
)
def test_the_helper_refuses_nonsense(wang: Visitor, query: str) -> None:
    assert wang.get(f"/schedules/sample-size?{query}").status_code == 422


def test_who_sees_and_who_may(visit_as: Open, cast: Cast, wang: Visitor) -> None:
    path = f"/schedules/{_made(wang)['id']}"
    for name in ("李网格", "周代表", "钱会计", "区督导"):
        assert visit_as(name).get(path).status_code == 200
    for name, status in (("外主任", 404), ("外社区", 404), ("系统员", 403), (None, 401)):
        assert visit_as(name).get(path).status_code == status
    assert visit_as("外主任").get("/schedules").json()["items"] == []
    assert visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 200
    for name, status in (("外主任", 404), ("李网格", 403), ("周代表", 403), ("区督导", 403), (None, 401)):
        sent = {"json": _body(), "headers": {"If-Match": '"1"'}}
        assert visit_as(name).put(path, **sent).status_code == status
        assert visit_as(name).post(f"{path}/pause").status_code == status
        assert visit_as(name).delete(path, headers={"If-Match": '"1"'}).status_code == status
