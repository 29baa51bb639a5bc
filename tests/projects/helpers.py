"""Projects for the tests: representatives who may accept, and a project at any step of its path, at any time."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.assemblies.models import SeatHolder
from app.core.db import Database
from app.projects import accepting, costs, milestones, service
from app.projects.models import Project, State
from app.projects.schemas import (
    AcceptanceCreate,
    CostCreate,
    MilestoneCreate,
    Move,
    ProgressReport,
    ProjectCreate,
)
from tests.cast import Cast
from tests.surveys.rounds.helpers import add_representatives, instant, principal

BEGAN = "2012-03-01T10:00"
PROMISED = date(2012, 9, 30)


def at(day: str) -> datetime:
    return instant(f"{day}T10:00")


def representatives(db: Database, cast: Cast, count: int = 3) -> list[UUID]:
    """周代表 holds the first seat."""
    with db.write() as s:
        add_representatives(s, cast.community, count)
        s.flush()
        holders = list(s.scalars(select(SeatHolder).order_by(col(SeatHolder.id))))
        holders[0].user_id = cast.users["周代表"]
        s.add(holders[0])
        return [holder.id for holder in holders]


def planned(s: Session, who: Principal, day: str = "2012-03-01", **changes: Any) -> Project:
    data = {
        "title": "东门道路翻修",
        "source": "2012 年第一次居民代表会议决定",
        "owner": "王站长",
        "budget_yuan": "120000",
        "budget_source": "社区惠民资金",
        "promised_on": PROMISED,
        **changes,
    }
    return service.create(s, who, ProjectCreate.model_validate(data), at(day))


def step(s: Session, who: Principal, project: Project, title: str, promised_on: str, weight: int = 1) -> UUID:
    data = MilestoneCreate(title=title, weight=weight, promised_on=date.fromisoformat(promised_on))
    return milestones.add(s, who, project.id, data, at("2012-03-02")).id


def move(s: Session, who: Principal, project: Project, to: State, day: str) -> Project:
    data = Move.model_validate({"to": to, "contractor": "园区市政" if to == State.contracted else ""})
    return service.move(s, who, project.id, data, at(day))


def report(s: Session, who: Principal, project: Project, step_id: UUID, progress: int, day: str) -> None:
    milestones.report(s, who, project.id, step_id, ProgressReport(progress=progress), at(day))


def in_works(db: Database, **changes: Any) -> tuple[UUID, list[UUID]]:
    """A project with two steps (weights 1 and 3), begun on 2012-05-01."""
    wang = principal(db, "王站长")
    with db.write() as s:
        project = planned(s, wang, **changes)
        steps = [step(s, wang, project, "路面铺设", "2012-06-30"), step(s, wang, project, "路灯安装", "2012-08-31", 3)]
        for to, day in ((State.funded, "2012-04-01"), (State.contracted, "2012-04-15"), (State.works, "2012-05-01")):
            move(s, wang, project, to, day)
        return project.id, steps


def spend(s: Session, who: Principal, project_id: UUID, yuan: str, day: str, what: str = "水泥") -> UUID:
    data = CostCreate.model_validate({"amount_yuan": yuan, "spent_on": day, "what": what})
    return costs.add(s, who, project_id, data, at(day)).id


def accept(
    db: Database, project_id: UUID, holders: list[UUID], day: str, result: str = "accepted", **changes: Any
) -> None:
    data = {"result": result, "holder_ids": holders, **changes}
    with db.write() as s:
        accepting.accept(s, principal(db, "周代表"), project_id, AcceptanceCreate.model_validate(data), at(day))


def accepted(db: Database, cast: Cast, **changes: Any) -> UUID:
    """Finished in time for the first step and late for the second; accepted on 2012-09-20."""
    holders = representatives(db, cast)
    project_id, (first, second) = in_works(db, **changes)
    wang = principal(db, "王站长")
    with db.write() as s:
        project = s.get_one(Project, project_id)
        report(s, wang, project, first, 100, "2012-06-30")
        report(s, wang, project, second, 100, "2012-09-10")
    accept(db, project_id, holders[:2], "2012-09-20")
    return project_id


def day_after(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()
