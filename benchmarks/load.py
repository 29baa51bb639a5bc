"""A load of requests over kept-alive connections, from this process: closed loop, fixed time, nothing dropped."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field


@dataclass
class Times:
    """How long each request took, in seconds, and how long all of them together; runs can be added up."""

    each: list[float] = field(default_factory=list)
    elapsed: float = 0.0

    def __iadd__(self, other: Times) -> Times:
        self.each += other.each
        self.elapsed += other.elapsed
        return self

    @property
    def per_second(self) -> float:
        return len(self.each) / self.elapsed

    def milliseconds(self, part: float) -> float:
        """The time that this part of the requests kept to: 0.5 is the median."""
        return sorted(self.each)[int(len(self.each) * part)] * 1000


def request_bytes(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    if body:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> bytes:
    writer.write(request)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith((b"HTTP/1.1 2", b"HTTP/1.1 304")):
        raise RuntimeError(head.decode("latin-1") + (await reader.read(2000)).decode("utf-8", "replace"))
    low = head.lower()
    if b"transfer-encoding: chunked" in low:
        return b"".join([part async for part in _chunks(reader)])
    at = low.find(b"content-length:")
    length = int(low[at + 15 : low.index(b"\r\n", at)]) if at >= 0 else 0
    return await reader.readexactly(length)


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while size := int(await reader.readuntil(b"\r\n"), 16):
        yield await reader.readexactly(size)
        await reader.readexactly(2)
    await reader.readexactly(2)


async def _worker(port: int, make: Callable[[], bytes], stop: float, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while (began := time.perf_counter()) < stop:
        await one(reader, writer, make())
        times.append(time.perf_counter() - began)
    writer.close()


async def _run(port: int, make: Callable[[], bytes], connections: int, seconds: float) -> Times:
    times: list[float] = []
    began = time.perf_counter()
    await asyncio.gather(*(_worker(port, make, began + seconds, times) for _ in range(connections)))
    return Times(times, time.perf_counter() - began)


def run(port: int, make: Callable[[], bytes], *, connections: int = 8, seconds: float = 5.0) -> Times:
    """Runs the load; any answer that is not a success ends it with that answer."""
    return asyncio.run(_run(port, make, connections, seconds))


async def _fetch(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = await one(reader, writer, request)
    writer.close()
    return body


def fetch(port: int, request: bytes) -> bytes:
    """The body of one answer."""
    return asyncio.run(_fetch(port, request))
