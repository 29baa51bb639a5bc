"""Redirects and refusals in the shape that the caller reads."""

from __future__ import annotations

from urllib.parse import quote, urlsplit

from fastapi.exceptions import RequestValidationError
from starlette.requests import Request
from starlette.responses import Response

from app.core import forms, pages
from app.core.errors import DomainError, NotSignedIn, problem_of, title
from app.core.i18n import gettext as _
from app.core.negotiation import is_htmx, wants_fragment, wants_html

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def redirect(request: Request, target: str) -> Response:
    """303 for a plain browser, and for htmx where its part shows that very page; else htmx changes the whole page."""
    if is_htmx(request) and not (wants_fragment(request) and _shows(request) == urlsplit(target).path):
        return Response(status_code=200, headers={"HX-Redirect": target})
    return Response(status_code=303, headers={"Location": quote(target, safe="/:?&=%#+,-._~")})


def _shows(request: Request) -> str:
    return urlsplit(request.headers.get("hx-current-url", "")).path


class _Invalid(DomainError):
    status, code = 422, "invalid"


def as_domain_error(refusal: DomainError | RequestValidationError) -> DomainError:
    if isinstance(refusal, DomainError):
        return refusal
    return _Invalid(_("有些内容需要改正。"), errors=forms.field_errors(refusal.errors()))


def error_answer(request: Request, error: DomainError) -> Response:
    """A refusal in the shape that the caller reads: a page, a way to the sign-in, or problem+json."""
    if not wants_html(request) or request.scope.get("state", {}).get("door") == "api":
        response = problem_of(error)
        if error.status == 401:
            response.headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, NotSignedIn) and request.method in SAFE_METHODS:
        query = request.scope.get("query_string", b"").decode("latin-1")
        back = request.scope["path"] + (f"?{query}" if query else "")
        response = redirect(request, "/sign-in?next=" + quote(back, safe="/"))
    else:
        layout = _error_layout(request)
        text = pages.render(request, "errors/error.html", error=error, heading=title(error.status), layout=layout)
        response = Response(text, status_code=error.status, headers=error.headers, media_type="text/html")
    response.headers["Vary"] = "Accept, HX-Request"
    return response


def _error_layout(request: Request) -> str:
    if wants_fragment(request):
        return "layout/fragment.html"
    return "layout/page.html" if getattr(request.state, "principal", None) else "layout/public.html"
