"""Five hundred voters, every linker of linkers.py, on closed boxes of both kinds: none does better than chance.

The bounds. Somebody who draws lots for n = 500 ballots names the right one for 1 person on average, whatever n is
(fixed points of a random permutation, Poisson with mean 1): 10 or more happen once in 9 million times. Neighbours of
the order of arrival lie side by side about twice (Poisson, mean 2): 15 or more happen once in 250 million times.
Spearman's rank correlation has the standard deviation 1/sqrt(n - 1): 5.3 of it are passed once in 9 million times.
Each linker is also let loose on a naive design in the same database, where it must recover nine of ten.
"""

from __future__ import annotations

import math
import random
import re
import secrets
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from app.ballots import sealing, service
from app.ballots.models import BallotBox, Secrecy
from app.ballots.service import Voter
from app.core.db import Database
from app.core.models import new_id
from tests.ballots import helpers, linkers
from tests.ballots.linkers import EVERYWHERE, ONLY, Guess, Linker, Place
from tests.cast import Cast
from tests.conftest import ENGINE

pytestmark = pytest.mark.slow
N = 500
LUCKY = 10
SIDE_BY_SIDE = 15
CORRELATED = 5.3 / math.sqrt(N - 1)
LINKERS = EVERYWHERE + ONLY[ENGINE]
TEXT = re.compile(rb"text[0-9a-f]{12}")
RECEIPT = re.compile(rb"(?<![0-9A-Z])[2-9A-HJKMNP-Z]{12}(?![0-9A-Z])")


def _spied_on(url: str) -> Database:
    """The worst case on SQLite: nobody ever moves the write-ahead log away before closing."""
    database = Database(url)
    if database.is_sqlite:
        event.listen(
            database.engine.pool, "connect", lambda c, _record: c.execute("PRAGMA wal_autocheckpoint=0").close()
        )
    return database


@pytest.fixture(scope="module")
def theatre(
    template: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], Database]]:
    opened: list[Database] = []

    def build() -> Database:
        opened.append(_spied_on(template(tmp_path_factory.mktemp("attack"))))
        return opened[-1]

    yield build
    for database in opened:
        database.close()


