"""What `qinlian check` says about projects: each stands where its events left it, a milestone where its delays did."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.core.db import Database
from app.projects.models import Acceptance, Milestone, MilestoneDelay, Project, ProjectEvent, Result, State


def ledgers(db: Database) -> Iterator[str]:
    with db.read() as s:
        for project in s.scalars(select(Project).order_by(col(Project.id)).execution_options(yield_per=500)):
            yield from _project(s, project)
        for step in s.scalars(select(Milestone).order_by(col(Milestone.id)).execution_options(yield_per=500)):
            last = select(func.max(col(MilestoneDelay.new_due_on))).where(col(MilestoneDelay.milestone_id) == step.id)
            if step.due_on != (s.scalar(last) or step.promised_on):
                yield f"milestone {step.id} is due on {step.due_on}, which no promise and no delay says"


def _project(s: Session, project: Project) -> Iterator[str]:
    wanted = select(ProjectEvent).where(col(ProjectEvent.project_id) == project.id)
    events = s.scalars(wanted.order_by(col(ProjectEvent.seq))).all()
    if [event.seq for event in events] != list(range(1, project.events + 1)):
        yield f"project {project.number} has {len(events)} events where it counts {project.events}"
    moves = [event.to_state for event in events if event.to_state]
    if not moves or moves[-1] != project.state:
        yield f"project {project.number} is {project.state}, but its events left it {moves[-1] if moves else 'nowhere'}"
    if project.state in (State.accepted, State.evaluated):
        found = (
            select(func.count())
            .select_from(Acceptance)
            .where(col(Acceptance.project_id) == project.id, col(Acceptance.result) == Result.accepted)
        )
        if s.scalar(found) != 1:
            yield f"project {project.number} is {project.state} without exactly one acceptance"
