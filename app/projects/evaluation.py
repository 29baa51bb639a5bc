"""Sixty days after acceptance the residents concerned are asked: a schedule that opens one round, by itself.

What they said, once published, is the end of the project's story.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.core.clock import local_date
from app.core.db import lock_row
from app.core.events import RoundPublished, subscribe
from app.projects import ledger
from app.projects.models import EventKind, Project, State
from app.surveys.instruments.builtins import instrument_id
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds import subjects
from app.surveys.rounds.models import Round
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Schedule, Secrecy

AFTER = timedelta(days=60)
OPEN_DAYS = 14
REMINDERS = [5, 10]
INSTRUMENT = "project_evaluation"
_TITLE = "实事项目评议："  # stored, so the same in every language


def opens_on(accepted_on: date) -> date:
    return accepted_on + AFTER


def plan(s: Session, project: Project) -> Schedule:
    """The standing order for the one round of an accepted project. Called twice, it stays one."""
    if project.schedule_id is not None:
        return s.get_one(Schedule, project.schedule_id)
    if project.accepted_on is None:
        raise ValueError("only an accepted project is evaluated")
    sampled = project.evaluation_panel == Panel.residents and project.evaluation_sample > 0
    schedule = Schedule(
        community_id=project.community_id,
        instrument_id=instrument_id(INSTRUMENT),
        title=f"{_TITLE}{project.title}"[:120],
        cadence=Cadence.once,
        opens_hour=9,
        open_days=OPEN_DAYS,
        reminder_days=list(REMINDERS),
        panel=project.evaluation_panel,
        method=Method.sample if sampled else Method.census,
        sample_size=project.evaluation_sample if sampled else 0,
        reserves=project.evaluation_sample // 5 if sampled else 0,
        secrecy=Secrecy.secret,
        subject_kinds=["project"],
        publish=Publish.auto,
        starts_on=opens_on(project.accepted_on),
        grid_area_ids=list(project.grid_area_ids) if project.evaluation_panel == Panel.residents else [],
    )
    s.add(schedule)
    s.flush()
    project.schedule_id = schedule.id
    s.add(project)
    s.flush()
    return schedule


def _judged(s: Session, schedule: Schedule, _on: date) -> Iterator[Subject]:
    """The project that a schedule was made for."""
    for project in s.scalars(select(Project).where(col(Project.schedule_id) == schedule.id)):
        yield Subject(subjects.key_of("project", project.id), "project", project.title, project.id)


def finish(s: Session, project: Project, who: Principal | None, at: datetime, text: str = "") -> None:
    """The residents have spoken. An evaluated project stays as it is."""
    if project.state != State.accepted:
        return
    project.evaluated_on = local_date(at)
    ledger.add_event(s, project, who, EventKind.evaluated, at, text, to=State.evaluated)


def on_published(s: Session, published: RoundPublished) -> None:
    round_ = s.get_one(Round, published.round_id)
    found = s.scalars(select(Project).where(col(Project.schedule_id) == round_.schedule_id)).one_or_none()
    if found is not None and round_.published_at is not None:
        lock_row(s, Project, found.id)
        finish(s, found, None, round_.published_at)


subjects.register("project", _judged)
subscribe(RoundPublished, on_published)