class Election:
    """A box in which everybody answers once, in an order that a watcher saw."""

    def __init__(self, db: Database, secrecy: Secrecy) -> None:
        self.db, self.secrecy, self.cast = db, secrecy, Cast.load(db)
        random.seed(0)  # the order of arrival; nothing that the application does
        self.people = [Voter("representative", new_id(), f"某人{i:04d}", f"片{i % 4}") for i in range(N)]
        self.box = self._prepare()
        self.arrivals = random.sample(self.people, N)
        self.marks = {v.name: f"mark{secrets.token_hex(6)}" for v in self.people}
        self.texts = {v.name: f"text{secrets.token_hex(6)}" for v in self.people}
        self.receipts: dict[str, str] = {}
        self.ciphers: list[bytes] = []
        self.copies: list[bytes] = []

    def _prepare(self) -> helpers.Box:
        with self.db.write() as s:
            box = service.prepare(s, self.cast.community, "vote", self.secrecy, self.people)
            slips = service.slips(s, box)
            service.open_box(s, box)
            self.key = sealing.key_of(box)
            self.sealed_key = bytes(box.key_sealed or b"")
            return helpers.Box(box.id, self.people, slips)

    def hold(self, neighbour: helpers.Box) -> None:
        """Everybody answers; another box, which stays open, fills the same pages meanwhile."""
        tokens = self._tokens()
        for i, voter in enumerate(self.arrivals):
            answers = {"committee": {"overall": self.marks[voter.name]}}
            code = helpers.press(self.db, tokens[voter.name], "x", answers, {"committee.why": self.texts[voter.name]})
            assert code
            self.receipts[voter.name] = code
            if i % 5 == 0:
                assert helpers.press(self.db, neighbour.slips[i // 5].token)
            if i % 150 == 149:
                helpers.do(self.db, self.box, service.mark_participation)
        self._copy()

    def _tokens(self) -> dict[str, str]:
        """Confidential slips carry names; secret ones are handed out by chance, and nobody writes down which."""
        if self.secrecy == Secrecy.confidential:
            return {str(slip.name): slip.token for slip in self.box.slips}
        handed = random.sample(self.box.slips, N)
        return {v.name: slip.token for v, slip in zip(self.people, handed, strict=True)}

    def _copy(self) -> None:
        """What a thief of the open database has, without the installation's secret."""
        linkers.flush(self.db)
        place = self.place()
        self.copies = [p.read_bytes() for p in (*linkers.data_files(place), *linkers.log_files(place))]
        with self.db.glance() as connection:
            rows = connection.execute(text("SELECT answers FROM sealed_sheet WHERE box_id = :b"), {"b": self.id})
            self.ciphers = [row[0].encode() for row in rows]
        self.keys = self.row_keys()

    def row_keys(self) -> set[bytes]:
        query = "SELECT rid FROM sealed_sheet WHERE box_id = :b UNION ALL SELECT rid FROM sealed_text WHERE box_id = :b"
        with self.db.glance() as connection:
            return {bytes(row[0]) for row in connection.execute(text(query), {"b": self.id})}

    @property
    def id(self) -> str:
        return self.box.id.hex if self.db.is_sqlite else str(self.box.id)

    def close(self) -> None:
        helpers.closed(self.db, self.box)
        linkers.flush(self.db)

    def place(self, **other: Any) -> Place:
        return Place(
            db=self.db,
            arrivals=[v.name for v in self.arrivals],
            truth=self.marks,
            sheets="sealed_sheet",
            content="answers",
            people=f"invitation WHERE box_id = '{self.id}'",
            person="voter_name",
            stamp="updated_at, voter_name",
            where=f"box_id = '{self.id}'",
            elsewhere=self.copies,
        )


@pytest.fixture(scope="module", params=helpers.SEALED)
def election(request: pytest.FixtureRequest, theatre: Callable[[], Database]) -> Election:
    db = theatre()
    neighbour = helpers.opened(db, Cast.load(db), Secrecy.secret, N // 5)
    held = Election(db, request.param)
    held.hold(neighbour)
    held.close()
    return held


def assert_no_better_than_chance(place: Place, guess: Guess) -> None:
    for found in (guess, linkers.backwards(place, guess)):
        assert linkers.recovered(place, found) < LUCKY
        assert linkers.neighbours(place, found) < SIDE_BY_SIDE
        assert abs(linkers.rank_correlation(place, found)) < CORRELATED


@pytest.mark.parametrize("linker", LINKERS, ids=lambda linker: linker.__name__)
def test_no_linker_recovers_more_than_chance(election: Election, linker: Linker) -> None:
    assert_no_better_than_chance(election.place(), linker(election.place()))


@pytest.mark.parametrize("linker", LINKERS, ids=lambda linker: linker.__name__)
def test_free_texts_lead_to_nobody(election: Election, linker: Linker) -> None:
    place = election.place()
    place.truth, place.sheets, place.content, place.pattern = election.texts, "sealed_text", "text", TEXT
    assert_no_better_than_chance(place, linker(place))


@pytest.mark.parametrize("linker", LINKERS, ids=lambda linker: linker.__name__)
def test_free_texts_and_receipts_do_not_lead_to_the_sheet_of_the_same_person(
    election: Election, linker: Linker
) -> None:
    """Here the sheets, as they lie, take the part of the people."""
    place = election.place()
    names = {mark: name for name, mark in election.marks.items()}
    for order in (linkers.by_key_order, linkers.by_bytes_of_file):
        laid = [names[marks[0]] for marks in order(place).values()]
        place.arrivals = laid
        other = Place(db=place.db, arrivals=laid, truth=election.texts, sheets="sealed_text", content="text")
        other.where, other.pattern, other.elsewhere = place.where, TEXT, place.elsewhere
        assert_no_better_than_chance(other, linker(other))
        other.truth, other.sheets, other.content, other.pattern = election.receipts, "ballot_receipt", "code", RECEIPT
        assert_no_better_than_chance(other, linker(other))


def test_everything_was_counted(election: Election) -> None:
    """What cannot be linked is complete all the same."""
    with election.db.read() as s:
        box = s.get_one(BallotBox, election.box.id)
        found = {sheet.answers["committee"]["overall"] for sheet in service.sheets(s, box)}
        assert found == set(election.marks.values())
        assert set(service.receipts(s, box)) == set(election.receipts.values())
        assert {content for _field, content in service.texts(s, box)} == set(election.texts.values())
        assert box.returned == box.issued == N


def test_what_was_erased_is_not_on_the_disk(election: Election) -> None:
    """Not the key, sealed or open, not a pass, and no sheet as it was while the box was open."""
    files = linkers.data_files(election.place())
    if election.db.is_sqlite:
        files += linkers.log_files(election.place())  # PostgreSQL's log goes at its own time: see docs/secrecy.md
    content = b"".join(p.read_bytes() for p in files)
    assert election.sealed_key not in content and election.key not in content
    assert not [cipher for cipher in election.ciphers if cipher in content]
    once = Counter(mark.decode() for mark in election.place().pattern.findall(content))
    assert once == Counter(election.marks.values())  # each sheet that counts, and no copy of any


def test_a_copy_of_the_open_database_shows_no_answer(election: Election) -> None:
    """Without the installation's secret not one mark can be read, nor told from its length, in table, page or log."""
    stolen = b"".join(election.copies)
    assert len(stolen) > 100_000
    assert not set(election.marks.values()) & {m.decode() for m in election.place().pattern.findall(stolen)}
    assert not set(election.texts.values()) & {m.decode() for m in TEXT.findall(stolen)}
    assert {len(cipher) for cipher in election.ciphers} == {len(election.ciphers[0])}


def test_keys_of_rows_were_all_drawn_anew(election: Election) -> None:
    """A copy from before closing has random keys, which would be as good as names if they were kept."""
    assert len(election.keys) == len(election.row_keys()) == 2 * N
    assert not election.keys & election.row_keys()


# --- The control: the linkers work ---------------------------------------------------------------------------

_NAIVE = (
    "CREATE TABLE naive_person (name VARCHAR(40) PRIMARY KEY, used_at INTEGER)",
    "CREATE TABLE naive_sheet (id VARCHAR(36) PRIMARY KEY, answers TEXT NOT NULL)",
)


class Naive:
    """A random id and a used flag, written in one transaction: what most would call anonymous."""

    def __init__(self, db: Database, *, ordered_key: bool = False) -> None:
        self.db = db
        random.seed(1)
        names = [f"某人{i:04d}" for i in range(N)]
        self.marks = {name: f"mark{secrets.token_hex(6)}" for name in names}
        self.arrivals = random.sample(names, N)
        with db.write() as s:
            for statement in _NAIVE:
                s.execute(text(statement))
            s.execute(text("INSERT INTO naive_person (name) VALUES (:n)"), [{"n": n} for n in names])
        for rank, name in enumerate(self.arrivals):
            self._answer(rank, name, str(new_id() if ordered_key else UUID(bytes=secrets.token_bytes(16))))
        linkers.flush(db)

    def _answer(self, rank: int, name: str, key: str) -> None:
        with self.db.write() as s:
            s.execute(text("UPDATE naive_person SET used_at = :t WHERE name = :n"), {"t": rank, "n": name})
            sheet = {"i": key, "a": '{"overall":"' + self.marks[name] + '"}'}
            s.execute(text("INSERT INTO naive_sheet (id, answers) VALUES (:i, :a)"), sheet)

    def settle(self) -> None:
        linkers.flush(self.db)
        if self.db.is_sqlite:
            with self.db.glance() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").close()

    def shuffle_without_care(self) -> None:
        """Rewrites the sheets in another order, as a careful person would, and leaves the old bytes where they were."""
        with self.db.write() as s:
            if self.db.is_sqlite:
                s.connection().exec_driver_sql("PRAGMA secure_delete=OFF")
            rows = [tuple(row) for row in s.execute(text("SELECT id, answers FROM naive_sheet"))]
            s.execute(text("DELETE FROM naive_sheet"))
            random.shuffle(rows)
            again = [{"i": str(new_id()), "a": answers} for _id, answers in rows]
            s.execute(text("INSERT INTO naive_sheet (id, answers) VALUES (:i, :a)"), again)

    def place(self) -> Place:
        return Place(
            db=self.db,
            arrivals=self.arrivals,
            truth=self.marks,
            sheets="naive_sheet",
            content="answers",
            people="naive_person",
            person="name",
            stamp="used_at",
        )


@pytest.fixture(scope="module")
def naive(theatre: Callable[[], Database]) -> Naive:
    return Naive(theatre())


@pytest.fixture(scope="module")
def settled(theatre: Callable[[], Database]) -> Naive:
    """The same, after SQLite has moved its log into the file."""
    made = Naive(theatre())
    made.settle()
    return made


def assert_works(place: Place, guess: Guess) -> None:
    """Nine of ten are named, or (the bytes of a page run backwards) nine of ten lie in the order of arrival."""
    assert max(linkers.recovered(place, guess), linkers.neighbours(place, guess)) >= 0.9 * N


_NEEDS_MORE = {linkers.by_key_order, linkers.by_bytes_left_behind, linkers.by_stored_copy}
_NEEDS_FILE = {linkers.by_bytes_of_pages, linkers.by_bytes_of_file}


@pytest.mark.parametrize("linker", [k for k in LINKERS if k not in _NEEDS_MORE], ids=lambda linker: linker.__name__)
def test_the_linker_works_against_a_naive_design(naive: Naive, settled: Naive, linker: Linker) -> None:
    place = (settled if linker in _NEEDS_FILE else naive).place()
    found = linker(place)
    both = (found, linkers.backwards(place, found))
    assert_works(place, max(both, key=lambda guess: linkers.recovered(place, guess)))


def test_the_order_of_keys_works_against_ids_that_grow(theatre: Callable[[], Database]) -> None:
    place = Naive(theatre(), ordered_key=True).place()
    place.where = "id > '' ORDER BY id"
    assert_works(place, linkers.by_key_order(place))


def test_a_stored_copy_works_against_a_plain_log(naive: Naive) -> None:
    place = naive.place()
    place.elsewhere = [p.read_bytes() for p in linkers.log_files(place)]
    assert_works(place, linkers.by_stored_copy(place))


def test_left_bytes_work_against_a_careless_shuffle(theatre: Callable[[], Database]) -> None:
    careless = Naive(theatre())
    careless.settle()
    careless.shuffle_without_care()
    careless.settle()
    place = careless.place()
    found = linkers.by_bytes_left_behind(place)
    assert linkers.recovered(place, found) >= LUCKY or linkers.neighbours(place, found) >= SIDE_BY_SIDE
    assert linkers.recovered(place, linkers.by_row_number(place)) < LUCKY  # the shuffle itself was a good one


def test_statistics_see_an_order_that_is_shifted_or_in_pieces() -> None:
    names = [f"p{i}" for i in range(N)]
    place = Place(None, names, {n: f"m{n}" for n in names}, "", "")  # type: ignore[arg-type]
    marks = [f"m{n}" for n in names]
    shifted = linkers.in_order(place, marks[1:])
    assert linkers.recovered(place, shifted) == 0 and linkers.neighbours(place, shifted) > N * 0.9
    assert linkers.rank_correlation(place, shifted) > 0.99
    pieces = [marks[i : i + 10] for i in range(0, N, 10)]
    random.Random(2).shuffle(pieces)
    torn = linkers.in_order(place, [m for piece in pieces for m in piece])
    assert linkers.neighbours(place, torn) > SIDE_BY_SIDE
    lots = linkers.in_order(place, random.Random(3).sample(marks, N))
    assert_no_better_than_chance(place, lots)
