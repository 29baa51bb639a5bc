"""Ways from a ballot to a person, each of which has worked against some design of a ballot table.

A linker looks at a place (two tables, the files beneath them) and says, for each person, which ballots could be
theirs. It knows the strongest thing an outsider can know: in which order people answered. What it recovers is the
expected number of people for whom it names the right ballot: drawing lots among those it cannot tell apart.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import text

from app.core.db import Database

PAGE = {"sqlite": 4096, "postgresql": 8192}


@dataclass
class Place:
    """Where the ballots are, who answered in which order, and (for scoring only) which mark each of them made."""

    db: Database
    arrivals: list[str]
    truth: dict[str, str]
    sheets: str
    content: str
    people: str = ""
    person: str = ""
    stamp: str = ""
    where: str = "1 = 1"
    pattern: re.Pattern[bytes] = re.compile(rb"mark[0-9a-f]{12}")
    elsewhere: list[bytes] = field(default_factory=list)

    @property
    def engine(self) -> str:
        return "sqlite" if self.db.is_sqlite else "postgresql"


Guess = dict[str, list[str]]
Linker = Callable[[Place], Guess]


def recovered(place: Place, guess: Guess) -> float:
    return sum(1 / len(marks) for person, marks in guess.items() if place.truth[person] in marks)


def in_order(place: Place, marks: Sequence[str]) -> Guess:
    """The first who came has the first ballot, and so on."""
    return {person: [mark] for person, mark in zip(place.arrivals, marks, strict=False)}


def _ranks(place: Place, guess: Guess) -> list[int]:
    came = {place.truth[person]: rank for rank, person in enumerate(place.arrivals)}
    return [came[marks[0]] for marks in guess.values() if len(marks) == 1 and marks[0] in came]


def backwards(place: Place, guess: Guess) -> Guess:
    """The same order read from its end, where it is an order."""
    if any(len(marks) != 1 for marks in guess.values()):
        return {}
    return in_order(place, [marks[0] for marks in reversed(guess.values())])


def neighbours(place: Place, guess: Guess) -> int:
    """How many ballots lie beside that of somebody who came just before or after: an order kept in pieces."""
    ranks = _ranks(place, guess)
    return sum(abs(a - b) == 1 for a, b in itertools.pairwise(ranks))


def rank_correlation(place: Place, guess: Guess) -> float:
    """Spearman's: an order that is roughly kept."""
    ranks = _ranks(place, guess)
    n = len(ranks)
    if n < 3:
        return 0.0
    order = sorted(range(n), key=ranks.__getitem__)
    place_of = {item: i for i, item in enumerate(order)}
    return 1 - 6 * sum((i - place_of[i]) ** 2 for i in range(n)) / (n * (n * n - 1))


# --- What a query tells --------------------------------------------------------------------------------------


def _rows(place: Place, query: str) -> list[tuple[object, ...]]:
    with place.db.glance() as connection:
        return [tuple(row) for row in connection.execute(text(query))]


def _marks(place: Place, contents: Iterable[object]) -> list[str]:
    found = [place.pattern.search(str(content).encode()) for content in contents]
    return [match[0].decode() for match in found if match]


def by_key_order(place: Place) -> Guess:
    """The order in which the table gives its rows."""
    rows = _rows(place, f"SELECT {place.content} FROM {place.sheets} WHERE {place.where}")
    return in_order(place, _marks(place, (row[0] for row in rows)))


def by_row_number(place: Place) -> Guess:
    """SQLite's hidden rowid, PostgreSQL's ctid: the order in which rows were put in."""
    hidden = "rowid" if place.engine == "sqlite" else "ctid"
    try:
        rows = _rows(place, f"SELECT {place.content} FROM {place.sheets} WHERE {place.where} ORDER BY {hidden}")
    except Exception as refused:
        if "no such column: rowid" in str(refused):
            return {}
        raise
    return in_order(place, _marks(place, (row[0] for row in rows)))


def by_transaction_order(place: Place) -> Guess:
    """PostgreSQL's xmin of the ballots, with the command number inside the transaction."""
    order = "xmin::text::bigint, cmin::text::bigint"
    rows = _rows(place, f"SELECT {place.content} FROM {place.sheets} WHERE {place.where} ORDER BY {order}")
    return in_order(place, _marks(place, (row[0] for row in rows)))


def by_transaction(place: Place) -> Guess:
    """The person's row and the ballot that the same transaction wrote."""
    return _joined(place, "xmin::text")


