"""A secret vote by passes, held in the booth: no row but the pass and the sheet is touched, and no linker helps.

The linkers, their bounds and the control that they work are those of tests/ballots/test_attack.py. Five hundred
representatives vote here through the room: opened, slips drawn by chance, the booth's page, closed, declared. Each
carries a mark on the sheet, which a real ballot has no place for, so that a linker can be told right from wrong.
"""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import inspect, text
from sqlmodel import select

from app.assemblies.votes import counting, declaring, electorate, opening, passes
from app.assemblies.votes.models import Vote
from app.ballots import booth, service
from app.ballots.models import BallotBox
from app.ballots.schemas import BoothSend
from app.core.audit import AuditEntry
from app.core.db import Database
from app.core.errors import NotFound
from tests.assemblies.votes.helpers import person, room, vote
from tests.ballots import linkers
from tests.ballots.linkers import Linker, Place
from tests.ballots.test_attack import LINKERS, N, _spied_on, assert_no_better_than_chance
from tests.cast import Cast

OF_BALLOTS = {"ballot_pass", "sealed_sheet", "sealed_text", "ballot_receipt", "answer_draft"}


def slips(db: Database, vote_id: UUID) -> list[str]:
    with db.write() as s:
        made = opening.make_slips(s, person(s, "王站长"), vote_id, "http://127.0.0.1")
        return [slip.href.rsplit("/", 1)[1] for slip in made.slips]


def put_in(db: Database, token: str, choice: str, once: str = "0123456789") -> str:
    with db.write() as s:
        return booth.receive(s, token, BoothSend(once=once, a={counting.CONTEST: choice})).receipt


def everything_else(db: Database) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table that is not a ballot's."""
    tables = set(inspect(db.engine).get_table_names()) - OF_BALLOTS
    with db.glance() as connection:
        return {
            table: sorted(tuple(map(str, row)) for row in connection.execute(text(f"SELECT * FROM {table}")))
            for table in sorted(tables)
        }


def test_voting_writes_no_row_of_anybody(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 6, 5), "secret_pass")
    tokens = slips(db, made)
    assert len(set(tokens)) == 5
    before = everything_else(db)
    receipts = [put_in(db, token, choice) for token, choice in zip(tokens, ("for", "for", "against"), strict=False)]
    assert put_in(db, tokens[0], "for") == receipts[0]  # the same press again
    with pytest.raises(NotFound):
        put_in(db, tokens[0], "against", "another-form")
    assert everything_else(db) == before
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
        count = counting.latest(s, made)
        assert count is not None
        found = (count.issued, count.returned, count.unreturned, count.votes_for, count.votes_against, count.abstain)
        assert found == (5, 3, 2, 2, 1, 0)
        assert all(one.choice is None and one.cast_at is None for one in electorate.electors(s, made))
    with pytest.raises(NotFound):
        put_in(db, tokens[4], "for")


def test_slips_are_for_those_present_and_new_ones_void_the_old(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 6, 5), "secret_pass")
    old, new = slips(db, made), slips(db, made)
    assert not set(old) & set(new)
    with pytest.raises(NotFound):
        put_in(db, old[0], "for")
    put_in(db, new[0], "for")
    with pytest.raises(Exception, match="不能再换"):
        slips(db, made)
    with db.read() as s:
        assert s.exec(select(AuditEntry).where(AuditEntry.action == "vote.print_slips")).all()
        assert not [e for e in s.exec(select(AuditEntry)) if any(token in e.changes for token in (*old, *new))]


# --- the attack ------------------------------------------------------------------------------------------------


class Ballot:
    """A vote in which everybody votes once, in an order that a watcher saw."""

    def __init__(self, db: Database) -> None:
        self.db, cast = db, Cast.load(db)
        self.vote = vote(db, room(db, cast, N, N), "secret_pass")
        with db.read() as s:
            self.names = [one.name for one in electorate.electors(s, self.vote)]
            self.box = s.get_one(Vote, self.vote).box_id
        random.seed(4)  # the order of arrival; nothing that the application does
        self.arrivals = random.sample(self.names, N)
        self.marks = {name: f"mark{secrets.token_hex(6)}" for name in self.names}

    def hold(self) -> None:
        handed = random.sample(slips(self.db, self.vote), N)
        for name, token in zip(self.arrivals, handed, strict=True):
            booth.register(service.Purpose.vote, booth.Kind(passes.form, self._marked(name), passes.receipts_href))
            put_in(self.db, token, random.choice(["for", "against", "abstain"]))
        passes.register()
        with self.db.write() as s:
            counting.close(s, person(s, "王站长"), self.vote)
        assert service.after_close(self.db, self.box)  # type: ignore[arg-type]
        with self.db.write() as s:
            declaring.declare(s, person(s, "王站长"), self.vote)
        linkers.flush(self.db)

    def _marked(self, name: str) -> Callable[..., Any]:
        def answers(_s: Any, _box: Any, marks: booth.Marks) -> dict[str, Any]:
            return {counting.CONTEST: {"choice": marks[counting.CONTEST][0], "mark": self.marks[name]}}

        return answers

    def place(self) -> Place:
        box, vote_id = (x.hex if self.db.is_sqlite else str(x) for x in (self.box, self.vote))  # type: ignore[union-attr]
        return Place(
            db=self.db,
            arrivals=self.arrivals,
            truth=self.marks,
            sheets="sealed_sheet",
            content="answers",
            people=f"vote_elector WHERE vote_id = '{vote_id}'",
            person="name",
            stamp="updated_at, name",
            where=f"box_id = '{box}'",
        )


@pytest.fixture(scope="module")
def ballot(template: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ballot]:
    db = _spied_on(template(tmp_path_factory.mktemp("vote")))
    made = Ballot(db)
    made.hold()
    yield made
    db.close()


@pytest.mark.slow
@pytest.mark.parametrize("linker", LINKERS, ids=lambda linker: linker.__name__)
def test_no_linker_leads_from_a_ballot_to_an_elector(ballot: Ballot, linker: Linker) -> None:
    assert_no_better_than_chance(ballot.place(), linker(ballot.place()))


@pytest.mark.slow
def test_every_ballot_was_counted(ballot: Ballot) -> None:
    with ballot.db.read() as s:
        box = s.get_one(BallotBox, ballot.box)
        assert {sheet.answers[counting.CONTEST]["mark"] for sheet in service.sheets(s, box)} == set(
            ballot.marks.values()
        )
        assert s.get_one(Vote, ballot.vote).present == box.returned == N
