"""The index answers what FastAPI's router would answer, by the same route, and leaves it the rest."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Match

from app.core import middleware, openapi, routing
from app.core.db import Database
from app.core.hypermedia import APIRouter, HypermediaRoute
from app.main import create_app

router = APIRouter()


@router.get("/things/{name}")
def read_thing(name: str) -> str:
    return f"thing {name}"


@router.get("/things/new")
def show_late_form() -> str:
    return "never reached: the route before it matches"


@router.put("/things/{name}")
def change_thing(name: str) -> str:
    return f"changed {name}"


@router.delete("/things/{name}")
def remove_thing(name: str) -> str:
    return f"removed {name}"


@router.get("/things/{name}/parts/{path:path}")
def read_part(name: str, path: str) -> str:
    return f"{name}: {path}"


@router.get("/")
def read_root() -> str:
    return "root"


@router.get("/{anything}")
def read_anything(anything: str) -> str:
    return f"anything {anything}"


@router.get("/late/{name}")
def read_late(name: str) -> str:
    return f"late {name}"


@router.get("/late-alone")
def read_late_alone() -> str:
    return "never reached: /{anything} matches"


def _application(*, indexed: bool) -> FastAPI:
    app = FastAPI()
    app.router.routes.extend(router.routes)
    app.mount("/files", Starlette())
    if indexed:
        routing.install(app.router)

    @app.middleware("http")
    async def tell_route(request: Request, follow: Any) -> Any:
        response = await follow(request)
        response.headers["x-route"] = getattr(request.scope.get("route"), "path", "none")
        return response

    return app


ADDRESSES = [
    ("GET", "/"),
    ("GET", "/things/a"),
    ("GET", "/things/new"),
    ("GET", "/things/a%2Fb"),
    ("GET", "/things/a/parts/b/c"),
    ("GET", "/things/a/"),
    ("GET", "/things"),
    ("GET", "//things/a"),
    ("GET", "/late/x"),
    ("GET", "/late-alone"),
    ("GET", "/anywhere"),
    ("GET", "/files/none"),
    ("GET", "/a/b/c"),
    ("GET", "/openapi.json"),
    ("HEAD", "/openapi.json"),
    ("HEAD", "/things/a"),
    ("PUT", "/things/a"),
    ("DELETE", "/things/a"),
    ("POST", "/things/a"),
    ("POST", "/things/a/"),
    ("OPTIONS", "/things/a"),
    ("POST", "/late/x"),
]


@pytest.mark.parametrize(("method", "address"), ADDRESSES)
def test_the_answer_is_that_of_the_router(method: str, address: str) -> None:
    answers = []
    for indexed in (False, True):
        with TestClient(_application(indexed=indexed), follow_redirects=False) as client:
            answer = client.request(method, address)
            answers.append((answer.status_code, answer.content, dict(answer.headers)))
    assert answers[0] == answers[1]


def test_routes_of_one_segment_keep_their_order() -> None:
    with TestClient(_application(indexed=True)) as client:
        assert client.get("/things/new").json() == "thing new"
        assert client.get("/late/x").json() == "late x"
        assert client.get("/late-alone").json() == "anything late-alone"


def test_the_router_is_asked_only_for_what_the_index_does_not_know(monkeypatch: pytest.MonkeyPatch) -> None:
    app = _application(indexed=True)
    asked: list[str] = []
    original = app.router.app

    async def router_app(scope: Any, receive: Any, send: Any) -> None:
        asked.append(scope.get("path", scope["type"]))
        await original(scope, receive, send)

    monkeypatch.setattr(app.router, "app", router_app)
    client = TestClient(app)  # no lifespan: only the requests count
    for address in ("/things/a", "/things/a/parts/b", "/", "/late/x"):
        assert client.get(address).status_code == 200
    assert asked == ["/late/x"], "beyond /{anything} only the router knows the order"


def test_a_route_that_is_added_later_is_found() -> None:
    app = _application(indexed=True)
    client = TestClient(app)
    assert client.get("/things/a").status_code == 200

    @app.get("/added/later")
    def added() -> str:
        return "added"

    app.router.routes.insert(0, app.router.routes.pop())
    assert client.get("/added/later").json() == "added"


def test_a_mount_before_a_route_comes_first() -> None:
    app = FastAPI()
    app.mount("/t", PlainTextResponse("mounted"))
    app.router.routes.extend(router.routes)
    app.get("/t/x")(lambda: "route")
    routing.install(app.router)
    assert TestClient(app).get("/t/x").text == "mounted"


def test_every_route_of_the_application_answers_as_the_first_that_matches(db: Database) -> None:
    """For each operation, under each method and an address that fits it: the index and the plain order agree."""
    app = create_app(database=db)
    index = routing.Index(app.router)
    everything = list(openapi.routes(app))
    assert len(everything) > 200
    for route in everything:
        for method in route.methods:
            scope = {"type": "http", "method": method, "path": _fitting(route), "root_path": ""}
            found = _first_full(index._candidates(scope), scope)
            assert found is not None and found is _first_full(app.router.routes, scope), (method, route.path)


def _fitting(route: HypermediaRoute) -> str:
    return route.path_format.format_map(dict.fromkeys(route.param_convertors, "0190a000-0000-7000-8000-000000000000"))


def _first_full(routes: Any, scope: Any) -> Any:
    return next((r for r in routes if r.matches(scope)[0] is Match.FULL), None)


def test_metrics_name_the_route_and_not_the_address(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = middleware.get_settings().model_copy(update={"metrics": True})
    monkeypatch.setattr(middleware, "get_settings", lambda: settings)
    monkeypatch.setattr("app.core.health.get_settings", lambda: settings)
    with TestClient(create_app(database=db)) as client:
        client.get("/visits/0190a000-0000-7000-8000-000000000000")
        client.patch("/healthz")
        client.get("/no/such/place")
        text = client.get("/metrics").text
    assert 'route="/visits/{visit_id}",status="401"' in text
    assert 'method="PATCH",route="/healthz",status="405"' in text
    assert 'route="unmatched",status="404"' in text
    assert "0190a000" not in text
