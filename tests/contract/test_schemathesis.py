"""Every operation under generated input, as three people: never a 500, and answers of the documented shape."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings

from app.core.db import Database
from app.main import create_app
from tests.visitor import Visitor

PEOPLE = ["王站长", "李网格", "系统员"]
EXAMPLES = 6


def _operations() -> dict[str, Any]:
    app = create_app(database=Database("sqlite:///data/never-opened.db"))
    schema = schemathesis.openapi.from_dict(app.openapi())
    found = (result.ok() for result in schema.get_all_operations())
    return {operation.label: operation for operation in found}


OPERATIONS = _operations()


def _try(case: Any, visitor: Visitor) -> None:
    offered = case.as_transport_kwargs(base_url="http://testserver")
    sent = {k: v for k, v in offered.items() if k in _SENT and v is not None}
    sent["headers"] = {**sent.get("headers", {}), **visitor.headers}
    response = visitor.client.request(follow_redirects=False, **sent)
    assert response.status_code < 500, response.text
    if response.status_code >= 400:
        assert response.headers["content-type"].startswith("application/problem+json"), response.headers
        assert {"type", "title", "status", "detail", "code", "errors"} <= set(response.json())


_SENT = {"method", "url", "headers", "json", "data", "content", "params", "files"}


@pytest.mark.parametrize("person", PEOPLE)
@pytest.mark.parametrize("label", list(OPERATIONS))
def test_operation(label: str, person: str, visit_as: Any) -> None:
    visitor = visit_as(person)

    @given(case=OPERATIONS[label].as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def attempt(case: Any) -> None:
        _try(case, visitor)

    attempt()
