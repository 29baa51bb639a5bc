"""The responsibility that the report promises at its close: plans of the lines of work, year by year."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from app.activities.models import Kind
from app.activities.plans import service
from app.activities.plans.schemas import PlanCreate, TaskCreate, TaskDelay, TaskReport
from app.core.clock import day_start
from app.demo.assemblies import Told

FIRST = 2012
# line -> its tasks: title, month and day promised, and either a target with its kind or (days late, why)
_TASKS: dict[str, tuple[tuple[str, int, int, dict[str, Any]], ...]] = {
    "party": (
        ("党员干部学法学纪两次", 12, 20, {"target": 2, "target_kind": Kind.study_session}),
        ("党员帮困基金年度募捐", 6, 30, {"weight": 2}),
    ),
    "civilization": (
        ("道德讲堂两次", 12, 20, {"target": 2, "target_kind": Kind.lecture}),
        ("楼道文明宣传栏更新", 9, 30, {}),
    ),
    "women": (("家庭教育讲座", 12, 20, {"target": 1, "target_kind": Kind.lecture}),),
    "labour": (("就业困难人员走访登记", 10, 31, {}),),
}
_OWNERS = {"party": "党支部书记", "civilization": "文明创建专干", "women": "妇联主席", "labour": "劳动保障专干"}
_LATE = {2014: (40, "换届工作占用了时间"), 2020: (75, "疫情防控期间暂停入户"), 2022: (50, "疫情防控期间人手不足")}


def load(told: Told) -> None:
    """Published in the middle of January; of the current year, as far as it has come."""
    for year in range(FIRST, told.day.year + 1):
        begun = date(year, 1, 10)
        if begun >= told.day:
            return
        for line, tasks in _TASKS.items():
            plan = service.create(told.s, told.director, PlanCreate(year=year, line=line), day_start(begun))
            for title, month, day, more in tasks:
                due = date(year, month, day)
                promise = TaskCreate(title=title, owner=_OWNERS[line], promised_on=due, **more)
                task = service.add_task(told.s, told.director, plan.id, promise, day_start(begun))
                if task.target is None:
                    _carry_out(told, task.id, due, _LATE.get(year))
            service.publish(told.s, told.director, plan.id, day_start(begun + timedelta(days=5)))


def _carry_out(told: Told, task_id: Any, due: date, late: tuple[int, str] | None) -> None:
    """Half done in the middle, done a little before its day, or late with the reason told beforehand."""
    reports = [(due - timedelta(days=70), 50)]
    done = due - timedelta(days=told.rng.randint(2, 20))
    if late is not None:
        done = due + timedelta(days=late[0] - 3)
        told_on = due - timedelta(days=5)
        if told_on < told.day:
            data = TaskDelay(new_due_on=due + timedelta(days=late[0]), reason=late[1])
            service.delay(told.s, told.director, task_id, data, day_start(told_on))
    reports.append((done, 100))
    for on, far in reports:
        if on < told.day:
            service.report(told.s, told.director, task_id, TaskReport(progress=far, on=on), day_start(on))
