"""Year plans: what is promised, how far it is on any day, and who sees and changes it."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.activities.models import Activity, Kind, State
from app.activities.plans import reading, service
from app.activities.plans.models import YearPlan
from app.activities.plans.schemas import PlanCreate, TaskCreate, TaskDelay, TaskDrop, TaskReport, TaskUpdate
from app.communities.models import Community
from app.core.clock import today
from app.core.db import Database
from app.core.errors import Conflict, Invalid
from tests.cast import Cast, bearer
from tests.surveys.rounds.helpers import instant, principal
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
YEAR = 2012


def at(day: date) -> datetime:
    return instant(f"{day}T10:00")


def planned(s: Session, who: Principal, line: str = "party", year: int = YEAR) -> YearPlan:
    return service.create(s, who, PlanCreate(year=year, line=line), at(date(year, 1, 5)))


def promised(s: Session, who: Principal, plan: YearPlan, due: date, **more: Any) -> UUID:
    data = TaskCreate.model_validate({"title": "任务", "owner": "王站长", "promised_on": due, **more})
    return service.add_task(s, who, plan.id, data, at(date(plan.year, 1, 5))).id


def held(s: Session, cast: Cast, day: date, kind: Kind = Kind.lecture, state: State = State.closed) -> None:
    number = f"T-{day}-{kind}-{state}"[:20] + str(random.random())[2:6]
    s.add(
        Activity(
            community_id=cast.community, number=number[-20:], title="讲座", kind=kind, line="party",
            starts_at=at(day), ends_at=at(day) + timedelta(hours=1), state=state, place="活动室",
        )
    )  # fmt: skip
    s.flush()


def test_figures_of_any_day_equal_an_independent_recount(db: Database, cast: Cast) -> None:
    """Three hundred random reports, delays and drops; every Sunday of the year is counted a second time by hand."""
    rng = random.Random(18)
    told: list[dict[str, Any]] = []
    who = principal(db, "王站长")
    with db.write() as s:
        plan = planned(s, who)
        for _n in range(30):
            due, weight = date(YEAR, 1, 20) + timedelta(days=rng.randrange(330)), rng.randrange(1, 5)
            task_id = promised(s, who, plan, due, weight=weight)
            story = {"weight": weight, "promised": due, "due": [(date.min, due)], "far": [(date.min, 0)], "gone": None}
            day = date(YEAR, 1, 10)
            while (day := day + timedelta(days=rng.randrange(5, 60))).year == YEAR:
                if story["far"][-1][1] == 100:
                    break
                if rng.random() < 0.15:
                    service.drop(s, who, task_id, TaskDrop(reason="不做了"), at(day))
                    story["gone"] = day
                    break
                if rng.random() < 0.3:
                    later = story["due"][-1][1] + timedelta(days=rng.randrange(1, 40))
                    service.delay(s, who, task_id, TaskDelay(new_due_on=later, reason="下雨"), at(day))
                    story["due"].append((day, later))
                else:
                    far = rng.choice([20, 60, 100])
                    service.report(s, who, task_id, TaskReport(progress=far, on=day), at(day))
                    story["far"].append((day, far))
            told.append(story)
        service.publish(s, who, plan.id, at(date(YEAR, 1, 6)))
        community = s.get_one(Community, cast.community)
        for week in range(52):
            day = date(YEAR, 1, 8) + timedelta(weeks=week)
            found = reading.figures(s, community, YEAR, day, published=True)
            assert found.model_dump(include={"tasks", "done", "late"}) == _recount(told, day)
            assert (found.progress.numerator, found.progress.denominator) == _sum(told, day)
            assert (found.on_time.numerator, found.on_time.denominator) == _kept(told, day)


def _last(told: list[tuple[date, Any]], day: date) -> Any:
    return [value for on, value in told if on <= day][-1]


def _standing(told: list[dict[str, Any]], day: date) -> list[dict[str, Any]]:
    return [t for t in told if t["gone"] is None or t["gone"] > day]


def _recount(told: list[dict[str, Any]], day: date) -> dict[str, int]:
    here = _standing(told, day)
    done = [t for t in here if _last(t["far"], day) == 100]
    late = [t for t in here if t not in done and _last(t["due"], day) < day]
    return {"tasks": len(here), "done": len(done), "late": len(late)}


def _sum(told: list[dict[str, Any]], day: date) -> tuple[int, int]:
    here = _standing(told, day)
    return sum(t["weight"] * _last(t["far"], day) for t in here), sum(t["weight"] * 100 for t in here)


def _kept(told: list[dict[str, Any]], day: date) -> tuple[int, int]:
    kept = broken = 0
    for t in told:
        finished = next((on for on, far in t["far"] if far == 100 and on <= day), None)
        if finished and finished <= t["promised"] <= day:
            kept += 1
        elif t["promised"] < day and not (t["gone"] and t["gone"] < t["promised"]):
            broken += 1
    return kept, kept + broken


def test_a_task_with_a_target_counts_what_took_place(db: Database, cast: Cast) -> None:
    who = principal(db, "王站长")
    with db.write() as s:
        plan = planned(s, who)
        task_id = promised(s, who, plan, date(YEAR, 6, 30), target=2, target_kind="lecture")
        held(s, cast, date(YEAR, 2, 1))
        held(s, cast, date(YEAR, 3, 1), Kind.contest)
        held(s, cast, date(YEAR, 5, 1), state=State.held)
        held(s, cast, date(YEAR, 5, 2), state=State.announced)
        task = service.find_task(s, who, task_id)[1]
        seen = {
            day: reading.task_detail(s, plan, task, day)
            for day in (date(YEAR, 1, 31), date(YEAR, 2, 1), date(YEAR, 4, 30), date(YEAR, 5, 1))
        }
        assert [(d.counted, d.progress) for d in seen.values()] == [(0, 0), (1, 50), (1, 50), (2, 100)]
        last = seen[date(YEAR, 5, 1)]
        assert last.done_on == date(YEAR, 5, 1) and len(last.activities) == 2
        with pytest.raises(Conflict, match="按开展的活动计数"):
            service.report(s, who, task_id, TaskReport(progress=100), at(date(YEAR, 5, 3)))


def test_what_was_published_stays(db: Database, cast: Cast) -> None:
    day = date(YEAR, 2, 1)
    who = principal(db, "王站长")
    with db.write() as s:
        plan = planned(s, who)
        with pytest.raises(Conflict, match="还没有任务"):
            service.publish(s, who, plan.id, at(day))
        task_id = promised(s, who, plan, date(YEAR, 6, 30))
        with pytest.raises(Invalid, match="2012 年之内"):
            promised(s, who, plan, date(YEAR + 1, 1, 1))
        service.update_task(s, who, task_id, TaskUpdate(weight=3, promised_on=date(YEAR, 7, 31)), 2)
        service.publish(s, who, plan.id, at(day))
        with pytest.raises(Conflict, match="不能再改"):
            service.update_task(s, who, task_id, TaskUpdate(promised_on=date(YEAR, 12, 1)), 3)
        service.delay(s, who, task_id, TaskDelay(new_due_on=date(YEAR, 9, 1), reason="雨季"), at(day))
        service.report(s, who, task_id, TaskReport(progress=100, on=date(YEAR, 8, 15)), at(date(YEAR, 8, 20)))
        found = reading.detail(s, plan, date(YEAR, 12, 31))
        assert (found.items[0].kept, found.on_time.numerator, found.on_time.denominator) == ("late", 0, 1)
        again = service.create(s, who, PlanCreate(year=YEAR + 1, line="party", copy_last=True), at(date(2013, 1, 5)))
        (copied,) = reading.detail(s, again, date(2013, 1, 5)).items
        assert (copied.promised_on, copied.weight, copied.progress) == (date(2013, 7, 31), 3, 0)
    for change in ("UPDATE plan_task_event SET progress = 0", "DELETE FROM plan_task_event"):
        with pytest.raises(DBAPIError, match="never changed"), db.write() as s:
            s.execute(text(change))


def test_the_pages_from_the_first_form_to_the_public_board(visit_as: Visit, db: Database, cast: Cast) -> None:
    wang, zhou, year = visit_as("王站长"), visit_as("周代表"), today().year
    assert "还没有计划" in wang.page("/plans").text
    here = wang.submit("/plans", {"year": str(year), "line": "party", "text": ""}).headers["location"]
    twice = wang.submit("/plans", {"year": str(year), "line": "party", "text": "抓<落实>"})
    assert twice.status_code == 409 and "已经有计划" in twice.text and "抓&lt;落实&gt;" in twice.text
    wrong = wang.submit(f"{here}/tasks", {"title": "党课", "promised_on": f"{year}-12-31", "weight": "1"})
    assert wrong.status_code == 422 and "请写明责任人" in wrong.text and 'value="党课"' in wrong.text
    task = {"title": "党课", "owner": "王站长", "promised_on": f"{year}-12-31", "weight": "1"}
    assert wang.submit(f"{here}/tasks", {**task, "target": "", "target_kind": ""}).status_code == 303
    assert zhou.get(here).status_code == 404, "a draft is for those who work on it"
    assert "还没有公开的计划" in visit_as(None).page(f"/board/320594001001/plan/{year}").text
    assert wang.submit(f"{here}/publish", {}).status_code == 303
    assert "党课" in zhou.page(here).text and "登记进度" not in zhou.page(here).text
    listed = wang.page("/plans/tasks?q=党课").text
    at_task = listed.split('href="/plans/tasks/')[-1].split('"')[0]
    report = wang.submit(f"/plans/tasks/{at_task}/progress", {"progress": "101", "text": "讲了"})
    assert report.status_code == 422 and "讲了" in report.text
    assert wang.submit(f"/plans/tasks/{at_task}/progress", {"progress": "50", "text": "讲了两次"}).status_code == 303
    assert "讲了两次" in wang.page(f"/plans/tasks/{at_task}").text
    public = visit_as(None).page(f"/board/320594001001/plan/{year}").text
    assert "党课" in public and "进度 50%" in public and "/plans/tasks/" not in public
    assert wang.submit(f"/plans/tasks/{at_task}/drop", {"reason": "合并到学习会"}).status_code == 303
    assert "合并到学习会" in visit_as(None).page(f"/board/320594001001/plan/{year}").text
    assert "党课" in wang.get("/plans/tasks/export?format=csv").content.decode("utf-8-sig")
    assert visit_as("区督导").get(here).status_code == 200
    assert visit_as("外社区").get(here).status_code == 404


def test_the_district_reads_the_figures(visit_as: Visit, db: Database, cast: Cast) -> None:
    who = principal(db, "王站长")
    with db.write() as s:
        plan = planned(s, who)
        promised(s, who, plan, date(YEAR, 6, 30))
        service.publish(s, who, plan.id, at(date(YEAR, 2, 1)))
    address = f"/api/v1/plans/figures?year={YEAR}&community_id={cast.community}"
    found = visit_as(None).get(f"{address}&as_of=2012-07-01", headers=bearer("区平台")).json()
    assert (found["tasks"], found["late"], found["on_time"]["denominator"]) == (1, 1, 1)
    before = visit_as(None).get(f"{address}&as_of=2012-01-31", headers=bearer("区平台")).json()
    assert before["lines"] == [], "not published yet"
    records = visit_as(None).get(f"/api/v1{found['source']}", headers=bearer("区平台")).json()
    assert records["total"] == found["tasks"]
