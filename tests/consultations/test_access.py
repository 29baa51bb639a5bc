"""Who sees which opinion, and how much of whoever raised it; what an opinion may become."""

from __future__ import annotations

import pytest
from sqlmodel import select

from app.core.audit import AuditEntry
from app.core.db import Database
from tests.cast import Cast, bearer
from tests.consultations.helpers import SAID, assignment, plan, step, take_down

WORDS = {"speaker": "张桂英", "phone": "13812345678", "room": "1-1-101"}


def test_a_worker_sees_the_own_area_the_whole_community_and_what_is_to_be_answered(visit_as, cast: Cast) -> None:
    office, worker = visit_as("王站长"), visit_as("赵网格")
    of_area = take_down(office, **WORDS)
    of_all = take_down(office)
    assert {o["id"] for o in worker.get("/opinions").json()["items"]} == {of_all["id"]}
    assert worker.get(f"/opinions/{of_area['id']}").status_code == 404
    step(office, of_area, "assignment", assignment(cast, "赵网格"))
    assert {o["id"] for o in worker.get("/opinions?mine=true").json()["items"]} == {of_area["id"]}


@pytest.mark.parametrize(
    ("name", "speaker", "phone"),
    [
        ("王站长", "张桂英", "138****5678"),
        ("李网格", "张桂英", "138****5678"),
        ("周代表", "张*英", None),
        ("区督导", "张*英", None),
    ],
)
def test_names_and_numbers(name: str, speaker: str, phone: str | None, visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    opinion = step(office, take_down(office, **WORDS), "assignment", {**assignment(cast), "note": "先打电话"})
    visitor = visit_as(name)
    shown = visitor.get(f"/opinions/{opinion['id']}").json()
    assert (shown["speaker"], shown["phone"]) == (speaker, phone)
    assert ("先打电话" in str(shown)) == (phone is not None)
    listed = visitor.get("/opinions/export?format=csv").content.decode("utf-8-sig")
    assert speaker in listed and "13812345678" not in listed
    assert visitor.get("/opinions?q=张桂英").json()["total"] == (1 if phone else 0)


def test_a_number_is_revealed_with_a_reason_that_is_kept(visit_as, db: Database) -> None:
    office = visit_as("王站长")
    opinion = take_down(office, **WORDS)
    shown = visit_as("李网格").submit(f"/opinions/{opinion['id']}/reveal", {"reason": "回访"})
    assert shown.status_code == 200 and "138 1234 5678" in shown.text.replace("13812345678", "138 1234 5678")
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "opinion.reveal")).one()
    assert "回访" in entry.changes and "13812345678" not in entry.changes


@pytest.mark.parametrize("name", ["钱会计", "系统员", "外主任", None])
def test_who_has_no_access(name: str | None, visit_as) -> None:
    office = visit_as("王站长")
    opinion, meeting = take_down(office), plan(office)
    visitor = visit_as(name)
    expected = {"外主任": 404, None: 401}.get(name, 403)
    for path in (f"/opinions/{opinion['id']}", f"/consultations/{meeting['id']}"):
        assert visitor.get(path).status_code == expected
    body = {"source": "phone", "category": "other", "text": "x", "consultation_id": meeting["id"]}
    assert visitor.post("/opinions", json=body).status_code in {401, 403, 422}


def test_the_district_reads_by_machine_and_writes_nothing(visit_as) -> None:
    opinion = take_down(visit_as("王站长"), **WORDS)
    client = visit_as(None)
    shown = client.get(f"/api/v1/opinions/{opinion['id']}", headers=bearer("区平台"))
    assert shown.json()["speaker"] == "张*英"
    assert client.post("/api/v1/opinions", json={}, headers=bearer("区平台")).status_code == 403


