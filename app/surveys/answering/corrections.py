"""Corrections of a published round: put together sheet by sheet, looked at beside what they change, published by a
second person as a new revision. What was published before stays as it was."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.core.clock import now
from app.core.db import check_version, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound
from app.core.i18n import gettext as _
from app.surveys.answering import correction_pages as pages
from app.surveys.answering.correction_schemas import (
    MOST_CHANGES,
    CorrectionDraftRead,
    CorrectionForm,
    CorrectionPublished,
    Kind,
    SheetCorrection,
)
from app.surveys.instruments import answers
from app.surveys.rounds import publishing, subjects
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round, RoundCorrectionDraft, State

Change = dict[str, Any]


def form(s: Session, who: Principal, round_id: UUID, kind: Kind) -> CorrectionForm:
    """The form for one more sheet."""
    round_ = rounds.get(s, who, round_id)
    return pages.form(s, round_, publishing.pending_correction(s, round_.id), kind)


def read(s: Session, who: Principal, round_id: UUID) -> CorrectionDraftRead:
    """What waits, what it would change, and whether whoever asks may publish it."""
    round_ = rounds.get(s, who, round_id)
    draft = publishing.pending_correction(s, round_.id)
    return pages.shown(s, round_, draft, second_person(who, draft) if draft else "")


def propose(s: Session, who: Principal, round_id: UUID, reason: str, changes: list[Change]) -> CorrectionDraftRead:
    """A whole correction at once, as a program sends it. A second one waits until the first is published or dropped."""
    round_ = rounds.held(s, who, round_id)
    clean = publishing.proposed(s, round_, changes)
    if publishing.pending_correction(s, round_.id) is not None:
        raise Conflict(_("本轮已有一份更正等待复核，请先复核或放弃。"), code="correction_pending")
    _keep(s, who, _begun(round_), clean, reason)
    return read(s, who, round_id)


def add(s: Session, who: Principal, round_id: UUID, data: SheetCorrection, version: int | None) -> CorrectionDraftRead:
    """One more sheet. Twice the same press adds one: the second no longer meets the version that its form showed."""
    round_ = rounds.held(s, who, round_id)
    draft = publishing.pending_correction(s, round_.id) or _begun(round_)
    if draft in s or version not in (None, 0):
        check_version(draft, version)
    if len(draft.changes) >= MOST_CHANGES:
        raise Conflict(_("一份更正最多 %(n)s 张答卷。", n=MOST_CHANGES), code="too_many_changes")
    changes = [*draft.changes, _change(s, round_, data)]
    try:
        clean = publishing.proposed(s, round_, changes)
    except Invalid as refused:
        raise _beside(refused, len(changes) - 1) from None
    _keep(s, who, draft, clean, draft.reason)
    return read(s, who, round_id)


def _begun(round_: Round) -> RoundCorrectionDraft:
    return RoundCorrectionDraft(community_id=round_.community_id, round_id=round_.id, version=0)


def _keep(s: Session, who: Principal, draft: RoundCorrectionDraft, changes: list[Change], reason: str) -> None:
    """Whoever has a hand in it is no second person any more."""
    draft.changes, draft.reason = changes, reason
    draft.editors = [*draft.editors, *({str(who.id)} - set(draft.editors))]
    touch(draft)
    s.add(draft)
    s.flush()


def _change(s: Session, round_: Round, data: SheetCorrection) -> Change:
    """A sheet as the form says it: each side is checked against the questions under its own field names."""
    if round_.state != State.published:
        raise Conflict(_("只有公布以后才能更正；公布之前请按编号录入纸质答卷。"), code="round_state")
    if data.stratum and data.stratum not in pages.strata(s, round_):
        raise Invalid(_("没有这个分层。"), code="unknown_stratum", field="stratum")
    was = None if data.kind == "forgotten" else _side(s, round_, "was", data.was)
    should = None if data.kind == "twice" else _side(s, round_, "should", data.should)
    if was is not None and was == should:
        raise Invalid(_("改前改后一样，没有什么可更正。"), code="nothing_changed", field="should")
    return {"stratum": data.stratum, "was": was, "is": should}


def _side(s: Session, round_: Round, side: str, given: dict[str, Any]) -> dict[str, Any]:
    asked = pages.without_texts(publishing.definition_of(s, round_))
    try:
        checked = answers.check(asked, subjects.of_round(s, round_.id), given, final=False)
    except Invalid as refused:
        for item in refused.errors:
            item["field"] = side + item["field"].removeprefix("a")
        raise
    if not checked.ratings:
        raise Invalid(_("还没有回答任何一题。"), code="nothing_answered", field=side)
    return checked.ratings


def _beside(refused: Invalid, last: int) -> Invalid:
    """The sheet that nobody entered like this is the one on the form, or an earlier one that is in the way of it."""
    field = "was" if refused.errors and refused.errors[0]["field"].startswith(f"changes.{last}.") else None
    return Invalid(refused.message, code=refused.code, field=field)


def _pending(s: Session, who: Principal, round_id: UUID, version: int | None) -> tuple[Round, RoundCorrectionDraft]:
    round_ = rounds.held(s, who, round_id)
    draft = publishing.pending_correction(s, round_.id)
    if draft is None:
        raise NotFound(_("本轮没有等待复核的更正。"))
    check_version(draft, version)
    return round_, draft


def drop(s: Session, who: Principal, round_id: UUID, position: int, version: int | None) -> CorrectionDraftRead:
    """Takes one sheet out of the correction."""
    _round, draft = _pending(s, who, round_id, version)
    if position >= len(draft.changes):
        raise Invalid(_("没有这一张。"), code="no_such_change", field="position")
    _keep(s, who, draft, [c for i, c in enumerate(draft.changes) if i != position], draft.reason)
    return read(s, who, round_id)


def reword(s: Session, who: Principal, round_id: UUID, reason: str, version: int | None) -> CorrectionDraftRead:
    _round, draft = _pending(s, who, round_id, version)
    _keep(s, who, draft, draft.changes, reason)
    return read(s, who, round_id)


def discard(s: Session, who: Principal, round_id: UUID, version: int | None) -> None:
    _round, draft = _pending(s, who, round_id, version)
    s.delete(draft)
    s.flush()


def second_person(who: Principal, draft: RoundCorrectionDraft) -> str:
    """Why this person may not publish the correction; "" if he may. Paper is signed for by two people."""
    if who.kind != "user":
        return _("更正只能由本人登录后复核。")
    return _("这份更正是您参与提出的，须由另一人复核公布。") if str(who.id) in draft.editors else ""


def confirm(s: Session, who: Principal, round_id: UUID, version: int | None) -> CorrectionPublished:
    """Publishes what the second person has seen, under the version that was shown."""
    round_, draft = _pending(s, who, round_id, version)
    refusal = second_person(who, draft)
    if refusal:
        raise Forbidden(refusal, code="second_person_needed")
    if not draft.reason:
        raise Conflict(_("请先写明更正原因。"), code="reason_missing")
    if not draft.changes:
        raise Conflict(_("更正里还没有答卷。"), code="no_changes")
    publishing.correct(s, round_, draft.reason, draft.changes, UUID(draft.editors[0]), now())
    s.delete(draft)
    s.flush()
    return CorrectionPublished(round_id=round_.id, revision=round_.revision, answered=round_.answered)
