"""Every operation under generated input, as three people: never a 500, and answers of the documented shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from anyio.from_thread import BlockingPortal
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings

from app.core.db import Database
from app.main import create_app
from tests.conftest import copied
from tests.contract.document import document
from tests.visitor import Visitor

PEOPLE = ["王站长", "李网格", "系统员"]
EXAMPLES = 6


def _operations() -> dict[str, Any]:
    schema = schemathesis.openapi.from_dict(document())
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found}


OPERATIONS = _operations()


@pytest.fixture(scope="module")
def place(
    template: Callable[[Path], str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[FastAPI, Database]]:
    """One application for all of them: what one operation leaves behind is what the next one has to live with."""
    with copied(template, tmp_path_factory.mktemp("schemathesis")) as url:
        db = Database(url)
        yield create_app(database=db), db
        db.close()


@pytest.fixture
def visitors(place: tuple[FastAPI, Database], portal: BlockingPortal) -> Iterator[list[Visitor]]:
    """All three, newly signed in, and still allowed what they came for."""
    app, db = place
    clients = [TestClient(app, base_url="http://testserver", raise_server_exceptions=False) for _person in PEOPLE]
    for client in clients:
        client.portal = portal
    signed_in = [Visitor(client, db, person) for client, person in zip(clients, PEOPLE, strict=True)]
    for visitor in signed_in:
        assert "communities:read" in visitor.get("/me").json()["permissions"]
    yield signed_in
    for client in clients:
        client.close()


def _try(case: Any, visitor: Visitor) -> None:
    offered = case.as_transport_kwargs(base_url="http://testserver")
    sent = {k: v for k, v in offered.items() if k in _SENT and v is not None}
    if isinstance(sent.get("data"), bytes | str):  # of an operation whose body may be left out
        sent["content"] = sent.pop("data")
    sent["headers"] = {**sent.get("headers", {}), **visitor.headers}
    response = visitor.client.request(follow_redirects=False, **sent)
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"].startswith("application/problem+json"), response.headers
        assert {"type", "title", "status", "detail", "code", "errors"} <= set(response.json())


_SENT = {"method", "url", "headers", "json", "data", "content", "params", "files"}


@pytest.mark.parametrize("label", list(OPERATIONS))
def test_operation(label: str, visitors: list[Visitor]) -> None:
    @given(case=OPERATIONS[label].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: Any) -> None:
        for visitor in visitors:
            _try(case, visitor)

    attempt()
