"""A tiny application around the core: routes that no room has, to show what every room relies on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

import pytest
from fastapi import FastAPI, Query, Response
from fastapi.testclient import TestClient
from pydantic import Field
from sqlalchemy import text
from sqlmodel import select

from app.accounts.permissions import AnyoneAtAll, OwnAccount
from app.communities.models import District
from app.core import hypermedia
from app.core.db import Database, SessionDep, check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.hypermedia import APIRouter, html
from app.core.idempotency import IdempotencyKey
from app.core.pagination import Page, PagingDep, paginate
from app.core.schemas import AnyDate, Body, Line, PastInstant, Prose, Read
from app.core.versions import IfMatch
from app.main import create_app
from tests.visitor import Visitor

router = APIRouter(tags=["tests"])
runs: list[str] = []


class Part(Body):
    category: Line
    urgent: bool = False
    note: Prose = ""


class Everything(Body):
    name: Line
    count: Annotated[int | None, Field(ge=0, le=100)] = None
    on: AnyDate | None = None
    at: PastInstant | None = None
    flag: bool = False
    tags: tuple[Line, ...] = ()
    parts: tuple[Part, ...] = ()
    note: Prose = "as it was"


class DistrictRead(Read):
    id: Any
    name: str
    version: int


@router.post("/t/echo")
@html(form="t/form.html", then="/t/done", done="done")
def echo(data: Everything) -> Everything:
    """What arrived."""
    return data


@router.post("/t/districts", status_code=201)
@html(form="t/form.html")
def create(
    s: SessionDep, who: OwnAccount, data: Part, response: Response, idempotency_key: IdempotencyKey = None
) -> DistrictRead:
    """Triggers work."""
    runs.append(data.category)
    if data.category == "refused":
        raise Conflict("no", code="rule")
    district = District(name=data.category, code=str(len(runs)))
    s.add(district)
    s.flush()
    response.headers["Location"] = f"/t/districts/{district.id}"
    return district  # type: ignore[return-value]


@router.post("/t/failing-commit", status_code=201)
def failing_commit(s: SessionDep, who: OwnAccount) -> DistrictRead:
    """Everything is well until the commit."""
    district = District(name="never", code="never")
    s.add(district)
    s.flush()
    s.info["audit"] = [{"action": "x", "object_type": "x", "object_id": "no uuid", "community_id": None, "changes": {}}]
    return district  # type: ignore[return-value]


@router.get("/t/districts")
@html("t/list.html")
def list_all(
    s: SessionDep, who: AnyoneAtAll, paging: PagingDep, n: Annotated[int, Query(ge=0)] = 0
) -> Page[DistrictRead]:
    """A list."""
    keys: Any = [(District.code, str), (District.id, hypermedia.UUID)]
    return paginate(s, select(District), paging, keys)  # type: ignore[return-value]


@router.get("/t/districts/{code}")
@html("t/page.html")
def read_one(s: SessionDep, code: str) -> DistrictRead:
    """One."""
    found = s.exec(select(District).where(District.code == code)).one_or_none()
    if found is None:
        raise NotFound()
    return found  # type: ignore[return-value]


@router.put("/t/districts/{code}")
def rename(s: SessionDep, who: OwnAccount, code: str, data: Part, if_match: IfMatch) -> DistrictRead:
    """Change one."""
    found = s.exec(select(District).where(District.code == code)).one()
    check_version(found, if_match)
    found.name = data.category
    touch(found)
    return found  # type: ignore[return-value]


@router.get("/t/crash")
@html("t/page.html")
def crash() -> DistrictRead:
    """A bug."""
    raise RuntimeError("a secret detail")


@router.post("/t/invalid")
def invalid() -> None:
    """A rule of a field."""
    raise Invalid("no good", field="x", extra={"hint": 1})


@router.post("/t/broken-sql")
def broken_sql(s: SessionDep, who: OwnAccount) -> None:
    """A constraint that says no."""
    s.execute(text("INSERT INTO district SELECT * FROM district"))


FORM = (
    "{% extends layout %}{% block title %}T{% endblock %}{% block content %}"
    "<p id=refused>{{ error.status }}|{{ errors.get('name', '') }}|{{ values.get('name', '') }}</p>{% endblock %}"
)
PAGE = "{% extends layout %}{% block title %}T{% endblock %}{% block content %}<p id=data>{{ data }}</p>{% endblock %}"


@pytest.fixture(autouse=True)
def templates(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from jinja2 import ChoiceLoader, DictLoader

    from app.core import pages

    made = DictLoader({"t/form.html": FORM, "t/page.html": PAGE, "t/list.html": PAGE})
    environment = pages.environment()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([made, environment.loader]))  # type: ignore[list-item]
    runs.clear()
    yield


@pytest.fixture
def app(db: Database) -> FastAPI:
    made = create_app(database=db)
    made.router.routes[0:0] = router.routes
    return made


@pytest.fixture
def anyone(visit_as: Callable[[str | None], Visitor]) -> Visitor:
    return visit_as("李网格")


@pytest.fixture
def bare(app: FastAPI) -> Iterator[TestClient]:
    with TestClient(app, raise_server_exceptions=False, follow_redirects=False) as client:
        yield client
