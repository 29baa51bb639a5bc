"""Residents without an account: writing an opinion, following it by its code, judging the answer."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlmodel import select

from app.consultations import throttle
from app.consultations.models import Opinion
from app.core import audit
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from tests.cast import Cast
from tests.consultations.helpers import PUBLIC, SAID, assignment, plan, step, take_down

FORM = "/board/320594001001/opinions/new"
SEND = "/board/320594001001/opinions"


def _once(page: str) -> str:
    found = re.search(r'name="once" value="([\w-]+)"', page)
    assert found
    return found[1]


def _write(resident, **fields) -> Any:
    once = _once(resident.page(FORM).text)
    return resident.submit(SEND, {"text": SAID, "category": "facilities", "once": once, **fields})


def test_a_resident_writes_follows_and_returns_an_answer(visit_as, cast: Cast, db: Database) -> None:
    resident, office = visit_as(None), visit_as("王站长")
    page = _write(resident, speaker="张桂英", phone="13812345678")
    assert page.status_code == 201
    code = re.search(r"[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}", page.text)[0]
    opinion = office.get("/opinions").json()["items"][0]
    assert (opinion["source"], opinion["speaker"], opinion["phone"]) == ("online", "张桂英", "138****5678")
    opinion = step(office, opinion, "assignment", assignment(cast))
    opinion = step(office, opinion, "answer", {"answer": "下周换灯。"})
    seen = resident.submit("/opinions/track", {"code": code.lower().replace("-", " ")})
    assert seen.status_code == 200 and "下周换灯。" in seen.text and SAID in seen.text
    assert "张桂英" not in seen.text and "李网格" not in seen.text and "5678" not in seen.text
    judged = resident.submit("/opinions/track/verdict", {"code": code, "satisfaction": "dissatisfied", "note": "太慢"})
    assert judged.status_code == 200 and "退回重办" in judged.text
    after = office.get(f"/opinions/{opinion['id']}").json()
    assert after["state"] == "returned" and after["events"][-1] == {
        **after["events"][-1], "kind": "returned", "note": "太慢", "actor_name": "",
    }  # fmt: skip
    again = resident.submit("/opinions/track/verdict", {"code": code, "satisfaction": "satisfied"})
    assert again.status_code == 409
    with db.read() as s:
        assert audit.verify(s) is None
        kinds = {e.actor_kind for e in s.exec(select(AuditEntry)) if e.object_type == "opinion"}
    assert kinds == {"resident", "user"}


def test_the_same_press_twice_is_one_opinion_with_one_code(visit_as) -> None:
    resident = visit_as(None)
    body = {"text": SAID, "category": "safety", "once": "a-press-of-the-button"}
    first, second = resident.post(SEND, json=body), resident.post(SEND, json=body)
    assert first.status_code == second.status_code == 201 and first.json() == second.json()
    assert visit_as("王站长").get("/opinions").json()["total"] == 1


def test_the_code_is_stored_nowhere_and_a_new_one_ends_the_old(visit_as, db: Database) -> None:
    office, resident = visit_as("王站长"), visit_as(None)
    opinion = take_down(office)
    with db.read() as s:
        plain = opinion["code"].replace("-", "")
        assert plain not in str(s.exec(select(Opinion)).one().model_dump())
        assert not [e for e in s.exec(select(AuditEntry)) if plain in e.changes or opinion["code"] in e.changes]
    tag = {"If-Match": f'"{opinion["version"]}"'}
    renewed = office.post(f"/opinions/{opinion['id']}/code", headers=tag).json()["code"]
    assert resident.post("/opinions/track", json={"code": renewed}).json()["found"]["serial"] == opinion["serial"]
    refusal = resident.post("/opinions/track", json={"code": opinion["code"]})
    assert (refusal.status_code, refusal.json()["code"]) == (422, "wrong_code")


def test_guessing_codes_is_slowed_down_and_a_right_code_waits_too(visit_as) -> None:
    office, guesser = visit_as("王站长"), visit_as(None)
    right = take_down(office)["code"]
    answers = [guesser.post("/opinions/track", json={"code": f"AAAA-BBBB-{n:04d}"}) for n in range(12)]
    statuses = [a.status_code for a in answers]
    assert statuses == [422] * throttle.WRONG_CODES + [429] * (12 - throttle.WRONG_CODES)
    assert int(answers[-1].headers["Retry-After"]) > 0
    assert guesser.post("/opinions/track", json={"code": right}).status_code == 429
    with time_machine.travel(now() + timedelta(minutes=6), tick=False):
        assert guesser.post("/opinions/track", json={"code": right}).status_code == 200


def test_a_hall_full_of_people_may_write_and_a_machine_may_not(visit_as) -> None:
    resident = visit_as(None)
    for n in range(throttle.OPINIONS):
        assert (
            resident.post(SEND, json={"text": "x", "category": "other", "once": f"press-{n:012d}"}).status_code == 201
        )
    body = {"text": "x", "category": "other", "once": "one-press-too-many"}
    assert resident.post(SEND, json=body).status_code == 429


BAD = [
    ({"text": ""}, "请填写此项"),
    ({"text": "x" * 2001}, "最多 2000 个字"),
    ({"category": "=1+1"}, "请从给出的选项中选择"),
    ({"phone": "12"}, "电话号码格式不对"),
    ({"consultation_id": "0189c0de-0000-7000-8000-000000000000"}, "没有这次恳谈会"),
    ({"consultation_id": "x"}, "编号格式不对"),
    ({"text": "a\x00b"}, "不能保存的字符"),
]


@pytest.mark.parametrize(("fields", "words"), BAD)
def test_what_was_typed_stays_in_a_refused_form(fields: dict[str, str], words: str, visit_as) -> None:
    resident = visit_as(None)
    page = _write(resident, **{"speaker": "张三", **fields})
    assert page.status_code == 422 and words in page.text and 'value="张三"' in page.text
    assert visit_as("王站长").get("/opinions").json()["total"] == 0


def test_the_public_page_shows_what_was_written_for_it_and_nothing_else(visit_as, cast: Cast) -> None:
    office, stranger = visit_as("王站长"), visit_as(None)
    meeting = plan(office, notice="请带上您的停车照片。")
    hidden = take_down(office, speaker="张桂英", consultation_id=meeting["id"])
    step(office, hidden, "answer", {"answer": "只告诉提出人。"})
    step(office, take_down(office, speaker="王小明"), "answer", PUBLIC)
    late = step(office, take_down(office), "assignment", assignment(cast, days=0))
    with time_machine.travel(now() + timedelta(days=2), tick=False):
        data = stranger.get(f"{SEND}?year={now().year}").json()
        page = stranger.page(f"{SEND}?year={now().year}").text
    assert (data["received"], data["answered"], data["due"], data["in_time"], data["overdue"]) == (3, 2, 3, 2, 1)
    assert [(a["text"], a["answer"]) for a in data["answers"]] == [(PUBLIC["public_text"], PUBLIC["answer"])]
    for secret in ("张桂英", "王小明", "只告诉提出人", SAID, late["serial"], "李网格"):
        assert secret not in page
    assert PUBLIC["answer"] in page and stranger.page("/board/nowhere/opinions").status_code == 404
    assert "请带上您的停车照片。" in stranger.page(SEND).text


def test_the_form_of_a_meeting_names_it_and_the_opinion_belongs_to_it(visit_as) -> None:
    office, resident = visit_as("王站长"), visit_as(None)
    meeting = plan(office)
    page = resident.page(f"{FORM}?consultation_id={meeting['id']}").text
    assert meeting["topic"] in page and f'value="{meeting["id"]}"' in page
    assert _write(resident, consultation_id=meeting["id"]).status_code == 201
    assert [o["source"] for o in office.get(f"/consultations/{meeting['id']}").json()["raised"]] == ["online"]
