"""The database: one engine, read sessions, and write transactions that cannot overtake each other.

SQLite runs in WAL with `synchronous=FULL` (NORMAL lost acknowledged commits in power-loss trials). SQLite 3.7.0 to
3.51.2 can corrupt a file when two connections write and checkpoint at once, so all writes of a process pass one lock
and begin with `BEGIN IMMEDIATE`. PostgreSQL uses READ COMMITTED with row locks taken by the services.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, cast

from fastapi import Depends, Request
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlmodel import Session

from app.core.clock import now
from app.core.errors import DomainError, StaleVersion, Unavailable, VersionRequired
from app.core.i18n import gettext as _
from app.core.recent import Recent

LOCK_SECONDS = 20.0
_BUSY_MILLISECONDS = 10_000
_FIXED_SQLITE = (3, 51, 3)
_BACKPORTS = {(3, 44): 6, (3, 50): 7}


def sqlite_is_safe_for_many(version: str = sqlite3.sqlite_version) -> bool:
    """Whether this SQLite has the WAL-reset fix, so that several processes may write to one file."""
    major, minor, patch = (int(p) for p in version.split(".")[:3])
    backport = _BACKPORTS.get((major, minor))
    return (major, minor, patch) >= _FIXED_SQLITE or (backport is not None and patch >= backport)


class Database:
    """An engine and the rules for using it. `read()` and `write()` are the only ways to a session."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = self._sqlite_engine() if self.is_sqlite else self._server_engine()
        self._write_engine = self._beginning("BEGIN IMMEDIATE") if self.is_sqlite else self.engine
        self._glance_engine = self._beginning(None) if self.is_sqlite else self._autocommit()
        self._lock = threading.Lock()
        self.recent = Recent()

    def _sqlite_engine(self) -> Engine:
        path = Path(self.url.database or "")
        path.parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(
            self.url,
            pool_size=20,
            max_overflow=30,
            hide_parameters=True,  # the log of a crash must not quote what people entered
            connect_args={"check_same_thread": False, "timeout": 10},
        )
        event.listen(engine.pool, "connect", _prepare_sqlite)
        _begin_with(engine, "BEGIN DEFERRED")
        return engine

    def _beginning(self, statement: str | None) -> Engine:
        """Another engine on the same pool of connections, whose transactions begin otherwise."""
        engine = create_engine(self.url, pool=self.engine.pool, hide_parameters=True)
        if statement:
            _begin_with(engine, statement)
        return engine

    def _autocommit(self) -> Engine:
        return self.engine.execution_options(isolation_level="AUTOCOMMIT")

    def _server_engine(self) -> Engine:
        url = self.url.set(drivername="postgresql+psycopg")
        return create_engine(
            url, pool_size=10, max_overflow=30, pool_pre_ping=True, pool_timeout=10, hide_parameters=True
        )

    def connect_for_writing(self) -> Connection:
        """A bare connection whose transactions write; for migrations. Hold `turn()` meanwhile."""
        return self._write_engine.connect()

    def glance(self) -> Connection:
        """A connection for a few short reads that need no transaction around them."""
        return self._glance_engine.connect()

    def new_session(self, *, write: bool = False) -> Session:
        """A session that touches the database only when it is first used."""
        session = Session(self._write_engine if write else self.engine, expire_on_commit=False, autoflush=write)
        session.info["write"] = write
        return session

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        with self.new_session() as session:
            yield session

    @contextlib.contextmanager
    def write(self, session: Session | None = None) -> Iterator[Session]:
        """A write transaction: commits at the end, or leaves nothing behind."""
        session = session or self.new_session(write=True)
        with self.turn(), session:
            try:
                yield session
                session.commit()
                self.recent.forget()
            except BaseException:
                session.rollback()
                raise

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """This process's turn to write. One at a time on SQLite; PostgreSQL decides by row locks."""
        if not self.is_sqlite:
            yield
            return
        if not self._lock.acquire(timeout=LOCK_SECONDS):
            raise Unavailable()
        try:
            yield
        finally:
            self._lock.release()

    def analyze(self) -> None:
        """Refreshes what the planner knows of the tables: after bulk loads and at start. Takes milliseconds.

        Without statistics SQLite walks all residents for a search by name (424 ms instead of 12 among a million).
        """
        with self.turn(), self.connect_for_writing() as connection:
            if self.is_sqlite:
                connection.exec_driver_sql("PRAGMA analysis_limit=1000")
            connection.exec_driver_sql("ANALYZE")
            connection.commit()

    def analyze_if_idle(self) -> None:
        """The same at start; a database that is busy or full is served as it is."""
        try:
            self.analyze()
        except (DBAPIError, Unavailable):
            return

    def version(self) -> str:
        if self.is_sqlite:
            return sqlite3.sqlite_version
        with self.engine.connect() as connection:
            return str(connection.execute(text("SHOW server_version")).scalar_one())

    def close(self) -> None:
        self.engine.dispose()


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in (
        f"busy_timeout={_BUSY_MILLISECONDS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "mmap_size=0",
        "cache_size=-16000",
        "temp_store=MEMORY",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_with(engine: Engine, statement: str) -> None:
    """How transactions of this engine begin. Set on the dialect: an event listener costs each connection more."""

    def do_begin(connection: Any) -> None:
        connection.execute(statement)

    engine.dialect.do_begin = do_begin  # type: ignore[method-assign,assignment]


_BUSY_MARKS = ("database is locked", "disk is full", "disk i/o error", "readonly database", "unable to open database")


def is_unavailable(error: BaseException) -> bool:
    """Whether the store, not the request, is at fault: locked, full, read-only or gone."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if error.connection_invalidated:
        return True
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:  # PostgreSQL: connection, resources, operator, locks, serialization
        return str(state)[:2] in {"08", "53", "57"} or state in {"55P03", "40001", "40P01", "25006"}
    message = str(error.orig).lower()
    return any(mark in message for mark in _BUSY_MARKS) or (
        isinstance(error, OperationalError) and "connection" in message
    )


async def _session(request: Request) -> Session:
    """A session for one request. Safe methods read; the others write. The route class commits and closes it."""
    database = cast(Database, request.app.state.db)
    session = database.new_session(write=request.method not in {"GET", "HEAD", "OPTIONS"})
    request.state.session = session
    return session


SessionDep = Annotated[Session, Depends(_session, scope="function")]


def lock_row(session: Session, model: type[Any], key: Any) -> Any | None:
    """The row, held for this transaction (PostgreSQL row lock; on SQLite the whole transaction is exclusive)."""
    return session.get(model, key, with_for_update=not _is_sqlite(session), populate_existing=True)


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def flush_or(session: Session, refusal: DomainError) -> None:
    """Writes what is pending; a constraint that says no (somebody was quicker) becomes this refusal."""
    try:
        session.flush()
    except IntegrityError as broken:
        raise refusal from broken


def check_version(row: Any, expected: int | None) -> None:
    """Refuses a change that does not name the version it starts from (428) or names an older one (412)."""
    if expected is None:
        raise VersionRequired(_("修改前请先读取当前版本，并在 If-Match 中带上它。"))
    if row.version != expected:
        raise StaleVersion(_("您打开之后，别人已修改过这条记录。请查看最新内容后再保存。"))


def touch(row: Any) -> None:
    """Counts the change: a new version and the instant of it."""
    row.version += 1
    row.updated_at = now()
