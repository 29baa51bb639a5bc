"""The voting booth: `/b/{ballot_token}`, for whoever holds a slip. Neither logged nor counted."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from app.ballots import booth
from app.ballots.schemas import BoothForm, BoothSend, BoothSent, CodeEntry
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.schemas import FormPage

router = APIRouter(prefix="/b", tags=["ballots"])
BallotToken = Annotated[str, Path(max_length=120)]
_CODE, _BALLOT, _SENT = "ballots/code.html", "ballots/booth.html", "ballots/sent.html"


def _again(view: View) -> BoothForm:
    return booth.form(view.s, str(view.request.path_params["ballot_token"]))


@router.get("")
@html(_CODE)
def new_ballot_code_entry() -> FormPage:
    """The form for typing the code from a voting slip."""
    return FormPage(action="/b")


@router.post("", status_code=200)
@html(form=_CODE, current=lambda _view: FormPage(action="/b"), then=lambda found, _request: found.action)
def enter_ballot_code(s: SessionDep, data: CodeEntry) -> FormPage:
    """Where the ballot of a typed code lies."""
    return FormPage(action=booth.of_code(s, data.code))


@router.get("/{ballot_token}")
@html(_BALLOT)
def read_ballot(s: SessionDep, ballot_token: BallotToken) -> BoothForm:
    """The ballot that a pass opens."""
    return booth.form(s, ballot_token)


@router.post("/{ballot_token}")
@html(form=_BALLOT, current=_again, shows=_SENT)
def cast_ballot(s: SessionDep, ballot_token: BallotToken, data: BoothSend) -> BoothSent:
    """Put the ballot in; the same press sent again gets the same receipt."""
    return booth.receive(s, ballot_token, data)
