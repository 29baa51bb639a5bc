"""Which representation a caller wants: the only place that reads Accept or HX-*."""

from __future__ import annotations

import functools

from starlette.requests import Request


def wants_html(request: Request) -> bool:
    """Whether `Accept` names text/html at least as high as application/json; `*/*` alone is JSON."""
    if request.headers.get("hx-history-restore-request") == "true":
        return True
    best_html, best_json = _qualities(request.headers.get("accept", ""))
    return best_html > 0 and best_html >= best_json


@functools.lru_cache(maxsize=512)
def _qualities(accept: str) -> tuple[float, float]:
    best_html = best_json = 0.0
    for part in accept.split(","):
        kind, *parameters = (p.strip().lower() for p in part.split(";"))
        quality = 1.0
        for parameter in parameters:
            if parameter.startswith("q="):
                try:
                    quality = float(parameter[2:])
                except ValueError:
                    quality = 0.0
        if kind in ("text/html", "application/xhtml+xml"):
            best_html = max(best_html, quality)
        elif kind in ("application/json", "application/problem+json"):
            best_json = max(best_json, quality)
    return best_html, best_json


def wants_fragment(request: Request) -> bool:
    headers = request.headers
    return headers.get("hx-request") == "true" and (
        headers.get("hx-request-type") == "partial" and headers.get("hx-history-restore-request") != "true"
    )


def is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"
