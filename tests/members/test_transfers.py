"""Transfers in and out, in mid-probation too; figures of the days before them keep what held then."""

from __future__ import annotations

import pytest

from tests.members.access import Visit, branch_of, member_of, nobody_else_reads, only_the_director_writes
from tests.members.joined import fact, probationary

IN = {
    "direction": "incoming",
    "organisation": "某公司党支部",
    "on_day": "2020-06-01",
    "paper_number": "苏组转〔2020〕7号",
}
OUT = {
    "direction": "outgoing",
    "organisation": "外地某街道党工委",
    "on_day": "2022-06-15",
    "paper_number": "苏组转〔2022〕9号",
}


def test_in_and_out_again_keep_the_figures_of_every_day(visit_as: Visit) -> None:
    director = visit_as("王站长")
    branch = branch_of(director)
    member = member_of(director, stage_on="2005-01-10")
    path = f"/members/{member['id']}/transfers"
    assert director.post(path, json=IN).json()["code"] == "branch_missing"
    assert director.post(path, json=IN | {"branch_id": branch}).status_code == 201
    assert director.submit(path, OUT | {"stays": "true"}).status_code == 303

    def kinds(day: str) -> tuple[int, int, list[str]]:
        found = director.get(f"/members/counts?as_of={day}").json()
        listed = director.get(f"/members?as_of={day}&affiliation=direct").json()["items"]
        return found["direct"], found["resident"], [x["branch"] for x in listed]

    assert kinds("2020-05-31") == (0, 1, []) and kinds("2020-06-01") == (1, 0, ["第一党支部"])
    assert kinds("2022-06-14") == (1, 0, ["第一党支部"]) and kinds("2022-06-15") == (0, 1, [])
    assert director.get(f"/members?as_of=2021-01-01&branch_id={branch}").json()["total"] == 1
    assert director.get(f"/members?as_of=2023-01-01&branch_id={branch}").json()["total"] == 0
    moved = director.get("/members/movements?since=2020-01-01&until=2022-12-31").json()
    assert [x["paper_number"] for x in moved["transferred_in"]] == ["苏组转〔2020〕7号"]
    assert [x["text"] for x in moved["transferred_out"]] == ["外地某街道党工委"] and moved["left"] == []
    assert "苏组转〔2022〕9号" in director.page(f"/members/{member['id']}").text
    undone = director.post(f"{path}/undo", json={"reason": "录错"})
    assert undone.status_code == 200 and undone.json()["undone_reason"] == "录错"
    assert kinds("2023-01-01") == (1, 0, ["第一党支部"])
    assert len(director.get(path).json()["items"]) == 2
    nobody_else_reads(visit_as, path)
    only_the_director_writes(visit_as, "POST", path, dict(OUT))


def test_moving_away_in_mid_probation_takes_the_dates_along(visit_as: Visit) -> None:
    director = visit_as("王站长")
    member = probationary(director)
    path = f"/members/{member['id']}/transfers"
    assert "预备期满日" in director.page(f"{path}/new").text
    made = director.post(path, json=OUT)
    assert made.status_code == 201
    assert (made.json()["leaves"], made.json()["stage"], made.json()["probation_until"]) == (
        True,
        "probationary",
        "2023-01-31",
    )
    assert director.get("/members/joining?as_of=2022-06-14").json()["total"] == 1
    assert director.get("/members/joining").json()["total"] == 0, "nobody is warned of who is looked after elsewhere"
    assert director.get(f"/members/{member['id']}/joining").json()["steps"] == []
    assert director.get("/members/counts?as_of=2022-06-15").json()["stages"]["probationary"] == 1
    assert director.get("/members/counts?as_of=2022-06-16").json()["stages"]["probationary"] == 0
    assert fact(director, member["id"], "approval", "2022-03-01", 409)["code"] == "left"
    assert "预备期到 2023年1月31日" in director.page(f"/members/{member['id']}").text
    version = director.get(f"/members/{member['id']}").json()["version"]
    back = director.delete(f"/members/{member['id']}/leave", headers={"If-Match": f'"{version}"'})
    assert back.status_code == 200 and back.json()["to_on"] is None
    assert director.get(path).json()["items"][0]["undone_at"] is not None
    assert director.post(path, json=OUT).status_code == 201
    assert director.submit(f"{path}/undo", {"reason": "没有走成"}).status_code == 303
    assert director.get(f"/members/{member['id']}").json()["to_on"] is None


def test_coming_in_mid_probation_goes_on_where_it_was(visit_as: Visit) -> None:
    director = visit_as("王站长")
    direct = {"affiliation": "direct", "branch_id": branch_of(director), "home_branch": ""}
    member = member_of(director, stage="probationary", stage_on="2022-01-31", from_on="2022-08-01", **direct)
    key = member["id"]
    paper = IN | {"on_day": "2022-08-01"}
    assert director.post(f"/members/{key}/transfers", json=paper).status_code == 201
    way = director.get(f"/members/{key}/joining?as_of=2022-09-01").json()
    assert [(x["what"], x["earliest"]) for x in way["steps"]] == [("approval", "2022-01-31"), ("full", "2023-01-31")]
    fact(director, key, "approval", "2022-03-01")
    moved = director.get("/members/movements?since=2022-01-01&until=2022-12-31").json()
    assert moved["reached"]["probationary"] == 0 and len(moved["transferred_in"]) == 1, "admitted elsewhere"


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"organisation": ""}, 422, "organisation_missing"),
        ({"on_day": "2011-12-31"}, 422, "date_order"),
        ({"on_day": "2999-01-01"}, 422, "invalid"),
        ({"direction": "within"}, 422, "branch_missing"),
        ({"direction": "away"}, 422, "invalid"),
    ],
)
def test_what_is_refused(visit_as: Visit, changes: dict[str, str], status: int, code: str) -> None:
    director = visit_as("王站长")
    direct = {"affiliation": "direct", "branch_id": branch_of(director), "home_branch": ""}
    member = member_of(director, **direct)
    path = f"/members/{member['id']}/transfers"
    refused = director.post(path, json=OUT | changes)
    assert refused.status_code == status and (code == "invalid" or refused.json()["code"] == code), refused.text
    kept = director.submit(path, OUT | changes)
    assert kept.status_code == status and 'value="苏组转〔2022〕9号"' in kept.text
    assert director.post(f"{path}/undo", json={"reason": "录错"}).json()["code"] == "no_transfer"
    resident = member_of(director, "居民")
    assert director.post(f"/members/{resident['id']}/transfers", json=OUT).json()["code"] == "not_direct"
