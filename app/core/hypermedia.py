"""One path operation, three representations: page, fragment and JSON.

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
from uuid import UUID

import fastapi
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, TypeAdapter
from sqlmodel import Session
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.responses import Response

from app.core import audit, forms, idempotency, pages
from app.core.answers import SAFE_METHODS, as_domain_error, error_answer, redirect
from app.core.db import Database
from app.core.errors import BadRequest, DomainError
from app.core.i18n import gettext as _
from app.core.negotiation import drop_empty_query, wants_fragment, wants_html
from app.core.routing import IndexedRoute
from app.core.versions import etag_of, is_current

FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data")
_MOST_FIELDS = 3000
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True)
class View:
    """What a template's `extra` or `current` function may use; `values` is what a refused form had typed in it."""

    s: Session
    who: Any
    request: Request
    data: Any = None
    values: Mapping[str, Any] = field(default_factory=dict)

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
    shows: template that shows the answer of a write itself, where it can be seen only once (a made-up password); a
    function chooses by the answer, and None goes on to `then`.
    swap: template whose fragment htmx gets as the answer of a write, in the place of the part that asked; a plain
    browser goes to `then`. Chosen by the answer in the same way.
    """

    page: str | None = None
    form: str | None = None
    extra: Callable[[View], dict[str, Any]] | None = None
    current: Callable[[View], Any] | None = None
    then: str | Callable[[Any, Request], str] | None = None
    done: str | None = None
    shows: str | Callable[[Any], str | None] | None = None
    swap: str | Callable[[Any], str | None] | None = None


def html(
    page: str | None = None,
    *,
    form: str | None = None,
    extra: Callable[[View], dict[str, Any]] | None = None,
    current: Callable[[View], Any] | None = None,
    then: str | Callable[[Any, Request], str] | None = None,
    done: str | None = None,
    shows: str | Callable[[Any], str | None] | None = None,
    swap: str | Callable[[Any], str | None] | None = None,
) -> Callable[[_F], _F]:
    """Marks an endpoint with its templates; see `Html`."""
    mark = Html(page, form, extra, current, then, done, shows, swap)

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


class HypermediaRoute(IndexedRoute):
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
                if exchange.wants_html:
                    drop_empty_query(request)
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
    route, request = exchange.route, exchange.request
    if isinstance(result, Response):
        return _varying(exchange, result)
    sent = next((v for v in kwargs.values() if isinstance(v, Response)), None)
    model = route.answer.validate_python(result, from_attributes=True) if route.answer else None
    status = (sent.status_code if sent is not None else None) or route.success
    if exchange.wants_html:
        response = _html_answer(exchange, model, sent)
    elif route.answer is None:
        response = Response(status_code=204 if status == 200 else status)
    else:
        body = route.answer.dump_json(model)
        etag = etag_of(model, body)
        if etag and request.method == "GET" and is_current(request.headers.get("if-none-match", ""), etag):
            response = Response(status_code=304)
        else:
            response = Response(body, status_code=status, media_type="application/json")
        if etag:
            response.headers["ETag"] = etag
    if sent is not None:
        skipped = {b"content-length", b"location"} if exchange.wants_html else {b"content-length"}
        response.headers.raw.extend((k, v) for k, v in sent.headers.raw if k not in skipped)
    if route.mark:
        response.headers["Vary"] = "Accept, HX-Request"
    return response


def _varying(exchange: Exchange, response: Response) -> Response:
    if exchange.route.mark:
        response.headers.add_vary_header("Accept, HX-Request")
    return response


def _html_answer(exchange: Exchange, model: Any, sent: Response | None) -> Response:
    request, mark = exchange.request, cast(Html, exchange.route.mark)
    if request.method in SAFE_METHODS:
        template = mark.page or mark.form
        if template is None:
            raise BadRequest(_("此地址没有网页。"))
        return page(exchange, template, model)
    shown = mark.shows(model) if callable(mark.shows) else mark.shows
    if shown:
        return page(exchange, shown, model, status=exchange.route.success)
    swapped = (mark.swap(model) if callable(mark.swap) else mark.swap) if exchange.fragment else None
    if swapped:
        exchange.values = {}  # what was typed is in the record now
        with cast(Database, request.app.state.db).read() as session:
            return page(exchange, swapped, model, session=session)
    if callable(mark.then):
        target = mark.then(model, request)
    else:
        target = mark.then or (sent.headers.get("location") if sent else None) or request.scope["path"]
    response = redirect(request, target)
    if mark.done:
        response.set_cookie(
            pages.FLASH_COOKIE, pages.flash_cookie("good", _(mark.done)), max_age=60, httponly=True, samesite="lax"
        )
    return response


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
    if mark.extra is not None and template in (mark.page, mark.form):
        view = View(cast(Session, session), getattr(request.state, "principal", None), request, data, exchange.values)
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
    if exchange.route.permission != "public" and getattr(request.state, "principal", None) is None:
        return error_answer(request, error)  # the body was unreadable before anybody asked who sent it
    messages: dict[str, str] = {}
    for item in error.errors:
        messages.setdefault(item["field"], item["message"])
    db = cast(Database, request.app.state.db)
    with db.read() as session:
        view = View(session, getattr(request.state, "principal", None), request, None, exchange.values)
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
    response.headers.update({**error.headers, "Vary": "Accept, HX-Request"})
    return response


class APIRouter(fastapi.APIRouter):
    """The router that every package uses; its routes are hypermedia routes."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("route_class", HypermediaRoute)
        kwargs.setdefault("generate_unique_id_function", lambda route: route.name)
        super().__init__(**kwargs)
