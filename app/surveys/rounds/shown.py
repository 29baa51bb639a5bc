"""What the page of a round needs, whichever router shows it again."""

from __future__ import annotations

from typing import Any

from fastapi import Request

from app.communities import service as communities
from app.core.hypermedia import View
from app.core.i18n import gettext as _
from app.surveys.rounds import panels, reading, service, states
from app.surveys.rounds.schemas import RoundRead

PAGE = "surveys/rounds/round.html"


def words(view: View) -> dict[str, Any]:
    """Names of states and panels, and for those above communities the communities to choose from."""
    found = view.s.scalars(communities.visible(view.who)).all() if view.who.community_id is None else []
    return {
        "communities": [(c.id, c.name) for c in found],
        "states": {key: _(text) for key, text in states.LABELS.items()},
        "panels": {key: _(text) for key, text in panels.LABELS.items()},
    }


def again(view: View) -> RoundRead:
    """The round beneath a refused form."""
    return reading.one(view.s, view.who, service.get(view.s, view.who, view.param("round_id")))


def here(_data: object, request: Request) -> str:
    return f"/rounds/{request.path_params['round_id']}"
