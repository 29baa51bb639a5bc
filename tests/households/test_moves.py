"""Moving in and out, dying, correcting: one household a person a day, and counts of any past day."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.core.clock import today
from app.core.db import Database
from app.households.residents.merging import Period, resolve
from tests.cast import Cast
from tests.households.access import Visit, newcomer, nobody_else_reads, nobody_else_writes

DAY = timedelta(days=1)


def test_move_out(visit_as: Visit, cast: Cast) -> None:
    worker, who = visit_as("李网格"), cast.residents["刘芳"]
    last = (today() - 3 * DAY).isoformat()
    assert worker.page(f"/residents/{who}/move-out").status_code == 200
    left = worker.post(f"/residents/{who}/move-out", json={"on": last, "reason": "迁往外地"})
    assert left.status_code == 200 and left.json()["residencies"][0]["to_on"] == last
    household = worker.get(f"/households/{cast.households['1-1-201']}").json()
    assert [p["name"] for p in household["people"]] == ["王小明", "王乐乐"]
    assert (household["former"][0]["name"], household["former"][0]["reason"]) == ("刘芳", "迁往外地")
    again = worker.submit(f"/residents/{who}/move-out", {"on": last})
    assert again.status_code == 409
    assert worker.get(f"/residents/{who}").status_code == 200  # who lived there last is still known there
    nobody_else_writes(visit_as, "POST", f"/residents/{who}/move-out", {"on": last})


def test_move_out_before_moving_in(visit_as: Visit, cast: Cast) -> None:
    path = f"/residents/{cast.residents['刘芳']}/move-out"
    refused = visit_as("李网格").submit(path, {"on": "2009-12-31"})
    assert refused.status_code == 422 and 'value="2009-12-31"' in refused.text


def test_move_elsewhere_ends_the_old_home_the_day_before(visit_as: Visit, cast: Cast) -> None:
    worker, who = visit_as("李网格"), cast.residents["刘芳"]
    form = {"room": "1幢1单元301", "from_on": "2020-05-01", "relation": "head"}
    assert worker.submit(f"/residents/{who}/move-in", form).status_code == 303
    new, old = worker.get(f"/residents/{who}").json()["residencies"]
    assert (new["label"], new["relation"], old["to_on"]) == ("1-1-301", "head", "2020-04-30")
    for room, field in (("9-9-999", "room"), ("2-1-101", "room"), ("1-1-301", "room"), ("", "room")):
        refused = worker.submit(f"/residents/{who}/move-in", {"room": room, "from_on": "2021-01-01"})
        assert refused.status_code in (409, 422) and f"f-{field}-error" in refused.text
    early = worker.submit(f"/residents/{who}/move-in", {"room": "1-1-101", "from_on": "2020-05-01"})
    assert early.status_code == 422 and "f-from_on-error" in early.text
    nobody_else_writes(visit_as, "POST", f"/residents/{who}/move-in", {"room": "1-1-101"})


def test_death_ends_residency_and_care_and_can_be_undone(visit_as: Visit, cast: Cast) -> None:
    worker, who = visit_as("李网格"), cast.residents["张桂英"]
    assert worker.page(f"/residents/{who}/death").status_code == 200
    assert worker.post(f"/residents/{who}/death", json={"died_on": "2009-01-01"}).status_code == 422
    gone = worker.post(f"/residents/{who}/death", json={"died_on": "2026-02-01"}).json()
    assert (gone["died_on"], gone["residencies"][0]["to_on"], gone["care"][0]["to_on"]) == ("2026-02-01",) * 3
    assert gone["age"] == 87  # as old as she became
    assert worker.get(f"/households/{cast.households['1-1-101']}").json()["former"][0]["died"] is True
    assert worker.post(f"/residents/{who}/move-in", json={"room": "1-1-101"}).json()["code"] == "person_died"
    assert worker.post(f"/residents/{who}/care", json={"category": "disabled", "reason": "x"}).status_code == 409
    undone = worker.submit(f"/residents/{who}?_method=patch", {"_version": str(gone["version"]), "died_on": ""})
    assert undone.status_code == 303 and worker.get(f"/residents/{who}").json()["died_on"] is None
    stay = gone["residencies"][0]
    path = f"/residents/{who}/residencies/{stay['id']}"
    assert worker.page(path).status_code == 200
    reopened = worker.patch(path, json={"to_on": None}, headers={"If-Match": f'"{stay["version"]}"'})
    assert reopened.status_code == 200 and reopened.json()["to_on"] is None
    nobody_else_writes(visit_as, "POST", f"/residents/{who}/death", {"died_on": "2026-02-01"})


def test_a_correction_may_not_overlap(visit_as: Visit, cast: Cast) -> None:
    worker, who = visit_as("李网格"), cast.residents["刘芳"]
    worker.post(f"/residents/{who}/move-in", json={"room": "1-1-301", "from_on": "2020-05-01"})
    new, old = worker.get(f"/residents/{who}").json()["residencies"]
    path = f"/residents/{who}/residencies"
    assert worker.patch(f"{path}/{old['id']}", json={"to_on": None}).status_code == 428
    refused = worker.submit(
        f"{path}/{old['id']}?_method=patch", {"_version": str(old["version"]), "from_on": "2010-01-01", "to_on": ""}
    )
    assert refused.status_code == 409 and "重叠" in refused.text
    moved = worker.patch(f"{path}/{new['id']}", json={"from_on": "2020-06-01"}, headers={"If-Match": '"1"'})
    assert moved.status_code == 200
    upside_down = worker.patch(f"{path}/{old['id']}", json={"to_on": "2001-01-01"}, headers={"If-Match": '"2"'})
    assert upside_down.status_code == 422
    other = worker.patch(f"/residents/{cast.residents['王小明']}/residencies/{old['id']}", json={})
    assert other.status_code == 404
    nobody_else_writes(visit_as, "PATCH", f"{path}/{old['id']}", {"reason": "x"})


def test_counts_of_any_day(visit_as: Visit, cast: Cast) -> None:
    director, who = visit_as("王站长"), cast.residents["刘芳"]
    director.post(f"/residents/{who}/move-out", json={"on": "2020-04-30"})
    counted = {
        day: director.get(f"/residents/counts?as_of={day}").json() for day in ("2009-12-31", "2020-04-30", "2020-05-01")
    }
    assert [c["residents"] for c in counted.values()] == [0, 5, 4]
    assert counted["2020-05-01"]["moved_out"] == 1
    assert [a["residents"] for a in counted["2020-05-01"]["areas"]] == [3, 1]
    page = director.page("/residents/counts?as_of=2020-05-01")
    assert page.status_code == 200
    assert visit_as("赵网格").get("/residents/counts").json()["residents"] == 1
    assert visit_as("外主任").get("/residents/counts").json()["residents"] == 1
    assert visit_as("周代表").get("/residents/counts").status_code == 403
    nobody_else_reads(visit_as, f"/residents/{cast.residents['张桂英']}")
    assert director.get("/residents/counts?as_of=0001-01-01").status_code == 422


moves = st.lists(
    st.tuples(
        st.integers(0, 2),  # whom
        st.sampled_from(["in", "out"]),
        st.integers(0, 2),  # into which household
        st.integers(0, 60),  # on which day
    ),
    max_size=10,
)


@pytest.mark.parametrize("_once", [1])
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=moves)
def test_counts_equal_a_recount_by_hand(
    visit_as: Visit, cast: Cast, db: Database, _once: int, steps: list[tuple[int, str, int, int]]
) -> None:
    """Whatever is accepted: no person is in two households on a day, and every day's count is the brute-force one."""
    director, start = visit_as("王站长"), today() - timedelta(days=90)
    rooms = [cast.households[label] for label in ("1-1-301", "2-1-201", "2-1-301")]
    people = [newcomer(director, rooms[0], name=f"人{n}", from_on=start.isoformat())["id"] for n in range(3)]
    before = {start + n * DAY: _living(director, start + n * DAY) - 3 for n in (0, 30, 60, 89)}
    for whom, what, where, offset in steps:
        day = (start + offset * DAY).isoformat()
        if what == "out":
            answer = director.post(f"/residents/{people[whom]}/move-out", json={"on": day})
        else:
            body = {"household_id": str(rooms[where]), "from_on": day}
            answer = director.post(f"/residents/{people[whom]}/move-in", json=body)
        assert answer.status_code in (200, 409, 422), answer.text
    stays = [_stays(director, person) for person in people]
    for mine in stays:
        for day in (start + n * DAY for n in range(91)):
            assert sum(first <= day <= last for first, last in mine) <= 1
    for day, others in before.items():
        by_hand = sum(any(first <= day <= last for first, last in mine) for mine in stays)
        assert _living(director, day) == others + by_hand


