"""The rounds of the acceptance data, from real ballots: two published, one open with an unused pass, one to be drawn.

The published ones took place at their hour in earlier periods; the open one and the one that waits for its public
number began today.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any

from sqlmodel import Session, select

from app.ballots import service as ballots
from app.ballots.boxes import Slip
from app.core.clock import now, today
from app.core.db import Database
from app.demo.acceptance_place import Place
from app.surveys.instruments.answers import asked
from app.surveys.instruments.builtins import instrument_id
from app.surveys.instruments.definition import Kind
from app.surveys.rounds import opening, publishing, subjects
from app.surveys.rounds.models import Round, State
from app.surveys.schedules import periods
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Schedule, Secrecy

# How eight of nine representatives answer: six satisfied, one basically, one not.
_OPINIONS = ("satisfied",) * 6 + ("basically_satisfied", "dissatisfied")


def add_rounds(s: Session, place: Place) -> None:
    """Needs the rosters, instruments and schedules of the acceptance data."""
    for key in ("property_monthly", "committee_halfyear"):
        _published(s, _schedule(s, place, key))
    place.round_id, place.token = _open(s, _schedule(s, place, "property_monthly"))
    _to_be_drawn(s, place)
    s.flush()


def finish(db: Database) -> None:
    """Clears from the disk what closing erased, as every run does."""
    ballots.sweep(db)


def _schedule(s: Session, place: Place, key: str) -> Schedule:
    wanted = select(Schedule).where(
        Schedule.community_id == place.community.id, Schedule.instrument_id == instrument_id(key)
    )
    return s.exec(wanted.order_by(Schedule.id)).first()  # type: ignore[arg-type, return-value]


def _begin(s: Session, schedule: Schedule, period: str, at: datetime) -> Round:
    round_ = opening.new_round(s, schedule, period, at)
    if round_ is None:
        raise LookupError(f"{schedule.title} has no published version")
    s.add(round_)
    s.flush()
    opening.advance(s, round_, schedule, at, None)
    return round_


def _published(s: Session, schedule: Schedule) -> None:
    """The round of the period before the last that is over: opened, answered, closed and published."""
    period = periods.previous(periods.previous(periods.period_of(schedule.cadence, today())))
    round_ = _begin(s, schedule, period, periods.opens_at(schedule, period))
    slips = ballots.renew_slips(s, publishing.box_of(s, round_))
    _answer(s, round_, slips)
    publishing.close(s, round_, round_.closes_at)
    publishing.publish(s, round_, round_.closes_at)


def _answer(s: Session, round_: Round, slips: Sequence[Slip]) -> None:
    for slip, option in zip(slips, _OPINIONS, strict=False):
        opened = ballots.find_by_token(s, slip.token)
        if opened is None:
            raise LookupError("a pass that was just made does not open its box")
        ballots.submit(s, opened, slip.token, "seed", _filled(s, round_, option), {})


def _filled(s: Session, round_: Round, option: str) -> dict[str, dict[str, Any]]:
    """The same opinion about everybody and everything."""
    found: dict[str, dict[str, Any]] = {}
    for key, question in asked(publishing.definition_of(s, round_), subjects.of_round(s, round_.id)):
        if question.kind == Kind.rating:
            found.setdefault(key, {})[question.key] = option
        elif question.kind == Kind.matrix:
            found.setdefault(key, {})[question.key] = {row.key: option for row in question.rows}
    return found


def _open(s: Session, schedule: Schedule) -> tuple[Any, str]:
    """The published round to read, and a pass of one that is open now."""
    wanted = select(Round.id).where(Round.schedule_id == schedule.id, Round.state == State.published)
    shown = s.exec(wanted).one()
    round_ = _begin(s, schedule, periods.period_of(schedule.cadence, today()), now())
    return shown, ballots.renew_slips(s, publishing.box_of(s, round_))[0].token


def _to_be_drawn(s: Session, place: Place) -> None:
    """Adult residents by lot; the frame is frozen, the seed committed, the number announced and not yet drawn."""
    schedule = Schedule(
        community_id=place.community.id,
        instrument_id=instrument_id("integrity_yearly"),
        title="勤廉指数测评（公开抽取）",
        cadence=Cadence.yearly,
        opens_month=1,
        opens_day=1,
        open_days=20,
        reminder_days=[7],
        panel=Panel.residents,
        method=Method.sample,
        sample_size=3,
        reserves=2,
        public_number=True,
        public_number_source="本月末福利彩票双色球开奖号码，见次日报纸",
        secrecy=Secrecy.confidential,
        subject_kinds=["committee"],
        publish=Publish.manual,
        starts_on=date(today().year, 1, 1),
    )
    s.add(schedule)
    s.flush()
    _begin(s, schedule, str(today().year), now())


OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "round_id": lambda _s, p: p.round_id,
    "token": lambda _s, p: p.token,
}
