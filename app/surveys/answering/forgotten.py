"""A paper ballot that turns up after publication: counted in a new revision, with the reason, for everybody to see."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.core.db import check_version
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.surveys.answering import service
from app.surveys.answering.schemas import ForgottenAdded, ForgottenBallot, ForgottenForm
from app.surveys.instruments import answers
from app.surveys.instruments.definition import Definition, Kind
from app.surveys.rounds import publishing, subjects
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round, State


def form(s: Session, who: Principal, round_id: UUID) -> ForgottenForm:
    round_ = rounds.get(s, who, round_id)
    published = round_.state == State.published
    return ForgottenForm(
        action=f"/rounds/{round_.id}/forgotten-ballots",
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        version=round_.version,
        revision=round_.revision,
        definition=_without_texts(publishing.definition_of(s, round_)),
        subjects=service.shown(subjects.of_round(s, round_.id)),
        strata=_strata(s, round_) if published else [],
        invited=round_.invited,
        answered=round_.answered,
        published=published,
    )


def _without_texts(definition: Definition) -> Definition:
    sections = []
    for section in definition.sections:
        asked = [question for question in section.questions if question.kind != Kind.text]
        if asked:
            sections.append(section.model_copy(update={"questions": asked}))
    return definition.model_copy(update={"sections": sections})


def _strata(s: Session, round_: Round) -> list[str]:
    """Those on the counted sheets: a stratum too small to be told apart stands on none."""
    return sorted({sheet.stratum for sheet in publishing.corrected(s, round_)} - {""})


def add(s: Session, who: Principal, round_id: UUID, data: ForgottenBallot, version: int | None) -> ForgottenAdded:
    """Twice the same press adds one ballot: the second no longer meets the version that its form showed."""
    round_ = rounds.held(s, who, round_id)
    check_version(round_, version)
    if round_.state != State.published:
        raise Conflict(_("只有公布以后才能更正；公布之前请按编号录入纸质答卷。"), code="round_state")
    if data.stratum and data.stratum not in _strata(s, round_):
        raise Invalid(_("没有这个分层。"), code="unknown_stratum", field="stratum")
    asked = _without_texts(publishing.definition_of(s, round_))
    checked = answers.check(asked, subjects.of_round(s, round_.id), data.a, final=False)
    service.refuse_empty(checked)
    change = {"stratum": data.stratum, "was": None, "is": checked.ratings}
    corrected = rounds.correct(s, who, round_id, data.reason, [change])
    return ForgottenAdded(round_id=corrected.id, revision=corrected.revision, answered=corrected.answered)
