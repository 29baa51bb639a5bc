"""Schedules: list, create, read, change, pause, delete."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request, Response
from sqlmodel import col

from app.accounts.permissions import RoundsRead, SchedulesWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.navigation import ROUNDS, NavItem, add_nav
from app.core.pagination import Page, PagingDep, paginate
from app.core.versions import IfMatch
from app.surveys.schedules import pages, service
from app.surveys.schedules.models import Schedule
from app.surveys.schedules.schemas import ScheduleCreate, ScheduleDetail, ScheduleRead, ScheduleWrite

router = APIRouter(tags=["schedules"])
router.routes.extend(pages.router.routes)


def _home(_data: object, request: Request) -> str:
    return f"/schedules/{request.path_params['schedule_id']}"


@router.get("/schedules")
@html("surveys/schedules/list.html", extra=pages.labels)
def list_schedules(
    s: SessionDep, who: RoundsRead, paging: PagingDep, community_id: Annotated[UUID | None, Query()] = None
) -> Page[ScheduleRead]:
    """The standing orders for evaluation rounds within reach, by title, each with its next opening."""
    statement = service.visible(who)
    if community_id is not None:
        statement = statement.where(col(Schedule.community_id) == community_id)
    keys: list[Any] = [(col(Schedule.title), str), (col(Schedule.id), UUID)]
    page = paginate(s, statement, paging, keys)
    return Page[ScheduleRead](**{**page, "items": service.shown(s, page["items"])})


@router.post("/schedules", status_code=201)
@html(form="surveys/schedules/form.html", extra=pages.form_extra, done=N_("安排已保存。"))
def create_schedule(s: SessionDep, who: SchedulesWrite, data: ScheduleCreate, response: Response) -> ScheduleRead:
    """Order rounds of an instrument: how often, who answers, who is judged, how secret."""
    made = service.create(s, who, data)
    response.headers["Location"] = f"/schedules/{made.id}"
    return made


@router.get("/schedules/{schedule_id}")
@html("surveys/schedules/schedule.html", extra=pages.labels)
def read_schedule(s: SessionDep, who: RoundsRead, schedule_id: UUID) -> ScheduleDetail:
    """A schedule in plain words, with its next openings."""
    return service.detail(s, who, schedule_id)


@router.put("/schedules/{schedule_id}")
@html(
    form="surveys/schedules/form.html",
    extra=pages.edit_extra,
    current=pages.current,
    then=_home,
    done=N_("安排已保存。"),
)
def update_schedule(
    s: SessionDep, who: SchedulesWrite, schedule_id: UUID, data: ScheduleWrite, if_match: IfMatch
) -> ScheduleRead:
    """Change a schedule, whole; rounds that are there keep what they were opened with."""
    return service.update(s, who, schedule_id, data, if_match)


@router.post("/schedules/{schedule_id}/pause")
@html(
    form="surveys/schedules/schedule.html",
    extra=pages.labels,
    current=pages.current,
    then=_home,
    done=N_("已暂停，不会开放新的一轮。"),
)
def pause_schedule(s: SessionDep, who: SchedulesWrite, schedule_id: UUID) -> ScheduleRead:
    """Open no new rounds until it is resumed."""
    return service.set_paused(s, who, schedule_id, paused=True)


@router.post("/schedules/{schedule_id}/resume")
@html(
    form="surveys/schedules/schedule.html",
    extra=pages.labels,
    current=pages.current,
    then=_home,
    done=N_("已恢复，到期会开放新的一轮。"),
)
def resume_schedule(s: SessionDep, who: SchedulesWrite, schedule_id: UUID) -> ScheduleRead:
    """Open rounds again as they fall due."""
    return service.set_paused(s, who, schedule_id, paused=False)


@router.delete("/schedules/{schedule_id}", status_code=204)
@html(
    form="surveys/schedules/schedule.html",
    extra=pages.labels,
    current=pages.current,
    then="/schedules",
    done=N_("安排已删除。"),
)
def delete_schedule(s: SessionDep, who: SchedulesWrite, schedule_id: UUID, if_match: IfMatch) -> None:
    """Delete a schedule that never opened a round."""
    service.remove(s, who, schedule_id, if_match)


add_nav(NavItem("/schedules", N_("评议安排"), "calendar-days", "rounds:read", 53, ROUNDS))
