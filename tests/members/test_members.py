"""Entering the register, changing and finding a member."""

from __future__ import annotations

from uuid import UUID

import pytest

from app.core.db import Database
from app.core.events import ResidentsMerged, publish
from app.members.models import Member
from tests.cast import Cast
from tests.members.access import Visit, branch_of, member_of, nobody_else_reads, only_the_director_writes


def test_enter_and_read(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    branch = branch_of(director)
    body = {
        "name": "王小明", "affiliation": "direct", "branch_id": branch, "phone": "138 1234 5678",
        "stage": "probationary", "stage_on": "2012-10-18", "from_on": "2012-03-01", "room": "1-1-201",
    }  # fmt: skip
    made = director.post("/members", json=body)
    assert made.status_code == 201, made.text
    member = made.json()
    assert member["phone"] == "138****5678" and member["branch"] == "第一党支部"
    assert member["resident_id"] == str(cast.residents["王小明"])
    assert [(s["stage"], s["from_on"]) for s in member["stages"]] == [("probationary", "2012-10-18")]
    page = director.page(made.headers["Location"])
    assert page.status_code == 200 and "预备党员" in page.text and "13812345678" not in page.text
    with db.read() as s:
        row = s.get_one(Member, UUID(member["id"]))
        assert row.phone_sealed and b"13812345678" not in row.phone_sealed
    hidden = visit_as("区督导").get(made.headers["Location"]).json()
    assert hidden["name"] == "王*明" and hidden["birth_on"] is None and hidden["resident_id"] is None
    nobody_else_reads(visit_as, made.headers["Location"])
    only_the_director_writes(visit_as, "POST", "/members", body, hidden=422)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"home_branch": ""}, "home_branch"),
        ({"affiliation": "direct"}, "branch_id"),
        ({"affiliation": "direct", "branch_id": "00000000-0000-7000-8000-000000000000"}, "branch_id"),
        ({"phone": "12"}, "phone"),
        ({"from_on": "2100-01-01"}, "from_on"),
        ({"room": "1-1-201"}, "room"),
        ({"room": "99-9-999"}, "room"),
        ({"resident_id": "00000000-0000-7000-8000-000000000000"}, "resident_id"),
    ],
)
def test_what_is_refused(visit_as: Visit, changes: dict[str, str], field: str) -> None:
    body = {"name": "无此人", "affiliation": "resident", "home_branch": "某公司党支部", **changes}
    answer = visit_as("王站长").post("/members", json=body)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field, answer.text


def test_a_refused_form_keeps_what_was_typed(visit_as: Visit) -> None:
    form = {"name": "李留下", "affiliation": "resident", "phone": "abc", "from_on": "2012-01-01"}
    refused = visit_as("王站长").submit("/members", form)
    assert refused.status_code == 422 and "李留下" in refused.text and 'aria-invalid="true"' in refused.text


def test_nobody_is_in_the_register_twice(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member_of(director, "王小明", room="1-1-201")
    body = {"name": "王小明", "affiliation": "resident", "home_branch": "某", "room": "1-1-201"}
    again = director.post("/members", json=body)
    assert again.status_code == 409 and again.json()["code"] == "already_registered"


def test_change_keeps_the_phone_until_it_is_forgotten(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = member_of(director, phone="13812345678")
    path = f"/members/{member['id']}"
    assert director.patch(path, json={"home_branch": "甲"}).status_code == 428
    changed = director.patch(path, json={"home_branch": "甲", "phone": None}, headers={"If-Match": '"1"'})
    assert changed.json()["phone"] == "138****5678" and changed.json()["branch"] == "甲"
    stale = director.submit(f"{path}?_method=patch", {"_version": "1", "home_branch": "乙", "name": "王建国"})
    assert stale.status_code == 412 and "乙" in stale.text and "现在的内容" in stale.text
    forgotten = director.patch(path, json={"forget_phone": True}, headers={"If-Match": '"2"'})
    assert forgotten.json()["phone"] is None
    only_the_director_writes(visit_as, "PATCH", path, {"home_branch": "丙"})


def test_list_search_filter_and_day(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member_of(director, "欧阳雪", phone="13812345678", from_on="2015-01-01")
    member_of(director, "陈建国")
    member_of(director, "李积极", stage="activist", from_on="2013-01-01")

    def found(query: str) -> list[str]:
        return [i["name"] for i in director.get(f"/members?{query}").json()["items"]]

    assert found("") == ["陈建国", "李积极", "欧阳雪"]
    assert found("q=欧阳") == found("q=oyx") == found("q=138 1234 5678") == ["欧阳雪"]
    assert found("stage=member") == ["陈建国", "欧阳雪"] and found("stage=developing") == ["李积极"]
    assert found("as_of=2013-06-01") == ["陈建国", "李积极"] and found("affiliation=direct") == []
    assert found("q=%25") == []
    first = director.get("/members?limit=2").json()
    assert first["total"] == 3 and len(first["items"]) == 2
    assert [i["name"] for i in director.get(first["next"].removeprefix("/api/v1")).json()["items"]] == ["欧阳雪"]
    page = director.page("/members?stage=member")
    assert "陈建国" in page.text and "李积极" not in page.text
    assert visit_as("外主任").get("/members").json()["items"] == []
    assert [i["name"] for i in visit_as("区督导").get("/members").json()["items"]] == ["陈*国", "李*极", "欧*雪"]
    assert visit_as("周代表").get("/members").status_code == 403


def test_export_is_the_list_and_masks_for_outsiders(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member_of(director, "=1+1王", phone="13812345678")
    text = director.get("/members/export").content.decode()
    assert "'=1+1王" in text and "138****5678" in text and "13812345678" not in text
    assert director.get("/members/export?format=xlsx").status_code == 200
    assert "=1+1王" not in visit_as("外主任").get("/members/export").text
    assert visit_as("周代表").get("/members/export").status_code == 403


def test_the_register_follows_merged_residents(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    first, second = member_of(director, "王小明", room="1-1-201"), member_of(director, "王小明")
    gone, kept = cast.residents["王小明"], cast.residents["陈建国"]
    with db.write() as s:
        publish(s, ResidentsMerged(kept=kept, gone=gone))
    assert director.get(f"/members/{first['id']}").json()["resident_id"] == str(kept)
    again = {"resident_id": str(gone)}
    assert director.patch(f"/members/{second['id']}", json=again, headers={"If-Match": '"1"'}).status_code == 200
    with db.write() as s:
        publish(s, ResidentsMerged(kept=kept, gone=gone))
    assert director.get(f"/members/{second['id']}").json()["resident_id"] is None, "one entry of the register each"
