"""Backup while the server runs: a consistent copy of the database, verified before it bears its name."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, func, inspect, select
from sqlmodel import Session

from app import __version__
from app.core import audit, instance
from app.core.clock import now
from app.core.db import Database
from app.operations import archive, files, postgres
from app.operations.errors import OperatorError
from app.tables import metadata

SQLITE_NAME, POSTGRES_NAME = "database.sqlite", "database.dump"


def backup(db: Database, target: Path, *, force: bool = False) -> dict[str, Any]:
    """Writes one file that `restore` takes; returns its manifest."""
    if target.exists() and not force:
        raise OperatorError(f"{target} exists already; --force overwrites it")
    if not target.parent.is_dir():
        raise OperatorError(f"there is no directory {target.parent}")
    with archive.private_file(target.with_name(f"{target.name}.data")) as copy:
        if db.is_sqlite:
            (manifest, paths), name = _copy_sqlite(db, copy), SQLITE_NAME
        else:
            (manifest, paths), name = _dump_postgres(db, copy), POSTGRES_NAME
        made = archive.write(target, copy, name, manifest, paths)
    archive.read_manifest(target)
    return made


def _copy_sqlite(db: Database, copy: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """`VACUUM INTO` from a connection that may not write: readers never wait, and neither do writers."""
    source = Path(db.url.database or "").absolute()
    copy.unlink()  # VACUUM INTO wants to make the file itself
    mask = os.umask(0o077)
    try:
        connection = sqlite3.connect(f"file:{quote(str(source))}?mode=ro", uri=True, isolation_level=None, timeout=30)
        try:
            connection.execute("VACUUM INTO ?", [str(copy)])
        finally:
            connection.close()
    finally:
        os.umask(mask)
    check_sqlite(copy)
    copied = Database(f"sqlite:///{copy}")
    try:
        with copied.read() as s:
            manifest, paths = describe(s, "sqlite"), files.of_database(s)
    finally:
        copied.close()
    fold(copy)
    return manifest, paths


def check_sqlite(path: Path) -> None:
    """Refuses a file whose pages are not sound or whose rows point nowhere."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        found = connection.execute("PRAGMA integrity_check(1)").fetchone()
        orphan = connection.execute("PRAGMA foreign_key_check").fetchone()
    except sqlite3.DatabaseError as broken:
        raise OperatorError(f"the database is damaged: {broken}") from broken
    finally:
        connection.close()
    if found is None or found[0] != "ok":
        raise OperatorError(f"the database is damaged: {found[0] if found else 'no answer'}")
    if orphan is not None:
        raise OperatorError(f"the database is damaged: a row of {orphan[0]} points to a missing row of {orphan[2]}")


def fold(path: Path) -> None:
    """Brings everything of a database that nobody else uses into its one file."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
    finally:
        connection.close()


def _dump_postgres(db: Database, copy: Path) -> tuple[dict[str, Any], dict[str, Path]]:
    """Manifest and dump see the same instant: they share one exported snapshot."""
    connection = db.engine.connect().execution_options(isolation_level="REPEATABLE READ")
    try:
        with Session(connection) as s:
            snapshot = str(s.scalar(select(func.pg_export_snapshot())))
            manifest, paths = describe(s, "postgresql"), files.of_database(s)
            postgres.dump(db, copy, snapshot)
    finally:
        connection.close()
    postgres.contents(copy)
    return manifest, paths


def describe(s: Session, kind: str) -> dict[str, Any]:
    """What the manifest says about a database."""
    return {
        "kind": kind,
        "made_at": now().isoformat(),
        "version": __version__,
        "schema_revision": instance.schema_revision(s),
        "instance_epoch": str(instance.epoch(s)),
        "counts": counts(s.connection()),
        "audit_head": audit.head(s),
    }


def counts(connection: Connection) -> dict[str, int]:
    """How many rows each table has; one that a later release adds is not there yet."""
    there = set(inspect(connection).get_table_names())
    return {
        table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in metadata.sorted_tables
        if table.name in there
    }
