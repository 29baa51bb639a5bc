"""Consultation meetings: planned, held, closed when everything said there is answered, or called off."""

from __future__ import annotations

from typing import Any

import pytest

from app.core.clock import now
from tests.consultations.helpers import ANSWER, plan, step, take_down

HELD = {"attendance": 23, "attendees": "张桂英、王小明", "summary": "谈了停车。"}


def _put(office, meeting: dict[str, Any], what: str, body: Any = None, expected: int = 200) -> Any:
    tag = {"If-Match": f'"{meeting["version"]}"'}
    sent = {} if body is None else {"json": body}
    answer = office.put(f"/consultations/{meeting['id']}/{what}", headers=tag, **sent)
    assert answer.status_code == expected, answer.text
    return answer.json()


def _held(office, meeting: dict[str, Any]) -> Any:
    return _put(office, meeting, "held", {**HELD, "held_at": now().isoformat()})


def test_a_meeting_closes_only_when_every_opinion_has_its_answer(visit_as) -> None:
    office = visit_as("王站长")
    meeting = plan(office)
    opinion = take_down(office, source="consultation", consultation_id=meeting["id"], room="1-1-101", speaker="张桂英")
    assert opinion["resident_id"] and opinion["area_name"] == "第1网格"
    meeting = _held(office, meeting)
    assert (meeting["state"], meeting["opinions"], meeting["answered"]) == ("held", 1, 0)
    assert _put(office, meeting, "closed", expected=409)["code"] == "opinions_waiting"
    step(office, opinion, "answer", ANSWER)
    meeting = _put(office, meeting, "closed")
    assert (meeting["state"], meeting["answered"]) == ("closed", 1)
    assert [e["kind"] for e in meeting["events"]] == ["planned", "held", "closed"]
    late = office.post(
        "/opinions",
        json={"source": "consultation", "category": "other", "text": "迟了", "consultation_id": meeting["id"]},
    )
    assert (late.status_code, late.json()["code"]) == (409, "meeting_finished")


STEPS = [
    ([], "closed", None, 409),
    (["held"], "held", HELD, 409),
    (["held"], "cancelled", {"reason": "下雨"}, 409),
    (["cancelled"], "held", HELD, 409),
    ([], "cancelled", {"reason": ""}, 422),
    ([], "held", {**HELD, "attendance": -1}, 422),
    ([], "held", {**HELD, "held_at": "2100-01-01T10:00:00Z"}, 422),
]


@pytest.mark.parametrize(("before", "what", "body", "status"), STEPS)
def test_steps_that_are_refused(before: list[str], what: str, body: Any, status: int, visit_as) -> None:
    office = visit_as("王站长")
    meeting = plan(office)
    for earlier in before:
        meeting = (
            _held(office, meeting) if earlier == "held" else _put(office, meeting, "cancelled", {"reason": "停电"})
        )
    _put(office, meeting, what, {"held_at": now().isoformat(), **body} if what == "held" else body, status)


def test_what_may_change_before_and_after(visit_as) -> None:
    office = visit_as("王站长")
    meeting = plan(office)

    def change(expected: int, **fields: Any) -> Any:
        tag = {"If-Match": f'"{meeting["version"]}"'}
        answer = office.patch(f"/consultations/{meeting['id']}", json=fields, headers=tag)
        assert answer.status_code == expected, answer.text
        return answer.json()

    change(409, summary="还没开会")
    meeting = change(200, place="一楼大厅")
    meeting = _held(office, meeting)
    change(409, topic="换个题目")
    meeting = change(200, attendance=25)
    assert (meeting["attendance"], meeting["place"]) == (25, "一楼大厅")


def test_lists_are_searched_and_exported_and_names_stay_in_the_office(visit_as) -> None:
    office = visit_as("王站长")
    meeting = _held(office, plan(office))
    plan(office, topic="晨练噪声")
    assert [m["topic"] for m in office.get("/consultations?q=晨练").json()["items"]] == ["晨练噪声"]
    assert office.get("/consultations?state=held").json()["total"] == 1
    assert office.get(f"/consultations?year={now().year - 1}").json()["total"] == 0
    table = office.get("/consultations/export?format=csv").content.decode("utf-8-sig")
    assert "停车怎么停" in table and "晨练噪声" in table
    for name in ("周代表", "区督导"):
        shown = visit_as(name).get(f"/consultations/{meeting['id']}").json()
        assert shown["attendance"] == 23 and shown["attendees"] == ""
    assert visit_as("外主任").get(f"/consultations/{meeting['id']}").status_code == 404
