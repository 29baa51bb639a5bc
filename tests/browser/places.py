"""Every page of the application, with real ids: from the routes and the acceptance data."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from app.core.db import Database
from app.core.openapi import routes
from app.main import create_app


def pages() -> list[tuple[str, list[str], str]]:
    """Address pattern, required query parameters and permission of every GET that answers with a page."""
    app = create_app(database=Database("sqlite:///data/never-opened.db"))
    paths = app.openapi()["paths"]
    found = []
    for route in routes(app):
        if "GET" in (route.methods or set()) and (route.mark is not None or route.path == "/offline"):
            parameters = paths.get(route.path, {}).get("get", {}).get("parameters", [])
            asked = [p["name"] for p in parameters if p["in"] == "query" and p.get("required")]
            found.append((route.path, asked, route.permission))
    return sorted(found)


def address(pattern: str, asked: list[str], objects: dict[str, Any]) -> str:
    for name, value in objects.items():
        pattern = pattern.replace(f"{{{name}}}", str(value))
    query = {name: objects.get(name, "2") for name in asked}
    return f"{pattern}?{urlencode(query)}" if query else pattern
