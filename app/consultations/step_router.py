"""What happens to an opinion: assigned, answered, shown, followed up, closed, or made a motion or a need."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from fastapi import Response

from app.accounts.permissions import MotionsWrite, OpinionsWrite
from app.consultations import becoming, reading, steps
from app.consultations.opinion_router import current, detail, opinion_extra, page_words, to_page
from app.consultations.schemas import (
    OpinionAnswer,
    OpinionAssign,
    OpinionClose,
    OpinionDetail,
    OpinionFollowUp,
    OpinionPublication,
    OpinionToMotion,
    OpinionToNeed,
)
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.versions import IfMatch
from app.households.visits import labels

router = APIRouter(prefix="/opinions/{opinion_id}", tags=["opinions"])
_PAGE = "consultations/opinion.html"


def _need_words(view: View) -> dict[str, Any]:
    return {**page_words(view), "needs": labels.choices("need")}


@router.put("/assignment")
@html(form=_PAGE, extra=opinion_extra, current=current, then=to_page, done=N_("已交办。"))
def assign_opinion(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionAssign, if_match: IfMatch
) -> OpinionDetail:
    """Names who answers, and by when."""
    return reading.detail(s, who, steps.assign(s, who, opinion_id, data, if_match))


@router.put("/answer")
@html(form=_PAGE, extra=opinion_extra, current=current, then=to_page, done=N_("答复已保存。"))
def answer_opinion(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionAnswer, if_match: IfMatch
) -> OpinionDetail:
    """Answers; the speaker reads it with the tracking code, everybody if it is public."""
    return reading.detail(s, who, steps.answer(s, who, opinion_id, data, if_match))


@router.put("/publication")
@html(form=_PAGE, extra=opinion_extra, current=current, then=to_page, done=N_("已保存。"))
def publish_opinion_answer(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionPublication, if_match: IfMatch
) -> OpinionDetail:
    """Shows the answer to everybody, or no longer."""
    return reading.detail(s, who, steps.publish_answer(s, who, opinion_id, data, if_match))


@router.put("/follow-up")
@html(form=_PAGE, extra=opinion_extra, current=current, then=to_page, done=N_("回访已登记。"))
def follow_up_opinion(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionFollowUp, if_match: IfMatch
) -> OpinionDetail:
    """Records what the speaker says to the answer; dissatisfied, an answer is owed again."""
    return reading.detail(s, who, steps.follow_up(s, who, opinion_id, data, if_match))


@router.put("/closed")
@html(form=_PAGE, extra=opinion_extra, current=current, then=to_page, done=N_("已办结。"))
def close_opinion(
    s: SessionDep, who: OpinionsWrite, opinion_id: UUID, data: OpinionClose, if_match: IfMatch
) -> OpinionDetail:
    """Ends an opinion: settled, withdrawn or a duplicate."""
    return reading.detail(s, who, steps.close(s, who, opinion_id, data, if_match))


@router.get("/motion/new")
@html("consultations/to_motion.html", extra=page_words)
def show_opinion_motion_form(s: SessionDep, who: MotionsWrite, opinion_id: UUID) -> OpinionDetail:
    """The form that makes a motion of an opinion."""
    return detail(s, who, opinion_id)


@router.post("/motion", status_code=201)
@html(form="consultations/to_motion.html", extra=page_words, current=current, done=N_("已转为议案。"))
def make_opinion_motion(
    s: SessionDep,
    who: MotionsWrite,
    opinion_id: UUID,
    data: OpinionToMotion,
    if_match: IfMatch,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> OpinionDetail:
    """Makes a residents' motion of it, for the representatives to deal with; the opinion is still answered."""
    opinion = becoming.to_motion(s, who, opinion_id, data, if_match)
    response.headers["Location"] = f"/opinions/{opinion_id}"
    return reading.detail(s, who, opinion)


@router.get("/need/new")
@html("consultations/to_need.html", extra=_need_words)
def show_opinion_need_form(s: SessionDep, who: OpinionsWrite, opinion_id: UUID) -> OpinionDetail:
    """The form that makes an assistance need of an opinion."""
    return detail(s, who, opinion_id)


@router.post("/need", status_code=201)
@html(form="consultations/to_need.html", extra=_need_words, current=current, done=N_("已转为帮扶需求。"))
def make_opinion_need(
    s: SessionDep,
    who: OpinionsWrite,
    opinion_id: UUID,
    data: OpinionToNeed,
    if_match: IfMatch,
    response: Response,
    idempotency_key: IdempotencyKey = None,
) -> OpinionDetail:
    """Makes a need of a household of it, which is followed like those heard at visits."""
    opinion, _need = becoming.to_need(s, who, opinion_id, data, if_match)
    response.headers["Location"] = f"/opinions/{opinion_id}"
    return reading.detail(s, who, opinion)
