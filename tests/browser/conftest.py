"""A real server and a real Chromium. Every page is watched for policy violations, script errors and failed requests."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, sync_playwright
from sqlmodel import select
from starlette.types import ASGIApp, Receive, Scope, Send

from app.accounts import authentication
from app.accounts.models import User
from app.core.db import Database
from app.main import create_app
from tests.browser.looks import SIZES

_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


class _Noted:
    """The application, with every request that reaches it written down."""

    def __init__(self, app: ASGIApp, seen: list[tuple[str, str]]) -> None:
        self.app, self.seen = app, seen

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            self.seen.append((scope["method"], scope["path"]))
        await self.app(scope, receive, send)


class Live:
    """The application served on a port of its own, with the database behind it."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.seen: list[tuple[str, str]] = []
        self.port = 0
        self.start()
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begins to listen; after `stop` on the same port again."""
        app = _Noted(create_app(database=self.db), self.seen)
        config = uvicorn.Config(app, host="127.0.0.1", port=self.port, log_level="critical")
        self.server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self.server.run, daemon=True)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        self.port = self.server.servers[0].sockets[0].getsockname()[1]

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(timeout=10)

    def token_of(self, name: str) -> str:
        with self.db.write() as s:
            user = s.exec(select(User).where(User.display_name == name)).one()
            return authentication.start_session(s, user, "browser test")


@pytest.fixture
def live(db: Database) -> Iterator[Live]:
    served = Live(db)
    yield served
    served.stop()


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="session")
def browser(playwright: Playwright) -> Iterator[Browser]:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    opened = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
    yield opened
    opened.close()


class Watched:
    """A browser context of one person at one size, and everything that went wrong in it."""

    def __init__(self, context: BrowserContext, live: Live) -> None:
        self.context, self.live = context, live
        self.troubles: list[str] = []
        context.on("console", self._console)
        context.on("weberror", lambda error: self._error(str(error.error)))

    def _console(self, message: object) -> None:
        kind, text = getattr(message, "type", ""), getattr(message, "text", "")
        if kind == "error" and ("Content Security Policy" in text or "Refused to" in text):
            self.troubles.append(text)

    def _error(self, text: str) -> None:
        if "ViewTransition" not in text:  # Chromium reports its own cross-fade when a page leaves in the middle of it
            self.troubles.append(f"script error: {text}")

    def open(self, path: str) -> Page:
        page = self.context.new_page()
        page.goto(self.live.url + path)
        return page


def watch(browser: Browser, live: Live, name: str | None, size: str = "tablet", **options: object) -> Watched:
    """A browser of a size, in which the person of that name is signed in."""
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", **options
    )  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    if name is not None:
        cookie = {"name": authentication.cookie_name(), "value": live.token_of(name), "url": live.url}
        context.add_cookies([cookie])  # type: ignore[list-item]
    return Watched(context, live)


@pytest.fixture
def sign_in(browser: Browser, live: Live) -> Iterator[Callable[..., Watched]]:
    """`sign_in("李网格", "tablet")` opens a browser in which that person is signed in."""
    opened: list[Watched] = []

    def enter(name: str | None, size: str = "tablet", **options: object) -> Watched:
        watched = watch(browser, live, name, size, **options)
        opened.append(watched)
        return watched

    yield enter
    troubles = [trouble for watched in opened for trouble in watched.troubles]
    for watched in opened:
        watched.context.close()
    assert not troubles


SHOTS = Path(os.environ["QINLIAN_SHOTS"]) if os.environ.get("QINLIAN_SHOTS") else None


def shot(page: Page, name: str) -> None:
    """Keeps a picture for people to look at, where QINLIAN_SHOTS names a folder."""
    if SHOTS:
        SHOTS.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=SHOTS / f"{name}.png")
