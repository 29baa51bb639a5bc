"""The draw in public: what was frozen and committed, which number counts, who was drawn, and the published bundle."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response

from app.accounts.permissions import AnyoneAtAll, RoundsDraw, RoundsWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.surveys.rounds import bundle, framing, panels, reading, service, states
from app.surveys.rounds.schemas import (
    Announcement,
    PublicNumber,
    PublicNumberPage,
    ReasonGiven,
    Replacement,
    RoundDrawRead,
    RoundRead,
    SampleRead,
)
from app.surveys.rounds.shown import PAGE, again, here, words

router = APIRouter(prefix="/rounds/{round_id}", tags=["rounds"])


def _draw_extra(_view: View) -> dict[str, Any]:
    return {
        "panel": panels.label,
        "state": states.label,
        "stratum": panels.stratum_label,
        "role": states.outcome,
        "most_shown": 2000,
    }


def _draw(view: View) -> RoundDrawRead:
    return reading.draw_page(view.s, view.who, view.param("round_id"))


@router.get("/draw")
@html("surveys/rounds/draw.html", extra=_draw_extra)
def read_draw(s: SessionDep, who: AnyoneAtAll, round_id: UUID) -> RoundDrawRead:
    """Everything from which anyone can recompute who was drawn: frame, hashes, commit, seed, public number, picks."""
    return reading.draw_page(s, who, round_id)


@router.post("/announcement")
@html(
    form="surveys/rounds/draw.html",
    extra=_draw_extra,
    current=_draw,
    then=lambda data, _request: f"/rounds/{data.id}/draw",
    done=N_("已公布用哪个号码。"),
)
def announce_public_number(s: SessionDep, who: RoundsWrite, round_id: UUID, data: Announcement) -> RoundRead:
    """Says beforehand which public number will decide the draw, and where and when it can be read."""
    return reading.one(s, who, service.announce(s, who, round_id, data.source_text))


@router.get("/public-number")
@html("surveys/rounds/public_number.html")
def show_public_number_form(s: SessionDep, who: RoundsDraw, round_id: UUID) -> PublicNumberPage:
    """The form for the public number, with what was announced and when."""
    return reading.number_page(s, who, round_id)


def _number_page(view: View) -> PublicNumberPage:
    return reading.number_page(view.s, view.who, view.param("round_id"))


@router.post("/public-number")
@html(
    form="surveys/rounds/public_number.html",
    current=_number_page,
    then=lambda data, _request: f"/rounds/{data.id}/draw",
    done=N_("号码已录入，抽取完成。"),
)
def enter_public_number(
    s: SessionDep, who: RoundsDraw, round_id: UUID, data: PublicNumber, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Enters the number that was drawn in public, which draws the sample; by a second person."""
    return reading.one(s, who, service.enter_number(s, who, round_id, data.public_number))


@router.post("/redraw", status_code=201)
@html(form=PAGE, extra=words, current=again, then=here, done=N_("已作废重抽：新的种子已承诺，请公布用哪个新号码。"))
def redraw_round(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: ReasonGiven, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Voids the draw with its reason and commits a new seed; before opening only, and both stay public."""
    return reading.one(s, who, service.redraw(s, who, round_id, data.reason))


def _sample_words(_view: View) -> dict[str, Any]:
    return {"stratum": panels.stratum_label, "role": states.outcome, "asked": framing.INVITED}


def _sample(view: View) -> SampleRead:
    return reading.sample(view.s, view.who, view.param("round_id"))


@router.get("/sample")
@html("surveys/rounds/sample.html", extra=_sample_words)
def read_sample(s: SessionDep, who: RoundsWrite, round_id: UUID) -> SampleRead:
    """The drawn and the reserves by name, for those who bring the letters."""
    return reading.sample(s, who, round_id)


@router.post("/replacements", status_code=201)
@html(
    form="surveys/rounds/sample.html",
    extra=_sample_words,
    current=_sample,
    then=lambda data, _request: f"/rounds/{data.id}/sample",
    done=N_("已记录。"),
)
def replace_drawn(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: Replacement, idempotency_key: IdempotencyKey = None
) -> RoundRead:
    """Somebody drawn moved or died: before opening the next reserve steps in. A refusal is never replaced."""
    return reading.one(s, who, service.replace(s, who, round_id, data.public_id, data.reason))


@router.get("/bundle", response_class=Response, responses={200: {"content": {"application/json": {}}}})
def read_bundle(
    s: SessionDep,
    who: AnyoneAtAll,
    round_id: UUID,
    revision: Annotated[int | None, Query(ge=1, le=10_000, description="the latest by default")] = None,
) -> Response:
    """What was published, byte for byte, from which anyone can recompute draw and score."""
    return bundle.response(s, round_id, revision)
