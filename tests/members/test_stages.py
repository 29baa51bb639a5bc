"""Stages of joining, counts of any date, leaving and coming back, a look at a phone, branches."""

from __future__ import annotations

from datetime import date

from sqlmodel import select

from app.core.audit import AuditEntry
from app.core.db import Database
from app.members import rosters
from tests.cast import Cast
from tests.members.access import Visit, branch_of, member_of, nobody_else_reads, only_the_director_writes
from tests.members.joined import overridden


def test_stages_rise_in_the_order_of_their_days(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = member_of(director, stage="activist", stage_on="2012-10-18")
    path = f"/members/{member['id']}/stages"
    assert director.post(path, json={"stage": "probationary", "from_on": "2014-07-01"}).status_code == 201
    for stage, day in (
        ("full", "2014-06-30"),
        ("applicant", "2013-01-01"),
        ("activist", "2015-01-01"),
        ("full", "2014-07-01"),
    ):
        refused = director.post(path, json={"stage": stage, "from_on": day})
        assert refused.status_code == 409 and refused.json()["code"] == "stage_order", (stage, day)
    assert director.post(path, json={"stage": "applicant", "from_on": "2012-01-05"}).status_code == 201
    page = director.page(f"/members/{member['id']}")
    assert "预备党员" in page.text and "2012年10月18日" in page.text
    form = {"stage": "full", "from_on": "2014-01-01"}
    kept = director.submit(path, form)
    assert kept.status_code == 409 and "2014-01-01" in kept.text
    only_the_director_writes(visit_as, "POST", path, {"stage": "full", "from_on": "2015-07-01"})


def test_counts_of_any_date_come_from_the_stages(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    branch = branch_of(director)
    member_of(director, "甲", stage_on="2000-07-01")
    direct = {"affiliation": "direct", "branch_id": branch, "home_branch": ""}
    joining = member_of(director, "乙", stage="activist", stage_on="2012-10-18", **direct)
    overridden(visit_as, joining["id"], "probationary", "2013-10-18")
    with db.read() as s:
        before, then, after = (
            rosters.counts(s, cast.community, day) for day in (date(2011, 1, 1), date(2012, 12, 31), date(2014, 1, 1))
        )
        assert not any(before.values())
        assert (then["direct"], then["resident"], then["activist"], then["full"]) == (0, 1, 1, 1)
        assert (after["direct"], after["resident"], after["activist"], after["probationary"]) == (1, 1, 0, 1)
        assert [m.name for m in rosters.members_on(s, cast.community, date(2012, 12, 31))] == ["甲"]
        assert len(rosters.members_on(s, cast.community, date(2014, 1, 1))) == 2
    shown = director.get("/members/counts?as_of=2013-12-31").json()
    assert (shown["members"], shown["joined"]["probationary"], shown["joined"]["activist"]) == (2, 1, 0)
    assert "各阶段人数" in director.page("/members/counts").text
    lines = {f["key"]: f for f in director.get(f"/communities/{cast.community}?as_of=2014-01-01").json()["figures"]}
    assert (lines["directly_managed_members"]["computed"], lines["resident_members"]["computed"]) == (1, 1)
    assert visit_as("外主任").get("/members/counts").json()["members"] == 0


def test_leaving_keeps_the_history_and_can_be_taken_back(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = member_of(director, "王小明", room="1-1-201")
    path = f"/members/{member['id']}/leave"
    early = director.put(path, json={"to_on": "2011-01-01", "to_reason": "转出"}, headers={"If-Match": '"1"'})
    assert early.status_code == 422 and early.json()["errors"][0]["field"] == "to_on"
    form = {"_version": "1", "to_on": "2020-05-31", "to_reason": "组织关系转出"}
    assert director.submit(f"{path}?_method=put", form).status_code == 303
    assert "组织关系转出" in director.page(f"/members/{member['id']}").text
    assert director.get("/members").json()["items"] == []
    assert [i["name"] for i in director.get("/members?left=true").json()["items"]] == ["王小明"]
    assert [i["name"] for i in director.get("/members?as_of=2020-05-31").json()["items"]] == ["王小明"]
    late = director.post(f"/members/{member['id']}/stages", json={"stage": "full", "from_on": "2021-01-01"})
    assert late.status_code == 409
    again = member_of(director, "王小明", room="1-1-201", from_on="2022-01-01")
    both = director.delete(path, headers={"If-Match": '"2"'})
    assert both.status_code == 409 and both.json()["code"] == "already_registered"
    director.put(
        f"/members/{again['id']}/leave",
        json={"to_on": "2023-01-01", "to_reason": "登记有误"},
        headers={"If-Match": '"1"'},
    )
    assert director.delete(path, headers={"If-Match": '"2"'}).json()["to_on"] is None
    only_the_director_writes(visit_as, "PUT", path, {"to_on": "2024-01-01", "to_reason": "转出"})


def test_a_phone_is_shown_once_with_a_reason_in_the_audit(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    member = member_of(director, phone="13812345678")
    path = f"/members/{member['id']}/reveal"
    assert director.post(path, json={"reason": ""}).status_code == 422
    shown = visit_as("李网格").submit(path, {"reason": "通知组织生活"})
    assert shown.status_code == 200 and "13812345678" in shown.text
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "member.reveal")).one()
        assert entry.actor_name == "李网格" and "通知组织生活" in entry.changes and "13812345678" not in entry.changes
    empty = member_of(director, "无电话")
    assert director.post(f"/members/{empty['id']}/reveal", json={"reason": "联系"}).status_code == 409
    for name, status in (("外主任", 404), ("周代表", 403), ("区督导", 403), (None, 401)):
        assert visit_as(name).post(path, json={"reason": "看看"}).status_code == status


def test_branches(visit_as: Visit) -> None:
    director = visit_as("王站长")
    branch = branch_of(director)
    again = director.post("/branches", json={"name": "第一党支部", "founded_on": "2011-01-01"})
    assert again.status_code == 409 and again.json()["errors"][0]["field"] == "name"
    member_of(director, affiliation="direct", branch_id=branch, home_branch="")
    assert director.get(f"/branches/{branch}").json()["members"] == 1
    path = f"/branches/{branch}"
    in_use = director.patch(path, json={"dissolved_on": "2020-01-01"}, headers={"If-Match": '"1"'})
    assert in_use.status_code == 409 and in_use.json()["code"] == "branch_in_use"
    early = director.patch(path, json={"dissolved_on": "2000-01-01"}, headers={"If-Match": '"1"'})
    assert early.status_code == 422
    assert director.patch(path, json={"name": "翰林缘党支部"}, headers={"If-Match": '"1"'}).status_code == 200
    assert "翰林缘党支部" in director.page("/branches").text and "翰林缘党支部" in director.page(path).text
    nobody_else_reads(visit_as, path)
    only_the_director_writes(visit_as, "PATCH", path, {"name": "别名"})
