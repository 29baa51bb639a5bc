"""Nonsense is refused with a reason; nothing answers 500."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cast import Cast
from tests.visitor import Visitor
from tests.visits.helpers import body, new_path

NOBODY = "01a20000-0000-7000-8000-000000000000"
Open = Callable[[str | None], Visitor]


@pytest.mark.parametrize(
    "changes",
    [
        {"visited_at": "1899-12-31T10:00:00Z"},
        {"visited_at": "0001-01-01T00:00:00Z"},
        {"visited_at": "0001-01-01T00:00:00+14:00"},
        {"visited_at": "2999-01-01T00:00:00Z"},
        {"visited_at": "9999-12-31T23:59:59-14:00"},
        {"visited_at": "昨天"},
        {"visited_at": "2026-05-01"},
        {"visited_at": None},
        {"purpose": "coffee"},
        {"outcome": ""},
        {"outcome": 7},
        {"note": "a\x00b"},
        {"note": "x" * 4001},
        {"note": None},
        {"people_met": "x"},
        {"people_met": [NOBODY]},
        {"people_met": [f"{NOBODY[:-2]}{n:02d}" for n in range(51)]},
        {"needs": [{"category": "health"}] * 10_000},
        {"needs": [{"detail": "没有类别"}]},
        {"needs": [{"category": "health", "detail": "x" * 501}]},
        {"needs": [{"category": "health", "detail": "\x00"}]},
        {"needs": [{"category": "health", "urgent": "perhaps"}]},
        {"needs": [{"category": "health", "id": "x"}]},
        {"needs": [{"category": "health", "colour": "red"}]},
        {"needs": {"category": "health"}},
        {"needs": [None]},
        {"next_due_on": "1899-01-01"},
        {"next_due_on": "9999-12-31"},
        {"next_due_on": "2026-02-30"},
        {"household_id": "x"},
        {"household_id": None},
        {"unknown": 1},
    ],
    ids=lambda c: json.dumps(c, ensure_ascii=False)[:50],
)
def test_bad_content(visit_as: Open, cast: Cast, changes: dict[str, Any]) -> None:
    answer = visit_as("李网格").put(new_path(), json=body(cast, **changes))
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'{"note": "\\ud800"}', b"\xff\xfe", b"1" * 5000])
def test_bad_bodies(visit_as: Open, cast: Cast, raw: bytes) -> None:
    answer = visit_as("李网格").put(new_path(), content=raw, headers={"Content-Type": "application/json"})
    assert 400 <= answer.status_code < 500


def test_lone_surrogates(visit_as: Open, cast: Cast) -> None:
    sent = json.dumps(body(cast, note="坏\ud800字"))
    answer = visit_as("李网格").put(new_path(), content=sent.encode(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "address",
    [
        "/visits/x",
        f"/visits/{NOBODY}",
        f"/visits/{NOBODY}/edit",
        "/visits/new",
        "/visits/new?household_id=x",
        f"/visits/new?household_id={NOBODY}",
        "/visits?cursor=zzz",
        "/visits?limit=0",
        "/visits?from=1800-01-01",
        "/visits?from=x",
        "/visits?q=%00",
        "/visits/due?unvisited_days=-1",
        "/visits/due?category=x",
        "/visits/due?cursor=WzFd",
        "/visits/overview?since=9999-12-31",
        "/visits/export?format=pdf",
        "/needs?state=x",
        f"/visit-policies/{NOBODY}",
        f"/visit-policies?community_id={NOBODY}",
        "/today?grid_area_id=x",
        f"/households/{NOBODY}/visit-events",
    ],
)
def test_bad_addresses(visit_as: Open, cast: Cast, address: str) -> None:
    li = visit_as("李网格")
    assert 400 <= li.get(address).status_code < 500
    assert 400 <= li.page(address).status_code < 500


def test_bad_forms(visit_as: Open, cast: Cast) -> None:
    li = visit_as("李网格")
    for sent in (
        {},
        {"household_id": "x"},
        {"household_id": NOBODY},
        {"needs": "x"},
        {"needs.x.category": "health"},
    ):
        answer = li.submit(f"{new_path()}?_method=put", dict(sent))
        assert 400 <= answer.status_code < 500, sent
    home = {"household_id": str(cast.households["1-1-101"])}
    assert li.submit(f"{new_path()}?_method=put", {**home, "visited_at": "昨天"}).status_code == 422


@pytest.mark.parametrize(
    "changes", [{"kind": "x"}, {"kind": None}, {"happened_at": "2999-01-01T00:00"}, {"detail": "\x00"}]
)
def test_bad_events(visit_as: Open, cast: Cast, changes: dict[str, Any]) -> None:
    path = f"/households/{cast.households['1-1-101']}/visit-events"
    assert visit_as("李网格").post(path, json={"kind": "other", **changes}).status_code == 422
