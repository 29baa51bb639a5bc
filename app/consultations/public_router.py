"""Without signing in: the public page, writing an opinion, and following it by its code."""

from __future__ import annotations

from typing import Annotated, Any, cast
from uuid import UUID

from fastapi import Path, Query, Request

from app.consultations import figures, tracking, words
from app.consultations.schemas import (
    CodeTyped,
    OpinionForm,
    OpinionSent,
    OpinionSubmit,
    PublicOpinions,
    Tracking,
    Verdict,
)
from app.core.clock import today
from app.core.db import Database, SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.households.scope import Choice

router = APIRouter(tags=["opinions"])
CommunityCode = Annotated[str, Path(max_length=20)]
Meeting = Annotated[Choice[UUID], Query(description="the meeting at which it is said")]


def _words(_view: View) -> dict[str, Any]:
    return words.words()


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"


def _db(request: Request) -> Database:
    return cast(Database, request.app.state.db)


def _form_again(view: View) -> OpinionForm:
    typed = str(view.values.get("consultation_id", ""))
    try:
        meeting = UUID(typed) if typed else None
    except ValueError:
        meeting = None
    form = tracking.form(view.s, str(view.request.path_params["community_code"]), meeting)
    return form.model_copy(update={"once": str(view.values.get("once", "")) or form.once})


@router.get("/board/{community_code}/opinions")
@html("consultations/public.html", extra=_words)
def read_public_opinions(
    s: SessionDep, community_code: CommunityCode, year: Annotated[Choice[int], Query(ge=1900, le=2200)] = None
) -> PublicOpinions:
    """A community's consultation meetings, how answering goes, and the answers that everybody may read."""
    return figures.public(s, tracking.community_of(s, community_code), year or today().year)


@router.get("/board/{community_code}/opinions/new")
@html("consultations/public_form.html", extra=_words)
def show_public_opinion_form(
    s: SessionDep, community_code: CommunityCode, consultation_id: Meeting = None
) -> OpinionForm:
    """The form on which a resident writes an opinion."""
    return tracking.form(s, community_code, consultation_id)


@router.post("/board/{community_code}/opinions", status_code=201)
@html(
    form="consultations/public_form.html",
    extra=_words,
    current=_form_again,
    shows="consultations/public_sent.html",
)
def send_opinion(s: SessionDep, request: Request, community_code: CommunityCode, data: OpinionSubmit) -> OpinionSent:
    """Takes a resident's opinion; the answer shows the code by which to follow it."""
    return tracking.send(s, community_code, data, _address(request))


@router.get("/opinions/track")
@html("consultations/track.html", extra=_words)
def show_opinion_tracking() -> Tracking:
    """The form that asks for the code of an opinion."""
    return Tracking(action="/opinions/track")


def _asked(_view: View) -> Tracking:
    return Tracking(action="/opinions/track")


@router.post("/opinions/track")
@html(form="consultations/track.html", extra=_words, current=_asked, shows="consultations/track.html")
def track_opinion(request: Request, data: CodeTyped) -> Tracking:
    """Where the opinion of a code stands, and its answer."""
    return tracking.look(_db(request), data, _address(request))


@router.post("/opinions/track/verdict")
@html(form="consultations/track.html", extra=_words, current=_asked, shows="consultations/track.html")
def judge_answer(request: Request, data: Verdict) -> Tracking:
    """The speaker says whether the answer satisfies; if not, an answer is owed again."""
    return tracking.judge(_db(request), data, _address(request))
