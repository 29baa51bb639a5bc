"""Groups, terms of the elected bodies, and their seats."""

from __future__ import annotations

import pytest

from tests.assemblies.rosters import FIRST, LAST, seats_of, sit, term_of
from tests.members.access import Visit, nobody_else_reads, only_the_director_writes


def test_groups(visit_as: Visit) -> None:
    director = visit_as("王站长")
    body = {"number": 1, "name": "第一居民小组", "buildings": "1、2 幢"}
    made = director.post("/residents-groups", json=body)
    assert made.status_code == 201
    path = made.headers["Location"]
    assert director.post("/residents-groups", json=body).json()["code"] == "number_taken"
    assert "1、2 幢" in director.page("/residents-groups").text
    renamed = director.patch(path, json={"name": "东片"}, headers={"If-Match": '"1"'})
    assert renamed.json()["name"] == "东片" and renamed.json()["number"] == 1
    seat = seats_of(director, term_of(director))[0]
    group = {"group_id": made.json()["id"]}
    assert director.patch(f"/seats/{seat['id']}", json=group, headers={"If-Match": '"1"'}).status_code == 200
    assert director.delete(path, headers={"If-Match": '"2"'}).json()["code"] == "group_in_use"
    other = director.post("/residents-groups", json={"number": 2, "name": "西片"}).headers["Location"]
    assert director.delete(other, headers={"If-Match": '"1"'}).status_code == 204
    nobody_else_reads(visit_as, path, representative=200)
    only_the_director_writes(visit_as, "PATCH", path, {"name": "别名"})


def test_terms_of_one_body_do_not_overlap(visit_as: Visit) -> None:
    director = visit_as("王站长")
    term = term_of(director)
    late = {"body": "representative_assembly", "name": "第二届", "starts_on": LAST, "ends_on": "2017-10-15"}
    assert director.post("/terms", json=late).json()["code"] == "terms_overlap"
    assert director.post("/terms", json={**late, "starts_on": "2014-10-16"}).status_code == 201
    assert director.post("/terms", json={**late, "body": "committee"}).status_code == 201
    backwards = director.post("/terms", json={**late, "ends_on": "2010-01-01"})
    assert backwards.status_code == 422 and backwards.json()["errors"][0]["field"] == "ends_on"
    path = f"/terms/{term['id']}"
    longer = director.patch(path, json={"ends_on": "2015-01-01"}, headers={"If-Match": '"1"'})
    assert longer.json()["code"] == "terms_overlap"
    assert [t["name"] for t in director.get("/terms?body=representative_assembly").json()["items"]] == [
        "第二届",
        "第一届",
    ]
    assert "第一届" in director.page("/terms").text
    assert visit_as("外主任").get("/terms").json()["items"] == []
    nobody_else_reads(visit_as, path, representative=200)
    only_the_director_writes(visit_as, "PATCH", path, {"name": "别名"})
    only_the_director_writes(visit_as, "DELETE", path, {})


def test_a_term_keeps_its_holders_inside_and_goes_only_when_nobody_sat(visit_as: Visit) -> None:
    director = visit_as("王站长")
    term = term_of(director)
    path = f"/terms/{term['id']}"
    sit(director, seats_of(director, term)[0], "王一")
    shorter = director.patch(path, json={"starts_on": "2012-01-01"}, headers={"If-Match": '"1"'})
    assert shorter.status_code == 409 and shorter.json()["code"] == "holders_outside"
    assert director.delete(path, headers={"If-Match": '"1"'}).json()["code"] == "term_in_use"
    empty = term_of(director, "committee")
    assert director.delete(f"/terms/{empty['id']}", headers={"If-Match": '"1"'}).status_code == 204
    assert director.get(f"/terms/{empty['id']}").status_code == 404


def test_seats_are_numbered_and_have_a_post_of_their_body(visit_as: Visit) -> None:
    director = visit_as("王站长")
    committee = term_of(director, "committee", seats=2)
    assert [(p["number"], p["post"]) for p in seats_of(director, committee)] == [(1, "director"), (2, "member")]
    path = f"/terms/{committee['id']}/seats"
    assert director.post(path, json={"post": "representative"}).json()["errors"][0]["field"] == "post"
    assert director.post(path, json={"post": "member", "number": 2}).json()["code"] == "number_taken"
    added = director.post(path, json={"post": "deputy_director"})
    assert added.status_code == 201 and added.json()["number"] == 3
    seat = f"/seats/{added.json()['id']}"
    assert director.patch(seat, json={"number": 1}, headers={"If-Match": '"1"'}).json()["code"] == "number_taken"
    sit(director, added.json(), "王一")
    assert director.delete(seat, headers={"If-Match": '"1"'}).json()["code"] == "seat_in_use"
    free = f"/seats/{seats_of(director, committee)[1]['id']}"
    assert director.delete(free, headers={"If-Match": '"1"'}).status_code == 204
    only_the_director_writes(visit_as, "POST", path, {"post": "member"})
    only_the_director_writes(visit_as, "PATCH", seat, {"number": 9})


@pytest.mark.parametrize("seats", ["-1", "501", "x"])
def test_a_refused_form_keeps_what_was_typed(visit_as: Visit, seats: str) -> None:
    form = {"body": "committee", "name": "某一届", "starts_on": FIRST, "ends_on": LAST, "seats": seats}
    refused = visit_as("王站长").submit("/terms", form)
    assert refused.status_code == 422 and "某一届" in refused.text and f'value="{seats}"' in refused.text
