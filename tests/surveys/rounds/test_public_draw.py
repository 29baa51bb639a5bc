"""A draw in public, by the people who may do each step, and everything that anyone needs to recompute it."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import select

from app.ballots.models import Invitation
from app.core import audit
from app.core.db import Database
from app.households.residents.models import Residency, Resident
from app.surveys.rounds import running
from app.surveys.rounds.models import FrameEntry, RoundDraw
from app.surveys.schedules.models import Schedule
from tests.cast import Cast
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
SOURCE = "2012年6月30日晚双色球开奖号码,见次日《苏州日报》"
NUMBER = "04 11 17 21 28 32 + 09"


@pytest.fixture
def framed(db: Database, cast: Cast) -> UUID:
    """A sampled round that waits for its public number."""
    helpers.sample_of_residents(db, cast.community)
    assert helpers.run(db, "2012-06-25T09:00:00").opened == []
    made = helpers.the_round(db)
    assert made.state == "framed"
    return made.id


def _draw(visit_as: Visit, round_id: UUID) -> dict[str, Any]:
    answer = visit_as(None).get(f"/rounds/{round_id}/draw")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def _announce(visit_as: Visit, round_id: UUID) -> None:
    answer = visit_as("王站长").post(f"/rounds/{round_id}/announcement", json={"source_text": SOURCE})
    assert answer.status_code == 200, answer.text


def _enter(visit_as: Visit, round_id: UUID, name: str = "李网格", number: str = NUMBER) -> Any:
    return visit_as(name).post(f"/rounds/{round_id}/public-number", json={"public_number": number})


def test_frozen_committed_announced_entered_drawn_opened(db: Database, framed: UUID, visit_as: Visit) -> None:
    before = _draw(visit_as, framed)
    (draw,) = before["draws"]
    assert (draw["seed"], draw["public_number"], draw["picks"], draw["drawn_at"]) == ("", "", [], None)
    assert len(before["frame"]) == before["population"] == 44  # the cast's four adults and 20 homes of two
    _announce(visit_as, framed)
    answer = _enter(visit_as, framed)
    assert answer.status_code == 200, answer.text
    after = _draw(visit_as, framed)
    (drawn,) = after["draws"]
    assert (drawn["commit"], after["frame"]) == (draw["commit"], before["frame"])
    assert drawn["public_number"] == NUMBER and not drawn["grindable"]
    assert len([p for p in drawn["picks"] if p["role"] == "drawn"]) == 8
    assert len([p for p in drawn["picks"] if p["role"] == "reserve"]) == 4
    _recompute(after, drawn)
    assert helpers.run(db, "2012-07-03T09:00:00").opened == [framed]
    made = helpers.the_round(db)
    assert (made.invited, made.closes_at) == (8, helpers.instant("2012-07-08T09:00:00"))
    with db.read() as s:
        assert len(s.exec(select(Invitation).where(Invitation.box_id == made.box_id)).all()) == 8


def _recompute(page: dict[str, Any], drawn: dict[str, Any]) -> None:
    """As a neighbour would, from the published answer only."""
    ids = sorted(u["id"] for u in page["frame"])
    frame = hashlib.sha256("\n".join(ids).encode()).hexdigest()
    assert frame == page["frame_hash"] == drawn["frame_hash"]
    seed = bytes.fromhex(drawn["seed"])
    assert hashlib.sha256(b"v1|" + seed + b"|" + frame.encode()).hexdigest() == drawn["commit"]
    public = drawn["public_number"].encode()
    key = hashlib.sha256(b"draw-v1|" + seed + b"|" + public + b"|" + frame.encode()).digest()
    homes = {u["id"]: u["cluster"] for u in page["frame"]}
    order, spoken = [], set()
    for found in sorted(ids, key=lambda i: (hmac.new(key, i.encode(), hashlib.sha256).digest(), i)):
        if homes[found] not in spoken:
            spoken.add(homes[found])
            order.append(found)
    assert order[: drawn["size"]] == [p["id"] for p in drawn["picks"] if p["role"] == "drawn"]


def test_at_most_one_of_a_household(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(db, cast.community, homes=6, sample_size=8, public_number=False)
    assert len(helpers.run(db, "2012-06-25T09:00:00").opened) == 1
    found = _draw(visit_as, helpers.the_round(db).id)
    homes = {u["id"]: u["cluster"] for u in found["frame"]}
    drawn = [homes[p["id"]] for p in found["draws"][0]["picks"]]
    assert len(drawn) == len(set(drawn)) == 9  # the cast lives in three homes


def test_without_a_public_number_the_page_says_what_that_means(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(db, cast.community, public_number=False)
    helpers.run(db, "2012-06-25T09:00:00")
    made = helpers.the_round(db)
    found = _draw(visit_as, made.id)
    assert found["draws"][0]["grindable"] is True and found["draws"][0]["public_number"] == ""
    _recompute(found, found["draws"][0])
    page = visit_as(None).page(f"/rounds/{made.id}/draw")
    assert page.status_code == 200 and "反复更换随机种子" in page.text


def test_children_and_those_who_left_are_not_in_the_frame(db: Database, cast: Cast) -> None:
    helpers.sample_of_residents(db, cast.community, homes=0, public_number=False)
    with db.write() as s:
        for name, born in (("王小明", date(1994, 6, 26)), ("刘芳", date(1994, 6, 25))):  # 17 and 18 on the day
            person = s.get_one(Resident, cast.residents[name])
            person.birth_on = born
            s.add(person)
        gone = s.exec(select(Residency).where(Residency.resident_id == cast.residents["陈建国"])).one()
        gone.to_on = date(2012, 6, 24)
        s.add(gone)
    helpers.run(db, "2012-06-25T09:00:00")
    with db.read() as s:
        framed = set(s.exec(select(FrameEntry.person_id)))
    assert framed == {cast.residents["刘芳"], cast.residents["张桂英"]}


def test_the_number_is_entered_by_a_second_person(db: Database, cast: Cast, visit_as: Visit) -> None:
    director = helpers.principal(db, "王站长")
    helpers.sample_of_residents(db, cast.community)
    running.run_due(db, director, helpers.instant("2012-06-25T09:00:00"))  # the director framed it
    framed = helpers.the_round(db).id
    _announce(visit_as, framed)
    refused = _enter(visit_as, framed, "王站长")
    assert refused.status_code == 403 and refused.json()["code"] == "second_person_needed"
    assert _enter(visit_as, framed, "周代表").status_code == 403
    assert _enter(visit_as, framed, "外社区").status_code == 404
    assert _enter(visit_as, framed, "钱会计").status_code == 200


def test_whoever_made_the_schedule_may_not_enter_the_number(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(db, cast.community, paused=True)
    with db.write() as s:
        audit.set_actor(s, helpers.principal(db, "李网格"))
        old = s.exec(select(Schedule)).one()
        old.ends_on = old.starts_on
        s.add(old)
        s.flush()
        made = Schedule(
            **(old.model_dump(exclude={"id", "title"}) | {"title": "第二份", "paused": False, "ends_on": None})
        )
        s.add(made)
    helpers.run(db, "2012-06-25T09:00:00")
    framed = helpers.the_round(db).id
    _announce(visit_as, framed)
    assert _enter(visit_as, framed, "李网格").json()["code"] == "second_person_needed"
    assert _enter(visit_as, framed, "赵网格").status_code == 200


def test_no_number_before_it_was_announced_and_none_twice(framed: UUID, visit_as: Visit) -> None:
    assert _enter(visit_as, framed).json()["code"] == "not_announced"
    _announce(visit_as, framed)
    again = visit_as("王站长").post(f"/rounds/{framed}/announcement", json={"source_text": "别的号码"})
    assert (again.status_code, again.json()["code"]) == (409, "already_announced")
    assert _enter(visit_as, framed).status_code == 200
    assert _enter(visit_as, framed, number="1").json()["code"] == "already_drawn"
    for bad in ("", " ", "x" * 200, "a\u0000b", 5, None):
        answer = visit_as("李网格").post(f"/rounds/{framed}/public-number", json={"public_number": bad})
        assert answer.status_code == 422, bad


def test_the_seed_is_sealed_until_it_is_drawn(db: Database, framed: UUID, visit_as: Visit) -> None:
    with db.read() as s:
        drawn = s.exec(select(RoundDraw)).one()
        assert drawn.seed == "" and drawn.seed_sealed
    _announce(visit_as, framed)
    _enter(visit_as, framed)
    with db.read() as s:
        drawn = s.exec(select(RoundDraw)).one()
        assert len(drawn.seed) == 64 and drawn.seed_sealed is None


def test_redraw_keeps_the_old_one_with_its_reason(db: Database, framed: UUID, visit_as: Visit) -> None:
    _announce(visit_as, framed)
    _enter(visit_as, framed)
    answer = visit_as("王站长").post(f"/rounds/{framed}/redraw", json={"reason": "开奖被取消"})
    assert answer.status_code == 201, answer.text
    found = _draw(visit_as, framed)
    old, new = found["draws"]
    assert (old["void_reason"], new["void_reason"], new["picks"], new["seed"]) == ("开奖被取消", "", [], "")
    assert old["commit"] != new["commit"] and old["frame_hash"] == new["frame_hash"]
    assert new["source_text"] == ""
    assert helpers.run(db, "2012-07-03T09:00:00").opened == []
    _announce(visit_as, framed)
    assert _enter(visit_as, framed, number="another").status_code == 200
    assert helpers.run(db, "2012-07-03T09:00:00").opened == [framed]
    late = visit_as("王站长").post(f"/rounds/{framed}/redraw", json={"reason": "想换人"})
    assert (late.status_code, late.json()["code"]) == (409, "round_state")


def test_a_reserve_replaces_who_moved_and_nobody_replaces_a_refusal(
    db: Database, framed: UUID, visit_as: Visit
) -> None:
    _announce(visit_as, framed)
    _enter(visit_as, framed)
    (drawn,) = _draw(visit_as, framed)["draws"]
    first = drawn["picks"][0]["id"]
    reserves = [p["id"] for p in drawn["picks"] if p["role"] == "reserve"]
    director = visit_as("王站长")
    refused = director.post(f"/rounds/{framed}/replacements", json={"public_id": first, "reason": "refused"})
    assert refused.status_code == 422
    assert (
        director.post(f"/rounds/{framed}/replacements", json={"public_id": "ab" * 10, "reason": "moved"}).status_code
        == 404
    )
    made = director.post(f"/rounds/{framed}/replacements", json={"public_id": first, "reason": "moved"})
    assert made.status_code == 201, made.text
    again = director.post(f"/rounds/{framed}/replacements", json={"public_id": first, "reason": "moved"})
    assert again.json()["code"] == "not_invited"
    picks = {p["id"]: p for p in _draw(visit_as, framed)["draws"][0]["picks"]}
    assert (picks[first]["role"], picks[first]["reason"]) == ("replaced", "moved")
    assert (picks[reserves[0]]["role"], picks[reserves[0]]["replaces"]) == ("replacement", first)
    helpers.run(db, "2012-07-03T09:00:00")
    assert helpers.the_round(db).invited == 8
    sample = director.get(f"/rounds/{framed}/sample").json()["items"]
    names = {item["public_id"]: item["name"] for item in sample}
    with db.read() as s:
        invited = set(s.exec(select(Invitation.voter_name)))
    assert names[reserves[0]] in invited and names[first] not in invited


def test_reserves_run_out(framed: UUID, visit_as: Visit) -> None:
    _announce(visit_as, framed)
    _enter(visit_as, framed)
    director = visit_as("王站长")
    drawn = [p["id"] for p in _draw(visit_as, framed)["draws"][0]["picks"] if p["role"] == "drawn"]
    codes = [
        director.post(f"/rounds/{framed}/replacements", json={"public_id": i, "reason": "died"}).status_code
        for i in drawn[:5]
    ]
    assert codes == [201, 201, 201, 201, 409]


def test_after_opening_nobody_is_added_but_the_absent_are_not_silent(
    db: Database, framed: UUID, visit_as: Visit
) -> None:
    _announce(visit_as, framed)
    _enter(visit_as, framed)
    helpers.run(db, "2012-07-03T09:00:00")
    drawn = [p["id"] for p in _draw(visit_as, framed)["draws"][0]["picks"] if p["role"] == "drawn"]
    director = visit_as("王站长")
    gone = {"public_id": drawn[0], "reason": "moved"}
    assert director.post(f"/rounds/{framed}/replacements", json=gone).status_code == 201
    assert director.post(f"/rounds/{framed}/replacements", json=gone).json()["code"] == "already_ineligible"
    helpers.run(db, "2012-07-08T09:00:00")
    assert helpers.the_round(db).invited == 7


def test_before_it_is_framed_there_is_nothing_to_see(db: Database, cast: Cast, visit_as: Visit) -> None:
    schedule = helpers.ready(db, cast.community, count=0)
    made = visit_as("王站长").post("/rounds", json={"schedule_id": str(schedule), "period": "2030-06"})
    assert made.status_code == 201, made.text
    assert visit_as(None).get(f"/rounds/{made.json()['id']}/draw").status_code == 404


def test_the_page_shows_all_of_it_and_offers_what_one_may_do(db: Database, framed: UUID, visit_as: Visit) -> None:
    page = visit_as("王站长").page(f"/rounds/{framed}/draw")
    assert page.status_code == 200 and 'name="source_text"' in page.text
    sent = visit_as("王站长").submit(f"/rounds/{framed}/announcement", {"source_text": ""})
    assert sent.status_code == 422 and 'name="source_text"' in sent.text
    sent = visit_as("王站长").submit(f"/rounds/{framed}/announcement", {"source_text": SOURCE})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/rounds/{framed}/draw")
    worker = visit_as("李网格")
    assert f"/rounds/{framed}/public-number" in worker.page(f"/rounds/{framed}/draw").text
    form = worker.page(f"/rounds/{framed}/public-number")
    assert form.status_code == 200 and SOURCE in form.text
    refused = worker.submit(f"/rounds/{framed}/public-number", {"public_number": "x" * 300})
    assert refused.status_code == 422 and "x" * 300 in refused.text
    done = worker.submit(f"/rounds/{framed}/public-number", {"public_number": NUMBER})
    assert done.status_code == 303, done.text
    public = visit_as(None).page(f"/rounds/{framed}/draw")
    for shown in (SOURCE, NUMBER, helpers.the_round(db).frame_hash):
        assert shown in public.text
    assert 'name="source_text"' not in public.text
    assert visit_as("外社区").page(f"/rounds/{framed}/public-number").status_code == 404
