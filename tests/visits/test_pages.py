"""The pages of visiting as a browser without JavaScript meets them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from app.core.clock import now, today, zone
from app.core.db import Database
from app.households.models import Household
from tests.cast import Cast
from tests.visitor import Visitor
from tests.visits.helpers import body, due_of, new_path, plan

Open = Callable[[str | None], Visitor]
TEXT = {"Accept-Language": "zh-CN"}


def _form(cast: Cast, **changes: Any) -> dict[str, Any]:
    local = datetime.now(zone()) - timedelta(minutes=1)
    sent = {
        "household_id": str(cast.households["1-1-101"]),
        "visited_at": f"{local:%Y-%m-%dT%H:%M}",
        "purpose": "care",
        "outcome": "fine",
        "note": "",
        "next_due_on": "",
        "people_met": [str(cast.residents["张桂英"])],
        **{f"needs.{n}.detail": "" for n in range(11)},
    }
    return {**sent, **changes}


def test_the_form_names_an_id_and_sending_it_twice_is_harmless(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, home = visit_as("李网格"), cast.households["1-1-101"]
    page = li.page(f"/visits/new?household_id={home}").text
    (action,) = re.findall(r'action="(/visits/[0-9a-f-]{36}\?_method=put)"', page)
    assert "data-visit-form" in page
    preselected = re.findall(r'name="people_met" value="([0-9a-f-]+)" checked', page)
    assert preselected == [str(cast.residents["张桂英"])]
    assert re.search(r'name="purpose" value="care" required checked', page)
    assert re.search(r'name="outcome" value="fine" required checked', page)
    for _time in range(2):
        answer = li.submit(action, _form(cast))
        assert answer.status_code == 303
    assert li.get("/visits").json()["total"] == 1
    after = li.page("/today", headers={"Cookie": _cookies(li, answer)})
    assert "1-1-101 的走访" in after.text


def _cookies(visitor: Visitor, answer: Any) -> str:
    kept = {**dict(visitor.client.cookies), **dict(answer.cookies)}
    return "; ".join(f"{k}={v}" for k, v in kept.items())


def test_needs_of_the_form(visit_as: Open, cast: Cast) -> None:
    li, path = visit_as("李网格"), new_path()
    ticked = {"needs.0.category": "health", "needs.0.detail": "配药", "needs.5.category": "safety"}
    assert li.submit(f"{path}?_method=put", _form(cast, **ticked, **{"needs.5.urgent": "true"})).status_code == 303
    needs = li.get(path).json()["needs"]
    assert sorted((n["category"], n["detail"], n["urgent"]) for n in needs) == [
        ("health", "配药", False),
        ("safety", "", True),
    ]
    edit = li.page(f"{path}/edit").text
    assert 'name="_version" value="1"' in edit
    assert re.search(r'name="needs.0.category" value="health" checked', edit)
    ids = dict(re.findall(r'name="needs\.(\d+)\.id" value="([0-9a-f-]+)"', edit))
    unticked = _form(
        cast, _version="1", **{f"needs.{n}.id": i for n, i in ids.items()}, **{"needs.5.category": "safety"}
    )
    answer = li.submit(f"{path}?_method=put", unticked)
    assert (answer.status_code, answer.headers["location"]) == (303, path)
    assert [n["category"] for n in li.get(path).json()["needs"]] == ["safety"]
    page = li.page(path).text
    assert "更正记录" in page
    assert "看病就医" in page


def test_a_refused_form_keeps_what_was_typed(visit_as: Open, cast: Cast) -> None:
    li, path = visit_as("李网格"), new_path()
    late = f"{datetime.now(zone()) + timedelta(days=2):%Y-%m-%dT%H:%M}"
    answer = li.submit(
        f"{path}?_method=put",
        _form(
            cast,
            visited_at=late,
            note="<b>写了很多</b>",
            outcome="helped",
            people_met=[],
            **{"needs.3.category": "housing"},
        ),
    )
    assert answer.status_code == 422
    text = answer.text
    assert "&lt;b&gt;写了很多" in text
    assert f'action="{path}?_method=put"' in text
    assert re.search(r'name="outcome" value="helped" required checked', text)
    assert re.search(r'name="needs.3.category" value="housing" checked', text)
    assert not re.search(r'name="people_met" value="[0-9a-f-]+" checked', text)
    assert "日期不能晚于今天" in text


def test_two_tabs(visit_as: Open, cast: Cast) -> None:
    li, path = visit_as("李网格"), new_path()
    li.submit(f"{path}?_method=put", _form(cast))
    first = li.submit(f"{path}?_method=put", _form(cast, _version="1", note="第一"))
    assert first.status_code == 303
    second = li.submit(f"{path}?_method=put", _form(cast, _version="1", note="第二"))
    assert second.status_code == 412
    assert "第二" in second.text
    assert "查看最新内容" in second.text
    assert li.get(path).json()["note"] == "第一"


def test_pages_open_for_their_readers_only(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    path, home = new_path(), cast.households["1-1-101"]
    visit_as("李网格").put(path, json=body(cast, needs=[{"category": "health", "urgent": True}]))
    reading = ("/visits", "/visits/due", "/visits/overview", "/needs", "/visit-events", "/visit-policies", path)
    writing = (f"/visits/new?household_id={home}", f"/households/{home}/visit-events/new")
    for name in ("李网格", "王站长", "区督导"):
        for address in reading:
            assert visit_as(name).page(address).status_code == 200, (name, address)
    for address in writing:
        assert visit_as("李网格").page(address).status_code == 200
        assert visit_as("区督导").page(address).status_code == 403
        assert visit_as("赵网格").page(address).status_code == 404
    for address in (*reading, *writing):
        assert visit_as("周代表").page(address).status_code == 403
        assert visit_as(None).page(address).status_code == 303
    assert visit_as("外主任").page(path).status_code == 404
    assert visit_as("赵网格").page(path).status_code == 404


def test_english_is_complete(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, path, home = visit_as("李网格"), new_path(), cast.households["1-1-101"]
    li.put(path, json=body(cast, note="", needs=[{"category": "health", "urgent": True}]))
    li.put(path, json=body(cast, note="x"), headers={"If-Match": '"1"'})
    visit_as("李网格").post(f"/households/{home}/visit-events", json={"kind": "hospital"})
    names = re.compile("勤廉|李网格|赵网格|王站长|张桂英|翰林缘社区|第.网格|简体中文|王小明|刘芳|王乐乐|中文")
    addresses = ["/today", "/visits", "/visits/due", "/visits/overview", "/needs", "/visit-events", "/visit-policies"]
    addresses += [path, f"{path}/edit", f"/visits/new?household_id={home}", f"/households/{home}/visit-events/new"]
    for address in addresses:
        page = li.page(address, headers={"Accept-Language": "en"}).text
        main = page[page.index("<main") : page.index("</main>")]
        assert not re.findall("[\u4e00-\u9fff]+", names.sub("", main)), address


def test_list_filters(visit_as: Open, cast: Cast) -> None:
    li, zhao = visit_as("李网格"), visit_as("赵网格")
    days = [(now() - timedelta(days=d)).isoformat() for d in (1, 5, 40)]
    for at in days:
        li.put(new_path(), json=body(cast, visited_at=at, note="药"))
    li.put(new_path(), json=body(cast, "1-1-201", outcome="not_home", note="没人"))
    zhao.put(new_path(), json=body(cast, "2-1-101", note="别处"))
    director = visit_as("王站长")
    total = lambda query: director.get(f"/visits?{query}").json()["total"]  # noqa: E731
    assert total("") == 5
    assert total(f"household_id={cast.households['1-1-101']}") == 3
    assert total(f"worker_id={cast.users['赵网格']}") == 1
    assert total(f"grid_area_id={cast.areas[1]}") == 4
    assert total("outcome=not_home") == 1
    assert total("q=1-1-201") == 1
    assert total("q=药") == 3
    assert total("q=%25") == 0
    assert total(f"from={today() - timedelta(days=10)}&to={today()}") == 4
    assert total(f"to={today() - timedelta(days=30)}&outcome=&worker_id=") == 1
    first = director.get("/visits?limit=2").json()
    second = director.get(first["next"].removeprefix("/api/v1")).json()
    third = director.get(second["next"].removeprefix("/api/v1")).json()
    items = first["items"] + second["items"] + third["items"]
    assert len({i["id"] for i in items}) == 5
    assert [i["visited_at"] for i in items] == sorted((i["visited_at"] for i in items), reverse=True)
    assert director.get("/visits?colour=red").status_code == 422
    csv = director.get("/visits/export?format=csv&q=药")
    assert csv.text.count("李网格") == 3
    assert director.get("/visits/export?format=xlsx").content[:2] == b"PK"
    assert visit_as("周代表").get("/visits/export").status_code == 403


def test_policies_are_changed_by_the_director(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    director = visit_as("王站长")
    policies = {p["tier"]: p for p in director.get("/visit-policies").json()["items"]}
    assert list(policies) == ["high", "key", "general", "routine"]
    high = policies["high"]
    path = f"/visit-policies/{high['id']}"
    sent = {"every": 2, "unit": "week", "retry_days": 5, "conditions": [{"min_age": 85}, {}], "source": "社区议定"}
    assert director.put(path, json=sent).status_code == 428
    assert director.put(path, json=sent, headers={"If-Match": '"9"'}).status_code == 412
    changed = director.put(path, json=sent, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text
    assert changed.json()["conditions"] == [{"categories": [], "min_age": 85}]
    row = due_of(db, cast.households["1-1-101"])
    assert row is not None
    assert row.tier == "high"
    assert "85 岁以上" in director.page("/visit-policies").text
    form = {
        "every": "1",
        "unit": "month",
        "retry_days": "3",
        "event_hours": "24",
        "source": "",
        "conditions.0.min_age": "",
        "conditions.0.categories": ["living_alone", "orphan"],
        "conditions.1.min_age": "",
        "_version": "2",
    }
    saved = director.submit(f"{path}?_method=put", form)
    assert (saved.status_code, saved.headers["location"]) == (303, "/visit-policies")
    assert director.get(path).json()["conditions"] == [{"categories": ["living_alone", "orphan"]}]
    assert director.page(path).status_code == 200
    for body_ in ({"every": 0, "unit": "week"}, {"every": 1, "unit": "year"}, {"every": 10**9, "unit": "day"}):
        assert director.put(path, json=body_, headers={"If-Match": '"3"'}).status_code == 422
    assert visit_as("李网格").put(path, json=sent, headers={"If-Match": '"3"'}).status_code == 403
    assert visit_as("外主任").put(path, json=sent, headers={"If-Match": '"3"'}).status_code == 404
    assert visit_as("外主任").get(path).status_code == 404
    assert len(visit_as("区督导").get("/visit-policies").json()["items"]) == 8


def test_policies_before_anything_was_planned(visit_as: Open, cast: Cast) -> None:
    """A fresh community shows its defaults, and they can be changed at once."""
    director = visit_as("外主任")
    routine = director.get("/visit-policies").json()["items"][3]
    path = f"/visit-policies/{routine['id']}"
    sent = {"every": 4, "unit": "month", "conditions": [{"min_age": 3}]}
    changed = director.put(path, json=sent, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["conditions"]) == (200, [])
    assert changed.json()["version"] == 2


def test_overview_counts_and_links(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li = visit_as("李网格")
    li.put(new_path(), json=body(cast, visited_at=now().isoformat()))
    li.put(new_path(), json=body(cast, visited_at=(now() - timedelta(days=60)).isoformat()))
    li.put(new_path(), json=body(cast, "1-1-201", outcome="not_home"))
    found = visit_as("王站长").get("/visits/overview").json()
    assert (found["total"]["households"], found["total"]["visited"], found["total"]["covered_30"]) == (6, 1, 1)
    tiers = {c["key"]: c for c in found["tiers"]}
    assert (tiers["high"]["visited"], tiers["routine"]["households"]) == (1, 5)
    assert found["categories"][0]["key"] == "living_alone"
    assert len(found["months"]) == 12
    assert sum(m["visits"] for m in found["months"]) == 2
    assert sum(m["not_home"] for m in found["months"]) == 1
    page = visit_as("王站长").page("/visits/overview").text
    main = page[page.index("<main") : page.index("</main>")].replace("&amp;", "&")
    links = re.findall(r'<a href="(/visits/due\?[^"]+)"[^>]*>([\d.,]+)</a>', main)
    assert len(links) > 10
    for address, shown in links:
        assert visit_as("王站长").get(address).json()["total"] == int(shown.replace(",", "")), address
    assert visit_as("李网格").get("/visits/overview").json()["total"]["households"] == 3
    assert visit_as("外主任").get("/visits/overview").json()["total"]["households"] == 1
    assert visit_as("区督导").get("/visits/overview").json()["total"]["households"] == 7
    assert visit_as("周代表").get("/visits/overview").status_code == 403
    assert visit_as("赵网格").get(f"/visits/overview?grid_area_id={cast.areas[1]}").json()["total"]["households"] == 0


def test_due_list_and_export(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    director = visit_as("王站长")
    assert director.get("/visits/due").json()["total"] == 6
    assert director.get("/visits/due?tier=high").json()["total"] == 1
    assert director.get("/visits/due?category=living_alone").json()["total"] == 1
    assert director.get("/visits/due?state=ahead&unvisited_days=30").json()["total"] == 5
    assert director.get("/visits/due?state=").json()["total"] == 6
    text = director.get("/visits/due/export").text
    assert "张桂英" in text
    assert "独居" in text
    assert visit_as("赵网格").get("/visits/due").json()["total"] == 3
    assert "张*英" in visit_as("区督导").get("/visits/due/export").text


def test_event_form(visit_as: Open, cast: Cast) -> None:
    li, home = visit_as("李网格"), cast.households["1-1-201"]
    path = f"/households/{home}/visit-events"
    answer = li.submit(path, {"kind": "bereavement", "detail": "老人去世", "happened_at": ""})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/households/{home}")
    assert "老人去世" in li.page("/visit-events").text
    assert "老人去世" in li.page(f"/visits/new?household_id={home}").text
    assert li.submit(path, {"detail": "x"}).status_code == 422
    assert li.get(path).json()["items"][0]["kind"] == "bereavement"
    key = {"Idempotency-Key": "one"}
    first = li.post(path, json={"kind": "accident"}, headers=key)
    again = li.post(path, json={"kind": "accident"}, headers=key)
    assert first.json()["id"] == again.json()["id"]
    assert visit_as("赵网格").post(path, json={"kind": "accident"}).status_code == 404
    assert visit_as("赵网格").get(path).status_code == 404
    assert visit_as("区督导").post(path, json={"kind": "accident"}).status_code == 403


def test_household_page_shows_the_timeline(visit_as: Open, cast: Cast, db: Database) -> None:
    plan(db, cast)
    li, home = visit_as("李网格"), cast.households["1-1-101"]
    li.put(new_path(), json=body(cast, note="答应下周送药", needs=[{"category": "health", "detail": "配药"}]))
    li.post(f"/households/{home}/visit-events", json={"kind": "accident", "detail": "摔倒"})
    page = li.page(f"/households/{home}").text
    for text in ("答应下周送药", "配药", "摔倒", "意外事故", f"/visits/new?household_id={home}"):
        assert text in page
    assert "答应下周送药" not in visit_as("周代表").page(f"/households/{home}").text
    with db.write() as s:
        closed = s.get_one(Household, home)
        closed.closed_on = today()
        s.add(closed)
    assert f"/visits/new?household_id={home}" not in li.page(f"/households/{home}").text
