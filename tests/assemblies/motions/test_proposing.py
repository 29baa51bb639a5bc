"""Bringing a motion: who may, drafts, handing in, seconding, withdrawing, and the list."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

import pytest

from app.assemblies.motions import service
from app.assemblies.rules import editing
from app.assemblies.rules.schemas import ChoiceWrite, DraftWrite, PackCreate
from app.core.clock import today
from app.core.db import Database
from tests.assemblies.motions.helpers import bring, history, made, person, seat_representatives
from tests.cast import Cast
from tests.members.access import Visit

PARK: dict[str, Any] = {"title": "小公园补种树木", "text": "补种香樟二十棵。"}


def test_a_representative_proposes_as_herself(visit_as: Visit, db: Database, cast: Cast) -> None:
    zhou = visit_as("周代表")
    refused = zhou.post("/motions", json=PARK)
    assert refused.status_code == 409 and refused.json()["code"] == "not_in_office"
    seats = seat_representatives(db, cast)
    # She cannot speak for others, whatever she sends.
    body = {**PARK, "proposer_kind": "committee", "holder_ids": [str(seats.holders[2])], "submit": True}
    answer = zhou.post("/motions", json=body)
    assert answer.status_code == 201, answer.text
    motion = answer.json()
    assert motion["proposers"] == ["周代表"] and motion["proposer_kind"] == "representative"
    assert motion["number"] == f"{today().year}-01" and motion["state"] == "submitted"
    assert "second" not in motion["may"] and {"withdraw", "note"} <= set(motion["may"])
    own = zhou.post(f"/motions/{motion['id']}/seconds", json={})
    assert own.status_code == 409 and own.json()["code"] == "own_motion"
    assert visit_as("区督导").get(f"/motions/{motion['id']}").json()["proposers"] == ["周*表"]


def test_a_draft_is_its_authors(visit_as: Visit, db: Database, cast: Cast) -> None:
    seat_representatives(db, cast)
    zhou = visit_as("周代表")
    path = zhou.post("/motions", json={"title": "草稿"}).headers["Location"]
    empty = zhou.post(f"{path}/submit")
    assert empty.status_code == 422 and empty.json()["errors"][0]["field"] == "text"
    for name, status in (("王站长", 200), ("李网格", 404), ("外主任", 404), ("区督导", 404)):
        assert visit_as(name).get(path).status_code == status, name
    assert visit_as("李网格").get("/motions").json()["total"] == 0
    with db.write() as s:
        other = f"/motions/{bring(s).id}"
    form = {**PARK, "matter": "special", "submit": "true", "_version": "1"}
    done = zhou.submit(f"{path}?_method=put", form)
    assert done.status_code == 303 and history(zhou, path) == [("draft", "submitted")]
    late = zhou.put(path, json={**PARK, "matter": "ordinary"}, headers={"If-Match": '"3"'})
    assert late.status_code == 409 and late.json()["code"] == "not_editable"
    for step, body in (("withdraw", {"reason": "不是我的"}), ("submit", None)):
        assert zhou.post(f"{other}/{step}", json=body).status_code == 403, step
    assert zhou.get(f"{other}/edit").status_code == 403


def test_the_director_records_for_others(visit_as: Visit, db: Database, cast: Cast) -> None:
    seats = seat_representatives(db, cast)
    director = visit_as("王站长")
    for body, field in (
        ({}, "holder_ids"),
        ({"holder_ids": [str(cast.community)]}, "holder_ids"),
        ({"proposer_kind": "residents"}, "proposer_names"),
        ({"parent_id": str(cast.community), "proposer_kind": "committee"}, "parent_id"),
    ):
        refused = director.post("/motions", json={**PARK, **body})
        assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == field, refused.text
    two = director.post("/motions", json={**PARK, "holder_ids": [str(x) for x in seats.holders[:2]]}).json()
    assert two["proposers"] == ["周代表", "吴建平"]
    mine = visit_as("周代表").get("/motions?mine=true").json()["items"]
    assert [m["id"] for m in mine] == [two["id"]], "recorded for her, so it is hers"
    named = {"proposer_kind": "residents", "proposer_names": "王小明、李四"}
    path = director.post("/motions", json={**PARK, **named, "submit": True}).headers["Location"]
    assert visit_as(None).get(f"/api/v1{path}", headers={"Authorization": "Bearer test-token-district-read"}).json()[
        "proposers"
    ] == ["王*明", "李*"]
    refused = director.submit("/motions", {"title": "只有标题", "proposer_kind": "residents", "submit": "false"})
    assert refused.status_code == 422 and 'value="只有标题"' in refused.text
    _members_of_the_community_read(visit_as, path)


def _members_of_the_community_read(visit_as: Visit, path: str) -> None:
    """And the district; another community sees nothing, the administrator may not."""
    for name, status in (("李网格", 200), ("钱会计", 200), ("周代表", 200), ("区督导", 200), ("系统员", 403)):
        assert visit_as(name).get(path).status_code == status, name
    assert visit_as("外主任").get(path).status_code == visit_as("外社区").get(path).status_code == 404
    assert visit_as(None).get(path).status_code == 401


def _charter_wants_seconds(db: Database, cast: Cast, needed: int) -> None:
    half = {"num": 1, "den": 2, "strict": True, "source": "章程第八条"}
    rules = {
        "body": "representative_assembly",
        "quorum": [{"count": "present", "base": "entitled", **half}],
        "adoption": {"ordinary": [{"count": "for", "base": "present", **half}]},
        "seconders": needed,
        "sources": {"seconders": "章程第十一条"},
    }
    whole = {"title": "章程", "citation": "章程", "effective_from": "2012-01-01", "sets": [rules], "op": "publish"}
    with db.write() as s:
        who = person(s, "王站长")
        pack = editing.create(s, who, PackCreate(title="章程"))
        editing.write_draft(s, who, pack.id, DraftWrite.model_validate(whole), 1)
        chosen = {"body": "representative_assembly", "from_on": "2012-01-01"}
        editing.choose(s, who, pack.id, ChoiceWrite.model_validate(chosen))


def test_seconds_are_counted_once_and_asked_for_by_the_rules(visit_as: Visit, db: Database, cast: Cast) -> None:
    seats = seat_representatives(db, cast)
    _charter_wants_seconds(db, cast, 2)
    director, zhou = visit_as("王站长"), visit_as("周代表")
    body = {**PARK, "holder_ids": [str(seats.holders[1])], "submit": True}
    path = director.post("/motions", json=body).headers["Location"]
    assert [m["id"] for m in zhou.get("/motions?waiting=true").json()["items"]] == [path[9:]]
    for _again in range(2):
        assert zhou.submit(f"{path}/seconds", {}).status_code == 303
    assert zhou.get(path).json()["seconds"] == 1 and "取消我的附议" in zhou.page(path).text
    assert zhou.get("/motions?waiting=true").json()["total"] == 0
    early = director.post(f"{path}/admit")
    assert early.status_code == 409 and early.json()["code"] == "seconds_missing"
    assert "章程第十一条" in early.json()["detail"] and "2" in early.json()["detail"]
    assert zhou.post(f"{path}/unsecond").json()["seconds"] == 0
    nameless = director.post(f"{path}/seconds", json={})
    assert nameless.status_code == 422 and nameless.json()["errors"][0]["field"] == "holder_id"
    for holder in seats.holders[:1] + seats.holders[2:3]:
        assert director.post(f"{path}/seconds", json={"holder_id": str(holder)}).status_code == 201
    assert director.post(f"{path}/admit").json()["state"] == "admitted"
    late = zhou.post(f"{path}/unsecond")
    assert late.status_code == 409 and late.json()["code"] == "already_admitted"


@pytest.mark.parametrize(
    ("matter", "warned"), [("ordinary", False), ("owners", True), ("owners_special", True), ("special", False)]
)
def test_an_owners_matter_says_so(visit_as: Visit, db: Database, matter: str, warned: bool) -> None:
    path = made(db, matter=matter)
    assert ("这是业主共同决定的事项" in visit_as("李网格").page(path).text) == warned


def test_the_list_is_searched_filtered_and_exported(visit_as: Visit, db: Database) -> None:
    made(db, title="更换二次供水水箱", matter="owners")
    made(db, title="=健身场地")
    director = visit_as("王站长")
    for query, titles in (
        ("", ["=健身场地", "更换二次供水水箱"]),
        ("?q=水箱", ["更换二次供水水箱"]),
        (f"?q={today().year}-02", ["=健身场地"]),
        ("?q=%25", []),
        ("?matter=owners&state=submitted", ["更换二次供水水箱"]),
        ("?state=carried", []),
        (f"?year={today().year - 1}", []),
    ):
        assert [m["title"] for m in director.get(f"/motions{query}").json()["items"]] == titles, query
    first = director.get("/motions?limit=1").json()
    second = director.get(first["next"].removeprefix("/api/v1")).json()
    assert [first["items"][0]["title"], second["items"][0]["title"]] == ["=健身场地", "更换二次供水水箱"]
    assert second["next"] is None and first["total"] == 2
    rows = list(csv.reader(io.StringIO(director.get("/motions/export?format=csv").text.lstrip("\ufeff"))))
    assert [row[1] for row in rows] == ["标题", "'=健身场地", "更换二次供水水箱"]
    assert director.get("/motions/export?format=xlsx&q=水箱").status_code == 200
    assert visit_as("系统员").get("/motions").status_code == 403
    assert visit_as("外主任").get("/motions").json()["items"] == []


def test_history_can_be_written_with_dates_in_the_past(db: Database) -> None:
    """As the demo does: the number is of the year of the proposal, and every event has its own instant."""
    then = datetime(2012, 3, 4, 1, 30, tzinfo=UTC)
    with db.write() as s:
        motion = bring(s, at=then)
        assert (motion.number, motion.year, motion.proposed_at) == ("2012-01", 2012, then)
        again = bring(s, at=then)
        assert again.number == "2012-02" and bring(s).number == f"{today().year}-01"
    with db.read() as s:
        assert service.find(s, person(s, "李网格"), motion.id).proposed_at == then
