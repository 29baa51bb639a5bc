"""The composition of a community, as figures and as charts with their tables."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import Query

from app.accounts.permissions import HouseholdsRead
from app.core.clock import today
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.schemas import AnyDate
from app.households.composition import service, sources
from app.households.composition.schemas import PopulationComposition
from app.households.scope import Choice

router = APIRouter(tags=["communities"])
registered = sources  # imported so that the community page has its figures


@router.get("/communities/{community_id}/composition")
@html("households/composition.html")
def read_composition(
    s: SessionDep, who: HouseholdsRead, community_id: UUID, as_of: Annotated[Choice[AnyDate], Query()] = None
) -> PopulationComposition:
    """Age and sex, education, tenure and occupancy on a day. Outsiders do not see counts under three."""
    return service.composition(s, who, community_id, as_of or today())