def test_every_page_opens_and_offers_the_next_step(visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    meeting, opinion = plan(office), take_down(office, **WORDS)
    for path in ("/opinions", "/opinions/new", "/opinions/figures", "/consultations", "/consultations/new"):
        assert office.page(path).status_code == 200, path
    here = f"/opinions/{opinion['id']}"
    for path in ("", "/edit", "/need/new", "/reveal"):
        assert office.page(here + path).status_code == 200, path
    for path in ("", "/edit", "/held"):
        assert office.page(f"/consultations/{meeting['id']}{path}").status_code == 200, path
    assert "写答复" in office.page(here).text and "写答复" not in visit_as("周代表").page(here).text
    sent = office.submit(f"{here}/answer?_method=put", {"answer": "", "public_text": "路灯", "_version": "1"})
    assert sent.status_code == 422 and "路灯" in sent.text and SAID in sent.text
    sent = office.submit(f"{here}/answer?_method=put", {"answer": "已修", "_version": "1"})
    assert (sent.status_code, sent.headers["location"]) == (303, here)
    assert "登记回访" in office.page(here).text


def test_corrections_end_where_the_answer_begins(visit_as) -> None:
    office = visit_as("王站长")
    opinion = take_down(office, **WORDS)
    tag = {"If-Match": f'"{opinion["version"]}"'}
    fixed = office.patch(
        f"/opinions/{opinion['id']}", json={"text": "路灯坏了", "forget_phone": True}, headers=tag
    ).json()
    assert (fixed["text"], fixed["phone"], fixed["speaker"]) == ("路灯坏了", None, "张桂英")
    answered = step(office, fixed, "answer", {"answer": "已修"})
    tag = {"If-Match": f'"{answered["version"]}"'}
    refusal = office.patch(f"/opinions/{opinion['id']}", json={"text": "别的"}, headers=tag)
    assert (refusal.status_code, refusal.json()["code"]) == (409, "opinion_answered")


def test_an_opinion_becomes_a_need_of_the_household_once(visit_as) -> None:
    office = visit_as("王站长")
    opinion = take_down(office, **WORDS)
    body = {"category": "health", "detail": "独居，想有人定期量血压", "urgent": True}
    tag = {"If-Match": f'"{opinion["version"]}"'}
    became = office.post(f"/opinions/{opinion['id']}/need", json=body, headers=tag).json()
    need = office.get("/needs").json()["items"][0]
    assert (need["id"], need["serial"], need["visit_id"]) == (became["need_id"], became["need_serial"], None)
    assert need["household_label"] == "1-1-101"
    assert office.page("/needs").status_code == 200 and office.page("/today").status_code == 200
    assert office.page(f"/households/{need['household_id']}").status_code == 200
    tag = {"If-Match": f'"{became["version"]}"'}
    again = office.post(f"/opinions/{opinion['id']}/need", json=body, headers=tag)
    assert (again.status_code, again.json()["code"]) == (409, "already_a_need")
    unknown = take_down(office)
    tag = {"If-Match": f'"{unknown["version"]}"'}
    asked = office.post(f"/opinions/{unknown['id']}/need", json=body, headers=tag)
    assert (asked.status_code, asked.json()["code"]) == (422, "which_household")


def test_an_opinion_becomes_a_motion_that_does_not_name_the_speaker(visit_as) -> None:
    office = visit_as("王站长")
    opinion = take_down(office, **WORDS)
    assert office.page(f"/opinions/{opinion['id']}/motion/new").status_code == 200
    body = {"title": "更换路灯", "text": "把三幢一带的路灯换成节能灯。"}
    tag = {"If-Match": f'"{opinion["version"]}"'}
    assert visit_as("李网格").post(f"/opinions/{opinion['id']}/motion", json=body, headers=tag).status_code == 403
    became = office.post(f"/opinions/{opinion['id']}/motion", json=body, headers=tag).json()
    motion = office.get(f"/motions/{became['motion_id']}").json()
    assert (motion["number"], motion["state"], motion["title"]) == (became["motion_number"], "submitted", "更换路灯")
    assert motion["opinion_id"] == opinion["id"] and "张桂英" not in str(motion)
    assert motion["proposers"] == [f"居民意见{opinion['serial']}"]
    tag = {"If-Match": f'"{became["version"]}"'}
    again = office.post(f"/opinions/{opinion['id']}/motion", json=body, headers=tag)
    assert (again.status_code, again.json()["code"]) == (409, "already_a_motion")
    assert became["state"] == "received"  # an answer is still owed
