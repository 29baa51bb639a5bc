"""Opening a project from a resolution, changing its plan, taking it along the graph, and stopping it.

Every function takes the instant `at` at which it happens; only the operations know what time it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
from app.accounts.permissions import ROLES, Principal
from app.assemblies.motions.models import Motion
from app.assemblies.votes.models import Vote
from app.communities.models import GridArea
from app.core.clock import local_date, now
from app.core.db import check_version, flush_or, touch
from app.core.errors import Conflict, FieldError, Invalid
from app.core.events import MotionCarried, subscribe
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.projects import ledger, origins, states
from app.projects.models import EventKind, Project, State
from app.projects.schemas import Move, ProjectCreate, ProjectUpdate, Stop
from app.surveys.instruments.service import home_of

# Until when each part of a promise may be changed. What is not named here may be changed until the work is accepted.
_UNTIL_FUNDED = ("budget_fen", "budget_source", "promised_on")
_UNTIL_WORKS = ("contractor",)
_NEEDED = {
    "owner": N_("责任人"),
    "promised_on": N_("承诺完成日期"),
    "budget_fen": N_("预算"),
    "budget_source": N_("资金来源"),
}


def create(s: Session, who: Principal, data: ProjectCreate, at: datetime) -> Project:
    """A project by hand. It has to come from somewhere: a carried vote of the community, or a resolution in words."""
    community_id = home_of(s, who, data.community_id)
    if data.vote_id is None and not data.source:
        raise Invalid(_("请选择一项决议，或写明依据哪次会议的决定。"), code="no_source", field="source")
    project = Project(community_id=community_id, number="", title=data.title)
    _apply(s, project, data)
    if project.vote_id is not None:
        project.motion_id = s.get_one(Vote, project.vote_id).motion_id
        _refuse_second(s, project)
    return _open(s, project, who, at)


def _open(s: Session, project: Project, who: Principal | None, at: datetime) -> Project:
    project.number = next_serial(s, project.community_id, "project", local_date(at).year)
    s.add(project)
    flush_or(s, Conflict(_("这项决议已经立项。"), code="already_a_project", field="vote_id"))
    ledger.add_event(s, project, who, EventKind.created, at, to=State.planned)
    return project


def _refuse_second(s: Session, project: Project) -> None:
    same = col(Project.vote_id) == project.vote_id
    if project.motion_id is not None:
        same = same | (col(Project.motion_id) == project.motion_id)
    earlier = s.scalars(select(Project).where(same, col(Project.id) != project.id).limit(1)).first()
    if earlier is not None:
        text = _("这项决议已经立项：%(number)s %(title)s", number=earlier.number, title=earlier.title)
        raise Conflict(text, code="already_a_project", field="vote_id")


def on_carried(s: Session, carried: MotionCarried) -> None:
    """A motion that was carried becomes a project, unless nothing is to be built; told twice, it stays one."""
    known = select(col(Project.id)).where(col(Project.motion_id) == carried.motion_id)
    if s.scalar(known) is not None:
        return
    motion, vote = s.get_one(Motion, carried.motion_id), s.get_one(Vote, carried.vote_id)
    if motion.no_project:
        return
    project = Project(
        community_id=motion.community_id,
        number="",
        title=motion.title,
        text=motion.text,
        motion_id=motion.id,
        vote_id=vote.id,
    )
    _open(s, project, None, vote.declared_at or now())


subscribe(MotionCarried, on_carried)


def update(s: Session, who: Principal, project_id: UUID, data: ProjectUpdate, version: int | None) -> Project:
    """Changes what the ledger says. What was promised is settled with the money; later only the truth is added."""
    project = ledger.held(s, who, project_id)
    check_version(project, version)
    states.require(project, *states.OPEN, rule=_("验收、评议或停止以后，台账不能再改。"))
    _apply(s, project, data)
    touch(project)
    s.add(project)
    s.flush()
    return project


def _apply(s: Session, project: Project, data: ProjectUpdate) -> None:
    sent = data.model_dump(exclude_unset=True, exclude={"budget_yuan", "community_id"})
    if data.budget_yuan is not None:
        sent["budget_fen"] = data.budget_yuan
    changes = {key: value for key, value in sent.items() if _counts(project, key, value)}
    _refuse_settled(project, changes)
    _check_owner(s, project, changes)
    _check_areas(s, project, changes)
    if changes.get("vote_id") is not None and changes["vote_id"] not in origins.carried_ids(s, project.community_id):
        raise Invalid(_("本社区没有这项已通过的决议。"), code="no_such_resolution", field="vote_id")
    project.sqlmodel_update(changes)


def _counts(project: Project, key: str, value: Any) -> bool:
    """A form sends every field: one that is as it was changes nothing, and only some may be emptied."""
    emptied = value is None and key not in ("owner_user_id", "promised_on", "vote_id")
    if key == "grid_area_ids" and value is not None:
        return sorted(map(str, value)) != project.grid_area_ids
    return not emptied and getattr(project, key) != value


def _refuse_settled(project: Project, changes: dict[str, Any]) -> None:
    frozen = [key for key in _UNTIL_FUNDED if key in changes and project.state != State.planned]
    begun = project.state not in (State.planned, State.funded, State.contracted)
    frozen += [key for key in _UNTIL_WORKS if key in changes and begun]
    if "vote_id" in changes and project.vote_id is not None:
        frozen.append("vote_id")
    if frozen:
        text = _("承诺已经定下，不能再改；有变化请登记延期或费用，原来的承诺会一直保留。")
        errors: list[FieldError] = [{"field": key, "message": text, "code": "settled"} for key in frozen]
        raise Conflict(text, code="settled", errors=errors)


def _check_owner(s: Session, project: Project, changes: dict[str, Any]) -> None:
    """An account that answers for a project is one of its community; its name stands in the ledger."""
    owner_id = changes.get("owner_user_id")
    if owner_id is None:
        return
    user = s.get(User, owner_id)
    if user is None or user.community_id != project.community_id:
        raise Invalid(_("本社区没有这位工作人员。"), code="no_such_user", field="owner_user_id")
    changes.setdefault("owner", user.display_name)


def _check_areas(s: Session, project: Project, changes: dict[str, Any]) -> None:
    """The grid areas that a project concerns are the community's own; kept as text, since they are not queried."""
    named = changes.get("grid_area_ids")
    if named is None:
        return
    own = set(s.scalars(select(col(GridArea.id)).where(col(GridArea.community_id) == project.community_id)))
    if any(area_id not in own for area_id in named):
        raise Invalid(_("本社区没有这个网格。"), code="no_such_area", field="grid_area_ids")
    changes["grid_area_ids"] = sorted({str(area_id) for area_id in named})


