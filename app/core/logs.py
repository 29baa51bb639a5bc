"""Structured logs and metrics. Neither carries personal data: routes are named by template, never by address."""

from __future__ import annotations

import logging
import re
import sys
from contextvars import ContextVar
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram

from app.core.models import new_id

_request_id: ContextVar[str] = ContextVar("request_id", default="")
_ACCEPTABLE = re.compile(r"[A-Za-z0-9._-]{8,64}")

registry = CollectorRegistry()
requests_total = Counter("qinlian_requests_total", "Requests", ["method", "route", "status"], registry=registry)
request_seconds = Histogram("qinlian_request_seconds", "Time of requests", ["method", "route"], registry=registry)


def request_id() -> str:
    return _request_id.get()


def begin_request(offered: str | None) -> str:
    """The request's id: the caller's own if it is well formed, else a new one."""
    chosen = offered if offered and _ACCEPTABLE.fullmatch(offered) else new_id().hex
    _request_id.set(chosen)
    return chosen


def _add_request_id(_logger: Any, _name: str, entry: Any) -> Any:
    if _request_id.get():
        entry["request_id"] = _request_id.get()
    return entry


def configure(level: str) -> None:
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _add_request_id,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper(), logging.INFO)),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


log = structlog.get_logger("qinlian")
