"""A load of requests over kept-alive connections, from this process: closed loop, fixed time, nothing dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Result:
    """Requests a second, and the median and 99th percentile of their times in milliseconds."""

    per_second: float
    p50: float
    p99: float


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def _one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> None:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 304")):
        raise RuntimeError(head.decode("latin-1") + (await reader.read(2000)).decode("utf-8", "replace"))
    low = head.lower()
    at = low.find(b"content-length:")
    length = int(low[at + 15 : low.index(b"\r\n", at)]) if at >= 0 else 0
    if length:
        await reader.readexactly(length)


async def _worker(port: int, make: Callable[[], bytes], stop: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < stop:
        await _one(reader, writer, make())
        times.append(time.perf_counter() - began)
    writer.close()


async def _run(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Result:
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_worker(port, make, began + seconds, times) for _ in range(connections)))
    elapsed = time.perf_counter() - began
    times.sort()
    return Result(len(times) / elapsed, times[len(times) // 2] * 1000, times[int(len(times) * 0.99)] * 1000)


def run(port: int, make: Callable[[], bytes], *, connections: int = 8, seconds: float = 5.0) -> Result:
    """Runs the load; any answer that is not a success ends it with that answer."""
    return asyncio.run(_run(port, make, connections, seconds))
