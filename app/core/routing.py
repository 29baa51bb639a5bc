"""Which route answers. All that leans on how FastAPI and Starlette choose one stands here.

Their router tries one route after the other; with several hundred of them that was a quarter of the smallest ones. An
index of the routes by method and first segment goes before it and answers only where its answer is surely the same:
a route that matches in full, and before which no other could match. Everything else (405, a slash too many, static
files, 404) is left to the router.

An endpoint may be marked with a `quick` answer, which is asked before FastAPI reads a single parameter.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from functools import cached_property
from typing import Any, TypeVar

from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

_Quick = Callable[[Request], Awaitable[Response | None]]
_F = TypeVar("_F", bound=Callable[..., Any])


def quick(answer: _Quick) -> Callable[[_F], _F]:
    """Marks the endpoint of a GET with what may have the whole answer at hand; None lets the endpoint answer.

    No parameter is read before, nor is anybody refused: it checks the permission itself, and repeats only what was
    answered to this very query before.
    """

    def put(endpoint: _F) -> _F:
        endpoint.__quick__ = answer  # type: ignore[attr-defined]
        return endpoint

    return put


class IndexedRoute(APIRoute):
    """A route that is told apart by the fixed beginning of its path, which is cheaper than the pattern."""

    def __init__(self, path: str, endpoint: Callable[..., Any], **kwargs: Any) -> None:
        super().__init__(path, endpoint, **kwargs)
        self.quick: _Quick | None = getattr(endpoint, "__quick__", None)

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        known = await self.quick(Request(scope)) if self.quick and scope["method"] == "GET" else None
        await (known or super().handle)(scope, receive, send)

    @cached_property
    def beginning(self) -> str:
        return self.path.split("{")[0]

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if not scope["path"].startswith(self.beginning):
            return Match.NONE, {}
        return super().matches(scope)


class Index:
    """An ASGI application in front of a router; made anew when the router has got more routes."""

    def __init__(self, router: APIRouter) -> None:
        self.router = router
        self._size = 0
        self._routes: dict[tuple[str, str], list[Route]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for route in self._candidates(scope):
                match, found = route.matches(scope)
                if match is Match.FULL:
                    scope.setdefault("router", self.router)
                    scope.update(found)
                    await route.handle(scope, receive, send)
                    return
        await self.router.app(scope, receive, send)

    def _candidates(self, scope: Scope) -> Iterable[Route]:
        if self._size != len(self.router.routes):
            self._size, self._routes = len(self.router.routes), _by_segment(self.router.routes)
        return self._routes.get((scope["method"], _segment(scope["path"])), ())


def install(router: APIRouter) -> None:
    """Puts an index before the routes of the application."""
    router.middleware_stack = Index(router)


def _by_segment(routes: Iterable[BaseRoute]) -> dict[tuple[str, str], list[Route]]:
    """Routes in their order, up to the first that may match under any segment or by any method."""
    found: dict[tuple[str, str], list[Route]] = {}
    for route in routes:
        if not isinstance(route, Route) or not route.methods or "{" in _segment(route.path):
            break
        for method in route.methods:
            found.setdefault((method, _segment(route.path)), []).append(route)
    return found


def _segment(path: str) -> str:
    return path[1:].partition("/")[0]


def methods_at(routes: Iterable[APIRoute], scope: Scope) -> set[str]:
    """Every method that some route offers at this address, not only those of the first one."""
    here = {**scope, "method": "GET"}
    return {m for route in routes if route.matches(here)[0] is not Match.NONE for m in route.methods or ()}
