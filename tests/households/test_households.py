"""The list and the page of households, and registering, changing and closing one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.core.clock import today
from app.core.db import Database
from app.households import panels
from tests.cast import Cast, bearer
from tests.households.access import Visit, in_area_one, newcomer, nobody_else_reads, nobody_else_writes


def test_the_list_says_who_lives_where_and_what_they_need(visit_as: Visit, cast: Cast) -> None:
    first, second, *_rest = visit_as("李网格").get("/households").json()["items"]
    assert (first["label"], first["people_count"], first["care"]) == ("1-1-101", 1, ["living_alone"])
    assert [p["name"] for p in second["people"]] == ["王小明", "刘芳", "王乐乐"]  # the head first, the child last
    page = visit_as("李网格").page("/households")
    assert "独居" in page.text and "王小明" in page.text and "2-1-101" not in page.text
    in_area_one(visit_as, f"/households?grid_area_id={cast.areas[1]}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("care=living_alone", ["1-1-101"]),
        ("care=any", ["1-1-101"]),
        ("care=elder", ["1-1-101", "2-1-101"]),
        ("tenure=vacant", []),
        ("tenure=&care=&grid_area_id=&building_id=&q=&limit=2", ["1-1-101", "1-1-201"]),
        ("occupied=false", []),
        ("closed=true", []),
    ],
)
def test_filters(visit_as: Visit, query: str, found: list[str]) -> None:
    assert [i["label"] for i in visit_as("王站长").get(f"/households?{query}").json()["items"]] == found


def test_paging_walks_every_household_once(visit_as: Visit) -> None:
    director, seen, address = visit_as("王站长"), [], "/api/v1/households?limit=2"
    total = None
    while address:
        page = director.get(address.removeprefix("/api/v1")).json()
        total = total or page["total"]
        seen += [i["label"] for i in page["items"]]
        address = page["next"]
    assert seen == sorted(seen) and len(seen) == total == 6
    assert director.get("/households?cursor=nonsense").status_code == 422
    assert director.get("/households?surprise=1").status_code == 422


def test_names_are_masked_outside_the_community(visit_as: Visit, cast: Cast) -> None:
    path = f"/households/{cast.households['1-1-101']}"
    for answer in (visit_as("区督导").get(path), visit_as(None).get(f"/api/v1{path}", headers=bearer("区平台"))):
        assert answer.json()["people"][0]["name"] == "张*英" and "张桂英" not in answer.text
    listed = visit_as("区督导").get("/households").text
    assert "张*英" in listed and "张桂英" not in listed


def test_the_page_of_a_household(visit_as: Visit, cast: Cast) -> None:
    path = f"/households/{cast.households['1-1-201']}"
    page = visit_as("李网格").page(path)
    assert page.status_code == 200
    for text in ("1-1-201", "1幢1单元201室", "王小明", "户主", "刘芳", "王乐乐", "第1网格"):
        assert text in page.text
    nobody_else_reads(visit_as, path)


def test_higher_rooms_add_panels(visit_as: Visit, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(panels, "_panels", [])
    shown = panels.Panel(5, "components/table.html", lambda view: {"label": view.data.label})
    hidden = panels.Panel(1, "no/such/template.html", lambda _view: {})
    panels.register_panel(shown)
    panels.register_panel(shown)
    panels.register_panel(hidden)
    assert len(panels._panels) == 2
    assert visit_as("李网格").page(f"/households/{cast.households['1-1-201']}").status_code == 200


def test_register(visit_as: Visit, cast: Cast) -> None:
    worker = visit_as("李网格")
    building = worker.get("/buildings").json()["items"][0]["id"]
    body = {"building_id": building, "unit": "2单元", "room": "３０２室", "tenure": "rented", "floor_area_m2": "89.5"}
    made = worker.post("/households", json=body)
    assert made.status_code == 201, made.text
    assert (made.json()["label"], made.json()["floor_area_cm2"]) == ("1-2-302", 8950)
    detail = worker.get(made.headers["Location"]).json()
    assert detail["tenures"] == [{"tenure": "rented", "from_on": today().isoformat(), "to_on": None}]
    assert detail["warnings"] == ["used_but_empty"]
    again = worker.submit("/households", body)
    assert again.status_code == 409 and "1-2-302 已经登记" in again.text and "89.5" in again.text
    nobody_else_writes(visit_as, "POST", "/households", body, hidden=422)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("room", "1-2"),
        ("room", ""),
        ("room", "<script>"),
        ("room", "１" * 30),
        ("unit", "a b"),
        ("tenure", "castle"),
        ("tenure_from_on", "2099-01-01"),
        ("tenure_from_on", "1800-01-01"),
        ("floor_area_cm2", -1),
        ("building_id", "7"),
        ("note", "\x00"),
        ("surprise", 1),
    ],
)
def test_bad_input_is_refused_beside_its_field(visit_as: Visit, field: str, value: object) -> None:
    director = visit_as("王站长")
    building = director.get("/buildings").json()["items"][0]["id"]
    refused = director.post("/households", json={"building_id": building, "room": "808", field: value})
    assert refused.status_code == 422 and refused.json()["errors"][0]["field"] == field


def test_change_and_tenure_periods(visit_as: Visit, cast: Cast) -> None:
    worker, path = visit_as("李网格"), f"/households/{cast.households['1-1-301']}"
    old = (today() - timedelta(days=100)).isoformat()
    first = worker.patch(path, json={"tenure": "rented", "tenure_from_on": old}, headers={"If-Match": '"1"'})
    assert first.status_code == 200, first.text
    second = worker.patch(path, json={"tenure": "vacant", "note": "待装修"}, headers={"If-Match": '"2"'})
    assert second.json()["tenure"] == "vacant"
    periods = worker.get(path).json()["tenures"]
    yesterday = (today() - timedelta(days=1)).isoformat()
    assert [(p["tenure"], p["to_on"]) for p in periods] == [("vacant", None), ("rented", yesterday)]
    back = worker.patch(path, json={"tenure": "rented", "tenure_from_on": old}, headers={"If-Match": '"3"'})
    assert back.status_code == 422 and back.json()["errors"][0]["field"] == "tenure_from_on"
    nobody_else_writes(visit_as, "PATCH", path, {"note": "x"})


def test_two_tabs_show_both_wordings(visit_as: Visit, cast: Cast) -> None:
    worker, path = visit_as("李网格"), f"/households/{cast.households['1-1-301']}"
    assert worker.patch(path, json={"note": "先保存的"}, headers={"If-Match": '"1"'}).status_code == 200
    late = worker.submit(f"{path}?_method=patch", {"_version": "1", "room": "301", "unit": "1", "note": "后保存的"})
    assert late.status_code == 412
    assert "后保存的" in late.text and "先保存的" in late.text and 'name="_version" value="2"' in late.text
    kept = worker.submit(f"{path}?_method=patch", {"_version": "2", "room": "301", "unit": "1", "note": "后保存的"})
    assert kept.status_code == 303 and worker.get(path).json()["note"] == "后保存的"


def test_close_and_reopen(visit_as: Visit, cast: Cast) -> None:
    worker, inhabited = visit_as("李网格"), f"/households/{cast.households['1-1-201']}"
    body = {"closed_on": today().isoformat()}
    refused = worker.put(f"{inhabited}/closing", json=body, headers={"If-Match": '"1"'})
    assert refused.status_code == 409 and refused.json()["code"] == "household_inhabited"
    path = f"/households/{cast.households['1-1-301']}"
    assert worker.put(f"{path}/closing", json=body).status_code == 428
    assert worker.put(f"{path}/closing", json=body, headers={"If-Match": '"1"'}).status_code == 200
    assert "1-1-301" not in worker.get("/households").text
    assert "1-1-301" in worker.get("/households?closed=true").text
    assert "注销" in worker.page(path).text
    assert worker.patch(path, json={"note": "x"}, headers={"If-Match": '"2"'}).json()["code"] == "household_closed"
    moved = worker.post(f"{path}/residents", json={"name": "某人"})
    assert moved.status_code == 409 and moved.json()["code"] == "household_closed"
    nobody_else_writes(visit_as, "DELETE", f"{path}/closing", {})
    assert worker.delete(f"{path}/closing", headers={"If-Match": '"2"'}).status_code == 200
    newcomer(worker, cast.households["1-1-301"], name="某人")


def test_a_page_costs_few_queries(visit_as: Visit, db: Database) -> None:
    from sqlalchemy import event

    statements: list[str] = []
    engines = {id(e): e for e in (db.engine, db._write_engine, db._glance_engine)}
    for engine in engines.values():
        event.listen(engine, "before_cursor_execute", lambda _c, _k, statement, *_r: statements.append(statement))
    visitor = visit_as("王站长")
    statements.clear()
    assert visitor.get("/households").status_code == 200
    asked = [s for s in statements if "household" in s or "resident" in s]
    assert len(asked) <= 3, asked
