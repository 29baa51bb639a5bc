"""What the pages of votes need, whichever router shows them again."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import Request

from app.assemblies.rules import words as rule_words
from app.assemblies.votes import counting, reading, service, states
from app.assemblies.votes.schemas import VoteRead
from app.communities import service as communities
from app.core.hypermedia import View
from app.households.words import translated

PAGE = "votes/vote.html"


def words(view: View) -> dict[str, Any]:
    """Names of states, methods, choices and outcomes, and for those above communities which there are."""
    return {
        "communities": communities.choices(view.s, view.who) if view.who and view.who.community_id is None else [],
        "states": translated(states.STATES),
        "tones": states.TONES,
        "methods": translated(states.METHODS),
        "choices": translated(states.CHOICES),
        "channels": translated(states.CHANNELS),
        "matters": translated(rule_words.MATTERS),
        "bodies": translated(rule_words.BODIES),
        "outcomes": translated(rule_words.OUTCOMES),
        "outcome_tones": {**rule_words.TONES, "rejected": "bad", "tied": "bad"},
        "by_hand": counting.BY_HAND,
        "by_two": counting.BY_TWO,
        "amount": rule_words.amount,
    }


def again(view: View) -> VoteRead:
    """The vote beneath a refused form."""
    return reading.one(view.s, view.who, service.get(view.s, view.who, view.param("vote_id")))


def here(_data: object, request: Request) -> str:
    """Back to the day's screen, if that is where the button was pressed; else the vote's own page."""
    return _floor(request) or f"/votes/{request.path_params['vote_id']}"


def back_to_own(_data: object, request: Request) -> str:
    """Back to the day's screen, if that is where somebody voted; else to one's own votes."""
    return _floor(request) or "/my-votes"


def _floor(request: Request) -> str:
    came = urlsplit(request.headers.get("referer", "")).path
    return came if came.startswith("/assemblies/") and came.endswith("/floor") else ""


def back_to_list(_data: object, request: Request) -> str:
    """The same part of the list, at the name that was tapped."""
    path = f"/votes/{request.path_params['vote_id']}/electors"
    came = urlsplit(request.headers.get("referer", ""))
    query = f"?{came.query}" if came.path == path and came.query else ""
    return f"{path}{query}#e-{request.path_params['vote_elector_id']}"
