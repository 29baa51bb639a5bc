"""What must hold of elections in every database, for `qinlian check`. Nothing here changes anything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.elections import counting, counts, electors, results, service
from app.assemblies.elections.models import Election, ElectionBundle, ElectionCount, State
from app.ballots.models import BallotBox, BoxState
from app.core.checks import register_check
from app.core.db import Database

_COUNTED = (State.counted, State.declared)


def lists(db: Database) -> Iterator[str]:
    """The list of electors is the one whose number and hash the election keeps."""
    with db.read() as s:
        for election in s.scalars(select(Election).where(col(Election.electors_hash) != "")):
            ids = electors.public_ids(s, election.id)
            if (len(ids), electors.hash_of(ids)) != (election.registered, election.electors_hash):
                yield f"election {election.id} has another list of electors than it keeps the hash of"


def results_hold(db: Database) -> Iterator[str]:
    """Counts reconcile, a box holds what was counted of it, and a declared result is what its count gives."""
    with db.read() as s:
        for election in s.scalars(select(Election).where(col(Election.state).in_(_COUNTED))):
            yield from _faults(s, election)


def _faults(s: Session, election: Election) -> Iterator[str]:
    count = counts.latest(s, election.id)
    if count is None:
        if election.state == State.declared:
            yield f"election {election.id} is declared without a count"
        return
    if not _reconciles(s, election, count):
        yield f"the count of election {election.id} does not reconcile"
    box = s.get(BallotBox, election.box_id) if election.box_id else None
    if box is not None and (box.state != BoxState.closed or counts.machine_rows(s, election, box) != count.posts):
        yield f"election {election.id} was counted otherwise than its box says"
    if election.state == State.declared:
        yield from _declared(s, election, count)


def _reconciles(s: Session, election: Election, count: ElectionCount) -> bool:
    seats = {str(post.id): post.seats for post in service.posts_of(s, election.id)}
    whole = counting.flaws(election.registered, count.issued, count.returned, count.unreturned)
    parts = [
        counting.flaws_of_contest(count.returned, row["valid"], row["invalid"], row["votes"], seats[row["post_id"]])
        for row in count.posts
    ]
    return not whole and not any(parts)


def _declared(s: Session, election: Election, count: ElectionCount) -> Iterator[str]:
    if results.outcome(s, election, count) != election.outcome:
        yield f"the declared result of election {election.id} is not what its count gives"
    kept = s.get(ElectionBundle, election.id)
    if kept is None or hashlib.sha256(kept.content.encode()).hexdigest() != kept.sha256:
        yield f"the bundle of election {election.id} is missing or was changed"


def register() -> None:
    register_check("election_lists", lists)
    register_check("elections", results_hold)
