"""The rules of grid areas. `UserGridArea` decides what a worker may see; it follows the open assignments."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete
from sqlmodel import Session, col, select

from app.accounts.models import Role, User, UserGridArea
from app.accounts.permissions import Principal
from app.communities import figures
from app.communities.areas.schemas import (
    AreaCountRead,
    AssignmentCreate,
    AssignmentEnd,
    AssignmentRead,
    GridAreaCreate,
    GridAreaDetail,
    GridAreaRead,
    GridAreaUpdate,
)
from app.communities.models import GridArea, GridAssignment
from app.communities.service import in_scope
from app.core.clock import today
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _


def visible(who: Principal) -> Select[Any]:
    """A worker sees the areas that she works; everybody else those of the communities within reach."""
    statement = select(GridArea).where(in_scope(who, GridArea.community_id))
    if who.grid_area_ids is not None:
        statement = statement.where(col(GridArea.id).in_(who.grid_area_ids))
    return statement


def find(s: Session, who: Principal, grid_area_id: UUID) -> GridArea:
    found: GridArea | None = s.scalars(visible(who).where(col(GridArea.id) == grid_area_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def choices(s: Session, who: Principal) -> list[tuple[UUID, str]]:
    statement = visible(who).order_by(col(GridArea.community_id), col(GridArea.number))
    return [(a.id, a.name) for a in s.scalars(statement)]


def shown(s: Session, areas: Sequence[GridArea]) -> list[GridAreaRead]:
    """Areas with those responsible now, and the counts that other rooms registered."""
    ids = [a.id for a in areas]
    now_responsible: dict[UUID, list[AssignmentRead]] = defaultdict(list)
    for assignment in assignments(s, ids, open_only=True):
        now_responsible[assignment.grid_area_id].append(assignment)
    counted = figures.area_counts(s, ids)
    return [
        GridAreaRead(
            **a.model_dump(),
            workers=now_responsible[a.id],
            counts=[AreaCountRead(label=_(label), value=of.get(a.id, 0)) for label, of in counted.items()],
        )
        for a in areas
    ]


def detail(s: Session, who: Principal, grid_area_id: UUID) -> GridAreaDetail:
    area = find(s, who, grid_area_id)
    return GridAreaDetail(**shown(s, [area])[0].model_dump(), assignments=assignments(s, [area.id]))


def assignments(s: Session, grid_area_ids: Sequence[UUID], *, open_only: bool = False) -> list[AssignmentRead]:
    """Who is (or ever was) responsible, the latest first."""
    statement = (
        select(GridAssignment, User.display_name)
        .join(User, col(User.id) == GridAssignment.user_id)
        .where(col(GridAssignment.grid_area_id).in_(grid_area_ids))
        .order_by(col(GridAssignment.from_on).desc(), col(GridAssignment.is_primary).desc(), col(GridAssignment.id))
    )
    if open_only:
        statement = statement.where(col(GridAssignment.to_on).is_(None))
    return [AssignmentRead(**row.model_dump(), worker_name=name) for row, name in s.exec(statement)]


def _taken() -> Conflict:
    return Conflict(_("这个社区已经有同一编号的网格。"), code="number_taken", field="number")


def create(s: Session, who: Principal, data: GridAreaCreate) -> GridAreaRead:
    community_id = data.community_id or who.community_id
    if community_id is None or (who.community_id is not None and community_id != who.community_id):
        raise Invalid(_("没有这个社区。"), field="community_id")
    area = GridArea(community_id=community_id, number=data.number, name=data.name)
    s.add(area)
    flush_or(s, _taken())
    return shown(s, [area])[0]


def update(s: Session, who: Principal, grid_area_id: UUID, data: GridAreaUpdate, version: int | None) -> GridAreaRead:
    area = find(s, who, grid_area_id)
    check_version(area, version)
    area.sqlmodel_update(data.model_dump(exclude_unset=True))
    touch(area)
    flush_or(s, _taken())
    return shown(s, [area])[0]


def remove(s: Session, who: Principal, grid_area_id: UUID, version: int | None) -> None:
    """Only an area that nothing belongs to can go: buildings and households first find another one."""
    area = find(s, who, grid_area_id)
    check_version(area, version)
    in_use = Conflict(_("还有楼栋或住户属于这个网格，请先调整到别的网格。"), code="grid_area_in_use")
    if any(of.get(area.id) for of in figures.area_counts(s, [area.id]).values()):
        raise in_use
    s.execute(delete(UserGridArea).where(col(UserGridArea.grid_area_id) == area.id))
    s.delete(area)
    flush_or(s, in_use)


def workers(s: Session, area: GridArea) -> list[tuple[UUID, str]]:
    """Those who can be made responsible: active workers of the area's community."""
    found = s.exec(
        select(User)
        .where(User.community_id == area.community_id, User.role == Role.worker, col(User.is_active))
        .order_by(col(User.display_name))
    )
    return [(u.id, u.display_name) for u in found]


