"""How a due round comes to be, is framed and opens. Each function is one step of one transaction; none commits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session, col, select

from app.ballots import service as ballots
from app.communities.webhooks import service as webhooks
from app.core.clock import local_date
from app.core.db import touch
from app.surveys.instruments.models import Instrument, InstrumentVersion, VersionState
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds import framing, panels, states, subjects
from app.surveys.rounds.models import Round, RoundReminder, State
from app.surveys.rounds.panels import Person
from app.surveys.schedules import periods
from app.surveys.schedules.models import Method, Schedule

# A round that opens later than this after its hour is late: it stays open for as long as planned, from then on.
LATE_AFTER = timedelta(days=1)


def new_round(s: Session, schedule: Schedule, period: str, opens_at: datetime | None = None) -> Round | None:
    """The round of a period, scheduled; None where the instrument has no published version to open it with."""
    instrument = s.get_one(Instrument, schedule.instrument_id)
    version = published_version(s, instrument.id)
    if version is None:
        return None
    starts = opens_at or periods.opens_at(schedule, period)
    return Round(
        community_id=schedule.community_id,
        schedule_id=schedule.id,
        instrument_id=instrument.id,
        version_id=version.id,
        instrument_key=instrument.key,
        period=period,
        title=schedule.title,
        opens_at=starts,
        closes_at=starts + timedelta(days=schedule.open_days),
        panel=schedule.panel,
        method=schedule.method,
        secrecy=schedule.secrecy,
        publish=schedule.publish,
    )


def published_version(s: Session, instrument_id: UUID) -> InstrumentVersion | None:
    """The version in force: the last one published."""
    wanted = select(InstrumentVersion).where(
        InstrumentVersion.instrument_id == instrument_id, InstrumentVersion.state == VersionState.published
    )
    return s.exec(wanted.order_by(col(InstrumentVersion.number).desc()).limit(1)).first()


def payload(round_: Round) -> dict[str, object]:
    """What an event says of a round: nothing of any person."""
    return {
        "round_id": str(round_.id),
        "instrument": round_.instrument_key,
        "period": round_.period,
        "state": str(round_.state),
        "opens_at": round_.opens_at.isoformat(),
        "closes_at": round_.closes_at.isoformat(),
    }


def tell(s: Session, event: str, round_: Round, **more: object) -> None:
    webhooks.enqueue(s, event, round_.community_id, {**payload(round_), **more})


def advance(s: Session, round_: Round, schedule: Schedule, at: datetime, by: UUID | None) -> State | None:
    """Takes a due round one step on: frames it, or opens it. Returns the state it came to, None if it stays.

    The caller holds the round's row. What stands in the way is kept in `blocked` and tried again by the next run.
    """
    if round_.state == State.scheduled:
        return _begin(s, round_, schedule, at, by)
    drawn = framing.current(s, round_.id)
    if drawn is None or drawn.drawn_at is None:
        return None
    return _open(s, round_, schedule, at)


def _begin(s: Session, round_: Round, schedule: Schedule, at: datetime, by: UUID | None) -> State | None:
    on = local_date(at)
    people = panels.people(s, round_.community_id, round_.panel, on, schedule.stratify, schedule.grid_area_ids)
    judged = subjects.of_schedule(s, schedule, on)
    why = _obstacle(people, judged, schedule)
    if why:
        if round_.blocked != why:
            round_.blocked = why
            touch(round_)
        return None
    _take_version(s, round_)
    subjects.keep(s, round_, judged)
    units = framing.freeze(s, round_, people, at, by)
    if round_.method == Method.sample:
        drawn = framing.commit_seed(s, round_, schedule, units, at)
        if schedule.public_number:
            states.move(round_, State.framed)
            touch(round_)
            return State.framed
        framing.execute(s, drawn, units, "", at)
    return _open(s, round_, schedule, at)


def _obstacle(people: Sequence[Person], judged: Sequence[Subject], schedule: Schedule) -> str:
    if not people:
        return states.NOBODY
    return states.NO_SUBJECT if schedule.subject_kinds and not judged else ""


def _take_version(s: Session, round_: Round) -> None:
    """The version published last when the round opens; an edit afterwards changes nothing here."""
    version = published_version(s, round_.instrument_id)
    if version is not None:
        round_.version_id = version.id


def _open(s: Session, round_: Round, schedule: Schedule, at: datetime) -> State:
    entries = framing.invited_entries(s, round_)
    kind = entries[0].person_kind
    names = panels.names(s, kind, [entry.person_id for entry in entries])
    shown = panels.shown_strata(entry.stratum for entry in entries)
    voters = [ballots.Voter(kind, e.person_id, names[e.person_id], shown[e.stratum]) for e in entries]
    box = ballots.prepare(s, round_.community_id, ballots.Purpose.round, ballots.Secrecy(round_.secrecy), voters)
    if round_.secrecy == ballots.Secrecy.secret:
        ballots.slips(s, box)  # so that the box can open by the clock; printing makes new ones before the first is used
    ballots.open_box(s, box)
    round_.box_id, round_.invited = box.id, len(voters)
    round_.late = at >= round_.opens_at + LATE_AFTER
    if round_.late or round_.framed_at != at:  # a draw that waited for its number takes nothing from the time to answer
        round_.closes_at = at + timedelta(days=schedule.open_days)
    round_.opened_at = at
    states.move(round_, State.open)
    touch(round_)
    _plan_reminders(s, round_, schedule, at)
    tell(s, "round.opened", round_, invited=round_.invited)
    return State.open


def _plan_reminders(s: Session, round_: Round, schedule: Schedule, at: datetime) -> None:
    for number, day in enumerate(sorted(set(schedule.reminder_days)), 1):
        due = at + timedelta(days=day)
        if due < round_.closes_at:
            s.add(RoundReminder(community_id=round_.community_id, round_id=round_.id, number=number, due_at=due))
