"""Closing a round, counting it, publishing it, and correcting what was published. Nothing here commits."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.ballots import service as ballots
from app.ballots.models import BallotBox, Invitation, InvitationState
from app.core import audit, events
from app.core.db import touch
from app.core.errors import Conflict, Invalid
from app.core.events import RoundPublished
from app.core.i18n import gettext as _
from app.surveys.instruments import answers
from app.surveys.instruments.definition import Definition
from app.surveys.instruments.models import InstrumentVersion
from app.surveys.rounds import bundle, framing, opening, panels, states, subjects
from app.surveys.rounds.models import Round, RoundCorrection, RoundCorrectionDraft, State
from app.surveys.schedules.models import Method, Schedule, Stratify
from app.surveys.scores import bundle as score_bundle
from app.surveys.scores import compute
from app.surveys.scores import service as scores

Answers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Counted:
    """A sheet as it is counted."""

    stratum: str
    answers: Answers


def box_of(s: Session, round_: Round) -> BallotBox:
    return s.get_one(BallotBox, round_.box_id)


def definition_of(s: Session, round_: Round) -> Definition:
    return Definition.model_validate(s.get_one(InstrumentVersion, round_.version_id).definition)


def close(s: Session, round_: Round, at: datetime) -> None:
    """Closes the box: from now on no answer comes in, and nothing links one to a person any more."""
    states.move(round_, State.closed)
    box = box_of(s, round_)
    ballots.close_box(s, box)
    round_.closed_at = at
    round_.answered, round_.on_paper = box.returned or 0, box.on_paper or 0
    round_.invited = max(round_.invited - ineligible(s, box), round_.answered)
    touch(round_)
    opening.tell(s, "round.closed", round_, invited=round_.invited, answered=round_.answered)


def ineligible(s: Session, box: BallotBox) -> int:
    """Those who turned out to have moved or died: they are not counted as silent."""
    gone = (col(Invitation.box_id) == box.id, col(Invitation.state) == InvitationState.ineligible)
    return s.scalar(select(func.count()).select_from(Invitation).where(*gone)) or 0


def publish(s: Session, round_: Round, at: datetime, reason: str | None = None, *, history: bool = False) -> None:
    """Counts the sheets, stores the scores at the end of the feed (which tells the webhooks), and keeps the bundle.

    `history`: the round is loaded as it took place, so its scores are as old as it is.
    """
    if reason is None:
        states.move(round_, State.published)
        round_.published_at = at
    definition, judged, strata = definition_of(s, round_), subjects.of_round(s, round_.id), strata_of(s, round_)
    counted, lines = compute.Tallies(definition, judged), score_bundle.Lines(definition, judged)
    for sheet in _counted(s, round_):
        counted.add(sheet)
        lines.add(sheet)
    found = counted.scores(**_sizes(round_), strata=strata)
    facts = scores.RoundFacts(round_.community_id, round_.id, round_.instrument_key, round_.period)
    scores.store(s, facts, found, reason=reason, at=at if history else None)
    round_.revision += 1
    touch(round_)
    bundle.keep(s, round_, counted, lines, strata, _changed(s, round_.id), at)
    if reason is None:
        events.publish(s, RoundPublished(round_.id))


def scored(
    s: Session, round_: Round, sheets: Iterable[Counted], strata: Mapping[str, compute.Stratum]
) -> list[compute.SubjectScore]:
    """What the sheets say of each subject."""
    return compute.compute(
        definition_of(s, round_),
        subjects.of_round(s, round_.id),
        sheets,
        **_sizes(round_),
        strata=strata,
    )


def _sizes(round_: Round) -> dict[str, Any]:
    return {
        "invited": round_.invited,
        "population": round_.population,
        "census": round_.method == Method.census,
    }


def strata_of(s: Session, round_: Round) -> dict[str, compute.Stratum]:
    """The grid areas that are large enough to be shown: how many were invited in each, and of how many."""
    if s.get_one(Schedule, round_.schedule_id).stratify != Stratify.grid_area:
        return {}
    asked = Counter(entry.stratum for entry in framing.invited_entries(s, round_))
    whole = Counter(unit.stratum for unit in framing.units_of(s, round_.id))
    shown = panels.shown_strata(asked.elements())
    return {name: compute.Stratum(n, whole[name]) for name, n in sorted(asked.items()) if name and shown[name]}


def _counted(s: Session, round_: Round) -> Iterable[compute.Counted]:
    """What is counted, one sheet at a time as long as nothing was corrected: a million ratings need no room at once."""
    return corrected(s, round_) if corrections_of(s, round_.id) else ballots.each_sheet(s, box_of(s, round_))


def corrected(s: Session, round_: Round) -> list[Counted]:
    """The sheets of the closed box, with every correction so far applied."""
    sheets = [Counted(sheet.stratum, sheet.answers) for sheet in ballots.sheets(s, box_of(s, round_))]
    for made in corrections_of(s, round_.id):
        sheets = apply(sheets, made.changes)
    return sheets


def _content(sheet: Counted) -> str:
    """Sheets with the same content are the same, whoever sent them."""
    return json.dumps([sheet.stratum, sheet.answers], ensure_ascii=False, sort_keys=True)


def corrections_of(s: Session, round_id: UUID) -> list[RoundCorrection]:
    wanted = select(RoundCorrection).where(col(RoundCorrection.round_id) == round_id)
    return list(s.scalars(wanted.order_by(col(RoundCorrection.revision))))


def pending_correction(s: Session, round_id: UUID) -> RoundCorrectionDraft | None:
    """The correction of a round that waits for its second person: one at a time."""
    found: RoundCorrectionDraft | None = s.scalars(
        select(RoundCorrectionDraft).where(col(RoundCorrectionDraft.round_id) == round_id)
    ).one_or_none()
    return found


def _changed(s: Session, round_id: UUID) -> tuple[int, int]:
    """How many sheets all corrections added and removed."""
    changes = [change for made in corrections_of(s, round_id) for change in made.changes]
    return sum(c["is"] is not None for c in changes), sum(c["was"] is not None for c in changes)


def apply(sheets: list[Counted], changes: Iterable[Mapping[str, Any]]) -> list[Counted]:
    """Each change takes away one sheet that says what was entered, and puts in what should have been."""
    left = list(sheets)
    for position, change in enumerate(changes):
        stratum = str(change.get("stratum") or "")
        if change.get("was") is not None:
            _take(left, Counted(stratum, change["was"]), position)
        if change.get("is") is not None:
            left.append(Counted(stratum, change["is"]))
    return left


def _take(sheets: list[Counted], wanted: Counted, position: int) -> None:
    mark = _content(wanted)
    for at, sheet in enumerate(sheets):
        if _content(sheet) == mark:
            del sheets[at]
            return
    raise Invalid(_("没有这样的一张答卷。"), code="no_such_sheet", field=f"changes.{position}.was")


def proposed(s: Session, round_: Round, changes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The changes in the form in which they are kept, if they can be applied to what is counted now."""
    states.require(round_, State.published, rule=_("只有公布以后才能更正；公布之前请作废或继续录入。"))
    definition, judged = definition_of(s, round_), subjects.of_round(s, round_.id)
    clean = [_checked(definition, judged, change, i) for i, change in enumerate(changes)]
    if len(apply(corrected(s, round_), clean)) > round_.invited:
        raise Conflict(_("答卷不能多于应邀人数。"), code="too_many_sheets")
    return clean


