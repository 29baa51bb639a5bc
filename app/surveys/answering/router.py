"""Answering by token, letters with QR codes, and paper ballots."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Path, Query, Request

from app.accounts.permissions import BallotsEnter, RoundsWrite
from app.ballots.schemas import CodeEntry
from app.core import qr
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.schemas import FormPage
from app.surveys.answering import correction_router, letters, mine_router, service
from app.surveys.answering.schemas import (
    MOST_STEPS,
    AnswerForm,
    AnswersSend,
    AnswersSent,
    Letters,
    PaperBallot,
    PaperEntered,
    PaperForm,
)

router = APIRouter(tags=["answers"])
Token = Annotated[str, Path(max_length=120)]
Step = Annotated[int | None, Query(ge=1, le=MOST_STEPS, description="in a browser: one question a screen, this one")]


def _again(view: View) -> AnswerForm:
    return service.form(view.s, str(view.request.path_params["token"]))


def _questions(view: View) -> dict[str, Any]:
    """The questions as they are put: one a screen where `step` asks for it, all on one page after a refusal."""
    step = "" if view.values else view.request.query_params.get("step", "")
    return service.presented(view.data, int(step) if step.isdecimal() else 0)


def _paper_again(view: View) -> PaperForm:
    return service.paper_form(view.s, view.who, view.param("round_id"))


def _next_paper(_data: object, request: Request) -> str:
    return f"/rounds/{request.path_params['round_id']}/paper-ballots/new"


@router.get("/s")
@html("surveys/answer/code.html")
def new_code_entry() -> FormPage:
    """The form for typing a pass code from a slip."""
    return FormPage(action="/s")


@router.post("/s", status_code=200)
@html(form="surveys/answer/code.html", current=lambda _view: FormPage(action="/s"), then=lambda d, _r: d.action)
def enter_code(s: SessionDep, data: CodeEntry) -> FormPage:
    """Where the questionnaire of a typed pass code stands."""
    return FormPage(action=service.of_code(s, data.code))


@router.get("/s/{token}")
@html("surveys/answer/page.html", extra=_questions)
def read_answer_form(s: SessionDep, token: Token, step: Step = None) -> AnswerForm:
    """The questionnaire that a token opens, with what was kept of it."""
    return service.form(s, token)


@router.post("/s/{token}")
@html(
    form="surveys/answer/page.html",
    extra=_questions,
    current=_again,
    shows=lambda sent: None if sent.kept else "surveys/answer/sent.html",
    then=lambda sent, _request: sent.back,
    done=N_("已暂存，还没有提交。"),
)
def send_answers(s: SessionDep, token: Token, data: AnswersSend) -> AnswersSent:
    """Send the answers, or keep them for later; the same press sent again gets the same receipt."""
    return service.receive(s, token, data)


def _letters_again(view: View) -> Letters:
    return letters.overview(view.s, view.who, view.param("round_id"))


@router.get("/rounds/{round_id}/letters")
@html("surveys/rounds/letters.html")
def read_letters(s: SessionDep, who: RoundsWrite, round_id: UUID) -> Letters:
    """What would be printed for an open round: how many letters, and of a secret round whom the slips are handed to."""
    return letters.overview(s, who, round_id)


@router.post("/rounds/{round_id}/letters")
@html(form="surveys/rounds/letters.html", current=_letters_again, shows="surveys/rounds/letters.html")
def print_letters(s: SessionDep, who: RoundsWrite, request: Request, round_id: UUID) -> Letters:
    """Letters with a QR code for everybody invited; of a secret round new slips that are shown this once."""
    return letters.make(s, who, round_id, qr.base(request))


@router.get("/rounds/{round_id}/paper-ballots/new")
@html("surveys/rounds/paper.html", extra=_questions)
def new_paper_ballot(s: SessionDep, who: BallotsEnter, round_id: UUID) -> PaperForm:
    """The form for entering paper ballots."""
    return service.paper_form(s, who, round_id)


@router.post("/rounds/{round_id}/paper-ballots", status_code=201)
@html(
    form="surveys/rounds/paper.html",
    extra=_questions,
    current=_paper_again,
    then=_next_paper,
    done=N_("已录入，可以录入下一张。"),
)
def enter_paper_ballot(s: SessionDep, who: BallotsEnter, round_id: UUID, data: PaperBallot) -> PaperEntered:
    """Enter a paper ballot by its serial number."""
    return PaperEntered(receipt=service.enter(s, who, round_id, data))


router.routes.extend(correction_router.router.routes)
router.routes.extend(mine_router.router.routes)
