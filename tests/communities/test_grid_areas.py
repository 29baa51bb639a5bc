"""Grid areas and who is responsible for them: what a worker may see follows at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from app.accounts.models import UserGridArea
from app.core.clock import today
from app.core.db import Database
from tests.cast import Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def seen_by(db: Database, cast: Cast, name: str) -> set[int]:
    numbers = {area: number for number, area in cast.areas.items()}
    with db.read() as s:
        rows = s.exec(select(UserGridArea).where(UserGridArea.user_id == cast.users[name])).all()
    return {numbers[row.grid_area_id] for row in rows}


def assign(director: Visitor, cast: Cast, area: int, name: str, **changes: Any) -> Any:
    body = {"user_id": str(cast.users[name]), "is_primary": True, "from_on": "2020-01-01", **changes}
    return director.post(f"/grid-areas/{cast.areas[area]}/assignments", json=body)


def test_a_director_adds_renames_and_deletes_an_area(visit_as: Visit) -> None:
    director = visit_as("王站长")
    made = director.post("/grid-areas", json={"number": 3, "name": "第三网格"})
    assert made.status_code == 201
    address = made.headers["location"]
    assert director.post("/grid-areas", json={"number": 3, "name": "又一个"}).json()["code"] == "number_taken"
    assert director.patch(address, json={"name": "东片"}, headers={"If-Match": '"1"'}).json()["name"] == "东片"
    assert director.delete(address, headers={"If-Match": '"1"'}).status_code == 412
    assert director.delete(address, headers={"If-Match": '"2"'}).status_code == 204


def test_an_area_with_buildings_stays(visit_as: Visit, cast: Cast) -> None:
    answer = visit_as("王站长").delete(f"/grid-areas/{cast.areas[1]}", headers={"If-Match": '"1"'})
    assert answer.status_code == 409 and answer.json()["code"] == "grid_area_in_use"


def test_responsibility_decides_what_a_worker_sees(visit_as: Visit, cast: Cast, db: Database) -> None:
    director, worker = visit_as("王站长"), visit_as("李网格")
    assert [a["number"] for a in worker.get("/grid-areas").json()["items"]] == [1]
    assert assign(director, cast, 2, "李网格").status_code == 201
    assert seen_by(db, cast, "李网格") == {1, 2}
    assert [a["number"] for a in worker.get("/grid-areas").json()["items"]] == [1, 2]
    (mine,) = director.get(f"/grid-areas/{cast.areas[2]}").json()["workers"]
    end = f"/grid-areas/{cast.areas[2]}/assignments/{mine['id']}/end"
    assert director.post(end, json={"to_on": "2019-12-31"}).status_code == 422
    assert director.post(end, json={"to_on": str(today())}).status_code == 200
    assert seen_by(db, cast, "李网格") == {1}
    assert director.post(end, json={"to_on": str(today())}).json()["code"] == "already_ended"
    assert worker.get(f"/grid-areas/{cast.areas[2]}").status_code == 404


def test_a_new_primary_worker_takes_over(visit_as: Visit, cast: Cast, db: Database) -> None:
    director = visit_as("王站长")
    assert assign(director, cast, 1, "李网格").status_code == 201
    early = assign(director, cast, 1, "赵网格", from_on="2020-01-01")
    assert early.status_code == 409 and early.json()["code"] == "handover_order"
    assert assign(director, cast, 1, "赵网格", from_on="2024-03-01").status_code == 201
    area = director.get(f"/grid-areas/{cast.areas[1]}").json()
    assert [w["worker_name"] for w in area["workers"]] == ["赵网格"]
    assert [(a["worker_name"], a["to_on"]) for a in area["assignments"]] == [("赵网格", None), ("李网格", "2024-02-29")]
    assert seen_by(db, cast, "李网格") == set() and seen_by(db, cast, "赵网格") == {1, 2}


def test_a_helper_stands_beside_the_primary(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    assign(director, cast, 1, "李网格")
    assert assign(director, cast, 1, "赵网格", is_primary=False).status_code == 201
    assert assign(director, cast, 1, "赵网格", is_primary=False).json()["code"] == "already_assigned"
    assert len(director.get(f"/grid-areas/{cast.areas[1]}").json()["workers"]) == 2


@pytest.mark.parametrize("name", ["周代表", "外社区", "系统员"])
def test_only_workers_of_the_community_are_assigned(visit_as: Visit, cast: Cast, name: str) -> None:
    answer = assign(visit_as("王站长"), cast, 1, name)
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "user_id"


def test_the_page_assigns_by_plain_forms(visit_as: Visit, cast: Cast) -> None:
    director = visit_as("王站长")
    address = f"/grid-areas/{cast.areas[2]}"
    assert "还没有负责人" in director.page(address).text
    form = {"user_id": str(cast.users["赵网格"]), "is_primary": "true", "from_on": "2021-01-01"}
    assert director.submit(f"{address}/assignments", form).headers["location"] == address
    page = director.page(address).text
    assert "赵网格" in page and "分工已登记" in page
    refused = director.submit(f"{address}/assignments", {**form, "from_on": "2100-01-01"})
    assert refused.status_code == 422 and "日期不能晚于今天" in refused.text


def test_others_may_look_at_most(visit_as: Visit, cast: Cast) -> None:
    address = f"/grid-areas/{cast.areas[1]}"
    assert visit_as("周代表").get(address).status_code == 200
    assert assign(visit_as("周代表"), cast, 1, "李网格").status_code == 403
    assert assign(visit_as("外主任"), cast, 1, "外社区").status_code == 404
    assert visit_as("外主任").get(address).status_code == 404
    assert visit_as("赵网格").get(address).status_code == 404
    assert visit_as(None).get(address).status_code == 401
