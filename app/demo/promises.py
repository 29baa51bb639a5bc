"""What became of the demo's resolutions: plans, milestones, delays, costs, acceptance. The ledger counts by itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import col

from app.core.clock import day_start
from app.demo.assemblies import Resolved, Told
from app.demo.assembly_story import Plan, Step
from app.projects import accepting, costs, milestones, service
from app.projects.models import Project, Result, State
from app.projects.schemas import (
    AcceptanceCreate,
    CostCreate,
    DelayCreate,
    MilestoneCreate,
    Move,
    ProgressReport,
    ProjectUpdate,
)

_OWNER, _SOURCE = "社区居委会", "社区为民服务专项资金"
_LOOKED = timedelta(days=10)
_FEN = 100


def load(told: Told, resolved: Sequence[Resolved]) -> None:
    """Every resolution that builds something, as far as it has come by the day."""
    for one in resolved:
        if one.story.plan is not None:
            _project(told, one, one.story.plan)


def _project(told: Told, one: Resolved, plan: Plan) -> None:
    s, who = told.s, told.director
    project = s.scalars(select(Project).where(col(Project.motion_id) == one.motion.id)).one()
    last = one.on + timedelta(days=plan.steps[-1].due)
    data = ProjectUpdate(
        owner=_OWNER, budget_fen=plan.budget * _FEN, budget_source=_SOURCE, promised_on=last,
        evaluation_panel="representatives",
    )  # fmt: skip
    service.update(s, who, project.id, data, project.version)
    at = day_start(one.on)
    made = [
        milestones.add(
            s,
            who,
            project.id,
            MilestoneCreate(title=step.title, weight=step.weight, promised_on=one.on + timedelta(days=step.due)),
            at,
        )
        for step in plan.steps
    ]
    for days, move in (
        (12, Move(to=State.funded)),
        (24, Move(to=State.contracted, contractor=plan.contractor)),
        (30, Move(to=State.works)),
    ):
        if not _step(told, project, move, one.on + timedelta(days=days)):
            return
    done = [
        _carry_out(told, project, milestone.id, step, one.on) for milestone, step in zip(made, plan.steps, strict=True)
    ]
    _pay(told, project, plan, one.on)
    if all(done):
        _accept(told, project, max(day for day in done if day is not None) + _LOOKED)


def _step(told: Told, project: Project, move: Move, on: date) -> bool:
    if on >= told.day:
        return False
    service.move(told.s, told.director, project.id, move.model_copy(update={"on": on}), day_start(on))
    return True


def _carry_out(told: Told, project: Project, milestone_id: UUID, step: Step, from_on: date) -> date | None:
    """Done a few days before its day, or late with the reason told beforehand. None: not done yet."""
    s, who, due = told.s, told.director, from_on + timedelta(days=step.due)
    done = due + timedelta(days=step.late - told.rng.randint(1, 6))
    if step.late and due - timedelta(days=8) < told.day:
        data = DelayCreate(new_due_on=due + timedelta(days=step.late), reason=step.why)
        milestones.delay(s, who, project.id, milestone_id, data, day_start(due - timedelta(days=8)))
    if done < told.day:
        report, on = ProgressReport(progress=100, on=done), done
        milestones.report(s, who, project.id, milestone_id, report, day_start(on))
        return done
    begun = max(from_on + timedelta(days=30), due - timedelta(days=60))
    if begun < told.day:
        share = (told.day - begun) / (done - begun)
        report = ProgressReport(progress=min(int(share * 20) * 5, 95))
        milestones.report(s, who, project.id, milestone_id, report, day_start(told.day) - timedelta(days=1))
    return None


def _pay(told: Told, project: Project, plan: Plan, from_on: date) -> None:
    """Three tenths at the contract, the rest with the last step."""
    total = int(plan.budget * plan.spent) * _FEN
    parts = ((0.3, 28, "工程预付款"), (0.7, plan.steps[-1].due + plan.steps[-1].late + 12, "工程结算款"))
    for share, days, what in parts:
        on = from_on + timedelta(days=days)
        if on < told.day:
            data = CostCreate(amount_fen=int(total * share), spent_on=on, what=what, payee=plan.contractor)
            costs.add(told.s, told.director, project.id, data, day_start(on))


def _accept(told: Told, project: Project, on: date) -> None:
    if on >= told.day:
        return
    looked = told.rng.sample(accepting.representatives(told.s, project.community_id, on), 5)
    data = AcceptanceCreate(
        result=Result.accepted, holder_ids=[one.id for one in looked], on=on, note="现场逐项查看，符合方案，同意验收。"
    )
    accepting.settle(told.s, told.director, project, data, looked, on, day_start(on))
