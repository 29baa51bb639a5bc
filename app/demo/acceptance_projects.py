"""The projects of the acceptance data: one under way with costs, a delay and photos, one only planned, one stopped."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PIL import Image
from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.attachments import service as attachments
from app.attachments.models import Attachment, Moment
from app.core.clock import now, today
from app.demo.acceptance_place import Place
from app.projects import costs, files, milestones, service
from app.projects.models import Milestone, Project, ProjectCost, State
from app.projects.schemas import (
    CostCreate,
    DelayCreate,
    MilestoneCreate,
    Move,
    ProgressReport,
    ProjectCreate,
    Stop,
)

_NAMED = "翻修东门道路"
_STEPS = (("路面铺设", -30, 1), ("路灯安装", -5, 3), ("补种树木", 60, 1))


def add_projects(s: Session, place: Place, director: User) -> None:
    files.register()
    who = principal_for(s, director)
    named = _open(s, who, _NAMED)
    steps = [_step(s, who, named, *step) for step in _STEPS]
    for to in (State.funded, State.contracted, State.works):
        service.move(s, who, named.id, Move(to=to, contractor="园区市政"), now())
    for step, progress in ((steps[0], 100), (steps[1], 40)):
        milestones.report(s, who, named.id, step.id, ProgressReport(progress=progress), now())
    late = DelayCreate(new_due_on=today() + timedelta(days=20), reason="灯具到货推迟")
    milestones.delay(s, who, named.id, steps[1].id, late, now())
    for what, fen in (("水泥和砖", 3_200_000), ("路灯", 1_850_050)):
        costs.add(s, who, named.id, CostCreate(amount_fen=fen, spent_on=today(), what=what), now())
    for moment, colour in ((Moment.before, "#8a8f88"), (Moment.after, "#17604f")):
        stored = attachments.store(attachments.examine(photo(colour), "东门.jpg"))
        attachments.add(s, who, "milestone", steps[0].id, stored, caption="东门道路", moment=moment)
    _open(s, who, "更换楼道照明")
    ended = _open(s, who, "加装健身器材")
    service.stop(s, who, ended.id, Stop(reason="场地另作他用，另行提出议案"), now())


def _open(s: Session, who: Principal, title: str) -> Project:
    data = ProjectCreate(
        title=title,
        text="按居民代表会议的决定实施。",
        source="第一次居民代表会议决定",
        owner=who.name,
        budget_fen=6_000_000,
        budget_source="社区惠民资金",
        promised_on=today() + timedelta(days=90),
    )
    return service.create(s, who, data, now())


def _step(s: Session, who: Principal, project: Project, title: str, days: int, weight: int) -> Milestone:
    data = MilestoneCreate(title=title, promised_on=today() + timedelta(days=days), weight=weight)
    return milestones.add(s, who, project.id, data, now())


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 400), colour).save(out, "JPEG")
    return out.getvalue()


def _project(s: Session, place: Place) -> Project:
    wanted = select(Project).where(Project.community_id == place.community.id, Project.title == _NAMED)
    return s.exec(wanted).one()


def _of(model: Any, key: str) -> Callable[[Session, Place], Any]:
    """The first row of a kind that belongs to the project."""

    def find(s: Session, place: Place) -> Any:
        wanted = select(model).where(model.project_id == _project(s, place).id).order_by(col(getattr(model, key)))
        return s.exec(wanted.limit(1)).one().id

    return find


def _attachment(s: Session, place: Place) -> Any:
    wanted = select(Attachment).where(
        Attachment.community_id == place.community.id, Attachment.owner_kind == "milestone"
    )
    return s.exec(wanted.order_by(col(Attachment.id)).limit(1)).one().id


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "project_id": lambda s, p: _project(s, p).id,
    "milestone_id": _of(Milestone, "position"),
    "cost_id": _of(ProjectCost, "id"),
    "attachment_id": _attachment,
    "owner_kind": lambda _s, _p: "milestone",  # with the next, the query without which the list of files is no page
    "owner_id": _of(Milestone, "position"),
}
