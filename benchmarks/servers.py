"""Starts the two servers that are compared, each as one process with one worker, and stops them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

SECRET = "benchmark-secret-0123456789-abcdefghijkl"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database_url: str, **more: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "APP_SECRET": SECRET, "APP_LOG_LEVEL": "ERROR", **more}


@contextlib.contextmanager
def _serve(command: list[str], port: int, env: dict[str, str]) -> Iterator[int]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=10)


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server ended at once")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


@contextlib.contextmanager
def qinlian(database_url: str) -> Iterator[int]:
    port = free_port()
    env = environment(database_url, PORT=str(port), HOST="127.0.0.1", APP_ENV="development")
    with _serve([sys.executable, "-m", "app.cli", "serve"], port, env) as served:
        yield served


@contextlib.contextmanager
def floor(path: str) -> Iterator[int]:
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.floor:app", "--port", str(port), "--log-level", "critical"]
    with _serve(command, port, {**os.environ, "FLOOR_DATABASE": path}) as served:
        yield served
