"""The frame around every request: its id, its language, its size, the `/api/v1` door, and headers that protect people.

Plain ASGI. It runs once per request, so it does no work that only some requests need.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.core import i18n, logs
from app.core.config import get_settings
from app.core.errors import problem
from app.core.i18n import gettext as _

API_PREFIX = "/api/v1"
LANGUAGE_COOKIE = "lang"
SMALL_BODY = 1024 * 1024
LARGE_BODY = 25 * 1024 * 1024
_LARGE_PATHS = ("/imports/", "/attachments")
_UNLOGGED = ("/s/", "/b/")
_METHODS = frozenset({"PUT", "PATCH", "DELETE"})
_CSP = (
    "default-src 'none'; script-src 'self'{nonce}; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types htmx qinlian"
)
# hx-csp reads the nonce of an answer from its header; in script-src-attr a nonce lets nothing run.
_NONCE = "; script-src-attr 'nonce-{}'"
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": _CSP.format(nonce=""),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(), microphone=(), payment=()",
    "X-Frame-Options": "DENY",
    "Cache-Control": "no-store",
}
_HSTS = {"Strict-Transport-Security": "max-age=31536000; includeSubDomains"}
_POLICY = b"content-security-policy"


Crash = Callable[[Request, Exception], Awaitable[Response]]


class Frame:
    """See the module. `crash` answers what nobody caught, inside the frame, so that even that answer is protected."""

    def __init__(self, app: ASGIApp, crash: Crash) -> None:
        self.app = app
        self.crash = crash
        fixed = {**_HEADERS, **_HSTS} if get_settings().production else _HEADERS
        self.headers = [(name.lower().encode(), value.encode()) for name, value in fixed.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began = time.perf_counter()
        headers = Headers(scope=scope)
        state: dict[str, Any] = {**(scope.get("state") or {}), "nonce": secrets.token_urlsafe(12)}
        scope = {**scope, "state": state}
        request_id = logs.begin_request(headers.get("x-request-id"))
        i18n.set_locale(_language(headers))
        _through_the_door(scope, state)
        _method_override(scope, headers)
        limited = _Limited(receive, LARGE_BODY if scope["path"].startswith(_LARGE_PATHS) else SMALL_BODY)
        status = 0

        async def send_framed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._decorate(message, scope, request_id)
            await send(message)

        try:
            if not _well_formed(scope):
                refusal = problem(400, "bad_request", _("地址中含有不能识别的字符。"))
                await refusal(scope, receive, send_framed)
            elif limited.refuses(headers):
                refusal = problem(413, "too_large", _("内容过大。"))
                await refusal(scope, receive, send_framed)
            else:
                await self.app(scope, limited.receive, send_framed)
        except Exception as error:
            if status:  # half an answer has left; the server cuts the connection
                raise
            answer = await self.crash(Request(scope), error)
            await answer(scope, receive, send_framed)
        finally:
            _record(scope, status or 500, time.perf_counter() - began)

    def _decorate(self, message: MutableMapping[str, Any], scope: Scope, request_id: str) -> None:
        """Written on the raw list: Starlette's names are in lower case, and this happens to every answer."""
        raw: list[tuple[bytes, bytes]] = message["headers"]
        given = dict(raw)
        if given.get(b"content-type", b"").startswith(b"text/html"):
            policy = _CSP.format(nonce=_NONCE.format(scope["state"]["nonce"])).encode()
            given[_POLICY] = policy
            raw[:] = [(k, v) for k, v in raw if k != _POLICY] + [(_POLICY, policy)]
        raw += [header for header in self.headers if header[0] not in given]
        raw.append((b"x-request-id", request_id.encode()))
        if b"location" in given and scope["state"].get("door") == "api":
            raw[:] = [(k, _under_prefix(v) if k == b"location" else v) for k, v in raw]


def _under_prefix(location: bytes) -> bytes:
    inside = location.startswith(b"/") and not location.startswith(API_PREFIX.encode())
    return API_PREFIX.encode() + location if inside else location


def _language(headers: Headers) -> str:
    chosen = None
    cookie = headers.get("cookie")
    if cookie and LANGUAGE_COOKIE in cookie:
        try:
            morsel = SimpleCookie(cookie).get(LANGUAGE_COOKIE)
            chosen = morsel.value if morsel else None
        except CookieError:
            chosen = None
    return i18n.negotiate(chosen, headers.get("accept-language"))


def _through_the_door(scope: Scope, state: dict[str, Any]) -> None:
    """`/api/v1/...` is the same application heard without cookies and without a choice of representation."""
    path: str = scope["path"]
    if not path.startswith(API_PREFIX + "/"):
        return
    scope["path"] = path[len(API_PREFIX) :]
    scope["raw_path"] = scope.get("raw_path", path.encode())[len(API_PREFIX) :]
    state["door"] = "api"
    if scope["path"] != "/docs":
        scope["headers"] = [(k, v) for k, v in scope["headers"] if _passes(k, v)]


def _passes(name: bytes, value: bytes) -> bool:
    if name == b"accept":
        return value.startswith(b"text/csv")
    return name != b"cookie" and not name.startswith(b"hx-")


def _method_override(scope: Scope, headers: Headers) -> None:
    """A plain form can only POST; `?_method=put` in its address says what it means."""
    query: bytes = scope.get("query_string", b"")
    kind = headers.get("content-type", "")
    if scope["method"] != "POST" or b"_method=" not in query or "form" not in kind:
        return
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    meant = dict(pairs).get("_method", "").upper()
    if meant in _METHODS:
        scope["method"] = meant
        scope["query_string"] = urlencode([p for p in pairs if p[0] != "_method"]).encode()


def _well_formed(scope: Scope) -> bool:
    if "\x00" in scope["path"] or any("\ud800" <= c <= "\udfff" for c in scope["path"]):
        return False
    return b"%00" not in scope.get("query_string", b"")


class _Limited:
    """A body that may not grow past its limit, whatever Content-Length claims."""

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._most, self._seen = receive, most, 0

    def refuses(self, headers: Headers) -> bool:
        claimed = headers.get("content-length", "")
        return claimed.isdecimal() and int(claimed[:18]) > self._most

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request":
            self._seen += len(message.get("body", b""))
            if self._seen > self._most:
                raise HTTPException(413)
        return message


def _record(scope: Scope, status: int, seconds: float) -> None:
    if scope["path"].startswith(_UNLOGGED):
        return  # neither a line nor a count: either would say when each ballot arrived
    route = getattr(scope.get("route"), "path", None) or "unmatched"
    if get_settings().metrics:
        logs.requests_total.labels(scope["method"], route, str(status)).inc()
        logs.request_seconds.labels(scope["method"], route).observe(seconds)
    logs.log.info("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))
