"""`qinlian check` finds a vote that was tampered with in the database, and nothing in those that were not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import update
from sqlmodel import Session, col

from app.assemblies.votes import counting
from app.assemblies.votes.checks import CHECKS
from app.assemblies.votes.models import Vote
from app.ballots.models import BallotBox
from app.core.db import Database
from tests.assemblies.votes.helpers import choices, declared, hands, person, room, tap_all, vote
from tests.assemblies.votes.test_verifier import cast_passes
from tests.cast import Cast


def _votes(db: Database, cast: Cast) -> tuple[Any, Any, Any]:
    here = room(db, cast, 5, 4)
    secret = vote(db, here, "secret_pass")
    cast_passes(db, secret, choices(3))
    declared(db, secret)
    named = vote(db, here, "roll_call")
    tap_all(db, named, choices(2, 1))
    with db.write() as s:
        counting.close(s, person(s, "王站长"), named)
    return secret, named, hands(db, vote(db, here, "hands"), 3).id


def found(db: Database) -> dict[str, list[str]]:
    return {name: list(check(db)) for name, check in CHECKS.items()}


def _change(model: Any, row_id: Any, **values: Any) -> Callable[[Session], Any]:
    return lambda s: s.execute(update(model).where(col(model.id) == row_id).values(**values))


@pytest.mark.parametrize("tampered", ["vote_boxes", "vote_seats", "vote_results"])
def test_what_was_tampered_with_is_named(db: Database, cast: Cast, tampered: str) -> None:
    secret, named, by_hand = _votes(db, cast)
    assert found(db) == {name: [] for name in CHECKS}
    with db.read() as s:
        box = s.get_one(Vote, secret).box_id
        decision = {**s.get_one(Vote, by_hand).decision, "outcome": "rejected"}
    changes = {
        "vote_boxes": _change(BallotBox, box, state="void"),
        "vote_seats": _change(Vote, named, present=3),
        "vote_results": _change(Vote, by_hand, decision=decision),
    }
    with db.write() as s:
        changes[tampered](s)
    assert [name for name, sentences in found(db).items() if sentences] == [tampered]
