"""The OpenAPI document: the contract that other systems read, with the permission of every operation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts

from app.core.hypermedia import HypermediaRoute

_PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "message", "code"],
                "properties": {k: {"type": "string"} for k in ("field", "message", "code")},
            },
        },
    },
}
_METHODS = ("get", "put", "post", "patch", "delete")


def routes(app: FastAPI) -> Iterator[HypermediaRoute]:
    """Every hypermedia route of the application, in the order in which they are tried."""
    for context in iter_route_contexts(app.routes):
        route = context.original_route
        if isinstance(route, HypermediaRoute):
            yield route


def install(app: FastAPI) -> None:
    """Replaces FastAPI's document by one with security, permissions and one shape of refusals."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    made = get_openapi(title=app.title, version=app.version, routes=app.routes, servers=app.servers)
    components = made.setdefault("components", {})
    components.setdefault("schemas", {})["Problem"] = _PROBLEM
    for unused in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(unused, None)
    components["securitySchemes"] = {"bearer": {"type": "http", "scheme": "bearer"}}
    for path in made["paths"].values():
        for method in _METHODS:
            if method in path:
                _complete(path[method])
    return made


def _complete(operation: dict[str, Any]) -> None:
    refusal = {
        "description": "Refused",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    operation["responses"].pop("422", None)
    operation["responses"]["4XX"] = refusal
    if operation.get("x-required-permission") != "public":
        operation["security"] = [{"bearer": []}]