def _joined(place: Place, key: str) -> Guess:
    together: dict[object, list[str]] = defaultdict(list)
    for shared, content in _rows(place, f"SELECT {key}, {place.content} FROM {place.sheets} WHERE {place.where}"):
        together[shared] += _marks(place, [content])
    people = _rows(place, f"SELECT {key}, {place.person} FROM {place.people}") if place.people else []
    known = [(shared, str(person)) for shared, person in people if str(person) in place.truth]
    return {person: together[shared] for shared, person in known if shared in together}


def by_time_of_persons(place: Place) -> Guess:
    """People's rows in the order in which they were last written, beside the ballots in theirs."""
    if not place.people:
        return {}
    rows = _rows(place, f"SELECT {place.person} FROM {place.people} ORDER BY {place.stamp}")
    people = [str(row[0]) for row in rows if str(row[0]) in place.truth]
    ballots = list(by_row_number(place).values()) or list(by_key_order(place).values())
    return dict(zip(people, ballots, strict=False))


# --- What the bytes tell -------------------------------------------------------------------------------------


def data_files(place: Place) -> list[Path]:
    if place.engine == "sqlite":
        return [Path(place.db.url.database or "")]
    with place.db.glance() as connection:
        root = Path(connection.execute(text("SHOW data_directory")).scalar_one())
        oid = connection.execute(text("SELECT oid FROM pg_database WHERE datname = current_database()")).scalar_one()
    return sorted(p for p in (root / "base" / str(oid)).iterdir() if p.is_file())


def log_files(place: Place) -> list[Path]:
    if place.engine == "sqlite":
        wal = Path(f"{place.db.url.database}-wal")
        return [wal] if wal.exists() else []
    with place.db.glance() as connection:
        root = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    return sorted(p for p in (root / "pg_wal").iterdir() if p.is_file())


def flush(db: Database) -> None:
    """What the engine still holds in memory goes to its files (SQLite's are complete with the log beside them)."""
    if not db.is_sqlite:
        with db.glance() as connection:
            connection.execute(text("CHECKPOINT"))


def _seen(place: Place, contents: Iterable[bytes], page: int = 0) -> list[str]:
    """Marks in the order of the bytes; with `page`, from the end of each page to its beginning, as engines fill it."""
    wanted, order = set(place.truth.values()), []
    for content in contents:
        for start in range(0, len(content), page or len(content) or 1):
            marks = [m[0].decode() for m in place.pattern.finditer(content, start, start + (page or len(content)))]
            order += [m for m in (reversed(marks) if page else marks) if m in wanted]
    return order


def _data(place: Place) -> Iterator[bytes]:
    return (path.read_bytes() for path in data_files(place))


def _log(place: Place) -> Iterator[bytes]:
    return (path.read_bytes() for path in log_files(place))


def _first(marks: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(marks))


def by_bytes_of_pages(place: Place) -> Guess:
    """Where each ballot lies in the data file: pages are filled from their end, in the order of arrival."""
    return in_order(place, _first(_seen(place, _data(place), PAGE[place.engine])))


def by_bytes_of_file(place: Place) -> Guess:
    return in_order(place, _first(_seen(place, _data(place))))


def by_bytes_left_behind(place: Place) -> Guess:
    """Copies of a ballot besides the one that counts: free pages, dead rows, gaps. They lie as they arrived."""
    found = _seen(place, _data(place), PAGE[place.engine])
    twice = [mark for mark in _first(found) if found.count(mark) > 1]
    return in_order(place, [mark for mark in found if mark in twice][: len(twice)])


def by_log(place: Place) -> Guess:
    """The write-ahead log: the first time that each ballot appears in it."""
    return in_order(place, _first(_seen(place, _log(place))))


def by_end_of_log(place: Place) -> Guess:
    """The same from behind: the last page written with each ballot."""
    marks = _seen(place, _log(place))
    return in_order(place, list(reversed(_first(reversed(marks)))))


def by_stored_copy(place: Place) -> Guess:
    """Files that somebody copied while the box was open, for example a backup."""
    return in_order(place, _first(_seen(place, place.elsewhere)))


EVERYWHERE: list[Linker] = [
    by_key_order,
    by_row_number,
    by_time_of_persons,
    by_bytes_of_pages,
    by_bytes_of_file,
    by_bytes_left_behind,
    by_log,
    by_end_of_log,
    by_stored_copy,
]
ONLY: dict[str, list[Linker]] = {"sqlite": [], "postgresql": [by_transaction, by_transaction_order]}
