"""The activities of the acceptance data: one announced, one closed with its summary, one called off, and a room."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.activities.models import Activity, Kind, State
from app.activities.programme import service
from app.activities.programme.schemas import ActivityCreate, Cancel, Step, VenueCreate
from app.core.clock import now
from app.demo.acceptance_place import Place


def add_activities(s: Session, place: Place, director: User) -> None:
    who, at = principal_for(s, director), now().replace(microsecond=0)
    room = service.add_venue(s, who, VenueCreate(name="居民活动室", capacity=40, exclusive=True))
    _plan(s, who, "党史知识讲座", Kind.lecture, at + timedelta(days=7), venue_id=room.id)
    done = _plan(s, who, "南湖红色之旅", Kind.tour, at - timedelta(days=20), place="嘉兴南湖")
    service.step(s, who, done.id, Step(to=State.held, headcount=31), at)
    service.step(s, who, done.id, Step(to=State.closed, summary="参观革命纪念馆，重温入党誓词。"), at)
    off = _plan(s, who, "环保漂流广场", Kind.festival, at + timedelta(days=9), place="中心广场")
    service.cancel(s, who, off.id, Cancel(reason="台风，改期另行通知"), at)


def _plan(s: Session, who: Principal, title: str, kind: Kind, begins: datetime, **more: Any) -> Activity:
    data = ActivityCreate(
        title=title, kind=kind, line="party", starts_at=begins, ends_at=begins + timedelta(hours=2), **more
    )
    made = service.create(s, who, data, now())
    return service.step(s, who, made.id, Step(to=State.announced), now())


def _announced(s: Session, place: Place) -> Any:
    wanted = select(Activity.id).where(
        col(Activity.community_id) == place.community.id, col(Activity.state) == State.announced
    )
    return s.exec(wanted).first()


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {"activity_id": _announced}
