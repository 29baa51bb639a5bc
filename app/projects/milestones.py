"""The steps of a plan: promised, reported on, delayed with a reason. The day that was promised first never changes."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.core.clock import local_date
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.projects import ledger, states
from app.projects.models import EventKind, Milestone, MilestoneDelay, Project, State
from app.projects.schemas import DelayCreate, MilestoneCreate, MilestoneUpdate, ProgressReport

MOST = 60


def find(s: Session, project: Project, milestone_id: UUID) -> Milestone:
    found = s.get(Milestone, milestone_id)
    if found is None or found.project_id != project.id:
        raise NotFound()
    return found


def add(s: Session, who: Principal, project_id: UUID, data: MilestoneCreate, at: datetime) -> Milestone:
    """A step may be promised until the work is accepted; it weighs from then on."""
    project = ledger.held(s, who, project_id)
    states.require(project, *states.OPEN, rule=_("验收、评议或停止以后不能再加节点。"))
    steps = ledger.milestones_of(s, project.id)
    if len(steps) >= MOST:
        raise Conflict(_("一个项目最多 %(n)s 个节点。", n=MOST), code="too_many_milestones")
    made = Milestone(
        community_id=project.community_id,
        project_id=project.id,
        position=max((step.position for step in steps), default=0) + 1,
        title=data.title,
        weight=data.weight,
        promised_on=data.promised_on,
        due_on=data.promised_on,
    )
    s.add(made)
    s.flush()
    ledger.add_event(s, project, who, EventKind.milestone, at, data.title, milestone_id=str(made.id))
    return made


def update(
    s: Session, who: Principal, project_id: UUID, milestone_id: UUID, data: MilestoneUpdate, version: int | None
) -> Milestone:
    """While the project is only planned everything may change; a settled promise keeps its weight and its day."""
    project = ledger.held(s, who, project_id)
    step = find(s, project, milestone_id)
    check_version(step, version)
    states.require(project, *states.OPEN, rule=_("验收、评议或停止以后不能再改节点。"))
    changes = {key: value for key, value in data.model_dump(exclude_unset=True).items() if value is not None}
    settled = [key for key in ("weight", "promised_on") if changes.get(key, getattr(step, key)) != getattr(step, key)]
    if settled and project.state != State.planned:
        text = _("承诺的日期和权重已经定下，不能再改；不能按期完成请登记延期。")
        raise Conflict(text, code="settled", field=settled[0])
    step.sqlmodel_update(changes)
    if "promised_on" in settled:
        step.due_on = step.promised_on
    touch(step)
    s.add(step)
    s.flush()
    return step


def remove(s: Session, who: Principal, project_id: UUID, milestone_id: UUID, version: int | None) -> None:
    """Only a step that nobody has counted on yet can go."""
    project = ledger.held(s, who, project_id)
    step = find(s, project, milestone_id)
    check_version(step, version)
    if project.state != State.planned or step.progress or step.due_on != step.promised_on:
        raise Conflict(_("已经承诺的节点不能删除。"), code="settled")
    s.delete(step)
    s.flush()


def report(
    s: Session, who: Principal, project_id: UUID, milestone_id: UUID, data: ProgressReport, at: datetime
) -> Milestone:
    """How far a step is. One that is done may be found unfinished again, until the work is accepted."""
    project = ledger.held(s, who, project_id)
    step = find(s, project, milestone_id)
    states.require(project, *states.OPEN, rule=_("验收、评议或停止以后不能再填进度。"))
    on = data.on or local_date(at)
    if on > local_date(at):
        raise Invalid(_("日期不能晚于今天。"), code="date_in_future", field="on")
    step.progress, step.done_on = data.progress, on if data.progress == 100 else None
    touch(step)
    s.add(step)
    text = f"{step.title}：{data.note}" if data.note else step.title
    happened = ledger.instant_of(data.on, at)
    facts: dict[str, Any] = {"milestone_id": str(step.id), "progress": data.progress}
    ledger.add_event(s, project, who, EventKind.progress, happened, text[:500], **facts)
    return step


def delay(
    s: Session, who: Principal, project_id: UUID, milestone_id: UUID, data: DelayCreate, at: datetime
) -> MilestoneDelay:
    """Names a later day with the reason. The first promise stays and decides whether the step was on time."""
    project = ledger.held(s, who, project_id)
    step = find(s, project, milestone_id)
    states.require(project, *states.OPEN, rule=_("验收、评议或停止以后不能再延期。"))
    if step.done_on is not None:
        raise Conflict(_("这个节点已经完成，不用延期。"), code="milestone_done")
    if data.new_due_on <= step.due_on:
        raise Invalid(_("新的日期须晚于现在的期限。"), code="date_order", field="new_due_on")
    made = MilestoneDelay(
        community_id=project.community_id,
        project_id=project.id,
        milestone_id=step.id,
        from_on=step.due_on,
        new_due_on=data.new_due_on,
        reason=data.reason,
        at=at,
        by_name=who.name,
    )
    step.due_on = data.new_due_on
    touch(step)
    s.add_all([made, step])
    facts: dict[str, Any] = {
        "milestone_id": str(step.id),
        "from_on": made.from_on.isoformat(),
        "to_on": made.new_due_on.isoformat(),
    }
    ledger.add_event(s, project, who, EventKind.delayed, at, f"{step.title}：{data.reason}"[:500], **facts)
    return made
