"""Starts the two servers that are compared, each as one process with one worker, and stops them."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SECRET = "benchmark-secret-0123456789-abcdefghijkl"
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Server:
    port: int
    pid: int

    def processor_seconds(self) -> float:
        """What the process and its workers have used so far (Linux): a neighbour on the machine hardly changes it."""
        workers = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text().split()
        return sum(_processor_seconds(pid) for pid in (self.pid, *map(int, workers)))


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def environment(database_url: str, **more: str) -> dict[str, str]:
    return {**os.environ, "DATABASE_URL": database_url, "APP_SECRET": SECRET, "APP_LOG_LEVEL": "ERROR", **more}


@contextlib.contextmanager
def serve(command: list[str], port: int, env: dict[str, str]) -> Iterator[Server]:
    process = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield Server(port, process.pid)
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
def qinlian(database_url: str) -> Iterator[Server]:
    port = free_port()
    env = environment(database_url, PORT=str(port), HOST="127.0.0.1", APP_ENV="development")
    with serve([sys.executable, "-m", "app.cli", "serve"], port, env) as served:
        yield served


@contextlib.contextmanager
def floor(path: Path, page: Path) -> Iterator[Server]:
    """`page` is a Today page of Qinlian: the floor sends the same frame around its own lists."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", "benchmarks.floor:app", "--port", str(port), "--log-level", "critical"]
    with serve(command, port, {**os.environ, "FLOOR_DATABASE": str(path), "FLOOR_PAGE": str(page)}) as served:
        yield served
