"""`seed --profile acceptance`: what the contract promises, and a value for every path parameter there is."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlmodel import select

from app.communities.models import GridArea
from app.core.checks import run_checks
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Conflict
from app.demo import acceptance
from app.households.models import Household
from app.main import create_app
from app.migrate import migrate
from app.operations import invariants
from tests import pg
from tests.conftest import ENGINE


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    directory = tmp_path_factory.mktemp("seed")
    url = f"sqlite:///{directory / 'seed.db'}"
    if ENGINE == "postgresql":
        url = pg.create_database(pg.server_url(), f"seed_{abs(hash(str(directory)))}")
    database = Database(url)
    migrate(database)
    yield database
    database.close()


@pytest.fixture(scope="module")
def seeded(db: Database) -> dict[str, Any]:
    return acceptance.seed(db, Settings(HOST="127.0.0.1", PORT=8123))


@pytest.fixture(scope="module")
def app(db: Database) -> FastAPI:
    return create_app(database=db)


def test_shape_is_that_of_the_contract(seeded: dict[str, Any]) -> None:
    assert seeded["base"] == "http://127.0.0.1:8123"
    assert set(seeded["communities"]) == set(seeded["objects"]) == {"A", "B"}
    assert set(seeded["users"]) == {
        *("director_a", "worker_a1", "worker_a2", "finance_a", "representative_a"),
        *("supervisor", "admin", "director_b", "worker_b1"),
    }
    assert {name: c["scopes"] for name, c in seeded["clients"].items()} == {
        "district_scores": ["scores:read"],
        "cron": ["rounds:run"],
        "district_read": ["read"],
        "expired": ["read"],
    }
    assert all(set(u) == {"username", "password", "id"} for u in seeded["users"].values())


def test_every_path_parameter_has_a_value(seeded: dict[str, Any], app: FastAPI) -> None:
    wanted = {name for path in app.openapi()["paths"] for name in re.findall(r"{(\w+)}", path)}
    for letter in "AB":
        missing = {name for name in wanted if not seeded["objects"][letter].get(name)}
        assert not missing, f"app/demo/acceptance.py OBJECTS lacks {missing}"


def test_objects_of_a_lie_in_grid_area_1(seeded: dict[str, Any], db: Database) -> None:
    objects = seeded["objects"]["A"]
    with db.read() as s:
        area = s.exec(select(GridArea).where(GridArea.id == objects["grid_area_id"])).one()
        home = s.exec(select(Household).where(Household.id == objects["household_id"])).one()
    assert area.number == 1
    assert home.grid_area_id == area.id


def test_everybody_can_read_what_is_theirs(seeded: dict[str, Any], app: FastAPI) -> None:
    """Every GET with path parameters: found for A's director or admin on A's objects, not for B's director."""
    with TestClient(app) as client:
        for name, expected in (("director_a", {200}), ("director_b", {404, 403})):
            user = seeded["users"][name]
            form = {"username": user["username"], "password": user["password"]}
            assert client.post("/sign-in", json=form).status_code in (200, 201, 204)
            for path in ("/grid-areas/{grid_area_id}", "/users/{user_id}"):
                if path in app.openapi()["paths"]:
                    answer = client.get(path.format(**seeded["objects"]["A"]))
                    assert answer.status_code in expected, (name, path, answer.text)
            client.cookies.clear()


def test_tokens_work_and_the_expired_one_does_not(seeded: dict[str, Any], app: FastAPI) -> None:
    with TestClient(app) as client:
        for name, c in seeded["clients"].items():
            answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {c['token']}"})
            assert answer.status_code == (401 if name == "expired" else 200), name


def test_a_used_database_is_refused(seeded: dict[str, Any], db: Database) -> None:
    with pytest.raises(Conflict):
        acceptance.seed(db, Settings())


def test_invariants_hold(seeded: dict[str, Any], db: Database) -> None:
    invariants.register()
    assert not {name: found for name, found in run_checks(db).items() if found}
