"""Needs heard at visits: numbered, kept through corrections, listed and exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session, select

from app.core import events
from app.core.clock import today
from app.core.db import Database
from app.core.events import NeedRaised
from app.households.visits.models import Need
from tests.cast import Cast, bearer
from tests.visitor import Visitor
from tests.visits.helpers import body, new_path

Open = Callable[[str | None], Visitor]
HEALTH = {"category": "health", "detail": "想看慢病门诊", "urgent": True}
SAFETY = {"category": "safety", "detail": "扶手松动", "urgent": False}


def _correct(who: Visitor, path: str, sent: dict[str, Any], version: int) -> list[dict[str, Any]]:
    answer = who.put(path, json=sent, headers={"If-Match": f'"{version}"'})
    assert answer.status_code == 200, answer.text
    return list(answer.json()["needs"])


def test_needs_get_a_serial_and_are_announced(
    visit_as: Open, cast: Cast, monkeypatch: pytest.MonkeyPatch, db: Database
) -> None:
    heard: list[NeedRaised] = []

    def listen(_s: Session, happened: NeedRaised) -> None:
        heard.append(happened)

    monkeypatch.setitem(events._handlers, NeedRaised, [listen])
    read = visit_as("李网格").put(new_path(), json=body(cast, needs=[HEALTH, SAFETY])).json()
    assert [n["serial"] for n in read["needs"]] == [f"{today().year}-0001", f"{today().year}-0002"]
    assert [str(h.need_id) for h in heard] == [n["id"] for n in read["needs"]]
    assert {n["state"] for n in read["needs"]} == {"open"}


def test_a_correction_keeps_changes_adds_and_withdraws(visit_as: Open, cast: Cast, db: Database) -> None:
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, needs=[HEALTH, SAFETY])
    first, second = li.put(path, json=sent).json()["needs"]
    kept = _correct(li, path, {**sent, "needs": [SAFETY, {"category": "income"}]}, 1)
    assert [n["serial"][-4:] for n in kept] == ["0002", "0003"]
    assert kept[0] == second
    with db.read() as s:
        states = {n.serial[-4:]: n.state for n in s.exec(select(Need))}
    assert states == {"0001": "withdrawn", "0002": "open", "0003": "open"}
    # by id a need may change altogether; heard again, a withdrawn one comes back under its number
    changed = {**SAFETY, "id": second["id"], "category": "housing"}
    again = _correct(li, path, {**sent, "needs": [changed, HEALTH]}, 2)
    assert [(n["serial"], n["category"]) for n in again] == [(first["serial"], "health"), (second["serial"], "housing")]


def test_a_reworded_need_stays_the_same_need(visit_as: Open, cast: Cast) -> None:
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, needs=[HEALTH])
    before = li.put(path, json=sent).json()["needs"][0]
    (after,) = _correct(li, path, {**sent, "needs": [{**HEALTH, "detail": "改约下周"}]}, 1)
    assert (after["id"], after["detail"], after["version"]) == (before["id"], "改约下周", 2)


def test_a_need_that_became_a_case_cannot_be_withdrawn_here(visit_as: Open, cast: Cast, db: Database) -> None:
    li, path = visit_as("李网格"), new_path()
    sent = body(cast, needs=[HEALTH])
    li.put(path, json=sent)
    with db.write() as s:
        need = s.exec(select(Need)).one()
        need.state = "in_case"
        s.add(need)
    refused = li.put(path, json={**sent, "needs": []}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "need_in_progress")
    (kept,) = _correct(li, path, {**sent, "note": "别的"}, 1)
    assert kept["state"] == "in_case"


def test_an_id_of_another_visit_is_refused(visit_as: Open, cast: Cast) -> None:
    li, path = visit_as("李网格"), new_path()
    other = li.put(new_path(), json=body(cast, needs=[HEALTH])).json()["needs"][0]["id"]
    sent = body(cast, needs=[{**HEALTH, "id": other}])
    assert li.put(path, json=sent).status_code == 422
    li.put(path, json={**sent, "needs": []})
    assert li.put(path, json=sent, headers={"If-Match": '"1"'}).status_code == 422


def test_list_filters_pages_and_export(visit_as: Open, cast: Cast) -> None:
    li = visit_as("李网格")
    for _time in range(3):
        li.put(new_path(), json=body(cast, needs=[HEALTH, SAFETY]))
    everything = li.get("/needs").json()
    assert (everything["total"], everything["items"][0]["household_label"]) == (6, "1-1-101")
    assert li.get("/needs?urgent=true&state=open").json()["total"] == 3
    assert li.get("/needs?category=safety&urgent=&state=").json()["total"] == 3
    first = li.get("/needs?limit=4").json()
    rest = li.get(first["next"].removeprefix("/api/v1")).json()
    seen = [n["serial"] for n in first["items"] + rest["items"]]
    assert len(set(seen)) == 6
    table = li.get("/needs/export?category=health").text
    assert table.count("看病就医") == 3
    assert li.page("/needs").text.count("2026-" if today().year == 2026 else f"{today().year}-") >= 6
    assert visit_as("赵网格").get("/needs").json()["total"] == 0
    assert visit_as("外主任").get("/needs").json()["total"] == 0
    assert visit_as(None).get("/api/v1/needs", headers=bearer("区平台")).json()["total"] == 6
    assert visit_as("钱会计").get("/needs").status_code == 403
