from __future__ import annotations

from collections.abc import Callable

from app.core.db import Database
from tests.cast import PASSWORD, bearer
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def test_right_password_opens_a_session(visit_as: Visit) -> None:
    stranger = visit_as(None)
    answer = stranger.submit("/sign-in", {"username": "li", "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    assert stranger.get("/me").json()["name"] == "李网格"


def test_wrong_password_says_so_beside_the_field_and_keeps_the_name(visit_as: Visit) -> None:
    answer = visit_as(None).post("/sign-in", json={"username": "li", "password": "wrong"})
    assert answer.status_code == 422
    assert answer.json()["errors"] == [
        {"field": "password", "message": "用户名或密码不对。", "code": "sign_in_refused"}
    ]


def test_guessing_is_slowed_down(visit_as: Visit) -> None:
    stranger = visit_as(None)
    for _ in range(5):
        assert stranger.post("/sign-in", json={"username": "li", "password": "wrong"}).status_code == 422
    refused = stranger.post("/sign-in", json={"username": "li", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 300
    assert stranger.post("/sign-in", json={"username": "zhao", "password": PASSWORD}).status_code == 200


def test_writes_with_a_cookie_need_the_token_or_the_same_origin(visit_as: Visit) -> None:
    someone = visit_as("李网格")
    someone.headers = {}
    assert someone.post("/account/sign-out-everywhere").json()["code"] == "csrf_missing"
    cross = someone.post("/account/sign-out-everywhere", headers={"Sec-Fetch-Site": "cross-site"})
    assert cross.json()["code"] == "csrf_cross_site"
    assert someone.post("/account/sign-out-everywhere", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 204
    assert someone.get("/account").status_code == 401


def test_tokens(visit_as: Visit) -> None:
    program = visit_as(None)
    me = program.get("/api/v1/me", headers=bearer("区平台")).json()
    assert me["kind"] == "client" and "households:read" in me["permissions"]
    assert program.get("/api/v1/account", headers=bearer("过期")).json()["code"] == "invalid_token"
    assert program.get("/api/v1/account", headers=bearer("区平台")).status_code == 403


def test_the_door_takes_no_cookie(visit_as: Visit) -> None:
    assert visit_as("李网格").get("/api/v1/account").status_code == 401


def test_unknown_query_parameter_is_refused(visit_as: Visit) -> None:
    answer = visit_as("李网格").get("/account?surprise=1")
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "surprise"


def test_method_not_allowed_names_every_method(visit_as: Visit) -> None:
    answer = visit_as(None).request("DELETE", "/sign-in")
    assert answer.status_code == 405 and set(answer.headers["Allow"].split(", ")) >= {"GET", "POST"}


def test_health(visit_as: Visit, db: Database) -> None:
    health = visit_as(None).get("/healthz").json()
    assert health["schema_revision"] and health["instance_epoch"]
    assert visit_as(None).get("/readyz").status_code == 200
