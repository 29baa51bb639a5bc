"""Migrations go up, match the models, come down to nothing and go up again, on both engines, and keep data."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
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


_MEMBER = """
INSERT INTO member (id, created_at, updated_at, version, community_id, name, sort_key, initials, sex, education,
  phone_index, affiliation, home_branch, from_on, to_reason)
VALUES (:id, '2026-01-01 00:00:00', '2026-01-01 00:00:00', 1, :community, '王小明', 'wang', 'wxm', 'male', 'unknown',
  'an index', 'resident', '某公司党支部', '2012-01-10', '')
"""


def test_doubles_in_a_register_are_named_and_kept(empty: Database) -> None:
    """0009: who is registered twice is said by id, nothing is changed, and mending it lets the migration through."""
    migrate(empty, "0008")
    district, community, first, second = (uuid4() for _ in range(4))
    stored = (lambda key: key.hex) if empty.is_sqlite else str
    with empty.connect_for_writing() as c:
        made = {"id": stored(district), "community": stored(community)}
        head, at = "created_at, updated_at, version", "'2026-01-01 00:00:00', '2026-01-01 00:00:00', 1"
        c.execute(text(f"INSERT INTO district (id, {head}, name, code) VALUES (:id, {at}, '区', '320594')"), made)
        c.execute(
            text(
                f"INSERT INTO community (id, {head}, district_id, name, name_en, subdistrict, description, code, "
                f"founded_on) VALUES (:community, {at}, :id, '社区', '', '', '', '320594001001', '2009-08-01')"
            ),
            made,
        )
        for key in (first, second):
            c.execute(text(_MEMBER), {"id": stored(key), "community": stored(community)})
        c.commit()
    with pytest.raises(CommandError, match=f"({first} and {second}|{second} and {first})"):
        migrate(empty, "0009")
    with empty.connect_for_writing() as c:
        assert c.execute(text("SELECT count(*) FROM member WHERE to_on IS NULL")).scalar_one() == 2
        c.execute(text("UPDATE member SET to_on = '2012-02-01' WHERE id = :id"), {"id": stored(second)})
        c.commit()
    migrate(empty, "0009")