def correct(s: Session, round_: Round, reason: str, changes: list[dict[str, Any]], made_by: UUID, at: datetime) -> None:
    """Publishes a new revision in which wrongly entered sheets are replaced. The first revision stays as it was."""
    clean = proposed(s, round_, changes)
    s.add(
        RoundCorrection(
            community_id=round_.community_id,
            round_id=round_.id,
            revision=round_.revision + 1,
            reason=reason,
            changes=clean,
            made_by=made_by,
        )
    )
    audit.note(
        s, "round.correct", "evaluation_round", round_.id, round_.community_id, sheets=len(clean), made_by=str(made_by)
    )
    s.flush()
    round_.answered = len(corrected(s, round_))
    publish(s, round_, at, reason)


def _checked(definition: Definition, judged: Any, change: Mapping[str, Any], position: int) -> dict[str, Any]:
    clean: dict[str, Any] = {"stratum": str(change.get("stratum") or "")}
    for side in ("was", "is"):
        given = change.get(side)
        clean[side] = None
        if given is not None:
            try:
                clean[side] = answers.check(definition, judged, given, final=False).ratings
            except Invalid as wrong:
                for item in wrong.errors:
                    item["field"] = f"changes.{position}.{side}.{item['field']}"
                raise
    if clean["was"] == clean["is"]:
        message = _("改前改后一样，没有什么可更正。")
        raise Invalid(message, code="nothing_changed", field=f"changes.{position}.is")
    return clean
