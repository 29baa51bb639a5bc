"""The assemblies of the acceptance data: one noticed for today with an agenda, one in preparation, calendar feeds."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.assemblies.meetings import agenda, calendar, notices, planning
from app.assemblies.meetings.models import AgendaItem, Assembly, CalendarFeed, NoticeChannel, State
from app.assemblies.meetings.schemas import AssemblyCreate, ItemCreate
from app.core.clock import day_start, today
from app.demo.acceptance_place import Place

_TITLE = "第四季度居民代表会议"
_ITEMS = ("听取居委会工作报告", "听取物业服务情况报告")


def add_assemblies(s: Session, place: Place, director: User) -> None:
    """Needs the rosters and rules of the acceptance data."""
    who = principal_for(s, director)
    noon = day_start(today()) + timedelta(hours=12)
    told = noon - timedelta(days=10)
    for title, at in ((_TITLE, noon), ("明年第一次居民代表会议", noon + timedelta(days=40))):
        made = planning.create(s, who, AssemblyCreate(title=title, scheduled_at=at, place="社区会议室"), told)
        for item in _ITEMS:
            agenda.add(s, who, made, ItemCreate(title=item), told)
        if title == _TITLE:
            notices.give(s, made, NoticeChannel.paper, made.version, told)
    for whole in (False, True):
        _made, place.calendar_token = calendar.make_feed(s, who, whole=whole)
    s.flush()


def _noticed(s: Session, place: Place) -> Assembly:
    wanted = select(Assembly).where(
        Assembly.community_id == place.community.id, Assembly.state == State.noticed, Assembly.title == _TITLE
    )
    return s.exec(wanted).one()


def _item(s: Session, place: Place) -> Any:
    wanted = select(AgendaItem).where(AgendaItem.assembly_id == _noticed(s, place).id)
    return s.exec(wanted.order_by(col(AgendaItem.position))).first()


def _feed(s: Session, place: Place) -> Any:
    wanted = select(CalendarFeed).where(CalendarFeed.community_id == place.community.id)
    return s.exec(wanted.order_by(col(CalendarFeed.id))).first()


OBJECTS = {
    "assembly_id": lambda s, p: _noticed(s, p).id,
    "agenda_item_id": lambda s, p: _item(s, p).id,
    "calendar_feed_id": lambda s, p: _feed(s, p).id,
    "calendar_token": lambda _s, p: p.calendar_token,
}
