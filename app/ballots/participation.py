"""Who took part: counts for everybody, names only for reminders, and never a result."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, update
from sqlmodel import Session, col

from app.ballots import codes, locks, sealing
from app.ballots.models import ON_PAPER, UNSPENT, BallotBox, BallotPass, BoxState, Invitation, InvitationState, Secrecy
from app.ballots.strata import SMALLEST

_CHUNK = 500


@dataclass(frozen=True)
class Turnout:
    invited: int
    answered: int
    on_paper: int


def turnout(s: Session, box: BallotBox) -> Turnout:
    """How many were invited and how many answered, and nothing else."""
    if box.state in (BoxState.closed, BoxState.void):
        return Turnout(_invited(s, box), box.returned or 0, box.on_paper or 0)
    used = spent(s, box)
    return Turnout(_invited(s, box), sum(used.values()), used.get(ON_PAPER, 0))


def _invited(s: Session, box: BallotBox) -> int:
    return s.scalar(select(func.count()).select_from(Invitation).where(col(Invitation.box_id) == box.id)) or 0


def spent(s: Session, box: BallotBox) -> dict[int, int]:
    """Used passes, by how they were used."""
    counted = (
        select(col(BallotPass.spent), func.count())
        .where(col(BallotPass.box_id) == box.id, col(BallotPass.spent) != UNSPENT)
        .group_by(col(BallotPass.spent))
    )
    return {row[0]: row[1] for row in s.execute(counted)}


def mark_participation(s: Session, box: BallotBox, *, at_least: int = SMALLEST) -> int:
    """Marks who answered, so that only the others are reminded. Returns how many are newly marked.

    A confidential press writes to no invitation. Here the passes are derived again and those used since the last time
    marked together, in no order, when they are at least `at_least`: one at a time would date each sheet.
    """
    if box.secrecy != Secrecy.confidential or box.state != BoxState.open:
        return 0
    locks.hold(s, box.id)
    newly = [i for i, marked, used in passes_of(s, box) if used and not marked]
    if len(newly) < at_least:
        return 0
    write_answered(s, newly)
    return len(newly)


def passes_of(s: Session, box: BallotBox) -> Iterator[tuple[UUID, bool, bool]]:
    """Every invitation of a confidential box: whether it is marked as answered, and whether its pass is used."""
    key = sealing.token_key(sealing.key_of(box))
    used = select(col(BallotPass.token_hash)).where(col(BallotPass.box_id) == box.id, col(BallotPass.spent) != UNSPENT)
    hashes = set(s.scalars(used))
    people = select(col(Invitation.id), col(Invitation.answered)).where(col(Invitation.box_id) == box.id)
    for i, marked in s.execute(people.execution_options(yield_per=_CHUNK)):
        yield i, marked, codes.printed_hash(sealing.token_of(key, i)) in hashes


def write_answered(s: Session, invitation_ids: Sequence[UUID], *, answered: bool = True) -> None:
    shuffled = list(invitation_ids)
    secrets.SystemRandom().shuffle(shuffled)
    for i in range(0, len(shuffled), _CHUNK):
        s.execute(
            update(Invitation)
            .where(col(Invitation.id).in_(shuffled[i : i + _CHUNK]))
            .values(answered=answered)
            .execution_options(synchronize_session="evaluate")
        )


def to_remind(s: Session, box: BallotBox) -> list[Invitation]:
    """Whoever is not known to have answered; in a secret box everybody, because nobody knows."""
    found = select(Invitation).where(
        col(Invitation.box_id) == box.id,
        col(Invitation.state) == InvitationState.invited,
        col(Invitation.answered).is_(False),
    )
    return list(s.scalars(found.order_by(col(Invitation.id))))
