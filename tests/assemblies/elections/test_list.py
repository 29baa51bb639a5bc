"""The list of electors and its objections, the pages, and what happens when many press or leave at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlmodel import col, select

from app.assemblies.elections.models import State
from app.assemblies.elections.states import NEXT
from app.core.clock import add_months, today
from app.core.db import Database
from app.core.events import QuorumLost, publish
from app.households.models import Household
from app.households.residents.models import Residency, Resident
from tests.assemblies.elections.helpers import (
    ABOVE,
    closed,
    count_of,
    freeze,
    nominate,
    ok,
    prepare,
    published,
    seat_representatives,
)
from tests.assemblies.votes import helpers as votes
from tests.cast import Cast
from tests.visitor import Visitor

Open = Callable[[str | None], Visitor]


@pytest.fixture
def director(visit_as: Open, db: Database, cast: Cast) -> Visitor:
    seat_representatives(db, cast, 12)
    return visit_as("王站长")


def _rule(director: Visitor, address: str, objection: dict[str, Any], **ruling: Any) -> Any:
    at = f"{address}/objections/{objection['id']}/ruling"
    return director.post(at, json={"grounds": "经核实", **ruling}, headers={"If-Match": f'"{objection["version"]}"'})


def test_only_an_upheld_objection_changes_the_list(director: Visitor, visit_as: Open) -> None:
    address = prepare(director)
    early = director.post(f"{address}/objections", json={"raised_by": "吴一", "text": "漏了我"})
    assert (early.status_code, early.json()["code"]) == (409, "election_state")
    freeze(director, address)
    nominate(director, address)
    listed = ok(director.get(f"{address}/electors"))
    assert (listed["total"], listed["items"][0]["name"]) == (12, "代表01")
    gone = listed["items"][2]
    sent = {"raised_by": "吴一", "text": "已经迁走", "elector_id": gone["id"]}
    first = ok(visit_as("李网格").post(f"{address}/objections", json=sent), 201)
    assert director.post(f"{address}/nominations").json()["code"] == "objections_open"
    assert _rule(director, address, first, ruling="open").json()["code"] == "no_ruling"
    assert _rule(director, address, first, ruling="added").json()["code"] == "not_sitting"
    ok(_rule(director, address, first, ruling="removed"))
    assert _rule(director, address, {**first, "version": 2}, ruling="dismissed").json()["code"] == "ruled_already"
    rows = ok(director.get(f"{address}/electors"))["items"]
    assert [x["name"] for x in rows if x["struck"]] == [gone["name"]]
    assert ok(director.get(address))["registered"] == 11
    second = ok(director.post(f"{address}/objections", json={"raised_by": "吴二", "text": "名单没有我"}), 201)
    ok(_rule(director, address, second, ruling="dismissed"))
    ok(director.post(f"{address}/nominations"))
    late = director.post(f"{address}/objections", json={"raised_by": "吴三", "text": "晚了"})
    assert late.status_code == 409
    assert "除名" in director.get(f"{address}/electors/export").text


def test_adult_residents_of_some_buildings_elect_their_representatives(
    director: Visitor, db: Database, cast: Cast
) -> None:
    assert (
        director.post("/elections", json={**_of_representatives(), "electorate": "representatives"}).json()["code"]
        == "electorate_of_representatives"
    )
    address = prepare(director, **_of_representatives())
    freeze(director, address)
    listed = {x["name"]: x["place"] for x in ok(director.get(f"{address}/electors"))["items"]}
    with db.read() as s:
        wanted = select(Resident, Household).where(
            Residency.resident_id == Resident.id,
            Residency.household_id == Household.id,
            col(Residency.to_on).is_(None),
            Resident.community_id == cast.community,
        )
        homes = {resident.name: (resident.birth_on, home.label) for resident, home in s.exec(wanted)}
    adult = add_months(today(), -18 * 12)
    assert listed == {name: room for name, (born, room) in homes.items() if born and born <= adult}
    assert listed != {name: room for name, (_born, room) in homes.items()}
    missing, room = next((name, room) for name, (_born, room) in homes.items() if name not in listed)
    objection = ok(director.post(f"{address}/objections", json={"raised_by": missing, "text": "漏了我"}), 201)
    assert _rule(director, address, objection, ruling="added").json()["code"] == "nobody_named"
    assert _rule(director, address, objection, ruling="added", name="无此人", room=room).status_code == 422
    ok(_rule(director, address, objection, ruling="added", name=missing, room=room))
    added = [x for x in ok(director.get(f"{address}/electors"))["items"] if x["late"]]
    assert [(x["name"], x["place"], x["number"]) for x in added] == [(missing, room, len(listed) + 1)]


def _of_representatives() -> dict[str, Any]:
    return {
        "body": "representative_assembly",
        "title": "居民代表选举",
        "held_on": str(today()),
        "electorate": "residents",
        "posts": [{"post": "representative", "seats": 1}],
    }


def test_pages_keep_what_was_typed(director: Visitor, visit_as: Open) -> None:
    sent = {
        "body": "committee",
        "title": "<b>换届</b>选举",
        "held_on": str(today()),
        "electorate": "representatives",
        "method": "paper",
        "assembly_id": "",
        "posts.0.post": "member",
        "posts.0.seats": "0",
    }
    refused = director.submit("/elections", sent)
    assert refused.status_code == 422
    assert "&lt;b&gt;换届&lt;/b&gt;选举" in refused.text
    assert "至少有一个职务要选人" in refused.text
    made = director.submit("/elections", {**sent, "posts.0.seats": "5"})
    assert made.status_code == 303
    address = made.headers["Location"]
    for path in ("/elections", "/elections?q=换届&state=draft", address, f"{address}/edit", f"{address}/electors"):
        assert director.page(path).status_code == 200, path
    assert director.submit(f"{address}/opening", {}).status_code == 409
    assert "选举筹备中" in director.submit(f"{address}/opening", {}).text
    assert "换届" in director.get("/elections/export").text
    assert visit_as("外主任").page(address).status_code == 404
    assert visit_as(None).page(f"{address}/result").status_code == 404


def test_two_tablets_press_together(director: Visitor, visit_as: Open) -> None:
    address = closed(director)
    votes_cast = {name: n // 5 for name, n in {**ABOVE, "戊五": 28, "己六": 27}.items()}
    sent = count_of(director, address, votes_cast, 11, issued=12, unreturned=1)
    people = [director, visit_as("李网格"), visit_as("赵网格")]
    with ThreadPoolExecutor(3) as pool:
        entered = list(pool.map(lambda who: who.post(f"{address}/counts", json=sent).status_code, people))
    assert sorted(entered) == [201, 422, 422]
    who = people[(entered.index(201) + 1) % 3]
    ok(who.post(f"{address}/confirmation", json={"revision": 1}))
    with ThreadPoolExecutor(3) as pool:
        pressed = list(pool.map(lambda one: one.post(f"{address}/declaration").status_code, people))
    assert sorted(pressed) == [200, 409, 409]


def test_losing_the_quorum_voids_what_is_being_voted_on(visit_as: Open, db: Database, cast: Cast) -> None:
    director, room = visit_as("王站长"), votes.room(db, cast, 20, 11)
    address = published(director, assembly_id=str(room.assembly))
    ok(director.post(f"{address}/opening"))
    with db.write() as s:
        publish(s, QuorumLost(room.assembly))
    found = ok(director.get(address))
    assert (found["state"], found["result"]) == ("void", None)
    assert "不足法定人数" in found["void_reason"]


def test_no_vote_without_a_quorum(visit_as: Open, db: Database, cast: Cast) -> None:
    director, room = visit_as("王站长"), votes.room(db, cast, 20, 10)
    address = published(director, assembly_id=str(room.assembly))
    refused = director.post(f"{address}/opening")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_quorum")
    assert "10" in refused.json()["detail"] and "11" in refused.json()["detail"]


STEPS = ("list", "nominations", "opening", "closing", "counts", "confirmation", "declaration", "void")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(STEPS), min_size=4, max_size=14))
def test_no_order_of_presses_leaves_the_graph(director: Visitor, visit_as: Open, steps: list[str]) -> None:
    """Whatever is pressed, an election moves along its graph or stays; nothing is ever a server error."""
    worker = visit_as("李网格")
    address = prepare(director)
    nominate(director, address)
    state = State.draft
    for step in steps:
        answer = (worker if step == "confirmation" else director).post(
            f"{address}/{step}", json=_sent(director, address, step)
        )
        assert answer.status_code in (200, 201, 409, 422), answer.text
        now = State(ok(director.get(address))["state"])
        assert now == state or (now in NEXT[state] and answer.status_code in (200, 201))
        assert answer.status_code == 409 or now != state or step in ("counts", "confirmation")
        state = now
    assert (director.get(f"{address}/result").status_code == 200) == (state == State.declared)


def _sent(director: Visitor, address: str, step: str) -> dict[str, Any]:
    if step == "counts":
        votes_cast = {name: n // 5 for name, n in {**ABOVE, "戊五": 28, "己六": 27}.items()}
        return count_of(director, address, votes_cast, 11, issued=12, unreturned=1, reason="重来")
    given: dict[str, dict[str, Any]] = {
        "list": {"objections_until": str(today())},
        "confirmation": {"revision": 1},
        "void": {"reason": "误"},
    }
    return given.get(step, {})
