"""Buildings: registering, changing, and taking their households along into another grid area."""

from __future__ import annotations

from app.core.db import Database
from app.core.events import HouseholdsChanged
from tests.cast import Cast, bearer
from tests.households.access import Told, Visit


def test_register_and_read(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    body = {"grid_area_id": str(cast.areas[1]), "number": "12幢", "address": "翰林路2号"}
    made = director.post("/buildings", json=body)
    assert made.status_code == 201 and made.json()["number"] == "12" and made.json()["walk_order"] == 3
    page = director.page(made.headers["Location"])
    assert page.status_code == 200 and "12幢" in page.text
    again = director.post("/buildings", json=body)
    assert again.status_code == 409 and again.json()["errors"][0]["field"] == "number"
    assert visit_as("李网格").get(made.headers["Location"]).status_code == 200
    assert visit_as("赵网格").get(made.headers["Location"]).status_code == 404
    assert visit_as("外主任").get(made.headers["Location"]).status_code == 404
    assert visit_as("周代表").get(made.headers["Location"]).status_code == 403


def test_only_the_director_writes(visit_as: Visit, cast: Cast) -> None:
    body = {"grid_area_id": str(cast.areas[1]), "number": "9"}
    for name in ("李网格", "周代表", "区督导"):
        assert visit_as(name).post("/buildings", json=body).status_code == 403
    assert visit_as(None).post("/api/v1/buildings", json=body, headers=bearer("区平台")).status_code == 403
    foreign = visit_as("外主任").post("/buildings", json=body)
    assert foreign.status_code == 422 and foreign.json()["errors"][0]["field"] == "grid_area_id"


def test_another_area_takes_the_households_along(visit_as: Visit, cast: Cast, db: Database, told: Told) -> None:
    director = visit_as("王站长")
    heard = told(HouseholdsChanged)
    building = director.get("/buildings").json()["items"][0]
    changes = {"grid_area_id": str(cast.areas[2]), "number": "21", "walk_order": 9}
    changed = director.patch(f"/buildings/{building['id']}", json=changes, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert {i["label"] for i in visit_as("赵网格").get("/households").json()["items"]} >= {"21-1-101", "21-1-201"}
    assert visit_as("李网格").get("/households").json()["items"] == []
    assert [i["label"] for i in director.get("/households").json()["items"]][-1] == "21-1-301"
    assert cast.households["1-1-101"] in heard[-1].household_ids


def test_two_tabs(visit_as: Visit) -> None:
    director = visit_as("王站长")
    building = director.get("/buildings").json()["items"][0]
    path = f"/buildings/{building['id']}"
    assert director.patch(path, json={"address": "甲"}).status_code == 428
    assert director.patch(path, json={"address": "甲"}, headers={"If-Match": '"1"'}).status_code == 200
    late = director.submit(f"{path}?_method=patch", {"_version": "1", "address": "乙", "number": "1"})
    assert late.status_code == 412 and "乙" in late.text and "现在的内容" in late.text and "甲" in late.text


def test_the_form_keeps_what_was_typed(visit_as: Visit, cast: Cast) -> None:
    refused = visit_as("王站长").submit(
        "/buildings", {"grid_area_id": str(cast.areas[1]), "number": "!!", "address": "某路"}
    )
    assert refused.status_code == 422 and "某路" in refused.text and 'aria-invalid="true"' in refused.text
