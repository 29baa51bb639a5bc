"""A box, its voters, and pressing the button."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.accounts.permissions import Principal
from app.ballots import service
from app.ballots.models import BallotBox, Secrecy
from app.ballots.service import Slip, Voter
from app.core.db import Database
from app.core.models import new_id
from tests.cast import Cast

SECRECIES = list(Secrecy)
SEALED = [Secrecy.confidential, Secrecy.secret]
GOOD = {"committee": {"overall": "satisfied"}}


@dataclass
class Box:
    id: UUID
    voters: list[Voter]
    slips: list[Slip]

    def slip_of(self, voter: Voter) -> Slip:
        return next(slip for slip in self.slips if slip.name == voter.name)


def voters(n: int, strata: Sequence[str] = ("",)) -> list[Voter]:
    return [Voter("representative", new_id(), f"代表{i:04d}", strata[i % len(strata)]) for i in range(n)]


def prepared(db: Database, cast: Cast, secrecy: Secrecy, n: int = 6, strata: Sequence[str] = ("",)) -> Box:
    people = voters(n, strata)
    with db.write() as s:
        box = service.prepare(s, cast.community, "round", secrecy, people)
        return Box(box.id, people, service.slips(s, box))


def opened(db: Database, cast: Cast, secrecy: Secrecy, n: int = 6, strata: Sequence[str] = ("",)) -> Box:
    made = prepared(db, cast, secrecy, n, strata)
    do(db, made, service.open_box)
    return made


def do(db: Database, box: Box, action: Any, **kwargs: Any) -> Any:
    """One action of the service on the box, in a transaction of its own."""
    with db.write() as s:
        return action(s, s.get_one(BallotBox, box.id), **kwargs)


def see(db: Database, box: Box, question: Any) -> Any:
    with db.read() as s:
        return question(s, s.get_one(BallotBox, box.id))


def closed(db: Database, box: Box) -> None:
    do(db, box, service.close_box)
    assert service.after_close(db, box.id)


def press(db: Database, token: str, once: str = "once", answers: Any = None, texts: Any = None) -> str | None:
    """What the answering page does: the receipt, or None when the token is refused."""
    with db.write() as s:
        found = service.find_by_token(s, token)
        if found is None:
            return service.receipt_if_sent(s, token, once)
        return service.submit(s, found, token, once, GOOD if answers is None else answers, texts or {})


def worker(cast: Cast, name: str = "李网格") -> Principal:
    return Principal(
        kind="user",
        id=cast.users[name],
        name=name,
        role="worker",
        permissions=frozenset({"ballots:enter"}),
        community_id=cast.community,
    )
