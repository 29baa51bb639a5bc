"""Activities as they are shown: in a list, with their story, on the public board, and counted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlmodel import Session, col

from app.activities import lines
from app.activities.models import Activity, ActivityEvent, Kind, State, Venue
from app.activities.programme.schemas import (
    ActivityDetail,
    ActivityEventRead,
    ActivityFigures,
    ActivityListed,
    Counted,
    PublicActivity,
)
from app.activities.words import KINDS
from app.core.clock import day_start
from app.core.i18n import gettext as _
from app.members.models import Branch

TOOK_PLACE = (State.held, State.closed)


def _fields(s: Session, found: Sequence[Activity]) -> Iterable[tuple[Activity, dict[str, Any]]]:
    """Each activity with the names that its columns stand for, read once for all."""
    named = {community: lines.names(s, community) for community in {a.community_id for a in found}}
    ids = {a.venue_id for a in found if a.venue_id}
    venues = dict(s.execute(select(col(Venue.id), col(Venue.name)).where(col(Venue.id).in_(ids))).all()) if ids else {}
    for a in found:
        name = named[a.community_id].get(a.line, a.line)
        yield a, {"line_name": name, "place": venues.get(a.venue_id, a.place)}


def listed(s: Session, found: Sequence[Activity]) -> list[ActivityListed]:
    return [ActivityListed(**(a.model_dump() | more)) for a, more in _fields(s, found)]


def public(s: Session, found: Sequence[Activity]) -> list[PublicActivity]:
    return [PublicActivity(**(a.model_dump() | more)) for a, more in _fields(s, found)]


def detail(s: Session, activity: Activity) -> ActivityDetail:
    ((_activity, more),) = _fields(s, [activity])
    branch = s.get(Branch, activity.branch_id) if activity.branch_id else None
    events = select(ActivityEvent).where(col(ActivityEvent.activity_id) == activity.id)
    story = s.scalars(events.order_by(col(ActivityEvent.seq).desc()))
    history = [ActivityEventRead.model_validate(event) for event in story]
    return ActivityDetail(**(activity.model_dump() | more), branch_name=branch.name if branch else "", history=history)


def figures(s: Session, community_id: UUID, since: date, until: date) -> ActivityFigures:
    """What took place from a day to a day (both included). `headcount` is the sum of the `counted` activities only."""
    scope = (
        col(Activity.community_id) == community_id,
        col(Activity.state).in_(TOOK_PLACE),
        col(Activity.starts_at) >= day_start(since),
        col(Activity.starts_at) < day_start(until + timedelta(days=1)),
    )
    source = f"/activities?since={since}&until={until}"
    names = lines.names(s, community_id)
    kinds: dict[str, str] = {str(kind): _(text) for kind, text in KINDS.items()}
    return ActivityFigures(
        community_id=community_id,
        since=since,
        until=until,
        total=_total(s, scope, source),
        kinds=_by(s, scope, col(Activity.kind), kinds, lambda key: f"{source}&kind={key}"),
        lines=_by(s, scope, col(Activity.line), names, lambda key: f"{source}&line={key}"),
    )


_SUMS = (func.count(), func.count(col(Activity.headcount)), func.coalesce(func.sum(col(Activity.headcount)), 0))


def _total(s: Session, scope: Sequence[ColumnElement[bool]], source: str) -> Counted:
    activities, counted, people = s.execute(select(*_SUMS).where(*scope)).one()
    return Counted(
        key="",
        name=str(_("合计")),
        activities=activities,
        counted=counted,
        headcount=people,
        source=f"{source}&held=true",
    )


def _by(
    s: Session,
    scope: Sequence[ColumnElement[bool]],
    column: Any,
    names: Mapping[str, str],
    source: Callable[[str], str],
) -> list[Counted]:
    found = {row[0]: row for row in s.execute(select(column, *_SUMS).where(*scope).group_by(column))}
    order = [key for key in names if key in found] + sorted(key for key in found if key not in names)
    return [
        Counted(
            key=key,
            name=str(names.get(key, key)),
            activities=found[key][1],
            counted=found[key][2],
            headcount=found[key][3],
            source=f"{source(key)}&held=true",
        )
        for key in order
    ]


def kind_of(activity: ActivityListed) -> str:
    return _(KINDS[Kind(activity.kind)])
