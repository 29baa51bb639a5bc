"""An election on paper, from the list of electors to the seats that those elected hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.assemblies.models import SeatHolder
from app.core.clock import today
from app.core.db import Database
from tests.assemblies.elections.helpers import (
    ABOVE,
    closed,
    count_of,
    declared,
    freeze,
    nominate,
    ok,
    prepare,
    published,
    seat_representatives,
)
from tests.cast import Cast
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]


@pytest.fixture
def director(visit_as: Open, db: Database, cast: Cast) -> Visitor:
    seat_representatives(db, cast)
    return visit_as("王站长")


@pytest.fixture
def worker(visit_as: Open) -> Visitor:
    return visit_as("李网格")


@pytest.mark.parametrize(
    ("votes", "returned", "elected", "open_seats", "words"),
    [
        ({**ABOVE, "戊五": 28, "己六": 27}, 55, "甲一乙二丙三丁四戊五", 0, "己六 27 票未过线"),
        ({**ABOVE, "戊五": 27, "己六": 27}, 55, "甲一乙二丙三丁四", 1, "尚缺 1 名"),
        (
            {**ABOVE, "戊五": 33, "己六": 33},
            55,
            "甲一乙二丙三丁四",
            1,
            "己六 33 票、戊五 33 票票数相等，对他们另行投票",
        ),
        ({"甲一": 30, "乙二": 30, "丙三": 30, "丁四": 30, "戊五": 28, "己六": 2}, 30, "", 5, "选举无效，没有人当选"),
    ],
)
def test_results(
    director: Visitor,
    worker: Visitor,
    visit_as: Open,
    votes: Any,
    returned: int,
    elected: str,
    open_seats: int,
    words: str,
) -> None:
    address = declared(director, worker, votes, returned)
    result = ok(visit_as(None).get(f"{address}/result"))["result"]
    (contest,) = result["contests"]
    assert "".join(x["name"] for x in contest["standings"] if x["fate"] == "elected") == elected
    assert contest["open_seats"] == open_seats
    assert f"收回选票 {returned}，须超过登记选民 60 的二分之一，即至少 31" in result["sentence"]
    assert words in result["sentence"]
    assert result["example_rules"] is True


def test_a_tie_goes_to_a_run_off_where_a_third_is_enough(director: Visitor, worker: Visitor) -> None:
    first = declared(director, worker, {**ABOVE, "戊五": 33, "己六": 33})
    made = ok(director.post(f"{first}/further-round", json={"held_on": str(today())}), 201)
    address = f"/elections/{made['id']}"
    assert (made["round"], made["registered"], made["posts"][0]["seats"]) == (2, 60, 1)
    assert [x["name"] for x in ok(director.get(f"{address}/candidates"))["items"]] == ["己六", "戊五"]
    assert director.post(f"{first}/further-round", json={"held_on": str(today())}).status_code == 409
    for step in ("nominations", "opening", "closing"):
        ok(director.post(f"{address}/{step}"))
    ok(director.post(f"{address}/counts", json=count_of(director, address, {"戊五": 30, "己六": 22}, 52)), 201)
    ok(worker.post(f"{address}/confirmation", json={"revision": 1}))
    result = ok(director.post(f"{address}/declaration"))["result"]
    assert [x["fate"] for x in result["contests"][0]["standings"]] == ["elected", "beaten"]
    assert "须达到收回选票 52 的三分之一，即至少 18" in result["sentence"]

    early = director.post(f"{address}/installation", json={"from_on": str(today())})
    assert (early.status_code, early.json()["code"]) == (409, "parent_not_installed")
    term = {"from_on": str(today()), "name": "第二届", "ends_on": str(today() + timedelta(days=1000))}
    term_id = ok(director.post(f"{first}/installation", json=term))["term_id"]
    assert ok(director.post(f"{address}/installation", json={"from_on": str(today())}))["term_id"] == term_id
    places = ok(director.get(f"/terms/{term_id}"))["places"]
    assert [x["holder"]["name"] for x in places] == ["甲一", "乙二", "丙三", "丁四", "戊五"]
    assert director.post(f"{first}/installation", json=term).json()["code"] == "installed"


def test_only_a_signed_count_is_declared(director: Visitor, worker: Visitor) -> None:
    address = closed(director)
    votes = {**ABOVE, "戊五": 28, "己六": 27}
    assert director.post(f"{address}/declaration").json()["code"] == "not_counted"
    ok(director.post(f"{address}/counts", json=count_of(director, address, votes)), 201)
    assert director.post(f"{address}/declaration").json()["code"] == "count_unconfirmed"
    assert director.post(f"{address}/confirmation", json={"revision": 1}).json()["code"] == "same_person"
    again = count_of(director, address, {**votes, "戊五": 29})
    assert director.post(f"{address}/counts", json=again).json()["code"] == "recount_reason"
    ok(director.post(f"{address}/counts", json={**again, "reason": "有一票漏计"}), 201)
    assert worker.post(f"{address}/confirmation", json={"revision": 1}).json()["code"] == "count_superseded"
    ok(worker.post(f"{address}/confirmation", json={"revision": 2}))
    assert worker.post(f"{address}/confirmation", json={"revision": 2}).json()["code"] == "count_confirmed"
    shown = ok(director.post(f"{address}/declaration"))
    assert [(x["revision"], x["confirmed_name"]) for x in shown["counts"]] == [(2, "李网格"), (1, "")]
    assert director.post(f"{address}/declaration").json()["code"] == "election_state"
    assert director.post(f"{address}/void", json={"reason": "反悔"}).status_code == 409


def test_paper_that_does_not_reconcile_is_refused(director: Visitor) -> None:
    address = closed(director)
    cases: list[tuple[dict[str, Any], dict[str, Any], str]] = [
        ({"issued": 61, "unreturned": 6}, {}, "issued"),
        ({"issued": 54, "unreturned": 0}, {}, "returned"),
        ({"unreturned": 2}, {}, "unreturned"),
        ({}, {"invalid": {"blank": 1}}, "posts.member.valid"),
        ({}, {"invalid": {"spilt": 0}}, "posts.member.valid"),
        ({}, {"valid": 49, "invalid": {"too_many": 6}}, "posts.member.valid"),
        ({}, {"votes": {}}, "posts.member.valid"),
    ]
    for changes, member, field in cases:
        sent = {**count_of(director, address, {**ABOVE, "戊五": 28, "己六": 27}), **changes}
        sent["posts"]["member"].update(member)
        refused = director.post(f"{address}/counts", json=sent)
        assert refused.status_code == 422
        assert field in [x["field"] for x in refused.json()["errors"]]
    assert ok(director.get(address))["counts"] == []


def test_nobody_skips_a_step(director: Visitor) -> None:
    address = prepare(director)
    for step in ("nominations", "opening", "closing", "declaration"):
        refused = director.post(f"{address}/{step}")
        assert (refused.status_code, refused.json()["code"]) == (409, "election_state"), step
        assert "选举筹备中" in refused.json()["detail"]
    assert director.get(f"{address}/result").status_code == 404
    assert director.get(f"{address}/bundle.json").status_code == 404
    freeze(director, address)
    nominate(director, address, ("甲一", "乙二", "丙三", "丁四", "戊五"))
    few = director.post(f"{address}/nominations")
    assert (few.status_code, few.json()["code"]) == (409, "too_few_candidates")
    assert "居民自治章程（示例）" in few.json()["detail"]
    nominate(director, address, ("己六",), consent="asked")
    assert director.post(f"{address}/nominations").json()["code"] == "consent_missing"
    last = next(x for x in ok(director.get(f"{address}/candidates"))["items"] if x["consent"] == "asked")
    at = f"{address}/candidates/{last['id']}"
    found = director.get(at)
    ok(director.patch(at, json={"consent": "accepted"}, headers={"If-Match": found.headers["ETag"]}))
    ok(director.post(f"{address}/nominations"))
    gone = director.post(f"{at}/withdrawal", json={"reason": "迁居"}, headers={"If-Match": '"2"'})
    assert ok(gone)["withdrawn_reason"] == "迁居"
    assert director.post(f"{address}/opening").json()["code"] == "too_few_candidates"


def test_voting_waits_for_its_day(director: Visitor) -> None:
    address = prepare(director, held_on=str(today() + timedelta(days=1)))
    freeze(director, address)
    nominate(director, address)
    ok(director.post(f"{address}/nominations"))
    assert director.post(f"{address}/opening").json()["code"] == "before_the_day"


def test_a_candidate_does_not_count(director: Visitor, visit_as: Open, db: Database, cast: Cast) -> None:
    with db.write() as s:
        holder = s.exec(select(SeatHolder).where(SeatHolder.user_id == cast.users["周代表"])).one()
        holder.user_id = cast.users["李网格"]
        holder_id = str(holder.id)
    address = prepare(director)
    freeze(director, address)
    nominate(director, address, ("甲一", "乙二", "丙三", "丁四", "戊五"))
    nominate(director, address, ("代表01",), holder_id=holder_id)
    for step in ("nominations", "opening", "closing"):
        ok(director.post(f"{address}/{step}"))
    votes = {**ABOVE, "戊五": 28, "代表01": 27}
    ok(director.post(f"{address}/counts", json=count_of(director, address, votes)), 201)
    refused = visit_as("李网格").post(f"{address}/confirmation", json={"revision": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "candidate_counts")
    ok(visit_as("赵网格").post(f"{address}/confirmation", json={"revision": 1}))


def test_several_posts_each_have_their_own_contest(director: Visitor, worker: Visitor) -> None:
    posts = [{"post": "member", "seats": 2}, {"post": "director", "seats": 1}, {"post": "deputy_director", "seats": 0}]
    address = prepare(director, posts=posts)
    freeze(director, address)
    nominate(director, address, ("甲一", "乙二"), post="director")
    nominate(director, address, ("丙三", "丁四", "戊五"))
    for step in ("nominations", "opening", "closing"):
        ok(director.post(f"{address}/{step}"))
    ids = {x["name"]: x["id"] for x in ok(director.get(f"{address}/candidates"))["items"]}
    sent = {
        "issued": 60,
        "returned": 50,
        "unreturned": 10,
        "posts": {
            "director": {
                "valid": 48,
                "invalid": {"blank": 1, "too_many": 1},
                "votes": {ids["甲一"]: 40, ids["乙二"]: 8},
            },
            "member": {"valid": 50, "votes": {ids["丙三"]: 45, ids["丁四"]: 26, ids["戊五"]: 25}},
        },
    }
    ok(director.post(f"{address}/counts", json=sent), 201)
    ok(worker.post(f"{address}/confirmation", json={"revision": 1}))
    contests = ok(worker.post(f"{address}/declaration"))["result"]["contests"]
    assert [(x["post"], [y["name"] for y in x["standings"] if y["fate"] == "elected"]) for x in contests] == [
        ("director", ["甲一"]),
        ("member", ["丙三", "丁四"]),
    ]


def test_only_those_who_may(visit_as: Open, director: Visitor) -> None:
    address = published(director)
    assert visit_as("外主任").get(address).status_code == 404
    assert visit_as("外主任").post(f"{address}/opening").status_code == 404
    assert visit_as("周代表").get(address).status_code == 200
    assert visit_as("周代表").post(f"{address}/opening").status_code == 403
    assert visit_as("李网格").post(f"{address}/void", json={"reason": "x"}).status_code == 403
    assert visit_as(None).get(address).status_code == 401
    masked = ok(visit_as("区督导").get(f"{address}/electors"))["items"][0]["name"]
    assert "*" in masked
