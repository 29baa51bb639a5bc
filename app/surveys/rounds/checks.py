"""What must hold of rounds in every database, for `qinlian check`. Nothing here changes anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.ballots.models import BallotBox, BoxState
from app.core.checks import Check, register_check
from app.core.db import Database
from app.surveys.rounds import draw, framing, publishing, subjects
from app.surveys.rounds.models import Round, RoundBundle, RoundDraw, State
from app.surveys.scores import compute
from app.surveys.scores.models import Score

_BOX_STATES = {
    State.open: {BoxState.open},
    State.closed: {BoxState.closed},
    State.published: {BoxState.closed},
    State.void: {BoxState.void, BoxState.closed},
}


def one_a_period(db: Database) -> Iterator[str]:
    """One round per community, schedule and period."""
    several: Any = (
        select(col(Round.community_id), col(Round.schedule_id), col(Round.period), func.count())
        .group_by(col(Round.community_id), col(Round.schedule_id), col(Round.period))
        .having(func.count() > 1)
    )
    with db.read() as s:
        for community_id, schedule_id, period, n in s.execute(several):
            yield f"schedule {schedule_id} of community {community_id} has {n} rounds of {period}"


def boxes(db: Database) -> Iterator[str]:
    """Open rounds have open boxes, closed and published ones closed boxes; no other round has one."""
    wanted = select(col(Round.id), col(Round.state), col(BallotBox.state))
    with db.read() as s:
        rows = s.execute(wanted.outerjoin(BallotBox, col(BallotBox.id) == col(Round.box_id))).all()
    for round_id, state, box in rows:
        allowed = _BOX_STATES.get(State(state), set())
        if box is None and state not in (State.open, State.closed, State.published):
            continue
        if box not in allowed:
            yield f"round {round_id} is {state}, but its box is {box or 'missing'}"


def publications(db: Database) -> Iterator[str]:
    """A published round has a bundle whose hash is that of its content, and a score of whomever its questions rate;
    no other round has either."""
    with db.read() as s:
        scored = set(s.scalars(select(col(Score.round_id)).distinct()))
        bundled = set(s.scalars(select(col(RoundBundle.round_id)).distinct()))
        rounds = s.scalars(select(Round)).all()
        unrated = {r.id for r in rounds if r.state == State.published and r.id not in scored and not _rates(s, r)}
        for kept in s.scalars(select(RoundBundle).execution_options(yield_per=20)):
            if hashlib.sha256(kept.content.encode()).hexdigest() != kept.sha256:
                yield f"bundle {kept.revision} of round {kept.round_id} was changed after publication"
    for r in rounds:
        published = r.state == State.published
        if (r.id in scored) != (published and r.id not in unrated) or (r.id in bundled) != published:
            yield f"round {r.id} is {r.state}, which does not go with its scores and bundle"


def _rates(s: Session, round_: Round) -> bool:
    """Whether the questions of a round rate anybody: a mere poll has no score."""
    definition = publishing.definition_of(s, round_)
    return any(compute.items_of(definition, subject.kind) for subject in subjects.of_round(s, round_.id))


def draws(db: Database) -> Iterator[str]:
    """Every draw recomputes from its frame, seed and public number."""
    with db.read() as s:
        for drawn in s.scalars(select(RoundDraw).order_by(col(RoundDraw.id))).all():
            units = framing.units_of(s, drawn.round_id)
            if draw.frame_hash(u.id for u in units) != drawn.frame_hash or draw.table_hash(units) != drawn.table_hash:
                yield f"the frame of round {drawn.round_id} is not the one that draw {drawn.number} was committed to"
            elif drawn.drawn_at is not None:
                yield from _recomputed(drawn, units, [(p.public_id, p.position) for p in framing.picks_of(s, drawn.id)])


def _recomputed(drawn: RoundDraw, units: list[draw.Unit], kept: list[tuple[str, int]]) -> Iterator[str]:
    if draw.commit_of(drawn.seed, drawn.frame_hash) != drawn.commit:
        yield f"the seed of draw {drawn.number} of round {drawn.round_id} is not the one committed"
    wanted = draw.draw(units, drawn.seed, drawn.public_number, drawn.size, drawn.reserves)
    if sorted(kept) != sorted((p.id, p.position) for p in wanted):
        yield f"draw {drawn.number} of round {drawn.round_id} does not recompute"


CHECKS: dict[str, Check] = {
    "rounds": one_a_period,
    "round_boxes": boxes,
    "round_publications": publications,
    "round_draws": draws,
}


def register() -> None:
    for name, check in CHECKS.items():
        register_check(name, check)
