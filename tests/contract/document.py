"""The OpenAPI document of this application, made once per process: it takes a second of the processor."""

from __future__ import annotations

from functools import cache
from typing import Any

from app.core.db import Database
from app.main import create_app


@cache
def document() -> dict[str, Any]:
    return create_app(database=Database("sqlite:///data/never-opened.db")).openapi()
