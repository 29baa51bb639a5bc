"""Correcting a published round: one more sheet, what it changes, and the second person who publishes it."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Request

from app.accounts.permissions import CorrectionsConfirm, RoundsWrite
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, View, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey
from app.core.versions import IfMatch
from app.surveys.answering import correction_pages, corrections
from app.surveys.answering.correction_schemas import (
    ChangeDropped,
    CorrectionDraftRead,
    CorrectionForm,
    CorrectionPublished,
    Kind,
    SheetCorrection,
)
from app.surveys.rounds import panels
from app.surveys.rounds.schemas import Correction, ReasonGiven

router = APIRouter(prefix="/rounds/{round_id}", tags=["answers"])
_PAGE, _FORM = "surveys/rounds/correction.html", "surveys/rounds/correction_sheet.html"


def _words(view: View) -> dict[str, Any]:
    strata = [(stratum, panels.stratum_label(stratum)) for stratum in view.data.strata]
    return {"sides": correction_pages.sides(view.data), "strata": strata}


def _form_again(view: View) -> CorrectionForm:
    sent = view.values.get("kind")
    kind: Kind = "twice" if sent == "twice" else "wrong" if sent == "wrong" else "forgotten"
    return corrections.form(view.s, view.who, view.param("round_id"), kind)


def _again(view: View) -> CorrectionDraftRead:
    return corrections.read(view.s, view.who, view.param("round_id"))


def _here(_data: object, request: Request) -> str:
    return f"/rounds/{request.path_params['round_id']}/correction"


def _round(_data: object, request: Request) -> str:
    return f"/rounds/{request.path_params['round_id']}"


@router.get("/correction")
@html(_PAGE)
def read_correction(s: SessionDep, who: CorrectionsConfirm, round_id: UUID) -> CorrectionDraftRead:
    """The correction that waits for its second person: its sheets, and each figure before and after."""
    return corrections.read(s, who, round_id)


@router.post("/corrections", status_code=201)
def propose_correction(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: Correction, idempotency_key: IdempotencyKey = None
) -> CorrectionDraftRead:
    """Propose a whole correction: sheets that were entered wrongly, twice or not at all, with the reason."""
    changes: list[dict[str, Any]] = [change.model_dump(by_alias=True) for change in data.changes]
    return corrections.propose(s, who, round_id, data.reason, changes)


@router.get("/corrections/new")
@html(_FORM, extra=_words)
def new_correction(
    s: SessionDep,
    who: RoundsWrite,
    round_id: UUID,
    kind: Annotated[Kind, Query(description="a sheet that was forgotten, entered twice, or entered wrongly")] = "wrong",
) -> CorrectionForm:
    """The form for one more sheet of a correction."""
    return corrections.form(s, who, round_id, kind)


@router.post("/correction/changes", status_code=201)
@html(form=_FORM, extra=_words, current=_form_again, then=_here, done=N_("已加入更正，还没有公布。"))
def add_correction_sheet(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: SheetCorrection, if_match: IfMatch
) -> CorrectionDraftRead:
    """Put one more sheet into the correction that is being made."""
    return corrections.add(s, who, round_id, data, if_match)


@router.post("/correction/drop")
@html(form=_PAGE, current=_again, then=_here, swap=_PAGE, done=N_("已从更正里去掉。"))
def drop_correction_sheet(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: ChangeDropped, if_match: IfMatch
) -> CorrectionDraftRead:
    """Take one sheet out of the correction."""
    return corrections.drop(s, who, round_id, data.position, if_match)


@router.patch("/correction")
@html(form=_PAGE, current=_again, then=_here, swap=_PAGE, done=N_("已保存。"))
def reword_correction(
    s: SessionDep, who: RoundsWrite, round_id: UUID, data: ReasonGiven, if_match: IfMatch
) -> CorrectionDraftRead:
    """Say why; the reason will be public."""
    return corrections.reword(s, who, round_id, data.reason, if_match)


@router.post("/correction/confirm", status_code=201)
@html(form=_PAGE, current=_again, then=_round, done=N_("更正已公布。"))
def confirm_correction(
    s: SessionDep, who: CorrectionsConfirm, round_id: UUID, if_match: IfMatch
) -> CorrectionPublished:
    """Publish the correction as a new revision, by somebody who had no hand in it."""
    return corrections.confirm(s, who, round_id, if_match)


@router.delete("/correction", status_code=204)
@html(form=_PAGE, current=_again, then=_round, done=N_("更正已放弃，什么都没有公布。"))
def discard_correction(s: SessionDep, who: RoundsWrite, round_id: UUID, if_match: IfMatch) -> None:
    """Give up a correction that was not published."""
    corrections.discard(s, who, round_id, if_match)
