"""Projects as they are shown: a line of a list, the whole story, the public ledger, and lists of promises."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.attachments import service as attachments
from app.attachments.models import Attachment
from app.attachments.schemas import AttachmentRead
from app.communities.models import Community, GridArea
from app.core import promises as figures
from app.core.masking import mask_name
from app.core.promises import Kept, ratio
from app.projects import evaluation, ledger, origins
from app.projects.models import (
    Acceptance,
    AcceptanceSigner,
    Milestone,
    MilestoneDelay,
    Project,
    ProjectCost,
    ProjectEvent,
)
from app.projects.schemas import (
    AcceptanceRead,
    CostRead,
    DelayRead,
    EvaluationRead,
    EventRead,
    MilestoneRead,
    ProjectDetail,
    ProjectRead,
)
from app.surveys.rounds.models import Round
from app.surveys.scores import service as scores
from app.surveys.scores.views import figure


@dataclass(frozen=True)
class Facts:
    """What of a project is counted rather than kept."""

    steps: Sequence[Milestone]
    cost_fen: int


def facts_of(s: Session, ids: Iterable[UUID]) -> dict[UUID, Facts]:
    """Steps and costs of several projects, by two queries."""
    wanted = list(ids)
    steps: dict[UUID, list[Milestone]] = defaultdict(list)
    planned = select(Milestone).where(col(Milestone.project_id).in_(wanted)).order_by(col(Milestone.position))
    for step in s.scalars(planned):
        steps[step.project_id].append(step)
    summed: Any = select(col(ProjectCost.project_id), func.sum(col(ProjectCost.amount_fen)))
    costs = s.execute(summed.where(col(ProjectCost.project_id).in_(wanted)).group_by(col(ProjectCost.project_id)))
    spent = {row[0]: int(row[1]) for row in costs}
    return {project_id: Facts(steps[project_id], spent.get(project_id, 0)) for project_id in wanted}


def kept(project: Project, step: figures.Step, day: date) -> Kept:
    return figures.kept(step, day, project.stopped_on)


def overdue_days(project: Project, step: figures.Step, day: date) -> int:
    """A project that was stopped owes nothing any more."""
    stopped = project.stopped_on is not None and project.stopped_on <= day
    return 0 if stopped else figures.overdue_days(step, day)


def brief(project: Project, facts: Facts, day: date) -> ProjectRead:
    return ProjectRead(**_line(project, facts, day))


def _line(project: Project, facts: Facts, day: date) -> dict[str, Any]:
    steps = facts.steps
    columns = {"id", "community_id", "number", "title", "state", "owner", "budget_fen", "promised_on", "accepted_on"}
    return {
        **project.model_dump(include=columns | {"version"}),
        "cost_fen": facts.cost_fen,
        "due_on": max((step.due_on for step in steps), default=project.promised_on),
        "progress": ratio(figures.progress(steps)),
        "on_time": ratio(figures.on_time(kept(project, step, day) for step in steps)),
        "overdue": sum(overdue_days(project, step, day) > 0 for step in steps),
    }


def briefs(s: Session, projects: Sequence[Project], day: date) -> list[ProjectRead]:
    facts = facts_of(s, [p.id for p in projects])
    return [brief(p, facts[p.id], day) for p in projects]


def is_outside(who: Principal | None, project: Project) -> bool:
    """Whether somebody looks from outside the community: names of representatives are known only within."""
    return who is None or who.community_id != project.community_id


def detail(s: Session, who: Principal | None, project: Project, day: date) -> ProjectDetail:
    """The whole story of a project, as it stands on a day."""
    facts, outside = facts_of(s, [project.id])[project.id], is_outside(who, project)
    community = s.get_one(Community, project.community_id)
    columns = {
        "text", "source", "contractor", "budget_source", "evaluated_on", "stopped_on", "stopped_reason",
        "evaluation_panel", "evaluation_sample", "grid_area_ids",
    }  # fmt: skip
    return ProjectDetail(
        **_line(project, facts, day),
        **project.model_dump(include=columns),
        owner_user_id=None if outside else project.owner_user_id,
        community_name=community.name,
        community_code=community.code,
        areas=_areas(s, project),
        origin=origins.origin(s, project, outside=outside),
        milestones=milestone_reads(s, project, facts.steps, day),
        costs=_costs(s, project.id),
        acceptances=_acceptances(s, project.id, outside),
        evaluation=_evaluation(s, project),
        events=_events(s, project.id, outside),
        files=files_read(attachments.of(s, "project", project.id)),
    )


def _areas(s: Session, project: Project) -> list[str]:
    """The names of the grid areas that a project concerns."""
    ids = [UUID(area_id) for area_id in project.grid_area_ids]
    wanted = select(col(GridArea.name)).where(col(GridArea.id).in_(ids)).order_by(col(GridArea.number))
    return list(s.scalars(wanted)) if ids else []


def files_read(rows: Iterable[Attachment]) -> list[AttachmentRead]:
    return [AttachmentRead.model_validate(row) for row in rows]


def milestone_reads(s: Session, project: Project, steps: Sequence[Milestone], day: date) -> list[MilestoneRead]:
    delays: dict[UUID, list[DelayRead]] = defaultdict(list)
    wanted = select(MilestoneDelay).where(col(MilestoneDelay.project_id) == project.id)
    for row in s.scalars(wanted.order_by(col(MilestoneDelay.at), col(MilestoneDelay.id))):
        delays[row.milestone_id].append(DelayRead.model_validate(row))
    files = attachments.of_many(s, "milestone", [step.id for step in steps])
    return [
        MilestoneRead(
            **step.model_dump(exclude={"community_id", "created_at", "updated_at"}),
            kept=kept(project, step, day),
            overdue_days=overdue_days(project, step, day),
            delays=delays[step.id],
            files=files_read(files[step.id]),
        )
        for step in steps
    ]


def _costs(s: Session, project_id: UUID) -> list[CostRead]:
    lines = ledger.costs_of(s, project_id)
    taken_back = {line.reverses_id for line in lines}
    return [CostRead(**line.model_dump(include=_COST), reversed=line.id in taken_back) for line in lines]


_COST = {"id", "amount_fen", "spent_on", "what", "payee", "reverses_id", "reason"}


def _acceptances(s: Session, project_id: UUID, outside: bool) -> list[AcceptanceRead]:
    made = s.scalars(
        select(Acceptance).where(col(Acceptance.project_id) == project_id).order_by(col(Acceptance.number))
    ).all()
    names: dict[UUID, list[str]] = defaultdict(list)
    wanted = select(AcceptanceSigner).where(col(AcceptanceSigner.acceptance_id).in_([a.id for a in made]))
    for signer in s.scalars(wanted.order_by(col(AcceptanceSigner.id))):
        names[signer.acceptance_id].append(mask_name(signer.name) if outside else signer.name)
    shown = {"number", "result", "accepted_on", "defects", "note"}
    return [AcceptanceRead(**a.model_dump(include=shown), names=names[a.id]) for a in made]


def _events(s: Session, project_id: UUID, outside: bool) -> list[EventRead]:
    wanted = select(ProjectEvent).where(col(ProjectEvent.project_id) == project_id)
    shown = {"seq", "kind", "from_state", "to_state", "at", "text"}
    figures_of = ("amount_fen", "progress", "representatives")
    return [
        EventRead(
            **e.model_dump(include=shown),
            by=mask_name(e.by_name) if outside and e.by_name else e.by_name,
            **{key: _whole(e.data.get(key)) for key in figures_of},
        )
        for e in s.scalars(wanted.order_by(col(ProjectEvent.seq)))
    ]


def _whole(value: object) -> Any:
    return value if isinstance(value, int) else None


def _evaluation(s: Session, project: Project) -> EvaluationRead | None:
    if project.accepted_on is None or project.schedule_id is None:
        return None
    round_ = s.scalars(
        select(Round).where(col(Round.schedule_id) == project.schedule_id).order_by(col(Round.opens_at).desc()).limit(1)
    ).one_or_none()
    score = next(iter(scores.of_round(s, round_.id, latest=True)), None) if round_ is not None else None
    return EvaluationRead(
        opens_on=evaluation.opens_on(project.accepted_on),
        panel=project.evaluation_panel,  # type: ignore[arg-type] # a word of the schema, checked when it was stored
        sample=project.evaluation_sample,
        round_id=round_.id if round_ else None,
        round_state=round_.state if round_ else "",
        score_id=score.id if score else None,
        figure=figure(score) if score else None,
    )
