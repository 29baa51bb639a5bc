"""One path operation, three representations: page, fragment and JSON. The only place that reads Accept or HX-*.

An endpoint stays a typed function. The route class decides the representation, turns a form into the JSON object it
stands for, runs the endpoint with its session in one thread (so that a write is committed before the answer leaves),
and shows the response model as JSON or through the template that the endpoint's mark names.
"""

from __future__ import annotations

import functools
import inspect
import json
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from urllib.parse import quote
from uuid import UUID

import fastapi
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from app.core import audit, forms, idempotency, pages
from app.core.db import Database
from app.core.errors import BadRequest, DomainError, Forbidden, NotSignedIn, problem, problem_of, title
from app.core.i18n import gettext as _

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_MOST_FIELDS = 3000
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class View:
    """What a template's `extra` or `current` function may use."""

    s: Session
    who: Any
    request: Request
    data: Any = None

    def param(self, name: str) -> UUID:
        """A path parameter that is an id."""
        try:
            return UUID(str(self.request.path_params[name]))
        except ValueError:
            return UUID(int=0)


@dataclass(frozen=True)
class Html:
    """How an endpoint looks in a browser.

    page: template that shows the answer. form: template that shows a refused form again, with what was typed.
    extra: choices and the like that only the page needs. current: the record beneath a refused form.
    then: where a browser goes after a write (default: Location, else the same address). done: what it is told there.
    """

    page: str | None = None
    form: str | None = None
    extra: Callable[[View], dict[str, Any]] | None = None
    current: Callable[[View], Any] | None = None
    then: str | Callable[[Any, Request], str] | None = None
    done: str | None = None


def html(
    page: str | None = None,
    *,
    form: str | None = None,
    extra: Callable[[View], dict[str, Any]] | None = None,
    current: Callable[[View], Any] | None = None,
    then: str | Callable[[Any, Request], str] | None = None,
    done: str | None = None,
) -> Callable[[_F], _F]:
    """Marks an endpoint with its templates; see `Html`."""
    mark = Html(page, form, extra, current, then, done)

    def put(endpoint: _F) -> _F:
        endpoint.__html__ = mark  # type: ignore[attr-defined]
        return endpoint

    return put


@dataclass
class Exchange:
    """One request on its way through the route class."""

    request: Request
    route: HypermediaRoute
    wants_html: bool
    fragment: bool
    values: dict[str, Any] = field(default_factory=dict)


_exchange: ContextVar[Exchange] = ContextVar("exchange")


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


