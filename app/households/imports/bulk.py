"""Many rows at once, made ready for the driver before the write lock is taken, and kept packed until then.

SQLite takes them by one prepared INSERT for each thousand rows, PostgreSQL by COPY. Nothing of SQLAlchemy is left to do
while the lock is held.
"""

from __future__ import annotations

import marshal
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from pydantic_core import PydanticUndefined
from sqlalchemy import Dialect, Update
from sqlmodel import Session, SQLModel

PACK = 500


class Changed(Exception):
    """The register is no longer as the plan saw it."""


class Bulk:
    """New rows of one table. `columns` vary from row to row; the others have the model's default or a constant."""

    def __init__(
        self,
        model: type[SQLModel],
        columns: Sequence[str],
        constants: dict[str, Any],
        dialect: Dialect,
    ) -> None:
        table = model.__table__  # type: ignore[attr-defined]
        constants = {**_defaults(model, columns), **constants}
        self._names = [*columns, *constants]
        self._postgresql = dialect.name == "postgresql"
        convert = {name: _converter(table.c[name].type, dialect) for name in self._names}
        self._convert = [convert[name] for name in columns]
        self._constants = tuple(convert[name](value) for name, value in constants.items())
        listed = ", ".join(self._names)
        marks = ", ".join("?" for _ in self._names)
        self._copy = f"COPY {table.name} ({listed}) FROM STDIN"
        self._insert = f"INSERT INTO {table.name} ({listed}) VALUES ({marks})"  # noqa: S608 - names of the model
        self._packs: deque[bytes] = deque()
        self._open: list[tuple[Any, ...]] = []
        self.count = 0

    def add(self, *values: Any) -> None:
        self.add_ready(*[c(v) if v is not None else None for c, v in zip(self._convert, values, strict=True)])

    def add_ready(self, *values: Any) -> None:
        """Values as both databases take them: a UUID as 32 hexadecimal digits, a day as text."""
        self.count += 1
        self._open.append(values + self._constants)
        if len(self._open) >= PACK:
            self._pack()

    def _pack(self) -> None:
        raw = "".join(map(_copy_line, self._open)).encode() if self._postgresql else marshal.dumps(self._open)
        self._packs.append(zlib.compress(raw, 1))
        self._open = []

    def write(self, s: Session, tick: Callable[[int], None]) -> None:
        """Puts the rows into the table, within the session's transaction, and lets go of them."""
        if self._open:
            self._pack()
        connection = s.connection()
        if not self._packs:
            return
        if self._postgresql:
            driver: Any = connection.connection.driver_connection
            with driver.cursor() as cursor, cursor.copy(self._copy) as copy:
                while self._packs:
                    copy.write(zlib.decompress(self._packs.popleft()))
                    tick(PACK)
            return
        while self._packs:
            some = marshal.loads(zlib.decompress(self._packs.popleft()))  # noqa: S302 - packed above
            connection.exec_driver_sql(self._insert, some)
            tick(len(some))


class Updates:
    """Changes of rows that must still have the version that the plan saw."""

    def __init__(self, statement: Update) -> None:
        self._statement = statement
        self._rows: list[dict[str, Any]] = []

    def add(self, **values: Any) -> None:
        self._rows.append(values)

    @property
    def count(self) -> int:
        return len(self._rows)

    def write(self, s: Session, tick: Callable[[int], None]) -> None:
        for at in range(0, len(self._rows), PACK):
            some = self._rows[at : at + PACK]
            done = s.connection().execute(self._statement, some)
            if done.rowcount != len(some):
                raise Changed
            tick(len(some))


def _defaults(model: type[SQLModel], given: Iterable[str]) -> dict[str, Any]:
    """The plain defaults of the columns that are not given; null needs no mention."""
    table = model.__table__  # type: ignore[attr-defined]
    found = {}
    for name, field in model.model_fields.items():
        if name in table.c and name not in given and field.default not in (PydanticUndefined, None):
            found[name] = field.default
    return found


def _converter(kind: Any, dialect: Dialect) -> Callable[[Any], Any]:
    if dialect.name == "postgresql":
        return _plain
    processor = kind.dialect_impl(dialect).bind_processor(dialect)
    return processor or _plain


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, date | datetime):
        return value.isoformat()
    return str(value) if isinstance(value, str) else value  # enumerations are text


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _copy_line(values: tuple[Any, ...]) -> str:
    return "\t".join(map(_copy_cell, values)) + "\n"


def _copy_cell(value: Any) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, bytes):
        return "\\\\x" + value.hex()
    return value.translate(_ESCAPES) if isinstance(value, str) else str(value)
