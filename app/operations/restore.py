"""Restore: the backup is verified in full before anything is touched, replaces the database at once, and begins a new
epoch, so that tablets send again what the backup did not hold."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Uuid, create_engine, insert, inspect, select, text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from app.core import audit, instance
from app.core.clock import now
from app.core.db import Database
from app.core.models import UtcDateTime
from app.migrate import migrate
from app.operations import archive, files, postgres
from app.operations.backup import check_sqlite, fold
from app.operations.errors import OperatorError
from app.operations.schema import revisions
from app.tables import metadata

_RUNNING = "a server or another program is using the database; stop it first"


def restore(db: Database, source: Path, *, force: bool = False) -> dict[str, Any]:
    """Replaces the database by the backup; returns its manifest with the new epoch."""
    if not source.is_file():
        raise OperatorError(f"there is no file {source}")
    manifest = archive.read_manifest(source)
    kind = "sqlite" if db.is_sqlite else "postgresql"
    if manifest["kind"] != kind:
        raise OperatorError(f"{source} is a backup of {manifest['kind']}, but DATABASE_URL names {kind}")
    _known_revision(source, manifest)
    with _nobody_inside(db, force=force), files.unpacked(source, manifest) as fresh:
        (_restore_sqlite if db.is_sqlite else _restore_postgres)(db, source, manifest)
        if "files_sha256" in manifest:
            files.take(fresh)
    with db.read() as s:
        return {**manifest, "new_epoch": str(instance.epoch(s))}


def _known_revision(source: Path, manifest: dict[str, Any]) -> None:
    if manifest["schema_revision"] not in revisions():
        made_by = manifest["version"]
        raise OperatorError(f"{source} was made by a newer version ({made_by}) of qinlian: update this one first")


@contextmanager
def _nobody_inside(db: Database, *, force: bool) -> Iterator[None]:
    """Refuses while somebody uses the database, and where there is data that nobody agreed to lose."""
    if db.is_sqlite:
        with _alone(db, force=force):
            yield
        return
    with db.engine.connect() as connection:
        others = connection.execute(
            text(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )
        ).scalar_one()
        in_use = _holds_data(connection)
    db.close()
    if others:
        raise OperatorError(_RUNNING)
    _agreed(in_use, force)
    yield


def _agreed(in_use: bool, force: bool) -> None:
    if in_use and not force:
        raise OperatorError("the database holds data; --force replaces it by the backup")


def _holds_data(connection: Any) -> bool:
    tables = set(inspect(connection).get_table_names())
    return any(
        connection.execute(text(f"SELECT 1 FROM {name} LIMIT 1")).first() is not None  # noqa: S608 - fixed names
        for name in ("user_account", "community", "audit_entry")
        if name in tables
    )


@contextmanager
def _alone(db: Database, *, force: bool) -> Iterator[None]:
    """Leaving WAL needs every other connection closed, so it tells whether a server runs. Held until replaced."""
    path = Path(db.url.database or "")
    if not path.exists():
        yield
        return
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    try:
        try:
            connection.execute("PRAGMA journal_mode=DELETE")
            connection.execute("BEGIN EXCLUSIVE")
            names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            wanted = [n for n in ("user_account", "community", "audit_entry") if n in names]
            in_use = any(
                connection.execute(f"SELECT 1 FROM {n} LIMIT 1").fetchone()  # noqa: S608 - fixed names
                for n in wanted
            )
        except sqlite3.DatabaseError as error:
            if "locked" in str(error):
                raise OperatorError(_RUNNING) from error
            in_use = True  # damaged: replaced too, but only by force
        _agreed(in_use, force)
        yield
    finally:
        connection.close()


def _restore_sqlite(db: Database, source: Path, manifest: dict[str, Any]) -> None:
    target = Path(db.url.database or "").absolute()
    target.parent.mkdir(parents=True, exist_ok=True)
    with archive.private_file(target) as fresh:
        archive.extract(source, manifest, fresh)
        check_sqlite(fresh)
        prepared = Database(f"sqlite:///{fresh}")
        try:
            with prepared.read() as s:
                _check_chain(s, source)
            migrate(prepared)
            _begin(prepared, manifest)
        finally:
            prepared.close()
        fold(fresh)
        archive.sync(fresh)
        _keep_old(target)
        fresh.replace(target)
        for suffix in ("-wal", "-shm", "-journal"):  # a sound database left none; a damaged one's must not be replayed
            target.with_name(target.name + suffix).unlink(missing_ok=True)
        archive.sync(target.parent)


def _keep_old(target: Path) -> None:
    """What was there stays beside it, until the next restore."""
    if target.exists():
        kept = target.with_name(f"{target.name}.before-restore")
        kept.unlink(missing_ok=True)
        try:
            os.link(target, kept)
        except OSError:  # a file system without links
            shutil.copy2(target, kept)
        kept.chmod(0o600)


def _check_chain(s: Session, source: Path) -> None:
    try:
        broken = audit.verify(s)
    except DBAPIError as error:
        raise OperatorError(f"{source} holds no audit log") from error
    if broken:
        raise OperatorError(f"the audit log in {source} does not hold: {broken}")


def _begin(db: Database, manifest: dict[str, Any]) -> None:
    """A new epoch, and an entry that says where the data came from."""
    with db.write() as s:
        epoch = instance.begin_epoch(s)
        _note(s, manifest, epoch)


def _note(s: Session, manifest: dict[str, Any], epoch: UUID | None) -> None:
    details = {key: manifest[key] for key in ("made_at", "instance_epoch", "sha256")}
    audit.note(s, "instance.restore", "instance", epoch=epoch, restored_at=now(), **details)


def _restore_postgres(db: Database, source: Path, manifest: dict[str, Any]) -> None:
    with tempfile.TemporaryDirectory(prefix="qinlian-restore-") as name:
        directory = Path(name)
        dumped = directory / "database.dump"
        archive.extract(source, manifest, dumped)
        with _audit_of_dump(dumped) as s:
            _check_chain(s, source)
        postgres.replace(db, dumped, directory)
    migrate(db)
    with db.write() as s:
        _note(s, manifest, instance.epoch(s))


@contextmanager
def _audit_of_dump(dumped: Path) -> Iterator[Session]:
    """The audit log of a dump in a small database in memory, so that it is verified before it replaces anything."""
    engine = create_engine("sqlite://")
    tables = [metadata.tables[name] for name in ("audit_entry", "audit_head")]
    try:
        with Session(engine) as s:
            for table in tables:
                table.create(s.connection())
                rows = list(_rows(postgres.table_text(dumped, table.name), table))
                if rows:
                    s.execute(insert(table), rows)
            s.execute(select(tables[0].c.seq).limit(1))
            yield s
    finally:
        engine.dispose()


def _rows(copied: str, table: Any) -> Iterator[dict[str, Any]]:
    """The rows of a COPY text, with values as the table's columns want them."""
    columns: list[str] = []
    for line in copied.split("\n"):
        if not columns and line.startswith("COPY "):
            columns = [c.strip().strip('"') for c in line[line.index("(") + 1 : line.index(")")].split(",")]
        elif line == "\\.":
            columns = []
        elif columns:
            values = [_value(v) for v in line.split("\t")]
            yield {c: _typed(table.c[c], v) for c, v in zip(columns, values, strict=True)}


_ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}


def _value(field: str) -> str | None:
    if field == "\\N":
        return None
    if "\\" not in field:
        return field
    out, escaped = [], False
    for c in field:
        if escaped:
            out.append(_ESCAPES.get(c, c))
        elif c != "\\":
            out.append(c)
        escaped = c == "\\" and not escaped
    return "".join(out)


def _typed(column: Any, value: str | None) -> Any:
    if value is None:
        return None
    if isinstance(column.type, UtcDateTime):
        return datetime.fromisoformat(value)
    if isinstance(column.type, Uuid):
        return UUID(value)
    return int(value) if isinstance(column.type, Integer) else value