class HypermediaRoute(APIRoute):
    """The route class of the whole application."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        self.mark: Html | None = getattr(endpoint, "__html__", None)
        wrapped = endpoint if inspect.iscoroutinefunction(endpoint) else _in_one_thread(endpoint)
        super().__init__(path, wrapped, **kwargs)
        self.known_query = frozenset(_query_names(self.dependant))
        self.permission = _permission_of(self.dependant)
        self.openapi_extra = {**(self.openapi_extra or {}), "x-required-permission": self.permission}
        self.success = kwargs.get("status_code") or 200
        self.answer: TypeAdapter[Any] | None = None
        if self.response_model is not None:
            self.answer = TypeAdapter(self.response_model)

    @property
    def body_model(self) -> type[BaseModel] | None:
        annotation = self.body_field.field_info.annotation if self.body_field else None
        return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None

    @property
    def takes_upload(self) -> bool:
        return bool(self.body_field and isinstance(self.body_field.field_info, fastapi.params.Form))

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        inner = super().get_route_handler()

        async def handle(request: Request) -> Response:
            exchange = Exchange(request, self, bool(self.mark) and wants_html(request), wants_fragment(request))
            _exchange.set(exchange)
            try:
                if request.method not in SAFE_METHODS:
                    request = exchange.request = await _read_form(exchange)
                return await inner(request)
            except (DomainError, RequestValidationError) as refusal:
                if not exchange.wants_html:
                    raise
                return await run_in_threadpool(_refuse, exchange, refusal)

        return handle


def _query_names(dependant: Any) -> Iterator[str]:
    yield from (p.alias for p in dependant.query_params)
    for below in dependant.dependencies:
        yield from _query_names(below)


def _permission_of(dependant: Any) -> str:
    for below in dependant.dependencies:
        found = getattr(below.call, "permission", None) or _permission_of(below)
        if found and found != "public":
            return str(found)
    return "public"


async def _read_form(exchange: Exchange) -> Request:
    """Turns a form submission into JSON; leaves uploads and JSON bodies as they are."""
    request, route = exchange.request, exchange.route
    kind = request.headers.get("content-type", "").split(";")[0].strip().lower()
    if kind not in FORM_TYPES:
        return request
    try:
        form = await request.form(max_files=4, max_fields=_MOST_FIELDS, max_part_size=1024 * 1024)
    except DomainError:
        raise
    except Exception as broken:
        raise BadRequest(_("表单内容无法读取。")) from broken
    request.state.form_csrf = _text(form, "_csrf")
    exchange.values = _typed(form)
    if route.takes_upload:
        return request
    headers = [(k, v) for k, v in request.scope["headers"] if k not in (b"content-type", b"content-length")]
    if _text(form, "_version"):
        headers.append((b"if-match", f'"{_text(form, "_version")}"'.encode("latin-1", "replace")))
    pairs = [(k, v) for k, v in form.multi_items() if isinstance(v, str)]
    body = json.dumps(forms.to_json(pairs, route.body_model)).encode() if route.body_field else b""
    headers.append((b"content-type", b"application/json"))
    converted = Request({**request.scope, "headers": headers}, request.receive)
    converted._body = body
    return converted


def _text(form: FormData, name: str) -> str:
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _typed(form: FormData) -> dict[str, Any]:
    """What the person typed, to be shown again: a list where a name came more than once."""
    typed: dict[str, Any] = {}
    for name in form:
        texts = [v for v in form.getlist(name) if not isinstance(v, UploadFile)]
        if name not in forms.RESERVED and texts:
            typed[name] = texts[0] if len(texts) == 1 else texts
    return typed


def _in_one_thread(endpoint: Callable[..., Any]) -> Callable[..., Any]:
    """Runs the endpoint, commits, and makes the answer, all in the thread that holds this process's turn to write."""

    @functools.wraps(endpoint)
    def run(**kwargs: Any) -> Response:
        exchange = _exchange.get()
        request = exchange.request
        _refuse_unknown_query(exchange)
        session: Session | None = getattr(request.state, "session", None)
        if session is None:
            return _answer(exchange, endpoint(**kwargs), kwargs)
        try:
            if not session.info["write"]:
                return _answer(exchange, endpoint(**kwargs), kwargs)
            return _write(exchange, session, endpoint, kwargs)
        finally:
            session.close()

    return run


def _refuse_unknown_query(exchange: Exchange) -> None:
    unknown = [name for name in exchange.request.query_params if name not in exchange.route.known_query]
    if unknown:
        raise RequestValidationError([{"type": "unknown_parameter", "loc": ("query", n), "msg": ""} for n in unknown])


def _write(exchange: Exchange, session: Session, endpoint: Callable[..., Any], kwargs: dict[str, Any]) -> Response:
    request = exchange.request
    db = cast(Database, request.app.state.db)
    who = getattr(request.state, "principal", None)
    if who is not None:
        audit.set_actor(session, who)
    key = kwargs.get("idempotency_key")
    if not isinstance(key, str) or who is None:
        with db.write(session):
            result = endpoint(**kwargs)
        return _answer(exchange, result, kwargs)
    owner = str(who.id)
    mark = idempotency.fingerprint(request.method, request.scope["path"], getattr(request, "_body", b""))
    earlier = idempotency.reserve(db, owner, key, mark)
    if earlier is not None:
        return earlier
    try:
        with db.write(session):
            response = _answer(exchange, endpoint(**kwargs), kwargs)
            idempotency.keep(session, owner, key, response)
        return response
    except DomainError:
        idempotency.release(db, owner, key)
        raise


