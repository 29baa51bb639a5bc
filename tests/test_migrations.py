"""Migrations go up, match the models, come down to nothing and go up again, on both engines, and keep data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from app.core.db import Database
from app.migrate import configuration, migrate
from app.tables import metadata
from tests import pg

REVISIONS = [r.revision for r in reversed(list(ScriptDirectory.from_config(configuration()).walk_revisions()))]


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        db = Database(f"sqlite:///{tmp_path / 'empty.db'}")
        yield db
        db.close()
        return
    server, name = pg.server_url(), f"migrations_{os.getpid()}"
    db = Database(pg.create_database(server, name))
    yield db
    db.close()
    pg.drop_database(server, name)


def _downgrade(db: Database, revision: str) -> None:
    config: Config = configuration()
    with db.turn(), db.connect_for_writing() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)
        connection.commit()


def _tables(db: Database) -> set[str]:
    return set(inspect(db.engine).get_table_names()) - {"alembic_version"}


def test_up_equals_the_models(empty: Database) -> None:
    migrate(empty)
    assert _tables(empty) == set(metadata.tables)
    with empty.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_down_leaves_nothing_and_up_again(empty: Database) -> None:
    migrate(empty)
    _downgrade(empty, "base")
    assert _tables(empty) == set()
    migrate(empty)
    assert _tables(empty) == set(metadata.tables)


@pytest.mark.parametrize("revision", REVISIONS[1:])
def test_each_step_goes_back_and_forth(empty: Database, revision: str) -> None:
    migrate(empty, revision)
    _downgrade(empty, "-1")
    migrate(empty, revision)


def test_migrating_twice_changes_nothing(empty: Database) -> None:
    migrate(empty)
    with empty.engine.connect() as connection:
        before = connection.execute(text("SELECT epoch FROM instance")).scalar_one()
    migrate(empty)
    with empty.engine.connect() as connection:
        assert connection.execute(text("SELECT epoch FROM instance")).scalar_one() == before


def test_data_survives_a_step_down_and_up(empty: Database) -> None:
    migrate(empty)
    insert = (
        "INSERT INTO district (id, created_at, updated_at, version, name, code) VALUES "
        "('00000000000000000000000000000001', '2026-01-01', '2026-01-01', 1, '园区', '320594')"
    )
    with empty.connect_for_writing() as connection:
        connection.execute(text(insert))
        connection.commit()
    _downgrade(empty, "0001")
    migrate(empty)
    with empty.engine.connect() as connection:
        assert connection.execute(text("SELECT name FROM district")).scalar_one() == "园区"
