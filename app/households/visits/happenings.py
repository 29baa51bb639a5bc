"""Major changes in a household (bereavement, hospital, accident …) that call for a visit within hours.

Suspected harm to a child is seen only inside the community, by the director and the worker of the area.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import now
from app.core.db import touch
from app.core.pagination import Paging, paginate
from app.households import service as households
from app.households.models import Household
from app.households.scope import areas_of, communities_of, is_outsider
from app.households.visits import policy, put_queries
from app.households.visits.models import EventKind, Outcome, Tier, Visit, VisitDue, VisitEvent, VisitPolicy
from app.households.visits.schemas import EventFrame, EventRead, EventWrite


def visible(who: Principal) -> Select[VisitEvent]:
    found = (
        select(VisitEvent)
        .join(Household, col(Household.id) == col(VisitEvent.household_id))
        .where(communities_of(who, col(VisitEvent.community_id)), *areas_of(who, col(Household.grid_area_id)))
    )
    if is_outsider(who) or who.kind == "client":
        return found.where(col(VisitEvent.kind) != EventKind.child_harm)
    return found


def page(
    s: Session, who: Principal, paging: Paging, *, household_id: UUID | None = None, state: str | None = None
) -> dict[str, Any]:
    """One page, the latest first; `state` open or done."""
    found: Any = visible(who).add_columns(col(Household.label))
    if household_id is not None:
        found = found.where(col(VisitEvent.household_id) == household_id)
    if state is not None:
        pending = col(VisitEvent.done_visit_id).is_(None)
        found = found.where(pending if state == "open" else ~pending)
    keys: list[Any] = [(col(VisitEvent.happened_at), datetime), (col(VisitEvent.id), UUID)]
    listed = paginate(s, found, paging, keys, descending=True, scalars=False, key_of=_keys)
    return {**listed, "items": [shown(event, label) for event, label in listed["items"]]}


def _keys(row: Any) -> list[Any]:
    return [row[0].happened_at, row[0].id]


def shown(event: VisitEvent, label: str) -> EventRead:
    return EventRead(**event.model_dump(exclude={"community_id", "created_at", "updated_at"}), household_label=label)


def frame(s: Session, who: Principal, household_id: UUID) -> EventFrame:
    """The household beneath the form."""
    household = households.get(s, who, household_id)
    households.check_open(household)
    return EventFrame(household_id=household.id, household_label=household.label, now=now())


def report(s: Session, who: Principal, household_id: UUID, data: EventWrite) -> EventRead:
    """Notes what happened; the visit is due the policy's hours (24 by default) after it became known."""
    household = households.get(s, who, household_id)
    households.check_open(household)
    event = VisitEvent(
        community_id=household.community_id,
        household_id=household.id,
        kind=data.kind,
        detail=data.detail,
        happened_at=data.happened_at or now(),
        due_at=now() + timedelta(hours=_hours(s, household)),
    )
    s.add(event)
    s.flush()
    return shown(event, household.label)


def _hours(s: Session, household: Household) -> int:
    due = s.get(VisitDue, household.id)
    tier = due.tier if due else Tier.routine
    row = s.get(VisitPolicy, policy.policy_id(household.community_id, tier))
    return (row or policy.default(household.community_id, tier)).event_hours


def settle(s: Session, household_id: UUID, visit_id: UUID) -> None:
    """Ends the open events that a completed visit answers; opens again those that a corrected one no longer does."""
    concerned = s.scalars(put_queries.events_concerned(), {"home": household_id, "visit": visit_id}).all()
    for event in (s.get_one(VisitEvent, event_id) for event_id in concerned):
        answer = _answer(s, event)
        if answer != event.done_visit_id:
            event.done_visit_id = answer
            touch(event)
            s.add(event)


def _answer(s: Session, event: VisitEvent) -> UUID | None:
    """The first completed visit paid after it happened and recorded after it became known."""
    wanted = select(col(Visit.id)).where(
        col(Visit.household_id) == event.household_id,
        col(Visit.visited_at) >= event.happened_at,
        col(Visit.recorded_at) >= event.created_at,
        col(Visit.outcome) != Outcome.not_home,
    )
    return s.scalar(wanted.order_by(col(Visit.visited_at), col(Visit.id)).limit(1))
