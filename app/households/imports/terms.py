"""The search terms of new people: collected packed, written in the order of their index.

Terms are two thirds of all rows of an import. Written in their index's order they cost a fraction.
"""

from __future__ import annotations

import marshal
import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from uuid import UUID

from sqlmodel import Session

from app.households.residents.models import ResidentTerm

_AT_ONCE = 500
_BUCKETS = 96
_TABLE = ResidentTerm.__tablename__

Term = tuple[str, str]


class Terms:
    """Pairs of a term and the resident (32 hexadecimal digits) who is found by it."""

    def __init__(self, community_id: UUID) -> None:
        self._community = community_id.hex
        self._buckets: dict[int, _Bucket] = defaultdict(_Bucket)
        self.count = 0

    def add(self, terms: Iterable[str], resident: str) -> None:
        for term in terms:
            self._buckets[_place(term)].add((term, resident))
            self.count += 1

    def in_order(self, at_once: int) -> Iterator[list[Term]]:
        """All of them once, at least so many at a time; what was given is forgotten."""
        some: list[Term] = []
        for place in sorted(self._buckets):
            some += self._buckets.pop(place).in_order()
            if len(some) >= at_once:
                yield some
                some = []
        if some:
            yield some

    def copy(self, s: Session, tick: Callable[[int], None]) -> None:
        """Into PostgreSQL's table."""
        driver: Any = s.connection().connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY {_TABLE} (term, resident_id, community_id) FROM STDIN") as to,
        ):
            for some in self.in_order(_AT_ONCE):
                to.write("".join(f"{term}\t{resident}\t{self._community}\n" for term, resident in some))
                tick(len(some))

    def insert(self, s: Session, some: list[Term]) -> None:
        """Into SQLite's table; one that is there already stays."""
        s.connection().exec_driver_sql(
            f"INSERT OR IGNORE INTO {_TABLE} (term, resident_id, community_id) VALUES (?, ?, ?)",  # noqa: S608
            [(term, resident, self._community) for term, resident in some],
        )


class _Bucket:
    """Terms that lie beside each other in the index, packed."""

    def __init__(self) -> None:
        self._packs: list[bytes] = []
        self._open: list[Term] = []

    def add(self, term: Term) -> None:
        self._open.append(term)
        if len(self._open) >= _AT_ONCE:
            self._packs.append(zlib.compress(marshal.dumps(self._open), 1))
            self._open = []

    def in_order(self) -> list[Term]:
        for packed in self._packs:
            self._open += marshal.loads(zlib.decompress(packed))  # noqa: S302 - packed above
        return sorted(self._open)


def _place(term: str) -> int:
    """Buckets lie in the order of the terms in them, and none is so large that sorting it holds others up."""
    code = ord(term[0])
    return code - 128 if code < 128 else min(max(code - 0x4E00, 0) * _BUCKETS // 0x5200, _BUCKETS)
