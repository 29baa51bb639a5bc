"""Nothing is sent to this machine, its neighbours or anything else that is not public, however it is written."""

from __future__ import annotations

import ipaddress
import socket
import threading
from typing import Any

import pytest

from app.communities.webhooks import egress
from app.core.config import Settings, get_settings
from tests.webhooks.receiver import Receiver

PRIVATE = [
    "127.0.0.1", "127.1.2.3", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "255.255.255.255", "224.0.0.1", "198.18.0.1", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:a00:1", "::127.0.0.1",
    "::ffff:93.184.216.34",
    "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:0:7f00:1::", "2001:db8::1",
]  # fmt: skip
PUBLIC = ["93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946"]


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(egress.Refused):
        egress.check(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", PUBLIC)
def test_what_is_public_is_not(address: str) -> None:
    egress.check(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/", "ftp://example.org/", "file:///etc/passwd", "https://", "https:///x", "//example.org",
        "https://user:pw@example.org/", "https://user@example.org/", "https://127.0.0.1/", "https://[::1]/",
        "https://[::ffff:10.0.0.1]/", "https://169.254.169.254/latest/meta-data", "https://example.org:99999/",
        "https://exa mple.org/", "https://example.org/\r\nX: y", "https://example.org\\@10.0.0.1/", "https://例.org/",
        "javascript:alert(1)", "",
    ],
)  # fmt: skip
def test_addresses_that_are_refused_as_they_stand(url: str) -> None:
    with pytest.raises(egress.Refused):
        egress.parse(url)


def test_an_ordinary_address() -> None:
    assert egress.parse("https://hooks.example.org/a/b?c=d") == egress.Target(
        True, "hooks.example.org", 443, "/a/b?c=d"
    )
    assert egress.parse("https://hooks.example.org:8443") == egress.Target(True, "hooks.example.org", 8443, "/")


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "0177.0.0.1", "127.1", "localhost"])
def test_other_ways_to_write_this_machine(host: str) -> None:
    """The system's resolver understands them, so what it makes of them is what is checked."""
    with pytest.raises((egress.Refused, egress.Failed)):
        egress.post(f"https://{host}/", b"{}", {})


def answers(*addresses: str) -> Any:
    def lookup(host: str, port: int, **_kwargs: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    return lookup


@pytest.mark.parametrize(
    "addresses", [["10.0.0.8"], ["93.184.216.34", "127.0.0.1"], ["::ffff:192.168.0.1"], ["fe80::1%eth0"]]
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, addresses: list[str]) -> None:
    """Also one of several: which of them is used must not be a matter of luck."""
    monkeypatch.setattr(socket, "getaddrinfo", answers(*addresses))
    with pytest.raises(egress.Refused, match="not_public"):
        egress.post("https://hooks.example.org/", b"{}", {})


def test_a_name_that_changes_between_check_and_connect_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is asked for once; the connection goes to the very address that was checked."""
    asked: list[str] = []
    turned = iter(["93.184.216.34", "127.0.0.1", "127.0.0.1"])
    connected: list[tuple[str, int]] = []

    def lookup(host: str, port: int, **_kwargs: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(turned), port))]

    def connect(address: tuple[str, int], timeout: float) -> socket.socket:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    monkeypatch.setattr(socket, "create_connection", connect)
    with pytest.raises(egress.Failed, match="no_answer"):
        egress.post("https://hooks.example.org/", b"{}", {})
    assert asked == ["hooks.example.org"] and connected == [("93.184.216.34", 443)]


def test_a_name_that_nobody_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_args: Any, **_kwargs: Any) -> list[Any]:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(egress.Failed, match="unknown_name"):
        egress.post("https://hooks.example.org/", b"{}", {})


@pytest.mark.usefixtures("local")
class TestOnThisMachine:
    def test_it_arrives(self, receiver: Receiver) -> None:
        assert egress.post(receiver.url, b'{"a":1}', {"webhook-id": "x"}) == 204
        ((path, headers, body),) = receiver.got
        assert (path, body, headers["webhook-id"]) == ("/hook?x=1", b'{"a":1}', "x")
        assert headers["host"] == f"127.0.0.1:{receiver.port}"

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_not_followed(self, receiver: Receiver, status: int) -> None:
        receiver.status, receiver.location = status, f"http://127.0.0.1:{receiver.port}/inside"
        assert egress.post(receiver.url, b"{}", {}) == status
        assert [path for path, _headers, _body in receiver.got] == ["/hook?x=1"]

    def test_proxies_of_the_environment_are_not_used(self, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
        assert egress.post(receiver.url, b"{}", {}) == 204

    def test_whoever_answers_drop_by_drop_is_cut_off(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(egress, "IN_ALL", 0.6)
        with socket.create_server(("127.0.0.1", 0)) as server:
            stop = threading.Event()

            def drip() -> None:
                peer, _address = server.accept()
                with peer:
                    try:
                        while not stop.wait(0.05):
                            peer.send(b"H")
                    except OSError:
                        return

            thread = threading.Thread(target=drip)
            thread.start()
            with pytest.raises(egress.Failed):
                egress.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
            stop.set()
            thread.join(5)
            assert not thread.is_alive()

    def test_nobody_there(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        with pytest.raises(egress.Failed, match="no_answer"):
            egress.post(f"http://127.0.0.1:{port}/", b"{}", {})


def test_production_never_calls_its_own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Settings(
        APP_ENV="production",
        APP_SECRET="0123456789-abcdefghijklmnopqrstuvwxyz",
        APP_ALLOWED_HOSTS="example.org",
        APP_BASE_URL="https://example.org",
        APP_PRIVATE_WEBHOOKS=True,
    )
    monkeypatch.setattr(egress, "get_settings", lambda: settings)
    assert not egress.private_allowed()
    assert get_settings().production is False
