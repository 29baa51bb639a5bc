"""The only way out: one POST to an address of the public internet that was looked at before it was connected to.

A receiver's address is written by people, so it could name this machine or its neighbours (SSRF). The name is resolved
once; every address it has must be public; the connection goes to the very address that was checked, so a name that
changes in between changes nothing. Redirects are not followed, proxies not used, and the answer is not kept.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from app.core.config import get_settings

PER_STEP = 8.0
IN_ALL = 15.0
_MOST_READ = 4096
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """An address to which nothing is sent; the argument is a word for why."""


class Failed(Exception):
    """Nobody answered; the argument is a word for why."""


@dataclass(frozen=True)
class Target:
    """A receiver's address taken apart."""

    secure: bool
    host: str
    port: int
    path: str


def parse(url: str) -> Target:
    """Takes an address apart; refuses what can be told from it alone."""
    if not url.isascii() or any(c <= " " or c == "\\" or c == "\x7f" for c in url):
        raise Refused("bad_url")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise Refused("bad_url") from None
    schemes = ("https", "http") if private_allowed() else ("https",)
    if parts.scheme not in schemes or not host or parts.username is not None or parts.password is not None:
        raise Refused("bad_url")
    literal = _literal(host)
    if literal is not None:
        check(literal)
    secure = parts.scheme == "https"
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(secure, host, port or (443 if secure else 80), path)


def private_allowed() -> bool:
    """Only a development server may be told to call its own machine."""
    settings = get_settings()
    return settings.private_webhooks and not settings.production


def _literal(host: str) -> Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def check(address: Address) -> None:
    """Refuses an address that is not public, also one that hides inside an IPv6 address."""
    if private_allowed():
        return
    for each in (address, *_inside(address)):
        if not each.is_global or each.is_multicast or each.is_reserved:
            raise Refused("not_public")


def _inside(address: Address) -> list[Address]:
    """The IPv4 addresses that an IPv6 address stands for: mapped, compatible, 6to4, Teredo, NAT64."""
    if not isinstance(address, ipaddress.IPv6Address):
        return []
    found: list[Address] = []
    if address.ipv4_mapped is not None:
        found.append(address.ipv4_mapped)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found.extend(address.teredo)
    if address in _NAT64 or address in _COMPATIBLE:
        found.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return found


def resolve(target: Target) -> Address:
    """The address to connect to. One that is not public among those of a name refuses the name."""
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    except (OSError, UnicodeError):
        raise Failed("unknown_name") from None
    addresses = [ipaddress.ip_address(str(entry[4][0]).split("%")[0]) for entry in found]
    if not addresses:
        raise Failed("unknown_name")
    for address in addresses:
        check(address)
    return addresses[0]


class _Pinned(http.client.HTTPConnection):
    """A connection to one checked address, in the name (Host, certificate) of the receiver."""

    def __init__(self, target: Target, address: Address) -> None:
        super().__init__(target.host, target.port, timeout=PER_STEP)
        self._target, self._address = target, address

    def connect(self) -> None:
        raw = socket.create_connection((str(self._address), self._target.port), timeout=PER_STEP)
        if not self._target.secure:
            self.sock = raw
            return
        try:
            self.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=self._target.host)
        except BaseException:
            raw.close()
            raise

    def cut(self) -> None:
        """Ends a conversation that takes too long, whatever it is waiting for."""
        sock = self.sock
        if sock is not None:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
    """Sends a body and returns the status of the answer. Raises `Refused` or `Failed`."""
    target = parse(url)
    connection = _Pinned(target, resolve(target))
    end = threading.Timer(IN_ALL, connection.cut)
    end.daemon = True
    end.start()
    try:
        connection.request("POST", target.path, body=body, headers={**headers, "Connection": "close"})
        answer = connection.getresponse()
        answer.read(_MOST_READ)
        return answer.status
    except ssl.SSLError:
        raise Failed("certificate") from None
    except TimeoutError:
        raise Failed("timeout") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Failed("no_answer") from None
    finally:
        end.cancel()
        connection.close()
