"""pg_dump, pg_restore and psql, called without a password on their command lines."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from psycopg.conninfo import make_conninfo

from app.core.db import Database
from app.operations.errors import OperatorError

# Everything that this installation owns goes in the transaction that brings the backup in.
EMPTY = """
SET lock_timeout = '30s';
DO $$
DECLARE name text;
BEGIN
  FOR name IN SELECT quote_ident(tablename) FROM pg_catalog.pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE 'DROP TABLE public.' || name || ' CASCADE';
  END LOOP;
  FOR name IN
    SELECT p.oid::regprocedure::text FROM pg_catalog.pg_proc p
    JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
    WHERE n.nspname = 'public'
      AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
  LOOP
    EXECUTE 'DROP FUNCTION ' || name || ' CASCADE';
  END LOOP;
END $$;
"""
NEW_EPOCH = "UPDATE public.instance SET epoch = gen_random_uuid(), began_at = date_trunc('milliseconds', now());\n"


def _program(name: str) -> str:
    """A client program: Debian's newest, else the one on the PATH."""
    installed = [p for p in Path("/usr/lib/postgresql").glob(f"*/bin/{name}") if p.parts[-3].isdigit()]
    if installed:
        return str(max(installed, key=lambda p: int(p.parts[-3])))
    found = shutil.which(name)
    if found is None:
        raise OperatorError(f"{name} is not installed; it comes with the PostgreSQL client (postgresql-client)")
    return found


def _connection(db: Database) -> tuple[str, dict[str, str]]:
    """The connection string without its password, and the environment that carries the password."""
    _args, parameters = db.engine.dialect.create_connect_args(db.engine.url)
    plain = {k: str(v) for k, v in parameters.items() if isinstance(v, str | int) and k != "password"}
    environment = dict(os.environ)
    if parameters.get("password"):
        environment["PGPASSWORD"] = str(parameters["password"])
    return make_conninfo(**plain), environment


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if line.strip()]
        raise OperatorError(f"{Path(command[0]).name} failed: {lines[0] if lines else done.returncode}")
    return done.stdout


def dump(db: Database, target: Path, snapshot: str) -> None:
    where, environment = _connection(db)
    command = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", "--schema=public"]
    _run([*command, f"--snapshot={snapshot}", f"--file={target}", f"--dbname={where}"], environment)


def contents(dumped: Path) -> str:
    """The dump's list of contents; refused where it is not a whole dump."""
    return _run([_program("pg_restore"), "--list", str(dumped)])


def table_text(dumped: Path, table: str) -> str:
    """One table of the dump as COPY writes it."""
    command = [_program("pg_restore"), "--data-only", f"--table={table}", "--file=-"]
    return _run([*command, str(dumped)])


def replace(db: Database, dumped: Path, scripts: Path) -> None:
    """Empties the database, brings the dump in and begins a new epoch, all in one transaction."""
    where, environment = _connection(db)
    before, content, after = scripts / "before.sql", scripts / "content.sql", scripts / "after.sql"
    before.write_text(EMPTY)
    after.write_text(NEW_EPOCH)
    wanted = scripts / "wanted.list"
    wanted.write_text("".join(line for line in contents(dumped).splitlines(keepends=True) if not _of_schema(line)))
    command = [_program("pg_restore"), "--no-owner", "--no-privileges", f"--use-list={wanted}"]
    _run([*command, f"--file={content}", str(dumped)])
    command = [_program("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--single-transaction"]
    files = [f"--file={part}" for part in (before, content, after)]
    _run([*command, "--output=/dev/null", *files, f"--dbname={where}"], environment)


def _of_schema(line: str) -> bool:
    """The schema itself is there already."""
    return " SCHEMA - public " in line or " - SCHEMA public " in line
