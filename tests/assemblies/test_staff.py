"""Community workers' posts: who was employed on a day."""

from __future__ import annotations

from datetime import date

from app.assemblies import rosters
from app.core.db import Database
from tests.cast import Cast
from tests.members.access import Visit, nobody_else_reads, only_the_director_writes


def test_employ_change_and_end(visit_as: Visit, db: Database, cast: Cast) -> None:
    director = visit_as("王站长")
    body = {"name": "李网格", "position": "网格员", "from_on": "2012-01-01", "user_id": str(cast.users["李网格"])}
    made = director.post("/staff-posts", json=body)
    assert made.status_code == 201 and made.json()["account"] == "li"
    path = made.headers["Location"]
    assert director.post("/staff-posts", json=body).json()["code"] == "two_posts"
    foreign = director.post("/staff-posts", json={**body, "user_id": str(cast.users["外社区"])})
    assert foreign.status_code == 422 and foreign.json()["errors"][0]["field"] == "user_id"
    early = director.patch(path, json={"to_on": "2011-01-01"}, headers={"If-Match": '"1"'})
    assert early.status_code == 422 and early.json()["errors"][0]["field"] == "to_on"
    form = {"_version": "1", "to_on": "2015-12-31", "end_reason": "调任"}
    assert director.submit(f"{path}?_method=patch", form).status_code == 303
    with db.read() as s:
        assert [p.name for p in rosters.staff_on(s, cast.community, date(2015, 12, 31))] == ["李网格"]
        assert rosters.staff_on(s, cast.community, date(2016, 1, 1)) == []
    assert director.get("/staff-posts").json()["items"] == []
    assert "李网格" in director.page("/staff-posts?as_of=2013-01-01").text
    assert "李网格" in director.page("/staff-posts?everybody=true").text
    assert "李网格" in director.get("/staff-posts/export?everybody=true").content.decode()
    assert director.page(path).status_code == 200 and director.page(f"{path}/edit").status_code == 200
    assert visit_as("区督导").get(path).json()["name"] == "李*格"
    nobody_else_reads(visit_as, path, representative=200)
    only_the_director_writes(visit_as, "PATCH", path, {"position": "民政"})
    only_the_director_writes(visit_as, "DELETE", path, {})
    assert director.delete(path, headers={"If-Match": '"2"'}).status_code == 204


def test_a_refused_form_keeps_what_was_typed(visit_as: Visit) -> None:
    form = {"name": "孙窗口", "position": "", "from_on": "2012-01-01"}
    refused = visit_as("王站长").submit("/staff-posts", form)
    assert refused.status_code == 422 and "孙窗口" in refused.text and 'aria-invalid="true"' in refused.text
