"""What must hold of votes in every database, for `qinlian check`. Nothing here changes anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.votes import counting, declaring, electorate
from app.assemblies.votes.models import NAMED, Method, State, Vote, VoteBundle
from app.ballots.models import BallotBox, BoxState
from app.core.checks import Check, register_check
from app.core.db import Database

_BOX_STATES = {
    State.open: {BoxState.open},
    State.closed: {BoxState.closed},
    State.declared: {BoxState.closed},
    State.void: {BoxState.void, BoxState.closed},
}


def boxes(db: Database) -> Iterator[str]:
    """A vote by passes has a box in the state that goes with its own; no other vote has one."""
    wanted = select(Vote, col(BallotBox.state)).outerjoin(BallotBox, col(BallotBox.id) == col(Vote.box_id))
    with db.read() as s:
        for vote, box in s.execute(wanted).all():
            allowed = _BOX_STATES.get(State(vote.state), set()) if vote.method == Method.secret_pass else set()
            if box not in allowed and (box is not None or (allowed and vote.state != State.void)):
                yield f"vote {vote.id} is {vote.state}, but its box is {box or 'missing'}"


def seats(db: Database) -> Iterator[str]:
    """No vote has more voices than seats that were there, and its list is the one that was frozen."""
    with db.read() as s:
        for vote in s.scalars(select(Vote).where(col(Vote.opened_at).is_not(None))):
            listed = electorate.electors(s, vote.id)
            present = sum(one.present for one in listed)
            expected = vote.entitled if vote.method == Method.owners else vote.present
            if (len(listed), present) != (vote.entitled, expected):
                yield f"vote {vote.id} was opened for {vote.entitled} ({expected} there), not {len(listed)} ({present})"
            if vote.method not in NAMED and any(one.choice for one in listed):
                yield f"vote {vote.id} is not a named one, but a choice stands beside a name"


def declarations(db: Database) -> Iterator[str]:
    """What was declared follows from the count and the kept rules, and the published file is as it was."""
    with db.read() as s:
        for vote in s.scalars(select(Vote).where(col(Vote.state) == State.declared)):
            yield from _declared(s, vote)


def _declared(s: Session, vote: Vote) -> Iterator[str]:
    count, kept = counting.latest(s, vote.id), s.get(VoteBundle, vote.id)
    if count is None or counting.problems(vote, count):
        yield f"vote {vote.id} was declared from a count that is missing or does not reconcile"
    elif declaring.decide_by(vote, count) != declaring.decision_of(vote):
        yield f"vote {vote.id} was declared {vote.outcome}, which does not follow from its count"
    if kept is None or hashlib.sha256(kept.content.encode()).hexdigest() != kept.sha256:
        yield f"the published file of vote {vote.id} is missing or was changed"


CHECKS: dict[str, Check] = {"vote_boxes": boxes, "vote_seats": seats, "vote_results": declarations}


def register() -> None:
    for name, check in CHECKS.items():
        register_check(name, check)
