"""Bringing the database to the present schema, and what a fresh database needs besides tables."""

from __future__ import annotations

from alembic import command
from alembic.config import Config

from app.assemblies.rules import builtins as rule_packs
from app.core import instance
from app.core.config import ROOT
from app.core.db import Database
from app.surveys.instruments.builtins import ensure_builtins


def configuration() -> Config:
    return Config(str(ROOT / "alembic.ini"))


def migrate(db: Database, revision: str = "head") -> None:
    """Upgrades to `revision`. Safe to run at every start: what is done stays done."""
    config = configuration()
    with db.turn(), db.connect_for_writing() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    if revision == "head":
        with db.write() as s:
            if instance.epoch(s) is None:
                instance.begin_epoch(s)
            ensure_builtins(s)
            rule_packs.ensure_builtins(s)
