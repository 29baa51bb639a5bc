"""The stages of joining: earliest dates, overrides and corrections by two people, papers, who may see what."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.exc import DBAPIError
from sqlmodel import col, select, update

from app.core.audit import AuditEntry
from app.core.clock import add_months, today
from app.core.db import Database
from app.members.joining.models import JoiningEvent
from tests.members.access import Visit, member_of, nobody_else_reads, only_the_director_writes
from tests.members.joined import applicant, fact, overridden, probationary, reach, settle

REASON = {"reason": "支部档案为证"}


def test_each_stage_waits_for_its_rules(visit_as: Visit) -> None:
    director = visit_as("王站长")
    key = applicant(director)["id"]
    assert reach(director, key, "activist", "2020-06-01", 409)["code"] == "missing"
    fact(director, key, "talk", "2020-01-20")
    assert reach(director, key, "development_target", "2022-01-01", 409)["code"] == "skipped"
    reach(director, key, "activist", "2020-06-01")
    early = reach(director, key, "development_target", "2021-05-31", 409)
    assert early["code"] == "too_early" and early["errors"][0]["field"] == "from_on" and "2021-06-01" in early["detail"]
    assert reach(director, key, "development_target", "2021-06-01", 409)["code"] == "missing"
    for day in ("2020-11-20", "2021-05-30"):
        fact(director, key, "review", day)
    reach(director, key, "development_target", "2021-06-01")
    assert reach(director, key, "probationary", "2022-01-31", 409)["code"] == "missing"
    page = director.page(f"/members/{key}/joining")
    assert "短期集中培训" in page.text and "政治审查" in page.text and "2021年6月1日" in page.text
    refused = director.submit(f"/members/{key}/stages", {"stage": "full", "from_on": "2021-12-24"})
    assert refused.status_code == 409 and "2021-12-24" in refused.text and "预备党员" in refused.text
    only_the_director_writes(visit_as, "POST", f"/members/{key}/stages", {"stage": "full", "from_on": "2022-01-01"})


def test_probation_ends_extends_once_and_becomes_full(visit_as: Visit) -> None:
    director = visit_as("王站长")
    key = probationary(director)["id"]
    way = director.get(f"/members/{key}/joining?as_of=2022-05-01").json()
    assert [(x["what"], x["state"], x["due"]) for x in way["steps"]] == [
        ("approval", "late", "2022-04-30"),
        ("full", "waiting", "2023-02-28"),
    ]
    assert (way["probation_until"], way["extension_from"], way["extension_to"]) == (
        "2023-01-31",
        "2023-07-31",
        "2024-01-31",
    )
    assert fact(director, key, "extension", "2023-01-30", 409, months=6)["code"] == "too_early"
    for months, status in ((5, 422), (13, 422), (None, 422)):
        fact(director, key, "extension", "2023-01-31", status, months=months)
    assert fact(director, key, "approval", "2022-03-30", 422, months=6)["code"] == "months_of_extension"
    fact(director, key, "approval", "2022-03-30")
    assert fact(director, key, "approval", "2022-03-30", 409)["code"] == "fact_twice"
    assert fact(director, key, "talk", "2022-03-30", 409)["code"] == "outside_stage"
    fact(director, key, "extension", "2023-02-01", months=7, note="支部大会决议")
    assert fact(director, key, "extension", "2023-03-01", 409, months=6)["code"] == "extended_already"
    assert reach(director, key, "full", "2023-08-30", 409)["code"] == "too_early"
    reach(director, key, "full", "2023-08-31")
    assert director.get(f"/members/{key}/joining").json()["steps"] == []
    assert "延长 7 个月" in director.page(f"/members/{key}/joining").text


def test_an_override_needs_a_reason_and_a_second_person(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    key = applicant(director)["id"]
    path = f"/members/{key}/joining"
    body = {"stage": "activist", "from_on": "2020-06-01"}
    assert director.post(f"{path}/overrides", json=body).status_code == 422
    asked = director.post(f"{path}/overrides", json=body | REASON)
    request = asked.json()["request"]
    assert asked.status_code == 201 and request["against"] == ["missing:talk"] and request["mine"] is True
    assert director.get(path).json()["stage"] == "applicant", "nothing changes before it is confirmed"
    again = director.post(f"{path}/overrides", json=body | REASON)
    assert again.status_code == 409 and again.json()["code"] == "request_open"
    chosen = {"request_id": request["id"]}
    own = director.post(f"{path}/confirm", json=chosen)
    assert own.status_code == 403 and own.json()["code"] == "second_person"
    assert "须由另一人确认" in director.page(path).text
    assert "还缺“谈话”" in visit_as("李网格").page(path).text
    for name, status in (("外主任", 404), ("周代表", 403), ("钱会计", 403), ("区督导", 403), (None, 401)):
        assert visit_as(name).post(f"{path}/confirm", json=chosen).status_code == status
    assert visit_as("李网格").submit(f"{path}/confirm", chosen).status_code == 303
    way = director.get(path).json()
    assert (way["stage"], way["request"], way["events"][0]["second_name"]) == ("activist", None, "李网格")
    settled = visit_as("赵网格").post(f"{path}/refuse", json=chosen)
    assert settled.status_code == 409 and settled.json()["code"] == "request_settled"
    with db.read() as s:
        said = s.exec(select(AuditEntry).where(col(AuditEntry.action).startswith("joining."))).all()
        assert [x.action for x in said] == ["joining.override_asked", "joining.override_confirmed"]
        assert [x.actor_name for x in said] == ["王站长", "李网格"] and all("支部档案为证" in x.changes for x in said)
    fact(director, key, "review", "2020-11-30")
    fact(director, key, "review", "2021-05-30")
    legal = {"stage": "development_target", "from_on": "2021-06-01"} | REASON
    assert director.post(f"{path}/overrides", json=legal).json()["code"] == "no_override_needed"


def test_a_wrong_stage_corrected_a_year_later_moves_every_count(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    member = probationary(director)
    key, stages = member["id"], director.get(f"/members/{member['id']}/joining").json()["stages"]
    admitted = next(x for x in stages if x["stage"] == "probationary")["id"]

    def counted(day: str) -> tuple[int, int]:
        found = director.get(f"/members/counts?as_of={day}").json()
        return found["members"], found["stages"]["development_target"]

    assert counted("2022-02-01") == (1, 0)
    path = f"/members/{key}/stages/{admitted}/correction"
    same = director.post(path, json={"stage": "probationary", "from_on": "2022-01-31"} | REASON)
    assert same.status_code == 422 and same.json()["code"] == "nothing_changed"
    wrong = director.post(path, json={"from_on": "2021-01-31"} | REASON)
    assert wrong.status_code == 409 and wrong.json()["code"] == "stage_order"
    asked = director.post(path, json={"from_on": "2022-03-15"} | REASON)
    assert asked.status_code == 201 and asked.json()["request"]["against"] == []
    assert counted("2022-02-01") == (1, 0)
    settle(visit_as, key, asked.json()["request"]["id"])
    assert counted("2022-02-01") == (0, 1) and counted("2022-03-15") == (1, 0)
    moved = director.get("/members/movements?since=2022-03-01&until=2022-03-31").json()
    assert moved["reached"]["probationary"] == 1 and moved["reached_by"][0]["from_on"] == "2022-03-15"
    assert director.get("/members/movements?since=2022-01-01&until=2022-01-31").json()["reached_by"] == []
    event = director.get(f"/members/{key}/joining").json()["events"][0]
    assert (event["kind"], event["was_on"], event["on_day"]) == ("correction", "2022-01-31", "2022-03-15")
    assert "原为预备党员（2022年1月31日" in director.page(f"/members/{key}/joining").text
    removal = director.post(path, json=REASON)
    settle(visit_as, key, removal.json()["request"]["id"], "refuse")
    assert counted("2022-03-15") == (1, 0)
    removal = director.post(path, json=REASON)
    settle(visit_as, key, removal.json()["request"]["id"])
    assert counted("2022-03-15") == (0, 1)
    only_the_director_writes(visit_as, "POST", path, dict(REASON))
    with pytest.raises(DBAPIError, match="never changed"), db.write() as s:
        s.exec(update(JoiningEvent).values(text="改写"))
    single = member_of(director, "单人")
    last = director.post(f"/members/{single['id']}/stages/{single['stages'][0]['id']}/correction", json=REASON)
    assert last.status_code == 409 and last.json()["code"] == "last_stage"


def test_a_correction_that_was_overtaken_is_refused(visit_as: Visit) -> None:
    director = visit_as("王站长")
    key = applicant(director)["id"]
    body = {"stage": "activist", "from_on": "2020-06-01"} | REASON
    request = director.post(f"/members/{key}/joining/overrides", json=body).json()["request"]["id"]
    fact(director, key, "talk", "2020-01-20")
    reach(director, key, "activist", "2020-05-30")
    late = visit_as("李网格").post(f"/members/{key}/joining/confirm", json={"request_id": request})
    assert late.status_code == 409 and late.json()["code"] == "stage_order"
    assert director.get(f"/members/{key}/joining").json()["request"]["id"] == request, "it still waits, to be refused"


def test_the_list_warns_before_it_is_late(visit_as: Visit) -> None:
    director = visit_as("王站长")
    day = today()
    late = applicant(
        director, "迟到", stage_on=add_months(day, -2).isoformat(), from_on=add_months(day, -2).isoformat()
    )
    soon = add_months(day, -1) + timedelta(days=9)
    applicant(director, "将到", stage_on=soon.isoformat(), from_on=soon.isoformat())
    probationary(director, "逾期")
    board = director.get("/members/joining").json()
    assert (board["total"], board["states"]) == (3, {"late": 2, "soon": 1, "open": 0, "waiting": 0})
    assert [x["name"] for x in board["items"]] == ["逾期", "迟到", "将到"]
    then = director.get("/members/joining?as_of=2022-02-01").json()
    assert [(x["name"], x["stage"], x["state"]) for x in then["items"]] == [("逾期", "probationary", "open")]
    page = director.page("/members/joining").text
    assert "已逾期" in page and "还有" in page
    fact(director, late["id"], "talk", day.isoformat())
    assert director.get("/members/joining").json()["states"]["late"] == 1
    outside = visit_as("区督导").get("/members/joining").json()
    assert {x["name"] for x in outside["items"]} == {"逾*", "迟*", "将*"}
    assert visit_as("外主任").get("/members/joining").json()["total"] == 0
    assert visit_as("周代表").get("/members/joining").status_code == 403


def test_a_fact_is_taken_back_and_both_stay(visit_as: Visit) -> None:
    director = visit_as("王站长")
    key = applicant(director)["id"]
    talked = fact(director, key, "talk", "2020-01-20")["events"][0]["id"]
    struck = director.submit(f"/members/{key}/joining/strike", {"event_id": talked} | REASON)
    assert struck.status_code == 303
    way = director.get(f"/members/{key}/joining").json()
    assert [(x["kind"], x["struck"]) for x in way["events"]] == [("strike", False), ("fact", True)]
    assert way["steps"][0]["what"] == "talk"
    assert director.post(f"/members/{key}/joining/strike", json={"event_id": talked} | REASON).status_code == 404
    fact(director, key, "talk", "2020-01-20")
    only_the_director_writes(visit_as, "POST", f"/members/{key}/joining/strike", {"event_id": talked} | REASON)


def test_papers_of_a_stage_are_for_those_who_read_the_register(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = applicant(director)
    stage = member["stages"][0]["id"]
    pdf = ("申请书.pdf", b"%PDF-1.4\nmade up\n%%EOF\n", "application/pdf")
    body = {"owner_kind": "member_stage", "owner_id": stage}
    for name, status in (("外主任", 404), ("李网格", 403), ("钱会计", 404)):
        assert visit_as(name).post("/attachments", data=body, files={"file": pdf}).status_code == status, name
    made = director.post("/attachments", data=body, files={"file": pdf})
    assert made.status_code == 201, made.text
    path = f"/attachments/{made.json()['id']}"
    for name, status in (
        ("王站长", 200),
        ("李网格", 200),
        ("周代表", 404),
        ("钱会计", 404),
        ("外主任", 404),
        (None, 404),
    ):
        assert visit_as(name).get(path).status_code == status, name
    assert "申请书.pdf" in director.page(f"/members/{member['id']}/joining").text
    removal = director.post(f"/members/{member['id']}/stages/{stage}/correction", json=REASON)
    assert removal.json()["code"] == "last_stage"
    nobody_else_reads(visit_as, f"/members/{member['id']}/joining")


@pytest.mark.parametrize(
    ("kind", "stage", "status"),
    [
        ("application_withdrawn", "activist", 200),
        ("training_ended", "applicant", 200),
        ("probation_cancelled", "activist", 422),
        ("application_withdrawn", "probationary", 422),
        ("probation_cancelled", "probationary", 200),
        ("left_party", "applicant", 422),
        ("left_party", "full", 200),
        ("moved", "applicant", 200),
    ],
)
def test_the_ways_to_end(visit_as: Visit, kind: str, stage: str, status: int) -> None:
    director = visit_as("王站长")
    member = member_of(director, stage=stage, stage_on="2013-01-10")
    body = {"to_on": "2020-01-10", "to_kind": kind, "to_reason": "支部大会决议"}
    path = f"/members/{member['id']}"
    assert director.put(f"{path}/leave", json=body, headers={"If-Match": '"1"'}).status_code == status
    moved = director.get("/members/movements?since=2020-01-01&until=2020-01-31").json()
    assert len(moved["left"]) == (status == 200)
    if status == 200:
        late = director.post(f"{path}/joining/facts", json={"fact": "talk", "on_day": "2020-01-01"})
        assert late.status_code == 409 and late.json()["code"] == "left"


def test_what_a_branch_elsewhere_decided_is_not_judged(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = member_of(director, stage="activist", stage_on="2013-01-10")
    reach(director, member["id"], "full", "2013-02-01")
    overriding = {"stage": "full", "from_on": "2014-02-01"} | REASON
    assert director.post(f"/members/{member['id']}/joining/overrides", json=overriding).json()["code"] == "stage_order"
    key = applicant(director)["id"]
    overridden(visit_as, key, "probationary", "2020-02-01")
    assert director.get("/members/counts?as_of=2020-02-01").json()["stages"]["probationary"] == 1
