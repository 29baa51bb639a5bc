"""Answering by token, and paper ballots by serial number. Whoever answers by token is nobody: no session, no trace."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.ballots import booth, redeeming
from app.ballots import service as ballots
from app.ballots.models import BallotReceipt
from app.communities.models import Community
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.surveys.answering.schemas import (
    AnswerForm,
    AnswersSend,
    AnswersSent,
    PaperBallot,
    PaperForm,
    SubjectRead,
)
from app.surveys.instruments import answers, presenting
from app.surveys.instruments import definition as definitions
from app.surveys.instruments.answers import Checked
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds import publishing, subjects
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round


def _found(s: Session, token: str) -> tuple[ballots.Opened, Round] | None:
    """The box and the round that a token opens now: not after the closing hour, even if no run has closed it yet."""
    opened = ballots.find_by_token(s, token)
    if opened is None:
        return None
    round_ = s.exec(select(Round).where(col(Round.box_id) == opened.box.id)).one_or_none()
    return (opened, round_) if round_ and rounds.is_answerable(round_) else None


def form(s: Session, token: str) -> AnswerForm:
    """The questionnaire with what was kept of it. A token that opens nothing gets the same refusal whatever it was."""
    found = _found(s, token)
    if found is None:
        raise redeeming.refusal()
    opened, round_ = found
    community = s.get_one(Community, round_.community_id)
    return AnswerForm(
        action=f"/s/{token}",
        title=round_.title,
        community_name=community.name,
        period=round_.period,
        closes_at=round_.closes_at,
        secrecy=round_.secrecy,
        claim=ballots.claim(ballots.Secrecy(round_.secrecy)),
        definition=publishing.definition_of(s, round_),
        subjects=shown(subjects.of_round(s, round_.id)),
        answers=ballots.draft_of(s, opened, token) or {},
        once=secrets.token_urlsafe(16),
    )


def of_code(s: Session, code: str) -> str:
    """Where the questionnaire of a typed code stands; whatever is wrong with the code, it is said beside the field."""
    return f"/s/{booth.typed(code, lambda token: _found(s, token) is not None)}"


def shown(found: list[Subject]) -> list[SubjectRead]:
    return [SubjectRead(key=subject.key, kind=subject.kind, name=subject.name) for subject in found]


def receive(s: Session, token: str, data: AnswersSend) -> AnswersSent:
    """Keeps the answers, or puts them in. The same press again gets the same receipt, though the pass is spent."""
    found = _found(s, token)
    if found is None:
        earlier = ballots.receipt_if_sent(s, token, data.once)
        if earlier is None:
            raise redeeming.refusal()
        return _sent(s, earlier)
    opened, round_ = found
    judged, asked = subjects.of_round(s, round_.id), publishing.definition_of(s, round_)
    if data.then == "keep":
        ballots.keep_draft(s, opened, token, _whole(answers.check(asked, judged, data.a, final=False)))
        return AnswersSent(kept=True, back=f"/s/{token}" + (f"?step={data.step}" if data.step else ""))
    checked = answers.check(asked, judged, data.a, final=True)
    refuse_empty(checked)
    receipt = ballots.submit(s, opened, token, data.once, checked.ratings, checked.texts)
    return _sent(s, receipt)


def _sent(s: Session, receipt: str) -> AnswersSent:
    """The same for the first press and for every repetition of it."""
    round_id = s.exec(
        select(Round.id)
        .join(BallotReceipt, col(BallotReceipt.box_id) == col(Round.box_id))
        .where(BallotReceipt.code == receipt)
    ).one_or_none()
    if round_id is None:  # a pass of a vote, whose page is another
        raise redeeming.refusal()
    return AnswersSent(kept=False, receipt=ballots.grouped(receipt), receipts_href=f"/rounds/{round_id}/receipts")


def _whole(checked: Checked) -> dict[str, dict[str, Any]]:
    """Ratings and texts in one object, as the form shows them."""
    whole: dict[str, dict[str, Any]] = {key: dict(values) for key, values in checked.ratings.items()}
    for field, text in checked.texts.items():
        subject, _dot, question = field.partition(".")
        whole.setdefault(subject, {})[question] = text
    return whole


def refuse_empty(checked: Checked) -> None:
    if not checked.answered():
        raise Conflict(_("还没有回答任何一题。"), code="nothing_answered")


def paper_form(s: Session, who: Principal, round_id: UUID) -> PaperForm:
    """The questionnaire for a worker who types in what stands on paper."""
    round_ = rounds.get(s, who, round_id)
    turnout = ballots.turnout(s, publishing.box_of(s, round_)) if rounds.is_answerable(round_) else None
    return PaperForm(
        action=f"/rounds/{round_.id}/paper-ballots",
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        definition=publishing.definition_of(s, round_),
        subjects=shown(subjects.of_round(s, round_.id)),
        invited=round_.invited,
        answered=turnout.answered if turnout else None,
        on_paper=turnout.on_paper if turnout else None,
    )


def enter(s: Session, who: Principal, round_id: UUID, data: PaperBallot) -> str:
    """Puts in a paper ballot; its pass is spent by the serial number, so it cannot be answered by phone as well."""
    round_ = rounds.get(s, who, round_id)
    if not rounds.is_answerable(round_):
        raise Conflict(_("只有进行中的轮次才能录入纸质答卷。"), code="round_state")
    checked = answers.check(publishing.definition_of(s, round_), subjects.of_round(s, round_.id), data.a, final=False)
    refuse_empty(checked)
    return ballots.grouped(_put_in(s, who, publishing.box_of(s, round_), data.serial, checked))


def _put_in(s: Session, who: Principal, box: ballots.BallotBox, serial: str, checked: Checked) -> str:
    """An unknown or used serial number is said beside its field, where everything else typed is still there."""
    try:
        return ballots.enter_paper(s, box, serial, checked.ratings, checked.texts, who)
    except NotFound as unknown:
        raise Invalid(unknown.message, field="serial", code=unknown.code) from None
    except Conflict as used:
        field = "serial" if used.code == "serial_used" else None
        raise Conflict(used.message, field=field, code=used.code) from None


def presented(asked: AnswerForm | PaperForm, step: int) -> dict[str, Any]:
    """What the page puts before people: in parts on one page, or one question a screen (`at` from 1; 0 is one page)."""
    judged = [Subject(subject.key, subject.kind, subject.name) for subject in asked.subjects]
    parts = presenting.parts(asked.definition, judged, getattr(asked, "answers", {}))
    steps = presenting.steps(parts)
    return {
        "parts": parts,
        "steps": steps,
        "at": min(step, len(steps)),
        "title": definitions.title(asked.definition) or asked.title,
        "intro": definitions.intro(asked.definition),
    }
