"""An assembly from its plan to its notice, as people press it; lists, calendars, and who may not."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from app.assemblies.meetings import conduct
from app.core.clock import today, zone
from app.core.db import Database
from tests.assemblies.meetings.helpers import House, house, motion, noon, noticed, planned, state_of
from tests.cast import Cast
from tests.visitor import Visitor

Enter = Callable[[str | None], Visitor]
LATER = today() + timedelta(days=10)


@pytest.fixture
def home(db: Database, cast: Cast) -> House:
    return house(db, cast)


def _typed(day: Any) -> str:
    return noon(day).astimezone(zone()).strftime("%Y-%m-%dT%H:%M")


def _version(director: Visitor, path: str) -> str:
    return str(director.get(path).json()["version"])


def test_a_meeting_is_called_by_forms(home: House, visit_as: Enter) -> None:
    director, due = visit_as("王站长"), motion(home)
    form = {"kind": "regular", "title": "", "scheduled_at": _typed(LATER), "place": "二楼"}
    form |= {"body": "representative_assembly", "quarter": "", "called_by": "committee", "ground": ""}
    refused = director.submit("/assemblies", form)
    assert refused.status_code == 422 and 'value="二楼"' in refused.text, "what was typed stays"
    made = director.submit("/assemblies", {**form, "title": "秋季例会"})
    assert made.status_code == 303
    path = made.headers["location"]
    assert "写好议程" in director.page(path).text
    empty = director.submit(f"{path}/notice", {"_version": _version(director, path), "channel": "paper"})
    assert empty.status_code == 409 and "议程还是空的" in empty.text
    for item in ({"kind": "motion", "motion_id": str(due)}, {"kind": "report", "title": "工作报告", "text": "三季度"}):
        assert director.submit(f"{path}/agenda", item).headers["location"] == f"{path}#agenda"
    first, second = director.get(path).json()["items"]
    assert director.submit(f"{path}/agenda/{second['id']}/order", {"direction": "up"}).status_code == 303
    assert [x["title"] for x in director.get(path).json()["items"]] == ["工作报告", "2026-01 议案1"]
    assert director.submit(f"{path}/agenda/{first['id']}?_method=delete", {"_version": "1"}).status_code == 303
    assert state_of(home, due) == "admitted"
    stale = director.submit(f"{path}/notice", {"_version": "77", "channel": "paper"})
    assert stale.status_code == 412
    sent = director.submit(f"{path}/notice", {"_version": _version(director, path), "channel": "wechat"})
    assert sent.status_code == 303, sent.text
    proof = director.page(f"{path}/notices").text
    assert "已通知 10 人" in proof and len(re.findall(r'<span class="mono">[2-9A-Z]{6}</span>', proof)) == 10
    assert "mono" not in visit_as("周代表").page(f"{path}/notices").text, "codes are for those who run the meeting"
    elsewhere = {"scheduled_at": _typed(LATER), "place": "三楼", "reason": "", "channel": "paper"}
    moved = director.submit(f"{path}/move", {"_version": _version(director, path), **elsewhere})
    assert moved.status_code == 422 and 'value="三楼"' in moved.text


@pytest.mark.parametrize(
    ("called_by", "signed", "ground", "code"),
    [
        ("committee", 0, "水管爆裂", ""),
        ("committee", 0, "", "ground_missing"),
        ("representatives", 1, "要求公开账目", "too_few_signers"),
        ("representatives", 2, "要求公开账目", ""),
        ("subdistrict", 0, "上级要求", ""),
    ],
)
def test_who_may_call_an_extraordinary_one(
    home: House, visit_as: Enter, called_by: str, signed: int, ground: str, code: str
) -> None:
    made = planned(home, LATER, kind="extraordinary", called_by=called_by, ground=ground)
    director, path = visit_as("王站长"), f"/assemblies/{made.id}"
    if signed:
        ids = [str(h) for h in home.holders[:signed]]
        sent = {"If-Match": f'"{_version(director, path)}"'}
        assert director.put(f"{path}/signers", json={"holder_ids": ids}, headers=sent).status_code == 200
    answer = director.post(f"{path}/notice", json={}, headers={"If-Match": f'"{_version(director, path)}"'})
    assert answer.json().get("code", "") == code, answer.text
    if code == "too_few_signers":
        assert "至少要 2 人" in answer.json()["detail"] and answer.json()["citation"]


def test_the_year_says_which_quarter_owes(home: House, visit_as: Enter) -> None:
    director = visit_as("王站长")
    with_three = {1: 2, 2: 5, 3: 8}
    for month in with_three.values():
        day = today().replace(year=2024, month=month, day=15)
        made = noticed(home, day)
        home.came(made, 10, made.scheduled_at)
        home.act(conduct.open_, made, made.scheduled_at)
    found = director.get("/assemblies/plan?year=2024").json()
    assert [q["state"] for q in found["quarters"]] == ["held", "held", "held", "overdue"]
    assert (found["regular_per_year"], found["held"], found["owed"]) == (4, 3, 1)
    assert "到今天还欠 1 次例会" in director.page("/assemblies/plan?year=2024").text
    listed = director.get("/assemblies?year=2024&q=代表").json()
    assert [row["number"] for row in listed["items"]] == [3, 2, 1] and listed["total"] == 3
    assert director.get("/assemblies?state=draft").json()["items"] == []
    for path, status in (("/assemblies?year=", 200), ("/assemblies?year=1", 422), ("/assemblies/plan?year=x", 422)):
        assert director.get(path).status_code == status, path
    csv = director.get("/assemblies/export?year=2024&format=csv").text
    assert csv.count("居民代表会议,例会,2024") == 3
    assert director.get("/assemblies/export?format=xlsx").content[:2] == b"PK"


def test_calendars(home: House, visit_as: Enter) -> None:
    made = noticed(home, LATER, title="例会；带,符号\\和很长很长很长很长很长很长很长很长很长的名称")
    director, representative, stranger = visit_as("王站长"), visit_as("周代表"), visit_as(None)
    file = director.get(f"/assemblies/{made.id}/calendar.ics")
    assert file.headers["content-type"].startswith("text/calendar")
    assert all(len(line) <= 75 for line in file.content.split(b"\r\n"))
    unfolded = file.text.replace("\r\n ", "")
    assert "SUMMARY:例会；带\\,符号\\\\和很长" in unfolded and f"UID:{made.id}@qinlian" in unfolded
    planned(home, LATER)  # of which nobody was told
    for who in (director, representative):
        address = re.search(r"/assemblies/calendar/[^\"<]+", who.submit("/assemblies/calendars", {"scope": "own"}).text)
        assert address is not None
        read = stranger.get(address.group())
        assert read.status_code == 200 and read.text.count("BEGIN:VEVENT") == 1
        listed = who.get("/assemblies/calendars").json()
        assert "address" not in str(listed).replace("'address': None", "")
        assert who.delete(f"/assemblies/calendars/{listed['feeds'][0]['id']}").status_code == 204
        assert stranger.get(address.group()).status_code == 404
    assert visit_as("外主任").get("/assemblies/calendars").json()["feeds"] == []


def test_nobody_else(home: House, visit_as: Enter) -> None:
    made = noticed(home)
    path = f"/assemblies/{made.id}"
    for page in ("", "/notices", "/floor", "/screen", "/attendance", "/calendar.ics"):
        assert visit_as("外主任").get(path + page).status_code == 404
        assert visit_as("系统员").get(path + page).status_code == 403
        assert visit_as("周代表").get(path + page).status_code == 200
    for page in ("/move", "/signers", "/edit"):
        assert visit_as("李网格").get(path + page).status_code == 403
    supervisor = visit_as("区督导").page(f"{path}/attendance").text
    assert "周代表" not in supervisor and "周*表" in supervisor
    assert "周代表" not in visit_as("区督导").page(path).text