def move(s: Session, who: Principal, project_id: UUID, data: Move, at: datetime) -> Project:
    """The next step along the graph: money found, contract signed, work begun."""
    project = ledger.held(s, who, project_id)
    to = State(data.to)
    states.check(project, to)
    on = data.on or local_date(at)
    ledger.not_before(on, ledger.last_move(s, project), _("上一步"))
    if data.contractor and to == State.contracted:
        project.contractor = data.contractor
    _require_ready(s, project, to)
    ledger.add_event(s, project, who, EventKind.moved, ledger.instant_of(data.on, at), data.note, to=to)
    return project


def _require_ready(s: Session, project: Project, to: State) -> None:
    """Money is found for a promise that is whole: who answers, by when, how much, from where, and a plan."""
    missing: list[str] = []
    if to == State.funded:
        missing = [_(label) for key, label in _NEEDED.items() if not getattr(project, key)]
        if not ledger.milestones_of(s, project.id):
            missing.append(_("至少一个节点"))
    elif to == State.contracted and not project.contractor:
        missing = [_("施工（承办）单位")]
    if missing:
        text = _("还缺：%(what)s。", what=_("、").join(missing))
        raise Conflict(text, code="promise_incomplete", field="contractor" if to == State.contracted else None)


def stop(s: Session, who: Principal, project_id: UUID, data: Stop, at: datetime) -> Project:
    """Ends a project that will not be finished; the reason is public. It is never taken up again."""
    project = ledger.held(s, who, project_id)
    states.check(project, State.stopped)
    on = data.on or local_date(at)
    ledger.not_before(on, ledger.last_move(s, project), _("上一步"))
    project.stopped_on, project.stopped_reason = on, data.reason
    ledger.add_event(s, project, who, EventKind.stopped, ledger.instant_of(data.on, at), data.reason, to=State.stopped)
    return project


def owner_choices(s: Session, community_id: UUID) -> list[tuple[UUID, str]]:
    """Accounts of the community that may answer for a project: those who may write to the ledger."""
    wanted = select(User).where(
        col(User.community_id) == community_id, col(User.is_active), col(User.role).in_(ROLES["projects:write"])
    )
    return [(user.id, user.display_name) for user in s.scalars(wanted.order_by(col(User.display_name)))]
