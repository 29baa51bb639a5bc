"""A real server process of its own, as an operator starts it, and a signed-in worker who talks to it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import Context
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
from sqlmodel import select
from typer.testing import CliRunner

from app.accounts import authentication
from app.accounts.models import User
from app.cli import app
from app.core import crypto
from app.core.config import get_settings
from app.core.db import Database

ROOT = Path(__file__).resolve().parents[2]


def environment(url: str, directory: Path, **more: str) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("APP_", "PORT", "HOST", "WEB_"))}
    return kept | {
        "DATABASE_URL": url,
        "APP_SECRET": os.environ["APP_SECRET"],
        "APP_DATA_DIR": str(directory),
        "APP_LOG_LEVEL": "CRITICAL",
        "PORT": "0",
        **more,
    }


# What is read once per process from the environment.
_KEPT = (get_settings, crypto.derive, crypto._cipher, crypto._signer, crypto.public_key, crypto.key_id)


def forget_settings() -> None:
    """The environment is read again, and every key derived again."""
    for kept in _KEPT:
        kept.cache_clear()


def qinlian(url: str, directory: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """What a verb says and how it ends, in this process: starting another one takes longer than the verb."""
    with mock.patch.dict(os.environ, environment(url, directory, **more), clear=True):
        forget_settings()
        try:
            # A context of its own: no language and no person of a test reaches the verb, and none of its stays here.
            done = Context().run(CliRunner().invoke, app, list(words), prog_name="qinlian")
        finally:
            forget_settings()
    trouble = done.exception
    if trouble is not None and not isinstance(trouble, SystemExit):
        raise trouble  # a bug, which a process of its own would end with a traceback
    return subprocess.CompletedProcess(words, done.exit_code, done.stdout, done.stderr)


def qinlian_process(url: str, directory: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Runs a verb as an operator does."""
    return subprocess.run(
        [sys.executable, "-m", "app.cli", *words],
        cwd=ROOT,
        env=environment(url, directory, **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=100,
    )


@dataclass
class Server:
    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)


@contextmanager
def serving(url: str, directory: Path, **more: str) -> Iterator[Server]:
    with (directory / "server.log").open("a") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve"],
            cwd=ROOT,
            env=environment(url, directory, **more),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    try:
        assert found, f"the server said {line!r}: {(directory / 'server.log').read_text()}"
        server = Server(process, found[0])
        _until_ready(server)
        yield server
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        process.stdout.close()


def _until_ready(server: Server) -> None:
    transport = httpx.HTTPTransport(retries=20)
    with httpx.Client(transport=transport, timeout=60) as client:
        assert client.get(f"{server.address}/readyz").status_code == 200


def session_headers(db: Database, name: str) -> dict[str, str]:
    """What a browser of this person sends."""
    with db.write() as s:
        user = s.exec(select(User).where(User.display_name == name)).one()
        token = authentication.start_session(s, user, "tests")
    return {
        "Cookie": f"{authentication.cookie_name()}={token}",
        "X-CSRF-Token": authentication.csrf_token(crypto.token_hash(token)),
    }


def a_visit(household_id: object, note: str = "一切都好。", **more: Any) -> dict[str, Any]:
    return {
        "household_id": str(household_id),
        "visited_at": "2026-01-05T02:00:00Z",
        "purpose": "routine",
        "outcome": "fine",
        "note": note,
        **more,
    }
