"""今日: order, reasons, events, progress; few statements; out of reach for others."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from app.core.clock import now, today
from app.core.db import Database
from app.households.visits import today as day_plan
from app.households.visits.models import VisitDue
from tests.cast import Cast, bearer
from tests.visitor import Visitor
from tests.visits.helpers import body, new_path, plan, statements

Open = Callable[[str | None], Visitor]


def _owe(db: Database, cast: Cast, label: str, days: int, tier: str = "routine") -> None:
    with db.write() as s:
        row = s.get_one(VisitDue, cast.households[label])
        row.owed_on = row.due_on = today() - timedelta(days=days)
        row.tier = tier
        s.add(row)


def _labels(items: list[dict[str, Any]]) -> list[str]:
    return [i["household_label"] for i in items]


def test_overdue_first_each_group_in_walking_order(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    _owe(db, cast, "1-1-101", 0)
    _owe(db, cast, "1-1-201", 5)
    _owe(db, cast, "1-1-301", 90)
    _owe(db, cast, "2-1-101", 2)
    found = visit_as("王站长").get("/today").json()
    assert _labels(found["overdue"]) == ["1-1-201", "1-1-301", "2-1-101"]
    assert _labels(found["due"]) == ["1-1-101"]
    assert [h["overdue_days"] for h in found["overdue"]] == [5, 90, 2]
    assert found["progress"] == {"done": 0, "total": 4, "not_home": 0, "overdue": 3, "due": 1}
    assert found["meetings"] == []
    one = found["overdue"][0]
    assert [(p["name"], p["relation"]) for p in one["people"]] == [
        ("王小明", "head"),
        ("刘芳", "spouse"),
        ("王乐乐", "son"),
    ]
    cared = found["due"][0]["people"][0]
    assert (cared["age"], cared["categories"]) == (
        today().year - 1938 - ((today().month, today().day) < (3, 5)),
        ["living_alone"],
    )


def test_areas_of_others_are_not_shown(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    for label in ("1-1-101", "2-1-101"):
        _owe(db, cast, label, 1)
    assert _labels(visit_as("李网格").get("/today").json()["overdue"]) == ["1-1-101"]
    assert _labels(visit_as("赵网格").get("/today").json()["overdue"]) == ["2-1-101"]
    area = cast.areas[1]
    assert _labels(visit_as("王站长").get(f"/today?grid_area_id={area}").json()["overdue"]) == ["1-1-101"]
    assert visit_as("赵网格").get(f"/today?grid_area_id={area}").json()["overdue"] == []
    assert visit_as("外社区").get("/today").json()["overdue"] == []
    assert len(visit_as("区督导").get("/today").json()["overdue"]) == 2
    masked = visit_as(None).get("/api/v1/today", headers=bearer("区平台")).json()
    assert masked["overdue"][0]["people"][0]["name"] == "张*英"
    for outsider in ("钱会计", "周代表", "系统员"):
        assert visit_as(outsider).get("/today").status_code == 403
    assert visit_as(None).get("/today").status_code == 401


def test_a_visit_settles_a_household_and_counts(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    _owe(db, cast, "1-1-101", 5, "high")
    _owe(db, cast, "1-1-201", 5)
    li = visit_as("李网格")
    li.put(new_path(), json=body(cast, visited_at=now().isoformat()))
    found = li.get("/today").json()
    assert _labels(found["overdue"]) == ["1-1-201"]
    assert (found["progress"]["done"], found["progress"]["total"]) == (1, 2)
    assert "1-1-101" in _labels(found["coming"])


def test_an_attempt_comes_back_with_its_reason(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li = visit_as("李网格")
    three_days_ago = (now() - timedelta(days=3)).isoformat()
    ten_days_ago = (now() - timedelta(days=10)).isoformat()
    li.put(new_path(), json=body(cast, visited_at=ten_days_ago, note="答应带药"))
    li.put(new_path(), json=body(cast, visited_at=three_days_ago, outcome="not_home"))
    (home,) = li.get("/today").json()["overdue"]
    assert home["last_attempt_on"] == (today() - timedelta(days=3)).isoformat()
    assert home["last_visit"]["note"] == "答应带药"
    assert home["overdue_days"] == 3
    li.put(new_path(), json=body(cast, visited_at=now().isoformat(), outcome="not_home"))
    found = li.get("/today").json()
    assert (found["overdue"], found["progress"]["not_home"]) == ([], 1)
    assert _labels(found["coming"]) == ["1-1-101"]


def test_events_come_on_top_and_one_visit_settles_them(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, home = visit_as("李网格"), cast.households["1-1-201"]
    told = li.post(f"/households/{home}/visit-events", json={"kind": "hospital", "detail": "送医"})
    assert told.status_code == 201
    due = datetime.fromisoformat(told.json()["due_at"])
    assert timedelta(hours=23) < due - now() <= timedelta(hours=24)
    (shown,) = li.get("/today").json()["events"]
    assert (shown["household_label"], shown["kind"], shown["detail"]) == ("1-1-201", "hospital", "送医")
    path, sent = new_path(), body(cast, "1-1-201", visited_at=now().isoformat(), outcome="not_home")
    li.put(path, json=sent)
    assert len(li.get("/today").json()["events"]) == 1  # nobody was home
    li.put(path, json={**sent, "outcome": "helped"}, headers={"If-Match": '"1"'})
    assert li.get("/today").json()["events"] == []
    assert li.get("/visit-events?state=done").json()["items"][0]["done_visit_id"] == path.rsplit("/", 1)[1]
    li.put(path, json={**sent, "note": "其实没人"}, headers={"If-Match": '"2"'})
    assert len(li.get("/today").json()["events"]) == 1


def test_harm_to_a_child_stays_inside_the_community(visit_as: Open, cast: Cast) -> None:
    home = cast.households["1-1-201"]
    visit_as("王站长").post(f"/households/{home}/visit-events", json={"kind": "child_harm", "detail": "有伤"})
    assert len(visit_as("李网格").get("/today").json()["events"]) == 1
    for seen in (
        visit_as("区督导").get("/today").json()["events"],
        visit_as("区督导").get("/visit-events").json()["items"],
        visit_as(None).get("/api/v1/visit-events", headers=bearer("区平台")).json()["items"],
        visit_as("赵网格").get("/visit-events").json()["items"],
    ):
        assert seen == []


def test_urgent_needs_are_listed(visit_as: Open, cast: Cast) -> None:
    li = visit_as("李网格")
    li.put(new_path(), json=body(cast, needs=[{"category": "safety", "detail": "漏气", "urgent": True}]))
    (need,) = li.get("/today").json()["urgent_needs"]
    assert (need["kind"], need["detail"]) == ("safety", "漏气")
    assert need["serial"].endswith("-0001")
    assert visit_as("赵网格").get("/today").json()["urgent_needs"] == []


def test_few_statements_however_many_households(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    for label in ("1-1-101", "1-1-201", "1-1-301"):
        _owe(db, cast, label, 1)
    li = visit_as("李网格")
    li.get("/today")
    with statements(db) as seen:
        li.get("/today")
    assert len(seen) <= 7, seen  # two of them find out who asks, one whether a tier has changed


def test_the_list_is_cut_at_the_most_pressing(
    visit_as: Open, cast: Cast, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan(db, cast)
    monkeypatch.setattr(day_plan, "MOST", 2)
    _owe(db, cast, "1-1-101", 1, "high")
    _owe(db, cast, "1-1-201", 3)
    _owe(db, cast, "1-1-301", 300)
    found = visit_as("李网格").get("/today").json()
    assert _labels(found["overdue"]) == ["1-1-101", "1-1-301"]
    assert found["progress"]["overdue"] == 3
    assert "查看全部" in visit_as("李网格").page("/today").text


def test_page_says_what_to_do(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li = visit_as("李网格")
    _owe(db, cast, "1-1-101", 5, "high")
    page = li.page("/today").text
    home = cast.households["1-1-101"]
    for text in (
        "逾期 5 天",
        "张桂英",
        "88 岁" if today().year == 2026 else "岁",
        "独居",
        f"/visits/new?household_id={home}",
    ):
        assert text in page
    assert f'data-household="{home}"' in page
    with db.write() as s:
        _clear(s, cast)
    assert "今天的走访都完成了" in li.page("/today").text
    supervisor = visit_as("区督导").page("/today").text
    assert "/visits/new" not in supervisor
    assert visit_as("周代表").page("/today").status_code == 403


def _clear(s: Session, cast: Cast) -> None:
    row = s.get_one(VisitDue, cast.households["1-1-101"])
    row.owed_on = row.due_on = today() + timedelta(days=30)
    s.add(row)


def test_next_stop_goes_on_along_the_walk(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    _owe(db, cast, "1-1-101", 3, "high")
    _owe(db, cast, "1-1-201", 0)
    _owe(db, cast, "1-1-301", 1)
    li = visit_as("李网格")
    form = {"visited_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M}+00:00", "purpose": "care", "outcome": "fine"}

    def save(label: str) -> str:
        sent = {**form, "household_id": str(cast.households[label])}
        return str(li.submit(f"{new_path()}?_method=put", sent).headers["location"])

    assert save("1-1-101").endswith(f"household_id={cast.households['1-1-301']}")
    assert save("1-1-301").endswith(f"household_id={cast.households['1-1-201']}")
    assert save("1-1-201") == "/today"