def assign(s: Session, who: Principal, grid_area_id: UUID, data: AssignmentCreate) -> AssignmentRead:
    """Makes a worker responsible from a day on; as primary, the present primary's time ends the day before."""
    area = find(s, who, grid_area_id)
    lock_row(s, GridArea, area.id)
    worker = s.get(User, data.user_id)
    if worker is None or worker.community_id != area.community_id or worker.role != Role.worker or not worker.is_active:
        raise Invalid(_("请选择本社区在岗的工作者。"), field="user_id")
    made = put_in_charge(s, area, worker, data.from_on, is_primary=data.is_primary)
    return AssignmentRead(**made.model_dump(), worker_name=worker.display_name)


def put_in_charge(s: Session, area: GridArea, worker: User, from_on: date, *, is_primary: bool) -> GridAssignment:
    """The rule behind `assign`, also for the command line and the demo."""
    present = s.exec(
        select(GridAssignment).where(GridAssignment.grid_area_id == area.id, col(GridAssignment.to_on).is_(None))
    ).all()
    for other in present:
        if other.user_id == worker.id and other.is_primary == is_primary:
            raise Conflict(_("这位工作者已经负责这个网格。"), code="already_assigned", field="user_id")
        if other.user_id == worker.id or (is_primary and other.is_primary):
            if other.from_on >= from_on:
                raise Conflict(_("开始日期须晚于现任的开始日期。"), code="handover_order", field="from_on")
            _close(s, other, from_on - timedelta(days=1))
    made = GridAssignment(
        community_id=area.community_id, grid_area_id=area.id, user_id=worker.id, is_primary=is_primary, from_on=from_on
    )
    s.add(made)
    s.flush()
    _keep_in_step(s, worker.id, area.id)
    return made


def end(s: Session, who: Principal, grid_area_id: UUID, assignment_id: UUID, data: AssignmentEnd) -> AssignmentRead:
    area = find(s, who, grid_area_id)
    assignment = s.get(GridAssignment, assignment_id)
    if assignment is None or assignment.grid_area_id != area.id:
        raise NotFound()
    if assignment.to_on is not None:
        raise Conflict(_("这段分工已经结束。"), code="already_ended")
    if data.to_on < assignment.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), field="to_on", code="date_order")
    _close(s, assignment, data.to_on)
    worker = s.get_one(User, assignment.user_id)
    return AssignmentRead(**assignment.model_dump(), worker_name=worker.display_name)


def end_all(s: Session, user_id: UUID, *, but: frozenset[UUID] = frozenset()) -> None:
    """Ends somebody's responsibilities today, except for the areas in `but`."""
    for assignment in s.exec(
        select(GridAssignment).where(GridAssignment.user_id == user_id, col(GridAssignment.to_on).is_(None))
    ).all():
        if assignment.grid_area_id not in but:
            _close(s, assignment, max(today(), assignment.from_on))
    leftover = delete(UserGridArea).where(col(UserGridArea.user_id) == user_id)
    s.execute(leftover.where(col(UserGridArea.grid_area_id).not_in(but)) if but else leftover)


def _close(s: Session, assignment: GridAssignment, day: date) -> None:
    assignment.to_on = day
    s.add(assignment)
    s.flush()
    _keep_in_step(s, assignment.user_id, assignment.grid_area_id)


def _keep_in_step(s: Session, user_id: UUID, grid_area_id: UUID) -> None:
    """The worker sees the area as long as an assignment is open."""
    is_open = s.exec(
        select(GridAssignment.id).where(
            GridAssignment.user_id == user_id,
            GridAssignment.grid_area_id == grid_area_id,
            col(GridAssignment.to_on).is_(None),
        )
    ).first()
    seen = s.exec(
        select(UserGridArea).where(UserGridArea.user_id == user_id, UserGridArea.grid_area_id == grid_area_id)
    ).first()
    if is_open and not seen:
        s.add(UserGridArea(user_id=user_id, grid_area_id=grid_area_id))
    elif seen and not is_open:
        s.delete(seen)
    s.flush()
