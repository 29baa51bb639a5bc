"""The day's screen: one state for all tablets, no work when nothing changed, phones, proxies, and who may press."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from app.assemblies.meetings import codes, conduct, notices
from app.assemblies.meetings.models import Assembly
from app.core.clock import now
from app.core.db import Database
from tests.assemblies.meetings.helpers import House, choose_rules, house, noticed
from tests.cast import Cast
from tests.visitor import HTML, Visitor

Enter = Callable[[str | None], Visitor]
PARTIAL = {**HTML, "HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "content"}


@pytest.fixture
def home(db: Database, cast: Cast) -> House:
    return house(db, cast)


def _under_way(home: House, present: int = 10) -> Assembly:
    made = noticed(home)
    home.came(made, present, now())
    return home.act(conduct.open_, made, now())


def test_several_tablets_see_one_state_and_nothing_is_sent_twice(home: House, visit_as: Enter) -> None:
    assembly = noticed(home)
    desk, chair = visit_as("李网格"), visit_as("王站长")
    path = f"/assemblies/{assembly.id}/floor"
    first = chair.get(path)
    tag = first.headers["etag"]
    assert first.json()["quorum"] == {
        **first.json()["quorum"],
        "present": 0,
        "entitled": 10,
        "needed": 6,
        "holds": False,
    }
    for headers in ({}, PARTIAL):
        again = chair.get(path, headers={**headers, "If-None-Match": tag})
        assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == tag
    sent = desk.post(f"/assemblies/{assembly.id}/attendance", json={"holder_id": str(home.holders[0])})
    assert sent.json()["quorum"]["present"] == 1
    seen = chair.get(path, headers={**PARTIAL, "If-None-Match": tag})
    assert seen.status_code == 200 and "到会 1 人" in seen.text and "<html" not in seen.text
    assert f"\\u0022{seen.headers['etag'][1:-1]}" in seen.text or seen.headers["etag"][1:-1] in seen.text
    assert visit_as("周代表").get(path).headers["etag"] != seen.headers["etag"], "what is shown depends on who asks"


def test_every_press_works_without_scripts_and_as_a_fragment(home: House, visit_as: Enter) -> None:
    assembly = noticed(home)
    desk, path = visit_as("李网格"), f"/assemblies/{assembly.id}"
    plain = desk.submit(f"{path}/attendance", {"holder_id": str(home.holders[1])})
    assert (plain.status_code, plain.headers["location"]) == (303, f"{path}/floor#seats")
    part = desk.client.post(
        f"{path}/attendance", data={"_csrf": desk.csrf, "holder_id": str(home.holders[2])}, headers=PARTIAL
    )
    assert part.status_code == 200 and 'id="floor"' in part.text and "<html" not in part.text
    refused = desk.client.post(f"{path}/open", data={"_csrf": desk.csrf}, headers=PARTIAL)
    assert refused.status_code == 409 and "至少要 6 人" in refused.text and 'id="floor"' in refused.text
    assert desk.submit(f"{path}/open", {}).status_code == 409


def test_a_whole_course_by_forms(home: House, visit_as: Enter) -> None:
    assembly = _under_way(home)
    chair, path = visit_as("王站长"), f"/assemblies/{assembly.id}"
    first, second = chair.get(f"{path}/floor").json()["items"]
    assert (
        chair.submit(f"{path}/agenda/{second['id']}/order", {"direction": "up"}).headers["location"] == f"{path}#agenda"
    )
    chair.submit(f"{path}/next", {"current_id": ""})
    chair.submit(f"{path}/next", {"current_id": ""})  # the other tablet, late
    assert chair.get(f"{path}/floor").json()["current"]["id"] == second["id"]
    for _press in range(2):
        assert (
            chair.submit(f"{path}/vote", {"current_id": second["id"], "method": "hands", "question": ""}).status_code
            == 303
        )
    panel = chair.get(f"{path}/floor").json()["panel"]
    assert panel["current"]["state"] == "open" and panel["others"] == [], "pressed twice, one vote"
    assert chair.submit(f"{path}/vote", {"current_id": first["id"], "method": "hands"}).status_code == 409
    for press, sent in (("next", {"current_id": second["id"]}), ("close", {}), ("suspend", {"reason": "午休"})):
        blocked = chair.submit(f"{path}/{press}", sent)
        assert blocked.status_code == 409 and "还有表决没有结束" in blocked.text, press
    assert chair.submit(f"/votes/{panel['current']['id']}/void", {"reason": "开错了"}).status_code == 303
    assert chair.submit(f"{path}/suspend", {"reason": "午休"}).status_code == 303
    assert chair.submit(f"{path}/resume", {}).status_code == 303
    assert chair.submit(f"{path}/remarks", {"text": ""}).status_code == 422
    assert chair.submit(f"{path}/remarks", {"text": "物业经理列席"}).status_code == 303
    assert chair.submit(f"{path}/agenda/{second['id']}/put-off", {"reason": "材料不全"}).status_code == 303
    assert chair.submit(f"{path}/agenda/{first['id']}/take-up", {}).status_code == 303
    assert chair.submit(f"{path}/close", {}).status_code == 303
    over = chair.get(f"{path}/floor").json()
    assert (over["assembly"]["state"], over["quorum"]["present"]) == ("closed", 10), "the last moment counts"
    assert chair.submit(f"{path}/open", {}).status_code == 409
    told = [event["words"] for event in chair.get(path).json()["events"]]
    assert "记录：物业经理列席" in told and told[-1] == "会议结束"
    assert "代表02" in chair.get(f"{path}/attendance/export").text


def test_a_lost_quorum_voids_the_vote_and_the_motion_waits(home: House, visit_as: Enter) -> None:
    assembly = _under_way(home, 6)
    chair, path = visit_as("王站长"), f"/assemblies/{assembly.id}"
    chair.submit(f"{path}/next", {"current_id": ""})
    item = chair.get(f"{path}/floor").json()["current"]
    chair.submit(f"{path}/vote", {"current_id": item["id"], "method": "roll_call"})
    chair.submit(f"{path}/attendance/leave", {"holder_id": str(home.holders[5])})
    floor = chair.get(f"{path}/floor").json()
    assert floor["assembly"]["state"] == "suspended"
    assert [vote["state"] for vote in floor["panel"]["others"]] == ["void"]
    late = chair.submit(f"{path}/vote", {"current_id": item["id"], "method": "roll_call"})
    assert late.status_code == 409 and "中止的会议要先恢复" in late.text


def _room(home: House, assembly: Assembly, back: int = 0) -> str:
    return codes.room_code(assembly, now() - timedelta(seconds=back))[0]


def test_checking_in_with_ones_own_phone(home: House, visit_as: Enter) -> None:
    assembly = noticed(home)
    path, stranger = f"/assemblies/{assembly.id}", visit_as(None)
    shown = visit_as("李网格").get(f"{path}/room-code").json()
    assert shown["address"].endswith(f"{path}/arrive?room={shown['code']}")
    assert visit_as("周代表").get(f"{path}/room-code").status_code == 403
    old = stranger.page(f"{path}/arrive?room={_room(home, assembly, 600)}")
    assert "二维码已经更新" in old.text and assembly.title not in old.text
    mine = visit_as("周代表").page(f"{path}/arrive?room={shown['code']}").text
    assert "我是 周代表，签到" in mine
    done = visit_as("周代表").submit(f"{path}/arrive", {"room": shown["code"], "code": ""})
    assert done.status_code == 200 and "周代表，签到成功" in done.text
    code = codes.own_code(assembly, home.holders[3])
    for typed, status in (("AAAAAA", 422), (code, 200), (f" {code[:3].lower()}-{code[3:]} ", 200)):
        answer = stranger.submit(f"{path}/arrive", {"room": _room(home, assembly, 120), "code": typed})
        assert answer.status_code == status, answer.text
        assert ("代表04，签到成功" in answer.text) == (status == 200)
    assert stranger.submit(f"{path}/arrive", {"room": "23456789", "code": code}).status_code == 422
    assert visit_as("王站长").get(f"{path}/floor").json()["quorum"]["present"] == 2
    with home.db.read() as s:
        assert len(notices.recipients(s, s.get_one(Assembly, assembly.id))) == 10


def test_proxies_by_the_page(home: House, visit_as: Enter) -> None:
    choose_rules(home, proxy={"allowed": True, "per_holder": 1})
    assembly = _under_way(home, 6)
    desk, path = visit_as("李网格"), f"/assemblies/{assembly.id}"
    a, b, away = (str(home.holders[i]) for i in (0, 1, 9))
    assert re.search(rf'value="{a}" selected', desk.page(f"{path}/proxies?holder_id={a}").text)
    assert desk.submit(f"{path}/proxies", {"holder_id": a, "proxy_for_id": ""}).status_code == 422
    assert desk.submit(f"{path}/proxies", {"holder_id": a, "proxy_for_id": away}).status_code == 303
    assert desk.submit(f"{path}/proxies", {"holder_id": b, "proxy_for_id": away}).status_code == 409
    assert "委托 周代表" in visit_as("周代表").page(f"{path}/proxies").text, "the list is open to all"
    assert desk.get(f"{path}/floor").json()["quorum"]["present"] == 7
    desk.submit(f"{path}/proxies/end", {"proxy_for_id": away})
    assert desk.get(f"{path}/floor").json()["quorum"]["present"] == 6


@pytest.mark.parametrize("press", ["open", "next", "close", "attendance", "vote", "abandon", "remarks", "proxies"])
def test_only_who_runs_the_meeting_presses(home: House, visit_as: Enter, press: str) -> None:
    path = f"/assemblies/{noticed(home).id}/{press}"
    for name, status in (("周代表", 403), ("钱会计", 403), ("区督导", 403), ("外主任", 404)):
        sent = {"holder_id": str(home.holders[0]), "proxy_for_id": str(home.holders[1])}
        body = {
            "attendance": {"holder_id": sent["holder_id"]},
            "proxies": sent,
            "vote": {"current_id": sent["holder_id"], "method": "hands"},
            "next": {},
            "remarks": {"text": "x"},
            "abandon": {"reason": "x"},
        }.get(press)
        assert visit_as(name).post(path, json=body).status_code == status, name
