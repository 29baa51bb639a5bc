"""Refusals: one shape for programs, a page for people, and never a crash that tells secrets."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.communities.models import District
from app.core import idempotency
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from app.core.idempotency import IdempotentRequest
from tests.core.conftest import runs
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
MEMBERS = {"type", "title", "status", "detail", "code", "errors"}
PROTECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}


def test_problem_details(bare: TestClient) -> None:
    answer = bare.post("/t/invalid")
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    assert set(body) == MEMBERS | {"hint"} and body["status"] == answer.status_code == 422
    assert body["errors"] == [{"field": "x", "message": "no good", "code": "invalid"}]
    assert body["type"] == "urn:qinlian:problem:invalid"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/t/crash", 500),
        ("DELETE", "/t/crash", 405),
        ("GET", "/account", 401),
        ("GET", "/%00", 400),
        ("GET", "/t/districts?n=%00", 400),
        ("GET", "/static/none.css", 404),
        ("GET", "/t/districts?n=x", 422),
        ("POST", "/t/echo", 422),
    ],
)
@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_every_answer_is_protected(bare: TestClient, method: str, path: str, status: int, accept: str) -> None:
    answer = bare.request(method, path, headers={"Accept": accept})
    assert answer.status_code in (status, 303)
    for name, value in PROTECTED.items():
        assert answer.headers[name] == value, name
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "frame-ancestors 'none'" in policy and "unsafe" not in policy
    assert answer.headers["x-request-id"]
    if accept == "application/json":
        assert set(answer.json()) >= MEMBERS


def test_good_answers_are_protected_too(bare: TestClient) -> None:
    for path in ("/healthz", "/sign-in", "/docs", "/openapi.json", "/static/app.css", "/audit/head"):
        answer = bare.get(path, headers={"Accept": "text/html"})
        assert answer.status_code == 200, path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert bare.get("/static/app.css?v=1").headers["cache-control"] == "public, max-age=31536000, immutable"


def test_a_nonce_is_never_used_twice(bare: TestClient) -> None:
    first, second = (bare.get("/sign-in", headers={"Accept": "text/html"}) for _ in range(2))
    assert first.headers["content-security-policy"] != second.headers["content-security-policy"]


def test_a_crash_tells_nothing(bare: TestClient) -> None:
    for accept in ("application/json", "text/html"):
        answer = bare.get("/t/crash", headers={"Accept": accept})
        assert answer.status_code == 500 and "secret" not in answer.text and "RuntimeError" not in answer.text


def test_a_failing_commit_is_an_error(anyone: Visitor, db: Database) -> None:
    assert anyone.post("/t/failing-commit").status_code >= 500
    with db.read() as s:
        assert s.exec(select(District).where(District.code == "never")).first() is None


def test_a_constraint_is_a_conflict_not_a_crash(anyone: Visitor) -> None:
    answer = anyone.post("/t/broken-sql")
    assert answer.status_code == 409 and answer.json()["code"] == "constraint"


@pytest.mark.parametrize(
    "value",
    ["x\x00", "\ud800", "a\udfffb", "\x1b[31m", "\ufffe", "x" * 121, "   ", {"x": 1}, ["x"], 5, None, True],
)
def test_texts_that_cannot_be_kept(anyone: Visitor, value: Any) -> None:
    import json

    body = json.dumps({"category": value}).encode()
    answer = anyone.post("/t/districts", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 422, answer.text


def test_halves_of_characters_in_raw_bytes(anyone: Visitor) -> None:
    for raw in (
        b'{"category": "\xed\xa0\x80"}',
        b'{"category": "\\u0000"}',
        b'{"category": "\xff"}',
        b'{"\\ud800": 1}',
    ):
        answer = anyone.post("/t/districts", content=raw, headers={"Content-Type": "application/json"})
        assert 400 <= answer.status_code < 500
    for address in ("/t/districts/%ED%A0%80", "/t/districts/%FF", "/t/districts?cursor=%ED%A0%80", "/%ff%fe"):
        assert 400 <= anyone.get(address).status_code < 500, address


def test_bodies_have_a_limit(anyone: Visitor) -> None:
    big = b'{"category": "' + b"x" * (1024 * 1024) + b'"}'
    told = anyone.post("/t/districts", content=big, headers={"Content-Type": "application/json"})
    assert told.status_code == 413 and told.json()["code"] == "too_large"

    def pieces() -> Any:
        for _ in range(80):
            yield b"x" * 16384

    streamed = anyone.post("/t/districts", content=pieces(), headers={"Content-Type": "application/json"})
    assert streamed.status_code == 413, "whatever Content-Length says"


def test_cursors_of_others_are_refused(bare: TestClient) -> None:
    import base64
    import json

    def made(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    nested: Any = []
    for _ in range(300):
        nested = [nested]
    forged = ["x", "====", "%F0%9F", made({}), made([]), made(["a"]), made(["a", "b"]), made(["a", {"u": "x"}])]
    forged += [
        made([None, None]),
        made([1, {"u": "0" * 32}]),
        made(["\x00", {"u": "0" * 32}]),
        made(nested),
        made("ab"),
    ]
    for cursor in forged:
        answer = bare.get("/t/districts", params={"cursor": cursor})
        assert answer.status_code == 422, cursor
    assert bare.get("/t/districts", params={"cursor": "x" * 601}).status_code == 422
    for limit in ("0", "-1", "501", "x", "1e2", "9" * 30):
        assert bare.get("/t/districts", params={"limit": limit}).status_code == 422


def test_pages_follow_each_other(bare: TestClient, db: Database) -> None:
    with db.write() as s:
        for n in range(7):
            s.add(District(name=f"{n}", code=f"0{n}"))
    found, address, totals = [], "/t/districts?limit=3", []
    while address:
        answer = bare.get(address).json()
        found += [d["name"] for d in answer["items"]]
        totals.append(answer["total"])
        address = answer["next"]
        assert address is None or address.startswith("/api/v1/t/districts?limit=3&cursor=")
    assert found == [*"0123456", "苏州工业园区"] and totals == [8, None, None]


def test_etag_and_if_none_match(bare: TestClient) -> None:
    tag = bare.get("/t/districts/320594").headers["etag"]
    for offered in (tag, f"W/{tag}", f'"x", {tag}', "*"):
        answer = bare.get("/t/districts/320594", headers={"If-None-Match": offered})
        assert answer.status_code == 304 and answer.content == b"" and answer.headers["etag"] == tag
    for offered in ('"1"', "", "x", '"1-000000000000"'):
        assert bare.get("/t/districts/320594", headers={"If-None-Match": offered}).status_code == 200


def test_if_match(anyone: Visitor) -> None:
    address, body = "/t/districts/320594", {"category": "新名"}
    assert anyone.put(address, json=body).status_code == 428
    for stale in ('"2"', "x", '"-1"', "1.0", '"99999999999999"', "*", '""', '"١"'):
        headers: dict[str, Any] = {"If-Match": stale.encode()}
        assert anyone.put(address, json=body, headers=headers).status_code == 412, stale
    tag = anyone.get(address).headers["etag"]
    changed = anyone.put(address, json=body, headers={"If-Match": tag})
    assert changed.status_code == 200 and changed.headers["etag"] != tag
    assert anyone.put(address, json=body, headers={"If-Match": tag}).status_code == 412
    assert anyone.put(address, json=body, headers={"If-Match": '"2"'}).status_code == 200


def test_request_ids(bare: TestClient, anyone: Visitor, db: Database) -> None:
    assert bare.get("/healthz", headers={"X-Request-Id": "abc-123_45"}).headers["x-request-id"] == "abc-123_45"
    for bad in ("short", "x" * 65, "with space", "新" * 10):
        given = bare.get("/healthz", headers={"X-Request-Id": bad.encode()}).headers["x-request-id"]
        assert given != bad and len(given) == 32
    anyone.post("/t/districts", json={"category": "x"}, headers={"X-Request-Id": "trace-me-please"})
    with db.read() as s:
        assert s.exec(select(AuditEntry).where(AuditEntry.request_id == "trace-me-please")).first()


def keyed(visitor: Visitor, key: str, category: str) -> Any:
    return visitor.post("/t/districts", json={"category": category}, headers={"Idempotency-Key": key})


def test_the_same_key_does_the_work_once(anyone: Visitor) -> None:
    first, again = keyed(anyone, "k1", "a"), keyed(anyone, "k1", "a")
    assert first.status_code == again.status_code == 201 and first.json() == again.json()
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true" and runs == ["a"]


def test_a_key_belongs_to_one_request_and_one_person(visit_as: Visit) -> None:
    one, other = visit_as("李网格"), visit_as("赵网格")
    keyed(one, "k1", "a")
    reused = keyed(one, "k1", "b")
    assert reused.status_code == 422 and reused.json()["code"] == "idempotency_key_reused"
    assert keyed(other, "k1", "b").status_code == 201


def test_a_key_in_use_is_in_progress_and_then_taken_over(anyone: Visitor, db: Database) -> None:
    import json

    body = json.dumps({"category": "a"}, separators=(",", ":"))
    sent = {"Content-Type": "application/json", "Idempotency-Key": "k1"}
    with db.write() as s:
        mark = idempotency.fingerprint("POST", "/t/districts", body.encode())
        owner = anyone.get("/me").json()["id"]
        s.add(IdempotentRequest(owner=owner, key="k1", fingerprint=mark, started_at=now()))
    busy = anyone.post("/t/districts", content=body, headers=sent)
    assert busy.status_code == 409 and busy.json()["code"] == "idempotency_in_progress"
    assert busy.headers["retry-after"]
    with db.write() as s:
        s.exec(select(IdempotentRequest)).one().started_at = now() - timedelta(seconds=61)
    assert anyone.post("/t/districts", content=body, headers=sent).status_code == 201
    assert runs == ["a"]


def test_a_refusal_gives_the_key_back(anyone: Visitor) -> None:
    assert keyed(anyone, "k1", "refused").status_code == 409
    assert keyed(anyone, "k1", "a").status_code == 201


def test_ten_at_once_do_the_work_once(anyone: Visitor) -> None:
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _n: keyed(anyone, "k1", "a").status_code, range(10)))
    assert set(answers) <= {201, 409} and 201 in answers and runs == ["a"]


@pytest.mark.parametrize("key", ["", "with space", "x" * 256])
def test_bad_keys(anyone: Visitor, key: str) -> None:
    assert keyed(anyone, key, "a").status_code == 422


def test_forms_mean_put_and_delete_by_their_address(bare: TestClient) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert bare.post("/t/districts/320594?_method=put", content="category=x", headers=form).status_code == 401
    assert bare.post("/t/districts/320594?_method=get", content="category=x", headers=form).status_code == 405
    json_post = bare.post("/t/districts/320594?_method=put", json={})
    assert json_post.status_code == 405, "only forms need it"
