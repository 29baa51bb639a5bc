"""Open data in the Popolo schema: who held which post, what was moved, how it was decided."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.popolo import decisions, people
from app.assemblies.popolo.schemas import Popolo
from app.communities.models import Community
from app.core import qr
from app.core.db import SessionDep
from app.core.errors import NotFound
from app.core.hypermedia import APIRouter
from app.core.schemas import Code

router = APIRouter(tags=["popolo"])


@router.get("/assemblies.json")
def export_popolo(
    s: SessionDep, request: Request, community: Annotated[Code, Query(description="the community's statistical code")]
) -> Popolo:
    """Posts, their holders, assemblies, motions and votes of a community in the Popolo schema, for everybody.

    Who voted how stands there only where the vote was a roll call; a secret vote has its counts and nothing more.
    """
    found = s.scalars(select(Community).where(col(Community.code) == community)).one_or_none()
    if found is None:
        raise NotFound()
    return _everything(s, found, qr.base(request))


def _everything(s: Session, community: Community, base: str) -> Popolo:
    seats, held = people.seats(s, community.id), people.holdings(s, community.id)
    sessions = decisions.events(s, community)
    moved = decisions.motions(s, community, sessions)
    return Popolo(
        persons=people.persons(held),
        organizations=people.organizations(community, seats),
        posts=people.posts(community.id, seats),
        memberships=people.memberships(held),
        events=sessions,
        motions=moved,
        vote_events=decisions.vote_events(s, community, moved, base),
    )
