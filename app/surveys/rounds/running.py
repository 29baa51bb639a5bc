"""What cron triggers: rounds open, remind, close and publish by themselves.

Every step of every round is one short transaction that first takes the round's row (on SQLite the database) and looks
again whether the step is still to do. So it does not matter who triggers, how often, how many at once, or where an
earlier run was killed: a step is done whole, once, or left to the next run. A round comes to be under the lock of its
schedule and under a unique constraint on (schedule, period).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, true
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.ballots import service as ballots
from app.communities.service import in_scope
from app.core import audit
from app.core.clock import now
from app.core.db import Database, is_unavailable, lock_row, touch
from app.core.errors import Unavailable
from app.core.logs import log
from app.surveys.rounds import opening, publishing, states
from app.surveys.rounds.models import Round, RoundReminder, State
from app.surveys.schedules import periods
from app.surveys.schedules.models import Publish, Schedule

_TRIES = 6
_PAUSE = 0.25
_WAITING = (State.scheduled, State.framed)
Step = Callable[[Session], bool]


@dataclass
class Done:
    """What this run did, by round. A round that another run took on at the same time is in that one's answer."""

    opened: list[UUID] = field(default_factory=list)
    reminded: list[UUID] = field(default_factory=list)
    closed: list[UUID] = field(default_factory=list)
    published: list[UUID] = field(default_factory=list)


@dataclass(frozen=True)
class Run:
    """One trigger: by whom, for which communities, and at which instant."""

    db: Database
    who: Any
    at: datetime
    done: Done = field(default_factory=Done)

    @property
    def by(self) -> UUID | None:
        """The person behind the trigger; None for the clock."""
        return self.who.id if getattr(self.who, "kind", "") == "user" else None

    def mine(self, community_id: Any) -> Any:
        """Whether a community is within reach of whoever triggers; everything is for the operator's own cron."""
        return in_scope(self.who, community_id) if isinstance(self.who, Principal) else true()

    def ids(self, statement: Select[Any]) -> Sequence[UUID]:
        with self.db.read() as s:
            return s.scalars(statement).all()

    def step(self, step: Step) -> bool:
        """One transaction. A busy store is asked again; a constraint that refuses means that another was quicker."""
        for turn in range(_TRIES):
            try:
                with self.db.write() as s:
                    audit.set_actor(s, self.who)
                    return step(s)
            except IntegrityError:
                return False
            except (DBAPIError, Unavailable) as busy:
                if turn == _TRIES - 1 or not (isinstance(busy, Unavailable) or is_unavailable(busy)):
                    raise
                time.sleep(_PAUSE * (turn + 1))
        return False


def database_now(db: Database) -> datetime:
    """One clock for all machines that trigger: the database server's. On SQLite there is one machine."""
    if db.is_sqlite:
        return now()
    with db.glance() as connection:
        instant: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return instant.astimezone(now().tzinfo)


def run_due(db: Database, who: Any, at: datetime | None = None) -> Done:
    """Does everything that is due at an instant (the present one by default), for the communities within reach."""
    run = Run(db, who, at or database_now(db))
    ballots.sweep(db)
    _close(run)
    _publish(run)
    _create(run)
    _open(run)
    _remind(run)
    return run.done


def _each(run: Run, ids: Sequence[UUID], step: Callable[[Session, Round], bool], into: list[UUID]) -> None:
    """Runs a step for each round. One that fails is logged and left to the next run; the others go on."""
    for round_id in ids:

        def locked(s: Session, round_id: UUID = round_id) -> bool:
            round_ = lock_row(s, Round, round_id)
            return round_ is not None and step(s, round_)

        try:
            if run.step(locked):
                into.append(round_id)
        except Exception as error:
            if isinstance(error, Unavailable) or is_unavailable(error):
                raise
            log.error("round step failed", round=str(round_id), exc_info=error)
            run.step(partial(_failed, round_id))


def _failed(round_id: UUID, s: Session) -> bool:
    """Shows on the round that its step failed; the next run tries again."""
    round_: Round | None = lock_row(s, Round, round_id)
    if round_ is not None and round_.blocked != states.FAILED:
        round_.blocked = states.FAILED
        touch(round_)
        s.add(round_)
    return False


def _wanted(run: Run, *conditions: Any) -> Select[Any]:
    return select(col(Round.id)).where(run.mine(Round.community_id), *conditions).order_by(col(Round.opens_at))


