"""Kill -9, a full disk, a locked or vanished database: nothing acknowledged is lost, reading goes on, it recovers."""

from __future__ import annotations

import resource
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest
from sqlalchemy import select
from sqlmodel import col

from app.core import audit
from app.core.db import Database
from app.households.visits.models import Visit
from tests.cast import Cast
from tests.conftest import ENGINE
from tests.operations.server import Server, a_visit, serving, session_headers

pytestmark = pytest.mark.slow


@pytest.fixture
def headers(db: Database) -> dict[str, str]:
    return session_headers(db, "李网格")


@pytest.fixture
def server(database_url: str, tmp_path: Path, headers: dict[str, str]) -> Iterator[Server]:
    with serving(database_url, tmp_path) as running:
        yield running


def _refused(answer: httpx.Response) -> bool:
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json()["status"] == 503
    return answer.status_code == 503


def _send(client: httpx.Client, home: UUID, note: str = "一切都好。") -> httpx.Response:
    return client.put(f"/visits/{uuid4()}", json=a_visit(home, note))


def test_kill_9_loses_no_acknowledged_visit(
    database_url: str, tmp_path: Path, db: Database, cast: Cast, headers: dict[str, str]
) -> None:
    homes = [cast.households[label] for label in ("1-1-101", "1-1-201", "1-1-301")]
    acknowledged: list[UUID] = []

    def keep_sending(address: str, home: UUID) -> None:
        with httpx.Client(base_url=address, headers=headers, timeout=10) as client:
            while True:
                visit_id = uuid4()
                try:
                    answer = client.put(f"/visits/{visit_id}", json=a_visit(home))
                except httpx.HTTPError:
                    return
                if answer.status_code == 201:
                    acknowledged.append(visit_id)

    for round_ in range(3):
        with serving(database_url, tmp_path) as server:
            threads = [threading.Thread(target=keep_sending, args=(server.address, home)) for home in homes]
            for thread in threads:
                thread.start()
            wanted, deadline = len(acknowledged) + 15, time.monotonic() + 40
            while len(acknowledged) < wanted and time.monotonic() < deadline:
                time.sleep(0.01)
            server.kill()
            for thread in threads:
                thread.join()
        with db.read() as s:
            stored = set(s.scalars(select(col(Visit.id))))
            assert audit.verify(s) is None
        assert len(acknowledged) >= wanted, f"round {round_}"
        assert set(acknowledged) <= stored


@pytest.mark.sqlite
def test_a_full_disk_refuses_writes_keeps_reading_and_recovers(
    server: Server, tmp_path: Path, cast: Cast, headers: dict[str, str]
) -> None:
    """No file of the server may grow any more: to SQLite that is a disk without space."""
    home = cast.households["1-1-101"]
    with httpx.Client(base_url=server.address, headers=headers, timeout=40) as client:
        assert _send(client, home).status_code == 201
        largest = max(p.stat().st_size for p in tmp_path.glob("test.db*"))
        free = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (largest, resource.RLIM_INFINITY))
        sent = [_send(client, home, "满" * 3000) for _ in range(40)]
        refused = [answer for answer in sent if answer.status_code != 201]
        assert refused
        assert all(_refused(answer) for answer in refused)
        assert client.get(f"/households/{home}").status_code == 200
        assert client.get("/readyz").status_code == 200
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, free)
        assert _send(client, home).status_code == 201
        stored = client.get("/visits", params={"household_id": str(home), "limit": 500}).json()["items"]
    assert len(stored) == 2 + len(sent) - len(refused)


@pytest.mark.sqlite
def test_a_locked_database_refuses_writes_keeps_reading_and_recovers(
    server: Server, tmp_path: Path, cast: Cast, headers: dict[str, str]
) -> None:
    home = cast.households["1-1-101"]
    other = sqlite3.connect(tmp_path / "test.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with httpx.Client(base_url=server.address, headers=headers, timeout=60) as client:
        assert _refused(_send(client, home))
        assert client.get(f"/households/{home}").status_code == 200
        other.execute("ROLLBACK")
        assert _send(client, home).status_code == 201
    other.close()


@pytest.mark.postgres
def test_terminated_connections_are_survived(
    server: Server, database_url: str, cast: Cast, headers: dict[str, str]
) -> None:
    home = cast.households["1-1-101"]
    end = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with httpx.Client(base_url=server.address, headers=headers, timeout=40) as client:
        for _ in range(5):
            assert _send(client, home).status_code == 201
            with psycopg.connect(database_url, autocommit=True) as connection:
                connection.execute(end)
            answer = _send(client, home)
            assert answer.status_code == 201 or _refused(answer)
        assert _send(client, home).status_code == 201
        assert client.get(f"/households/{home}").status_code == 200


def test_sigterm_finishes_and_ends(server: Server, cast: Cast, headers: dict[str, str]) -> None:
    with httpx.Client(base_url=server.address, headers=headers, timeout=40) as client:
        assert _send(client, cast.households["1-1-101"]).status_code == 201
        assert "server" not in client.get("/healthz").headers
    server.process.terminate()
    assert server.process.wait(30) in (0, -15)


def test_the_engine_is_the_one_that_was_asked_for(server: Server) -> None:
    assert httpx.get(f"{server.address}/healthz").json()["database"] == ENGINE
