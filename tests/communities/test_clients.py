"""API clients: a token is shown once, reaches what it was given, and stops when it is revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.accounts.models import ApiClient
from app.core import crypto
from app.core.clock import today
from app.core.db import Database
from tests.cast import Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def wanted(cast: Cast, **changes: Any) -> dict[str, Any]:
    until = str(today() + timedelta(days=30))
    return {"name": "区平台二", "scopes": ["read"], "district_id": str(cast.district), "expires_on": until, **changes}


def ask(visitor: Visitor, token: str) -> Any:
    return visitor.get("/api/v1/communities", headers={"Authorization": f"Bearer {token}"})


def test_a_token_opens_its_district_until_it_is_revoked(visit_as: Visit, cast: Cast, db: Database) -> None:
    admin, program = visit_as("系统员"), visit_as(None)
    made = admin.post("/clients", json=wanted(cast))
    assert made.status_code == 201
    token, address = made.json()["token"], made.headers["location"]
    assert len(ask(program, token).json()["items"]) == 2
    shown = admin.get(address)
    assert token not in shown.text and shown.json()["token_hint"] == token[:6]
    with db.read() as s:
        assert s.exec(select(ApiClient.token_hash).where(ApiClient.name == "区平台二")).one() == crypto.token_hash(
            token
        )
    assert admin.post(f"{address}/revoke").json()["state"] == "revoked"
    assert ask(program, token).status_code == 401
    assert admin.post(f"{address}/revoke").json()["code"] == "already_revoked"


def test_a_token_of_one_community_sees_no_other(visit_as: Visit, cast: Cast) -> None:
    body = wanted(cast, district_id=None, community_id=str(cast.community))
    token = visit_as("系统员").post("/clients", json=body).json()["token"]
    program = visit_as(None)
    assert [c["name"] for c in ask(program, token).json()["items"]] == ["翰林缘社区"]
    other = program.get(f"/api/v1/communities/{cast.other_community}", headers={"Authorization": f"Bearer {token}"})
    assert other.status_code == 404


def test_scopes_limit_and_no_scope_writes(visit_as: Visit, cast: Cast) -> None:
    token = visit_as("系统员").post("/clients", json=wanted(cast, scopes=["rounds:run"])).json()["token"]
    assert ask(visit_as(None), token).status_code == 403
    reader = visit_as("系统员").post("/clients", json=wanted(cast, scopes=["read"])).json()["token"]
    header = {"Authorization": f"Bearer {reader}"}
    for path in ("/api/v1/grid-areas", "/api/v1/users", "/api/v1/clients", "/api/v1/communities"):
        assert visit_as(None).post(path, json={}, headers=header).status_code == 403


def test_the_page_shows_the_token_once(visit_as: Visit, cast: Cast) -> None:
    admin = visit_as("系统员")
    form = {**wanted(cast), "community_id": ""}
    page = admin.submit("/clients", form)
    assert page.status_code == 201 and re.search(r'class="secret mono">[\w-]{43}<', page.text)
    refused = admin.submit("/clients", {**form, "scopes": [], "name": "无范围"})
    assert refused.status_code == 422 and "无范围" in refused.text


@pytest.mark.parametrize(
    "bad",
    [
        {"district_id": None},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_on": "2020-01-01"},
        {"expires_on": "2199-01-01"},
        {"name": ""},
        {"district_id": "01a20000-0000-7000-8000-000000000000"},
    ],
)
def test_nonsense_is_refused(visit_as: Visit, cast: Cast, bad: dict[str, Any]) -> None:
    assert visit_as("系统员").post("/clients", json=wanted(cast, **bad)).status_code == 422


def test_only_administrators(visit_as: Visit, cast: Cast) -> None:
    for name in ("王站长", "区督导", "李网格"):
        assert visit_as(name).get("/clients").status_code == 403
        assert visit_as(name).post("/clients", json=wanted(cast)).status_code == 403
    assert visit_as(None).get("/clients").status_code == 401