def _close(run: Run) -> None:
    def close(s: Session, round_: Round) -> bool:
        if round_.state != State.open or round_.closes_at > run.at:
            return False
        publishing.close(s, round_, run.at)
        return True

    overdue = _wanted(run, col(Round.state) == State.open, col(Round.closes_at) <= run.at)
    _each(run, run.ids(overdue), close, run.done.closed)
    if run.done.closed:
        ballots.sweep(run.db)


def _publish(run: Run) -> None:
    def publish(s: Session, round_: Round) -> bool:
        if round_.state != State.closed:
            return False
        publishing.publish(s, round_, run.at)
        return True

    waiting = _wanted(run, col(Round.state) == State.closed, col(Round.publish) == Publish.auto)
    _each(run, run.ids(waiting), publish, run.done.published)


def _create(run: Run) -> None:
    """The rounds of periods that have come due, schedule by schedule."""
    schedules = select(col(Schedule.id)).where(run.mine(Schedule.community_id), col(Schedule.paused).is_(False))
    for schedule_id in run.ids(schedules.order_by(col(Schedule.id))):
        with run.db.read() as s:
            schedule = s.get(Schedule, schedule_id)
            if schedule is None or not _missing(s, schedule, run.at):
                continue

        def create(s: Session, schedule_id: UUID = schedule_id) -> bool:
            return _create_missing(s, lock_row(s, Schedule, schedule_id), run.at)

        run.step(create)


def _missing(s: Session, schedule: Schedule, at: datetime) -> list[str]:
    """Due periods that have no round yet, the oldest first."""
    known = set(s.scalars(select(col(Round.period)).where(col(Round.schedule_id) == schedule.id)))
    return [period for period in periods.due_periods(schedule, at) if period not in known]


def _create_missing(s: Session, schedule: Schedule | None, at: datetime) -> bool:
    """The newest due period and the `catch_up` before it are to open; older ones are recorded as missed."""
    if schedule is None or schedule.paused:
        return False
    due = periods.due_periods(schedule, at)
    caught_up = due[-(1 + schedule.catch_up) :]
    if not caught_up:
        return False
    for period in _missing(s, schedule, at):
        round_ = opening.new_round(s, schedule, period)
        if round_ is None:
            return False
        if period not in caught_up:
            _miss(round_)
        s.add(round_)
    _miss_blocked(s, schedule, caught_up[0])
    s.flush()
    return True


def _miss_blocked(s: Session, schedule: Schedule, oldest: str) -> None:
    """A round that could not open until enough newer ones came due has missed its time."""
    waiting = select(Round).where(
        col(Round.schedule_id) == schedule.id,
        col(Round.state) == State.scheduled,
        col(Round.blocked) != "",
        col(Round.opens_at) < periods.opens_at(schedule, oldest),
    )
    for round_ in s.scalars(waiting):
        _miss(round_)
        touch(round_)


def _miss(round_: Round) -> None:
    states.move(round_, State.void)
    round_.void_reason, round_.late = states.MISSED, True


def _open(run: Run) -> None:
    def advance(s: Session, round_: Round) -> bool:
        if round_.state not in _WAITING or round_.opens_at > run.at:
            return False
        schedule = s.get_one(Schedule, round_.schedule_id)
        return opening.advance(s, round_, schedule, run.at, run.by) == State.open

    due = _wanted(run, col(Round.state).in_(_WAITING), col(Round.opens_at) <= run.at)
    _each(run, run.ids(due), advance, run.done.opened)


def _remind(run: Run) -> None:
    def remind(s: Session, round_: Round) -> bool:
        if round_.state != State.open:
            return False
        due = select(RoundReminder).where(
            col(RoundReminder.round_id) == round_.id,
            col(RoundReminder.sent_at).is_(None),
            col(RoundReminder.due_at) <= run.at,
        )
        return _send(s, round_, list(s.scalars(due.order_by(col(RoundReminder.number)))), run.at)

    unsent = select(col(RoundReminder.round_id)).where(
        col(RoundReminder.sent_at).is_(None), col(RoundReminder.due_at) <= run.at
    )
    wanted = _wanted(run, col(Round.state) == State.open, col(Round.id).in_(unsent))
    _each(run, run.ids(wanted), remind, run.done.reminded)


def _send(s: Session, round_: Round, due: list[RoundReminder], at: datetime) -> bool:
    """Of several that came due while nobody ran, only the last goes out; the others are recorded as sent to nobody."""
    if not due:
        return False
    box = publishing.box_of(s, round_)
    ballots.mark_participation(s, box)
    people = ballots.to_remind(s, box)
    for reminder in due:
        reminder.sent_at = at
    last = due[-1]
    last.audience = len(people)
    s.add_all(due)
    opening.tell(s, "round.reminder", round_, number=last.number, audience=last.audience)
    return True
