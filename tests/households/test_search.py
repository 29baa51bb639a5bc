"""Search: room number, part of a name, pinyin initials, phone ending, and whole numbers by blind index."""

from __future__ import annotations

import time
from typing import Any

import pytest

from app.core.db import Database
from app.households import finding
from tests.cast import Cast
from tests.households.access import Visit, in_area_one, newcomer
from tests.visitor import Visitor

NUMBER = "999999198808154323"


@pytest.fixture
def people(visit_as: Visit, cast: Cast) -> dict[str, Any]:
    director = visit_as("王站长")
    made = [
        newcomer(
            director, cast.households["1-1-101"], name="王小燕", phone="138 1234 5678", id_number="999999198808154323"
        ),
        newcomer(director, cast.households["1-1-301"], name="单田芳", phone="13900005678"),
        newcomer(director, cast.households["2-1-101"], name="欧阳小燕"),
    ]
    return {person["name"]: person for person in made}


def labels(visitor: Visitor, q: str) -> list[str]:
    answer = visitor.get("/households", params={"q": q})
    assert answer.status_code == 200, answer.text
    return [item["label"] for item in answer.json()["items"]]


def names(visitor: Visitor, q: str) -> list[str]:
    answer = visitor.get("/residents", params={"q": q})
    assert answer.status_code == 200, answer.text
    return [item["name"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("1-1-101", ["1-1-101"]),
        ("1-1", ["1-1-101", "1-1-201", "1-1-301"]),
        ("1幢1单元101室", ["1-1-101"]),
        ("１－１－１０１", ["1-1-101"]),
        ("2幢", ["2-1-101", "2-1-201", "2-1-301"]),
        ("小燕", ["1-1-101", "2-1-101"]),
        ("wxy", ["1-1-101"]),
        ("WXY", ["1-1-101"]),
        ("stf", ["1-1-301"]),
        ("5678", ["1-1-101", "1-1-301"]),
        ("13812345678", ["1-1-101"]),
        ("138 1234 5678", ["1-1-101"]),
        ("999999198808154323", ["1-1-101"]),
        ("小燕 2-1", ["2-1-101"]),
        ("小燕 5678", ["1-1-101"]),
        ("没有此人", []),
        ("9-9-999", []),
        ("%", []),
        ("_", []),
        ("'; DROP TABLE resident; --", []),
    ],
)
def test_households_are_found(visit_as: Visit, people: dict[str, Any], q: str, found: list[str]) -> None:
    assert labels(visit_as("王站长"), q) == found


def test_residents_are_found_in_the_order_of_pinyin(visit_as: Visit, people: dict[str, Any]) -> None:
    director = visit_as("王站长")
    assert names(director, "小燕") == ["欧阳小燕", "王小燕"]
    assert names(director, "5678") == ["单田芳", "王小燕"]
    assert names(director, "1-1-101 wxy") == ["王小燕"]
    assert names(director, "999999198808154323") == ["王小燕"]


def test_a_worker_finds_nobody_of_another_area(visit_as: Visit, people: dict[str, Any]) -> None:
    assert labels(visit_as("赵网格"), "小燕") == ["2-1-101"]
    assert names(visit_as("李网格"), "小燕") == ["王小燕"]
    assert labels(visit_as("外主任"), "小燕") == []
    in_area_one(visit_as, "/households?q=wxy")
    in_area_one(visit_as, "/residents?q=wxy")


def test_those_who_moved_out_are_found_only_as_such(visit_as: Visit, people: dict[str, Any]) -> None:
    director = visit_as("王站长")
    gone = people["单田芳"]
    last = gone["residencies"][0]["from_on"]
    assert director.post(f"/residents/{gone['id']}/move-out", json={"on": last}).status_code == 200
    assert labels(director, "stf") == []
    assert names(director, "stf") == []
    assert [i["name"] for i in director.get("/residents?q=stf&state=left").json()["items"]] == ["单田芳"]


def test_a_renamed_person_is_found_by_the_new_name_only(visit_as: Visit, people: dict[str, Any]) -> None:
    director, person = visit_as("王站长"), people["王小燕"]
    changed = director.patch(f"/residents/{person['id']}", json={"name": "王大雁"}, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert names(director, "wxy") == [] and names(director, "大雁") == ["王大雁"]


def test_odd_words_are_refused_or_find_nothing(visit_as: Visit, db: Database) -> None:
    director = visit_as("王站长")
    assert director.get("/households", params={"q": "a" * 61}).status_code == 422
    assert director.get("/households", params={"q": "\x01"}).status_code == 422
    assert labels(director, "   ") == labels(director, "")
    assert labels(director, "·") == []
    for q in ("𠮷", "--", "-", "1-", "﷽", "a b c d e f"):
        assert director.get("/residents", params={"q": q}).status_code == 200


@pytest.mark.parametrize("kind", ["households", "residents"])
@pytest.mark.parametrize(
    "typed", [NUMBER, "１３８１２３４５６７８", "138 1234 5678", "138-1234-5678", f"王小燕 {NUMBER}"]
)
def test_a_whole_number_stays_out_of_the_address(
    visit_as: Visit, people: dict[str, Any], kind: str, typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    director = visit_as("王站长")
    page = director.page(f"/{kind}")
    assert f'action="/{kind}/find" method="post"' in page.text and f'hx-post="/{kind}/find"' in page.text
    sent = director.submit(f"/{kind}/find", {"q": typed, "care": ""})
    address = sent.headers["location"]
    assert sent.status_code == 303 and address.startswith(f"/{kind}?find=")
    assert "5678" not in address and "4323" not in address and "%" not in address
    found = director.page(address)
    assert found.status_code == 200 and "王小燕" in found.text and "单田芳" not in found.text
    assert "5678" not in found.text.replace("138****5678", "") and NUMBER not in found.text
    assert f"/{kind}/export?" in found.text and address.partition("?")[2] in found.text
    assert "王小燕" in director.get(address.replace("?", "/export?", 1)).text
    assert visit_as("赵网格").get(address).json()["items"] == []
    changed = address[:-2] + ("AA" if address[-2:] != "AA" else "BB")
    for broken in (changed, f"/{kind}?find=x", f"/{kind}?find=9999999999.é", address.replace("find=", "find=f")):
        assert director.get(broken).json()["code"] == "search_expired", broken
        assert director.page(broken).status_code == 422
    monkeypatch.setattr(finding.time, "time", lambda: time.time_ns() / 1e9 + finding.MINUTES * 60)
    assert director.get(address).json()["code"] == "search_expired"


def test_any_other_search_has_its_address(visit_as: Visit, people: dict[str, Any]) -> None:
    director = visit_as("王站长")
    sent = director.submit("/residents/find", {"q": "小燕 5678", "state": "all"})
    assert sent.status_code == 303 and "find=" not in sent.headers["location"]
    assert [i["name"] for i in director.get(sent.headers["location"]).json()["items"]] == ["王小燕"]
    assert director.submit("/households/find", {"q": ""}).headers["location"] == "/households"
    assert director.post("/households/find", json={"q": "1\x00"}).status_code == 422
    assert visit_as("周代表").post("/residents/find", json={"q": "x"}).status_code == 403
    assert visit_as(None).post("/residents/find", json={"q": "x"}).status_code == 401
