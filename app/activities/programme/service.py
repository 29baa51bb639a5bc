"""Organising: a draft, announced, held, closed with a summary, or called off. A room belongs to one at a time.

Every function takes the instant `at` at which it happens; only the operations know what time it is.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.activities import access, lines
from app.activities.models import Activity, ActivityEvent, State, Venue
from app.activities.programme import states
from app.activities.programme.schemas import ActivityCreate, ActivityUpdate, Cancel, Step, VenueCreate
from app.core.clock import local_date, zone
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.members.models import Branch
from app.surveys.instruments.service import home_of

_EMPTIED = ("venue_id", "branch_id", "capacity")


def create(s: Session, who: Principal, data: ActivityCreate, at: datetime) -> Activity:
    community_id = home_of(s, who, data.community_id)
    activity = Activity(
        community_id=community_id,
        number="",
        title=data.title,
        kind=data.kind,
        line=data.line,
        starts_at=data.starts_at,
        ends_at=data.ends_at,
        created_by=who.id if who.kind == "user" else None,
    )
    _apply(s, activity, data)
    activity.number = next_serial(s, community_id, "activity", local_date(data.starts_at).year)
    s.add(activity)
    s.flush()
    add_event(s, activity, who, "created", at, to=State.draft)
    return activity


def held(s: Session, who: Principal, activity_id: UUID) -> Activity:
    """The activity with its row held: whatever changes it takes its turn here."""
    access.find(s, who, Activity, activity_id)
    found: Activity | None = lock_row(s, Activity, activity_id)
    if found is None:
        raise NotFound()
    return found


def update(
    s: Session, who: Principal, activity_id: UUID, data: ActivityUpdate, version: int | None, at: datetime
) -> Activity:
    """Changes what is announced. A new time or place stands in its story with the old one."""
    activity = held(s, who, activity_id)
    check_version(activity, version)
    if activity.state not in states.OPEN:
        raise Conflict(_("活动开展以后不能再改，可以写总结。"), code="already_held")
    before = (activity.starts_at, activity.ends_at, activity.venue_id, activity.place)
    told = where_and_when(s, activity)
    _apply(s, activity, data)
    touch(activity)
    s.add(activity)
    s.flush()
    if before != (activity.starts_at, activity.ends_at, activity.venue_id, activity.place):
        add_event(s, activity, who, "moved", at, f"{told} → {where_and_when(s, activity)}")
    return activity


def where_and_when(s: Session, activity: Activity) -> str:
    begin, end = activity.starts_at.astimezone(zone()), activity.ends_at.astimezone(zone())
    return f"{begin:%Y-%m-%d %H:%M}–{end:%H:%M} {place_of(s, activity)}".strip()


def place_of(s: Session, activity: Activity) -> str:
    venue = s.get(Venue, activity.venue_id) if activity.venue_id else None
    return venue.name if venue else activity.place


def _apply(s: Session, activity: Activity, data: ActivityUpdate) -> None:
    sent = data.model_dump(exclude_unset=True, exclude={"community_id"})
    changes = {key: value for key, value in sent.items() if value is not None or key in _EMPTIED}
    if changes.get("venue_id") and not changes.get("place"):
        changes["place"] = ""
    _check(s, activity.community_id, changes)
    activity.sqlmodel_update(changes)
    if activity.ends_at <= activity.starts_at:
        raise Invalid(_("结束时间要晚于开始时间。"), code="date_order", field="ends_at")
    if activity.venue_id is not None:
        if activity.place:
            raise Invalid(_("选了场地就不用再写地点。"), code="two_places", field="place")
        _claim(s, activity)


def _check(s: Session, community_id: UUID, changes: dict[str, Any]) -> None:
    if "line" in changes and changes["line"] not in lines.names(s, community_id):
        raise Invalid(_("本社区没有这条条线。"), code="no_such_line", field="line")
    venue = s.get(Venue, changes["venue_id"]) if changes.get("venue_id") else None
    branch = s.get(Branch, changes["branch_id"]) if changes.get("branch_id") else None
    for key, found in (("venue_id", venue), ("branch_id", branch)):
        if changes.get(key) and (found is None or found.community_id != community_id):
            raise Invalid(_("本社区没有这条记录。"), code="no_such_record", field=key)


def _claim(s: Session, activity: Activity) -> None:
    """No two activities hold one exclusive venue at the same hour; whoever asks second hears who has it."""
    venue: Venue | None = lock_row(s, Venue, activity.venue_id) if activity.venue_id else None
    if venue is None or not venue.exclusive:
        return
    wanted = select(Activity).where(
        col(Activity.venue_id) == venue.id,
        col(Activity.id) != activity.id,
        col(Activity.state) != State.cancelled,
        col(Activity.starts_at) < activity.ends_at,
        col(Activity.ends_at) > activity.starts_at,
    )
    with s.no_autoflush:
        other = s.scalars(wanted.order_by(col(Activity.starts_at)).limit(1)).first()
    if other is not None:
        begin, end = other.starts_at.astimezone(zone()), other.ends_at.astimezone(zone())
        when = f"{begin:%H:%M}–{end:%H:%M}"
        text = _("%(venue)s这段时间已安排“%(title)s”（%(when)s）。", venue=venue.name, title=other.title, when=when)
        raise Conflict(text, code="venue_taken", field="venue_id")


def step(s: Session, who: Principal, activity_id: UUID, data: Step, at: datetime) -> Activity:
    """The next step. What has not begun yet cannot have been held."""
    activity, to = held(s, who, activity_id), State(data.to)
    states.check(activity, to)
    if to is State.held and activity.starts_at > at:
        raise Conflict(_("活动还没有开始。"), code="not_begun")
    if to is State.closed and not (data.summary or activity.summary):
        raise Invalid(_("请写总结：做了什么，效果怎么样。"), code="no_summary", field="summary")
    if data.headcount is not None and to is not State.announced:
        activity.headcount = data.headcount
    activity.summary = data.summary or activity.summary
    add_event(s, activity, who, "moved_on", at, data.note, to=to)
    return activity


def cancel(s: Session, who: Principal, activity_id: UUID, data: Cancel, at: datetime) -> Activity:
    """Calls it off before it takes place; its venue is free again."""
    activity = held(s, who, activity_id)
    states.check(activity, State.cancelled)
    activity.cancelled_reason = data.reason
    activity.public = activity.public and activity.state == State.announced  # what nobody heard of is not called off
    add_event(s, activity, who, "cancelled", at, data.reason, to=State.cancelled)
    return activity


def add_event(
    s: Session,
    activity: Activity,
    who: Principal | None,
    kind: str,
    at: datetime,
    text: str = "",
    *,
    to: State | None = None,
) -> None:
    """Writes down what happened; with `to` the activity goes there."""
    last = s.scalar(select(func.max(col(ActivityEvent.seq))).where(col(ActivityEvent.activity_id) == activity.id)) or 0
    before = activity.state
    if to is not None:
        activity.state = to
    touch(activity)
    event = ActivityEvent(
        community_id=activity.community_id,
        activity_id=activity.id,
        seq=last + 1,
        kind=kind,
        from_state=before if to is not None else "",
        to_state=to or "",
        text=text[:1000],
        at=at,
        by_user_id=who.id if who is not None and who.kind == "user" else None,
        by_name=who.name if who is not None else "",
    )
    s.add_all([activity, event])
    s.flush()


def add_venue(s: Session, who: Principal, data: VenueCreate) -> Venue:
    venue = Venue(community_id=home_of(s, who, data.community_id), **data.model_dump(exclude={"community_id"}))
    s.add(venue)
    flush_or(s, Conflict(_("已经有同名的场地。"), code="venue_exists", field="name"))
    return venue
