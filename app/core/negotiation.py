"""Which representation a caller wants: the only place that reads Accept or HX-*."""

from __future__ import annotations

import functools

from starlette.requests import Request

VARY = "Accept, HX-Request"  # what a marked route's answer depends on


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


def wants_csv(request: Request) -> bool:
    """Whether `Accept` asks for CSV before anything else."""
    return request.headers.get("accept", "").lstrip().lower().startswith("text/csv")


def drop_empty_query(request: Request) -> None:
    """A search form sends a name for every field; one that was left empty asks for nothing."""
    query: bytes = request.scope.get("query_string", b"")
    if b"=&" in query or query.endswith(b"="):
        request.scope["query_string"] = b"&".join(part for part in query.split(b"&") if part.partition(b"=")[2])


def wants_fragment(request: Request) -> bool:
    """Whether part of a page is to be replaced; htmx says "full" also where it selects from the answer (hx-select)."""
    headers = request.headers
    if headers.get("hx-request") != "true" or headers.get("hx-history-restore-request") == "true":
        return False
    selects = headers.get("hx-request-type") == "full" and not headers.get("hx-target", "body").startswith("body")
    return selects or headers.get("hx-request-type") == "partial"


def is_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"