def _living(visitor: Any, day: date) -> int:
    return int(visitor.get(f"/residents/counts?as_of={day.isoformat()}").json()["residents"])


def _stays(visitor: Any, person: str) -> list[tuple[date, date]]:
    found = visitor.get(f"/residents/{person}").json()["residencies"]
    return [
        (date.fromisoformat(r["from_on"]), date.fromisoformat(r["to_on"]) if r["to_on"] else date.max) for r in found
    ]


@st.composite
def histories(draw: st.DrawFn) -> list[Period]:
    found = []
    for rank in range(draw(st.integers(1, 6))):
        first = draw(st.integers(0, 40))
        length = draw(st.one_of(st.none(), st.integers(0, 30)))
        begin = date(2020, 1, 1) + first * DAY
        found.append(
            Period(draw(st.sampled_from("ABC")), begin, None if length is None else begin + length * DAY, rank)
        )
    return found


@given(histories())
def test_a_merged_history_loses_no_day_and_doubles_none(periods: list[Period]) -> None:
    pieces = resolve(periods)
    assert sum(piece.to_on is None for piece in pieces) <= 1
    for day in (date(2019, 12, 31) + n * DAY for n in range(100)):
        covering = [p for p in periods if p.from_on <= day <= p.last]
        found = [p for p in pieces if p.from_on <= day <= p.last]
        assert len(found) == bool(covering)
        if covering:
            latest = max(covering, key=lambda p: (p.from_on, -p.rank))
            assert found[0].where == latest.where
