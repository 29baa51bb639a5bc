"""What the pages of a correction show: its sheets in words, and every figure before and after."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts.models import User
from app.core.errors import DomainError
from app.core.i18n import gettext as _
from app.surveys.answering import service
from app.surveys.answering.correction_schemas import (
    AnswerChanged,
    ChangeRead,
    CorrectionDraftRead,
    CorrectionForm,
    EffectRead,
    Kind,
)
from app.surveys.instruments import answers, presenting
from app.surveys.instruments import definition as definitions
from app.surveys.instruments.definition import Definition, Question
from app.surveys.instruments.definition import Kind as QuestionKind
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds import panels, publishing, subjects
from app.surveys.rounds.models import Round, RoundCorrectionDraft, State
from app.surveys.scores import facts, views
from app.surveys.scores import service as scores
from app.surveys.scores.models import Score


def without_texts(definition: Definition) -> Definition:
    sections = []
    for section in definition.sections:
        asked = [question for question in section.questions if question.kind != QuestionKind.text]
        if asked:
            sections.append(section.model_copy(update={"questions": asked}))
    return definition.model_copy(update={"sections": sections})


def strata(s: Session, round_: Round) -> list[str]:
    """Those on the counted sheets: a stratum too small to be told apart stands on none."""
    return sorted({sheet.stratum for sheet in publishing.corrected(s, round_)} - {""})


def form(s: Session, round_: Round, draft: RoundCorrectionDraft | None, kind: Kind) -> CorrectionForm:
    published = round_.state == State.published
    return CorrectionForm(
        action=f"/rounds/{round_.id}/correction/changes",
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        version=draft.version if draft else 0,
        kind=kind,
        published=published,
        definition=without_texts(publishing.definition_of(s, round_)),
        subjects=service.shown(subjects.of_round(s, round_.id)),
        strata=strata(s, round_) if published else [],
    )


def sides(asked: CorrectionForm) -> dict[str, list[presenting.Part]]:
    """The questions once for each side of the sheet, under that side's field names."""
    judged = [Subject(subject.key, subject.kind, subject.name) for subject in asked.subjects]
    parts = presenting.parts(asked.definition, judged)
    wanted = {"forgotten": ["should"], "twice": ["was"], "wrong": ["was", "should"]}[asked.kind]
    return {side: [_renamed(part, side) for part in parts] for side in wanted}


def _renamed(part: presenting.Part, side: str) -> presenting.Part:
    return replace(part, questions=[replace(q, name=side + q.name.removeprefix("a")) for q in part.questions])


def shown(s: Session, round_: Round, draft: RoundCorrectionDraft | None, refusal: str) -> CorrectionDraftRead:
    """The correction as its second person judges it."""
    changes: list[dict[str, Any]] = list(draft.changes) if draft else []
    definition, judged = publishing.definition_of(s, round_), subjects.of_round(s, round_.id)
    sheets, problem = _applied(s, round_, changes)
    return CorrectionDraftRead(
        round_id=round_.id,
        title=round_.title,
        period=round_.period,
        version=draft.version if draft else 0,
        published=round_.state == State.published,
        revision=round_.revision,
        invited=round_.invited,
        answered=round_.answered,
        answered_then=len(sheets) if sheets is not None else round_.answered,
        smallest_cell=definition.smallest_cell,
        reason=draft.reason if draft else "",
        proposed_by=_names(s, draft),
        changes=[_change(definition, judged, change) for change in changes],
        effects=list(_effects(s, round_, sheets)) if sheets is not None else [],
        problem=problem,
        refusal=refusal,
    )


def _applied(s: Session, round_: Round, changes: list[dict[str, Any]]) -> tuple[list[publishing.Counted] | None, str]:
    """The sheets as they would be counted, or why they cannot: another correction may have come in between."""
    if not changes:
        return None, ""
    try:
        clean = publishing.proposed(s, round_, changes)
    except DomainError as refused:
        return None, refused.message
    return publishing.apply(publishing.corrected(s, round_), clean), ""


def _names(s: Session, draft: RoundCorrectionDraft | None) -> list[str]:
    ids = [UUID(editor) for editor in draft.editors] if draft else []
    found = dict(s.exec(select(User.id, User.display_name).where(col(User.id).in_(ids))).all())
    return [found[id_] for id_ in ids if id_ in found]


def _effects(s: Session, round_: Round, sheets: list[publishing.Counted]) -> Iterator[EffectRead]:
    """Every subject as it stands and as it would: exactly the rows that a publication now would write."""
    earlier = scores.of_round(s, round_.id)
    for made in publishing.scored(s, round_, sheets, publishing.strata_of(s, round_)):
        before = [score for score in earlier if score.subject_key == made.subject.key]
        values = facts.row_values(made, before)
        yield EffectRead(
            subject_key=made.subject.key,
            name=made.subject.name,
            now=views.figure(before[-1]) if before else None,
            then=views.figure(Score(**values)),
            changes=not (before and facts.same(before[-1], values)),
        )


def _change(definition: Definition, judged: list[Subject], change: Mapping[str, Any]) -> ChangeRead:
    was, should = change.get("was"), change.get("is")
    kind: Kind = "forgotten" if was is None else "twice" if should is None else "wrong"
    lines = list(_lines(definition, judged, was or {}, should or {}))
    stratum = str(change.get("stratum") or "")
    return ChangeRead(
        kind=kind,
        stratum=panels.stratum_label(stratum) if stratum else "",
        answers=[line for line in lines if kind != "wrong" or line.was != line.should],
    )


def _lines(
    definition: Definition, judged: list[Subject], was: Mapping[str, Any], should: Mapping[str, Any]
) -> Iterator[AnswerChanged]:
    names = {subject.key: subject.name for subject in judged}
    for key, question in answers.asked(definition, judged):
        before, after = (side.get(key, {}).get(question.key) for side in (was, should))
        if before is None and after is None:
            continue
        for label, old, new in _said(question, before, after):
            yield AnswerChanged(subject=names.get(key, ""), question=label, was=old, should=new)


def _said(question: Question, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """What was answered, in words; a matrix row by row."""
    if question.kind != QuestionKind.matrix:
        yield definitions.label(question), _words(question, before), _words(question, after)
        return
    for row in question.rows:
        old, new = ((side or {}).get(row.key) for side in (before, after))
        if old is not None or new is not None:
            yield definitions.label(row), _words(question, old), _words(question, new)


def _words(question: Question, value: Any) -> str:
    if value is None:
        return ""
    chosen = value if isinstance(value, list) else [value]
    labels = {option.key: definitions.label(option) for option in question.options}
    return _("、").join(labels.get(one, f"{one}") for one in chosen)
