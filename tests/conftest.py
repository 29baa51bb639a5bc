"""The application, its database and the fixed cast, on the engine that TEST_ENGINE names (sqlite or postgresql)."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from argon2 import PasswordHasher

os.environ.setdefault("APP_SECRET", "a-secret-for-tests-only-0123456789-abcdef")
os.environ["APP_ENV"] = "development"
os.environ["APP_LOG_LEVEL"] = "CRITICAL"
os.environ["APP_DATA_DIR"] = mkdtemp(prefix="qinlian-tests-")
os.environ.pop("DATABASE_URL", None)

from fastapi import FastAPI
from fastapi.testclient import TestClient

from app.accounts import passwords
from app.core.db import Database
from app.main import create_app
from app.migrate import migrate
from tests import pg
from tests.cast import Cast, build_cast
from tests.visitor import Visitor

atexit.register(shutil.rmtree, os.environ["APP_DATA_DIR"], ignore_errors=True)
# Hashing a password is slow by intention. Only tests/accounts/test_passwords.py asks how slow; the others sign in.
REAL_HASHER = passwords._hasher
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
ENGINE = os.environ.get("TEST_ENGINE", "sqlite")
Template = Callable[[Path], str]
SOURCES = [Path("migrations"), Path("app"), Path("tests/cast.py")]


def pytest_collection_finish() -> None:
    """A million objects are there by now and stay: looking through them again and again took a sixth of the run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


def _build(url: str) -> Cast:
    db = Database(url)
    migrate(db)
    cast = build_cast(db)
    db.close()
    return cast


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Makes a fresh copy of the migrated database with the cast in it, and returns its address."""
    if ENGINE == "postgresql":
        server = pg.server_url()
        name = f"cast_{pg.fingerprint(SOURCES)}"
        pg.template(server, name, lambda url: _build(url))
        return again(name)
    original = f"sqlite:///{tmp_path_factory.mktemp('template') / 'cast.db'}"
    _build(original)
    return again(original)


def again(url: str) -> Template:
    """Copies a database (on PostgreSQL its address or name) that nobody has open."""
    if ENGINE == "postgresql":
        name = url.split("?")[0].rsplit("/", 1)[-1]

        def copy_database(path: Path) -> str:
            return pg.create_database(pg.server_url(), f"t_{os.getpid()}_{abs(hash(str(path)))}", template=name)

        return copy_database

    def copy_file(path: Path) -> str:
        shutil.copy(url.removeprefix("sqlite:///"), path / "test.db")
        return f"sqlite:///{path / 'test.db'}"

    return copy_file


@contextmanager
def copied(template: Callable[[Path], str], directory: Path) -> Iterator[str]:
    """The address of a database of one's own, as long as it is needed."""
    url = template(directory)
    yield url
    if ENGINE == "postgresql":
        pg.drop_database(pg.server_url(), url.split("?")[0].rsplit("/", 1)[1])


@pytest.fixture
def database_url(template: Callable[[Path], str], tmp_path: Path) -> Iterator[str]:
    with copied(template, tmp_path) as url:
        yield url


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


@pytest.fixture
def app(db: Database) -> FastAPI:
    return create_app(database=db)


@pytest.fixture
def cast(db: Database) -> Cast:
    return Cast.load(db)


@pytest.fixture(scope="session")
def portal() -> Iterator[BlockingPortal]:
    """One event loop for all clients, as a server has one; without it every request would start and end its own."""
    with start_blocking_portal() as opened:
        yield opened


@pytest.fixture
def visit_as(app: FastAPI, db: Database, portal: BlockingPortal) -> Iterator[Callable[[str | None], Visitor]]:
    """`visit_as("李网格")` is a client signed in as that person; `visit_as(None)` is a stranger."""
    opened: list[TestClient] = []

    def open_client(name: str | None) -> Visitor:
        client = TestClient(app, base_url="http://testserver", raise_server_exceptions=False)
        client.portal = portal
        opened.append(client)
        return Visitor(client, db, name)

    yield open_client
    for client in opened:
        client.close()
