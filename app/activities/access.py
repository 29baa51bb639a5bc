"""The only way to an activity or a venue: what somebody may see, found or 404."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.activities.models import Activity, State, Venue
from app.communities.models import Community
from app.core.errors import NotFound
from app.households.scope import communities_of

Found = TypeVar("Found", Activity, Venue)


def visible(who: Principal, model: type[Found]) -> Select[Found]:
    """Rows within reach. A draft activity is for those who organise."""
    found: Select[Found] = select(model).where(communities_of(who, col(model.community_id)))
    if model is Activity and not who.may("activities:write"):
        found = found.where(col(Activity.state) != State.draft)
    return found


def find(s: Session, who: Principal, model: type[Found], row_id: UUID) -> Found:
    row = s.scalars(visible(who, model).where(col(model.id) == row_id)).one_or_none()
    if row is None:
        raise NotFound()
    return row


def communities(who: Principal) -> Select[UUID]:
    """Ids of the communities within reach."""
    return select(col(Community.id)).where(communities_of(who, col(Community.id)))
