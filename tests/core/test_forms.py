"""A plain HTML form becomes the JSON object that it stands for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from fastapi.testclient import TestClient

from tests.visitor import Visitor

# How forms become JSON is the same on every engine.
pytestmark = pytest.mark.sqlite

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def sent(client: TestClient, *pairs: tuple[str, str], **headers: str) -> Any:
    return client.post("/t/echo", content=urlencode(pairs), headers={**FORM, **headers})


def understood(client: TestClient, *pairs: tuple[str, str]) -> dict[str, Any]:
    answer = sent(client, ("name", "x"), *pairs)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_nested_names(bare: TestClient) -> None:
    found = understood(
        bare,
        ("parts.0.category", "水管"),
        ("parts.0.urgent", "true"),
        ("parts.10.category", "十"),
        ("parts.2.category", "二"),
        ("parts.3.category", ""),
    )
    assert [p["category"] for p in found["parts"]] == ["水管", "二", "十"], "by number, empty rows left out"
    assert found["parts"][0]["urgent"] is True


def test_repeated_names(bare: TestClient) -> None:
    assert understood(bare, ("tags", "a"), ("tags", ""), ("tags", "b"))["tags"] == ["a", "b"]
    assert understood(bare, ("tags", ""))["tags"] == []
    assert understood(bare, ("tags", "one"))["tags"] == ["one"]


def test_checkbox(bare: TestClient) -> None:
    assert understood(bare)["flag"] is False
    assert understood(bare, ("flag", "false"), ("flag", "true"))["flag"] is True
    assert understood(bare, ("flag", "on"))["flag"] is True
    assert understood(bare, ("flag", "false"))["flag"] is False


def test_empty(bare: TestClient) -> None:
    found = understood(bare, ("count", ""), ("on", ""), ("at", ""), ("note", ""), ("flag", ""))
    assert (found["count"], found["on"], found["at"], found["flag"]) == (None, None, None, False)
    assert found["note"] == "", "a text may be emptied"
    missing = sent(bare, ("name", ""))
    assert missing.status_code == 422 and missing.json()["errors"][0]["code"] == "missing"


def test_local_time_of_an_input(bare: TestClient) -> None:
    assert understood(bare, ("at", "2026-01-31T09:30"))["at"].startswith("2026-01-31T09:30:00+08:00")


@pytest.mark.parametrize(
    "pairs",
    [
        [("parts.x.category", "1")],
        [("parts", "1")],
        [("parts.0", "1")],
        [("name.x", "1")],
        [("", "1")],
        [("...", "1")],
        [("parts.99999999999999999999999.category", "1")],
        [("flag", "perhaps")],
        [("count", "1e9999")],
        [("count", "٣x")],
        [("on", "0000-00-00")],
        [("on", "2026-02-30")],
        [("unknown", "1")],
        [("tags", "x" * 5000)],
        [("__proto__", "1")],
        [(".".join(["a"] * 500), "1")],
    ],
)
def test_nonsense_is_no_crash(bare: TestClient, pairs: list[tuple[str, str]]) -> None:
    answer = sent(bare, *pairs)
    assert answer.status_code in (200, 422), answer.text
    html = sent(bare, *pairs, Accept="text/html")
    assert html.status_code in (303, 422)


def test_a_plain_form_is_sent_on(bare: TestClient) -> None:
    answer = sent(bare, ("name", "x"), Accept="text/html")
    assert answer.status_code == 303 and answer.headers["location"] == "/t/done"


def test_htmx_is_sent_on_by_its_header(bare: TestClient) -> None:
    answer = sent(bare, ("name", "x"), Accept="text/html", **{"HX-Request": "true"})
    assert answer.status_code == 200 and answer.headers["hx-redirect"] == "/t/done" and "location" not in answer.headers


@pytest.mark.parametrize(("shown", "status"), [("/t/done", 303), ("/t/other", 200)])
def test_a_part_that_shows_the_next_page_fetches_it_itself(bare: TestClient, shown: str, status: int) -> None:
    part = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": f"http://testserver{shown}"}
    answer = sent(bare, ("name", "x"), Accept="text/html", **part)
    assert answer.status_code == status
    assert answer.headers.get("location" if status == 303 else "hx-redirect") == "/t/done"


def test_a_refused_form_comes_back_as_typed(bare: TestClient) -> None:
    answer = sent(bare, ("name", " "), ("count", "abc"), Accept="text/html")
    assert answer.status_code == 422 and "<p id=refused>422|请填写此项。| </p>" in answer.text
    escaped = sent(bare, ("name", "<b hx-get='/x'>"), ("count", "-1"), Accept="text/html")
    assert "&lt;b hx-get=" in escaped.text and "<b hx-get" not in escaped.text


def test_location_is_not_doubled(anyone: Visitor) -> None:
    answer = anyone.submit("/t/districts", {"category": "x"})
    assert answer.status_code == 303 and "," not in answer.headers["location"]


@pytest.mark.parametrize(
    "kind", ["multipart/form-data", "multipart/form-data; boundary=x", "application/json", "text/plain", ""]
)
@pytest.mark.parametrize("body", [b"", b"{", b"\xff\xfe", b"[]", b"null", b'"x"', b"--x\r\n\r\n", b"a=%zz", b"NaN"])
def test_unreadable_bodies(bare: TestClient, kind: str, body: bytes) -> None:
    for accept in ("application/json", "text/html"):
        answer = bare.post("/t/echo", content=body, headers={"Content-Type": kind, "Accept": accept})
        assert 400 <= answer.status_code < 500, answer.text


def test_too_many_fields(bare: TestClient) -> None:
    answer = bare.post("/t/echo", content="&".join(f"a{n}=1" for n in range(5000)), headers=FORM)
    assert 400 <= answer.status_code < 500


def test_an_unreadable_body_before_sign_in_shows_no_form(bare: TestClient) -> None:
    headers = {"Content-Type": "application/json", "Accept": "text/html"}
    answer = bare.post("/users", content=b"{", headers=headers)
    assert answer.status_code in (401, 422)