def _answer(exchange: Exchange, result: Any, kwargs: Mapping[str, Any]) -> Response:
    """The response model as JSON, or shown by the template of the mark."""
    if isinstance(result, Response):
        return result
    route, request = exchange.route, exchange.request
    sent = next((v for v in kwargs.values() if isinstance(v, Response)), None)
    model = route.answer.validate_python(result, from_attributes=True) if route.answer else None
    status = (sent.status_code if sent is not None else None) or route.success
    if exchange.wants_html:
        response = _html_answer(exchange, model, sent)
    elif route.answer is None:
        response = Response(status_code=204 if status == 200 else status)
    else:
        etag = _etag(model)
        if etag and request.method == "GET" and request.headers.get("if-none-match") == etag:
            response = Response(status_code=304)
        else:
            body = route.answer.dump_json(model)
            response = Response(body, status_code=status, media_type="application/json")
        if etag:
            response.headers["ETag"] = etag
    if sent is not None:
        response.headers.raw.extend((k, v) for k, v in sent.headers.raw if k not in (b"content-length",))
    if route.mark:
        response.headers["Vary"] = "Accept, HX-Request"
    return response


def _etag(model: Any) -> str | None:
    version = getattr(model, "version", None)
    return f'"{version}"' if version is not None else None


def _html_answer(exchange: Exchange, model: Any, sent: Response | None) -> Response:
    request, mark = exchange.request, cast(Html, exchange.route.mark)
    if request.method in SAFE_METHODS:
        template = mark.page or mark.form
        if template is None:
            raise BadRequest(_("此地址没有网页。"))
        return page(exchange, template, model)
    if callable(mark.then):
        target = mark.then(model, request)
    else:
        target = mark.then or (sent.headers.get("location") if sent else None) or request.scope["path"]
    response = redirect(request, target)
    if mark.done:
        response.set_cookie(
            pages.FLASH_COOKIE, pages.flash_cookie("success", _(mark.done)), max_age=60, httponly=True, samesite="lax"
        )
    return response


def redirect(request: Request, target: str) -> Response:
    """303 for a plain browser, a client-side redirect for htmx."""
    if is_htmx(request):
        return Response(status_code=200, headers={"HX-Redirect": target})
    return Response(status_code=303, headers={"Location": quote(target, safe="/:?&=%#+,-._~")})


def page(
    exchange: Exchange,
    template: str,
    data: Any,
    *,
    status: int = 200,
    session: Session | None = None,
    **context: Any,
) -> Response:
    """Renders a template with its declared extras."""
    request, mark = exchange.request, cast(Html, exchange.route.mark)
    session = session or getattr(request.state, "session", None)
    extra: dict[str, Any] = {}
    if mark.extra is not None:
        view = View(cast(Session, session), getattr(request.state, "principal", None), request, data)
        extra = mark.extra(view)
    text = pages.render(request, template, fragment=exchange.fragment, data=data, extra=extra, **context)
    response = Response(text, status_code=status, media_type="text/html; charset=utf-8")
    if pages.FLASH_COOKIE in request.cookies:
        response.delete_cookie(pages.FLASH_COOKIE)
    return response


def _refuse(exchange: Exchange, refusal: DomainError | RequestValidationError) -> Response:
    """The form again, with what was typed and a message beside each field; else an error page."""
    request, mark = exchange.request, exchange.route.mark
    error = as_domain_error(refusal)
    if request.method in SAFE_METHODS or mark is None or mark.form is None or error.status in (401, 403, 404):
        return error_answer(request, error)
    messages: dict[str, str] = {}
    for item in error.errors:
        messages.setdefault(item["field"], item["message"])
    db = cast(Database, request.app.state.db)
    with db.read() as session:
        view = View(session, getattr(request.state, "principal", None), request)
        current = mark.current(view) if mark.current else None
        response = page(
            exchange,
            mark.form,
            current,
            status=error.status,
            session=session,
            errors=messages,
            error=error,
            values=exchange.values,
        )
    response.headers["Vary"] = "Accept, HX-Request"
    return response


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


class APIRouter(fastapi.APIRouter):
    """The router that every package uses; its routes are hypermedia routes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("route_class", HypermediaRoute)
        super().__init__(**kwargs)


__all__ = ["APIRouter", "Forbidden", "Html", "HypermediaRoute", "View", "html", "problem", "redirect"]
