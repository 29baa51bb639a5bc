"""One address, three representations: which caller gets which."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from tests.cast import bearer
from tests.visitor import Visitor

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
WECHAT = "text/html,application/xhtml+xml,application/xml;q=0.9,image/wxpic,image/tpg,*/*;q=0.8"


@pytest.mark.parametrize(
    ("accept", "html"),
    [
        (CHROME, True),
        (WECHAT, True),
        ("text/html", True),
        ("TEXT/HTML", True),
        ("text/html;q=0.5, application/json;q=0.5", True),
        ("application/json, text/html", True),
        ("application/json, text/html;q=0.9", False),
        ("text/html;q=0", False),
        ("text/html;q=rubbish", False),
        ("application/xhtml+xml", True),
        ("*/*", False),
        ("application/json", False),
        ("text/*", False),
        ("", False),
        ("application/problem+json, text/html;q=0.2", False),
        (";;;,,,q=1", False),
    ],
)
def test_accept(bare: TestClient, accept: str, html: bool) -> None:
    answer = bare.get("/t/districts", headers={"Accept": accept})
    assert answer.headers["content-type"].startswith("text/html" if html else "application/json")
    assert "Accept" in answer.headers["vary"] and "HX-Request" in answer.headers["vary"]
    refused = bare.get("/t/districts/none", headers={"Accept": accept})
    assert refused.status_code == 404
    assert refused.headers["content-type"].startswith("text/html" if html else "application/problem+json")


def test_a_fragment_is_the_same_template_in_another_layout(bare: TestClient) -> None:
    part = {"Accept": "text/html", "HX-Request": "true", "HX-Request-Type": "partial"}
    whole = bare.get("/t/districts/320594", headers={"Accept": "text/html"}).text
    fragment = bare.get("/t/districts/320594", headers=part).text
    assert "<!doctype html>" in whole and "<!doctype" not in fragment
    assert "<p id=data>" in whole and "<p id=data>" in fragment
    full = bare.get("/t/districts/320594", headers={**part, "HX-Request-Type": "full"}).text
    assert "<!doctype html>" in full


def test_history_restore_gets_the_whole_page(bare: TestClient) -> None:
    restore = {
        "HX-Request": "true",
        "HX-Request-Type": "partial",
        "HX-History-Restore-Request": "true",
        "Accept": "*/*",
    }
    assert "<!doctype html>" in bare.get("/t/districts/320594", headers=restore).text


def test_the_door_of_programs_speaks_json_only(anyone: Visitor) -> None:
    page = anyone.get("/api/v1/t/districts", headers={"Accept": "text/html", "HX-Request": "true"})
    assert page.headers["content-type"] == "application/json"
    assert anyone.get("/account").status_code == 200
    assert anyone.get("/api/v1/account").status_code == 401, "cookies do not pass the door"
    answer = anyone.get("/api/v1/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404 and answer.headers["content-type"] == "application/problem+json"
    assert anyone.get("/api/v1").status_code == 404


def test_addresses_given_at_the_door_stay_behind_it(anyone: Visitor) -> None:
    first = anyone.get("/api/v1/t/districts?limit=1", headers=bearer("区平台"))
    assert first.status_code == 200 and first.json()["next"] is None


def test_a_query_refusal_negotiates_too(bare: TestClient) -> None:
    page = bare.get("/t/districts?n=x", headers={"Accept": CHROME})
    assert page.status_code == 422 and page.headers["content-type"].startswith("text/html")
    assert "请填写数字" in page.text
    problem = bare.get("/t/districts?n=x").json()
    assert problem["errors"] == [{"field": "n", "message": "请填写数字。", "code": "int_parsing"}]
    unknown = bare.get("/t/districts?surprise=1", headers={"Accept": CHROME})
    assert unknown.status_code == 422 and "surprise" in unknown.text


def test_an_empty_field_of_a_search_form_asks_for_nothing(bare: TestClient) -> None:
    assert bare.get("/t/districts?n=&limit=&cursor=", headers={"Accept": CHROME}).status_code == 200
    assert bare.get("/t/districts?n=").status_code == 422, "a program says what it means"


@pytest.mark.parametrize(
    ("cookie", "accept_language", "locale"),
    [
        ("", "", "zh-CN"),
        ("", "en-GB,en;q=0.9", "en"),
        ("", "fr, zh-TW", "zh-CN"),
        ("en", "zh", "en"),
        ("xx", "en", "en"),
    ],
)
def test_language(bare: TestClient, cookie: str, accept_language: str, locale: str) -> None:
    if cookie:
        bare.cookies.set("lang", cookie)
    headers = {"Accept": CHROME, "Accept-Language": accept_language}
    assert f'lang="{locale}"' in bare.get("/t/districts", headers=headers).text
