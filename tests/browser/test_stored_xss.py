"""Markup in every text field: shown as text on every page, and nothing but page loads ever reaches the server.

The strictest policy does not stop a stored `hx-delete`; only escaping does. So the server is watched, not the page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser

from app.core.clock import now, today
from app.core.config import get_settings
from app.core.db import Database
from app.demo import acceptance
from app.main import create_app
from app.migrate import migrate
from tests.browser.conftest import Live, watch
from tests.browser.places import address, pages

pytestmark = [pytest.mark.browser, pytest.mark.sqlite, pytest.mark.timeout(240)]

PAYLOADS = [
    "<img src=x onerror=alert({n})>",
    "<i hx-get=/xss/{n} hx-trigger=load>",
    '"><script>alert({n})</script>',
    '<a href="javascript:alert({n})">',
    "'--><svg/onload=alert({n})>",
    '<div hx-delete="/visits/{n}" hx-trigger="load">',
    "{{{{ {n} }}}}<b>",
]
# Not resident's data, or they end the session that asks.
LEFT_OUT = re.compile(r"sign-in|sign-out|/account/|/language|/imports|/reveal|/merge|/rounds/")
# What fields with a rule of their own take.
KNOWN: dict[str, Any] = {
    "id_number": None, "phone": "13812345678", "code": "320594009001", "username": "kanarienvogel",
    "password": "richtig-pferd-batterie", "role": "worker", "locale": "zh-CN", "died_on": None, "number": "77",
    "room": "901", "unit": "7",
}  # fmt: skip
ENDINGS = ("/move-out", "/death", "/closing")


class Sower:
    """Sends every create and update body as the director, with a payload in every text that takes one."""

    def __init__(self, client: TestClient, document: dict[str, Any], objects: dict[str, Any]) -> None:
        self.client, self.document, self.objects = client, document, objects
        self.planted: list[str] = []
        self.count = 0
        self.done: list[str] = []
        self.failed: list[str] = []

    def sow(self) -> None:
        operations = [
            (method, path, found)
            for path, methods in self.document["paths"].items()
            for method, found in methods.items()
            if method in ("post", "put", "patch") and "requestBody" in found and not LEFT_OUT.search(path)
        ]
        for method, path, found in sorted(operations, key=lambda o: (o[1].endswith(ENDINGS), o[1])):
            content = found["requestBody"]["content"]
            if "application/json" in content:
                self._send(method, path, content["application/json"]["schema"])

    def _send(self, method: str, path: str, schema: dict[str, Any]) -> None:
        where = path
        for name, value in self.objects.items():
            where = where.replace(f"{{{name}}}", str(value))
        if method == "put" and path == "/visits/{visit_id}":
            where = "/visits/0199aaaa-0000-7000-8000-000000000001"
        headers = {"Sec-Fetch-Site": "same-origin"}
        etag = self.client.get(where).headers.get("etag", "") if method != "post" else ""
        if etag:
            headers["If-Match"] = etag
        before = len(self.planted)
        body = self._value(schema, "")
        for attempt in range(5):
            answer = self.client.request(method.upper(), where, json=body, headers=headers, follow_redirects=False)
            assert answer.status_code < 500, (method, path, answer.text)
            if answer.status_code in (412, 428):
                headers["If-Match"] = f'"{attempt + 1}"'
            elif answer.status_code == 403 and "code" in body:
                del body["code"]
            elif answer.status_code == 422 or (answer.status_code == 409 and answer.json()["errors"]):
                for error in answer.json()["errors"]:
                    _mend(body, error["field"].split("."))
            else:
                break
        sown = self.planted[before:]
        if answer.is_success:
            self.planted = self.planted[:before] + [p for p in sown if p in str(list(_texts(body)))]
            self.done.append(f"{method} {path}")
        else:
            self.planted = self.planted[:before]
            self.failed.append(f"{method} {path}: {answer.status_code} {answer.text[:200]}")

    def _value(self, schema: dict[str, Any], name: str) -> Any:
        if "$ref" in schema:
            return self._value(self.document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], name)
        if "anyOf" in schema:
            return self._value(next(s for s in schema["anyOf"] if s.get("type") != "null"), name)
        if "enum" in schema or "const" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        match schema.get("type"):
            case "object":
                return {k: self._value(s, k) for k, s in schema.get("properties", {}).items()}
            case "array":
                ids = schema["items"].get("format") == "uuid"
                return [] if ids else [self._value(schema["items"], name)]
            case "integer" | "number":
                return 77 if name == "number" else schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return False
        return self._text(schema, name)

    def _text(self, schema: dict[str, Any], name: str) -> Any:
        if name in KNOWN:
            return KNOWN[name]
        match schema.get("format"):
            case "uuid":
                return str(self.objects.get(name) or self.objects["household_id"])
            case "date":
                return str(today() - timedelta(days=2))
            case "date-time":
                return (now() - timedelta(hours=1)).isoformat()
        self.count += 1
        payload = PAYLOADS[self.count % len(PAYLOADS)].format(n=1000 + self.count)
        if len(payload) > schema.get("maxLength", 10_000):
            payload = f"<b>{1000 + self.count}</b>"[: schema.get("maxLength", 20)]
        self.planted.append(payload)
        return payload


def _mend(body: Any, path: list[str]) -> None:
    """Takes the value away that was refused; its field is optional, or the operation is listed as failed."""
    for step in path[:-1]:
        if isinstance(body, list) and step.isdecimal() and int(step) < len(body):
            body = body[int(step)]
        elif isinstance(body, dict) and step in body:
            body = body[step]
        else:
            return
    if isinstance(body, dict):
        body.pop(path[-1], None)
    elif isinstance(body, list):
        body.clear()


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, str):
        yield value


# What a page fetches by itself: its files, and what offline.js keeps.
ITS_OWN = {"/healthz", "/me", "/account/device-key", "/today", "/service-worker.js", "/offline", "/favicon.ico"}
_ALIVE = "img[src=x], [onerror], [onload], [hx-delete], [hx-get^='/xss'], a[href^='javascript']"
_SHOWN = """() => document.body.innerText + "\\n" +
  [...document.querySelectorAll("input, textarea, option, [title], [aria-label]")]
  .map((node) => [node.value, node.textContent, node.title, node.getAttribute("aria-label")].join("\\n")).join("\\n")"""


def test_text_stays_text(browser: Browser, tmp_path: Any) -> None:
    db = Database(f"sqlite:///{tmp_path / 'xss.db'}")
    migrate(db)
    seeded = acceptance.seed(db, get_settings())
    app = create_app(database=db)
    objects = dict(seeded["objects"]["A"])
    user = seeded["users"]["director_a"]
    entry = {"username": user["username"], "password": user["password"]}
    with TestClient(app) as client:
        assert client.post("/sign-in", json=entry).status_code == 200
        sower = Sower(client, app.openapi(), {**objects, "user_id": seeded["users"]["worker_a2"]["id"]})
        sower.sow()
    print(*sower.failed, sep="\n")
    assert len(sower.done) >= 18, sower.failed
    assert len(sower.planted) >= 25

    live = Live(Database(f"sqlite:///{tmp_path / 'xss.db'}"))
    try:
        shown = _visit_every_page(browser, live, entry, objects)
    finally:
        live.stop()
    literally = [p for p in sower.planted if " ".join(p.split()) in shown]
    missing = sorted(set(sower.planted) - set(literally))
    assert len(literally) >= 0.6 * len(sower.planted), missing


def _visit_every_page(browser: Browser, live: Live, entry: dict[str, str], objects: dict[str, Any]) -> str:
    watched = watch(browser, live, None)
    dialogs: list[str] = []
    page = watched.open("/sign-in")
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page.get_by_label("用户名").fill(entry["username"])
    page.get_by_label("密码").fill(entry["password"])
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/sign-in" not in url)
    live.seen.clear()
    meant, shown = set(), []
    for pattern, asked, _permission in pages():
        where = address(pattern, asked, objects)
        meant.add(where.split("?")[0])
        page.goto(live.url + where)
        shown.append(page.evaluate(_SHOWN))
        assert page.locator(_ALIVE).count() == 0, where
    page.wait_for_timeout(500)
    watched.context.close()
    allowed = meant | ITS_OWN | {"/"}
    strange = [
        s
        for s in live.seen
        if s[0] != "GET" or (s[1] not in allowed and not s[1].startswith(("/static/", "/attachments/")))
    ]
    assert strange == []
    assert dialogs == []
    assert watched.troubles == []
    return " ".join(" ".join(shown).split())
