"""What all verbs share: settings and database with clear refusals, and answers as text or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TextIO
from uuid import UUID

import typer
from alembic.util import CommandError
from pydantic import ValidationError
from sqlalchemy import inspect, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from typer.core import TyperGroup

from app.core import audit, instance
from app.core.config import Settings, get_settings
from app.core.crypto import SealBroken
from app.core.db import Database
from app.core.errors import DomainError
from app.operations.errors import OperatorError
from app.tables import metadata

JsonFlag = Annotated[bool, typer.Option("--json", help="Answer with one JSON object.")]


class Verbs(TyperGroup):
    """Turns what is expected to go wrong into one line and exit 1; a bug still shows its traceback."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except Exception as error:
            line = explain(error)
            if line is None:
                raise
            say(f"qinlian: {line}", sys.stderr)
            raise typer.Exit(1) from error


def explain(error: BaseException) -> str | None:
    """One line about an expected error, None about any other."""
    if isinstance(error, OperatorError | CommandError | SealBroken):
        return " ".join(str(error).split())
    if isinstance(error, DomainError):
        return error.message
    if isinstance(error, ValidationError):
        return "; ".join(_of_field(item) for item in error.errors())
    if isinstance(error, DBAPIError):
        return _of_database(error)
    if isinstance(error, ArgumentError | NoSuchModuleError):
        return "DATABASE_URL is not the address of an SQLite or PostgreSQL database"
    if isinstance(error, OSError):
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror or error}"
    return None


def _of_field(item: Any) -> str:
    place = ".".join(str(part) for part in item["loc"])
    message = str(item["msg"]).removeprefix("Value error, ")
    return f"{place}: {message}" if place else message


def _of_database(error: DBAPIError) -> str:
    text = str(error.orig).strip()
    if "no such table" in text or "UndefinedTable" in type(error.orig).__name__:
        return "the database is not migrated: run qinlian migrate"
    return f"the database cannot be used: {text.splitlines()[0] if text else type(error).__name__}"


def say(text: str, stream: TextIO | None = None) -> None:
    (stream or sys.stdout).write(text + "\n")
    (stream or sys.stdout).flush()


def answer(data: Any, as_json: bool, text: str) -> None:
    """The answer of a verb: one JSON object, or text for people."""
    say(json.dumps(data, ensure_ascii=False, default=str) if as_json else text)


def settings() -> Settings:
    return get_settings()


@contextmanager
def database(*, migrated: bool = True) -> Iterator[Database]:
    """The configured database; refuses where it is missing or was never migrated."""
    db = Database(_address())
    try:
        if migrated:
            check_migrated(db)
        yield db
    finally:
        db.close()


def _address() -> str:
    address = get_settings().database_url
    if make_url(address).get_backend_name() not in ("sqlite", "postgresql"):
        raise OperatorError("DATABASE_URL is not the address of an SQLite or PostgreSQL database")
    return address


def check_migrated(db: Database) -> None:
    if db.is_sqlite and not Path(db.url.database or "").exists():
        raise OperatorError(f"there is no database at {db.url.database}: run qinlian migrate")
    with db.engine.connect() as connection:
        there = set(inspect(connection).get_table_names())
    if "alembic_version" not in there:
        raise OperatorError("the database is not migrated: run qinlian migrate")
    missing = sorted(set(metadata.tables) - there)
    if missing:
        raise OperatorError(f"the database lacks {missing[0]}: run qinlian migrate")
    with db.read() as s:
        if instance.epoch(s) is None:
            raise OperatorError("the database is not migrated: run qinlian migrate")


@dataclass(frozen=True)
class Operator:
    """Whoever runs a verb, for the audit log."""

    verb: str
    kind: str = "operator"
    id: UUID | None = None

    @property
    def name(self) -> str:
        return f"qinlian {self.verb}"


_actor: type[audit.Actor] = Operator
