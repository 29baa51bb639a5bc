"""Activities from the draft to the summary: rooms, steps, what residents see, and the figures."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.activities.models import Activity, Kind, State
from app.activities.programme import reading, service, states
from app.activities.programme.schemas import ActivityCreate, ActivityUpdate, Cancel, Step, VenueCreate
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, DomainError, Invalid
from tests.cast import Cast, bearer
from tests.surveys.rounds.helpers import instant, principal
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
BEGINS = instant("2012-06-20T14:00")
AFTER = instant("2012-06-25T09:00")


def plan(s: Session, who: Principal, begins: datetime = BEGINS, hours: int = 2, **more: Any) -> Activity:
    data = {"title": "党史讲座", "kind": "lecture", "line": "party", "starts_at": begins, **more}
    data.setdefault("ends_at", begins + timedelta(hours=hours))
    return service.create(s, who, ActivityCreate.model_validate(data), instant("2012-06-01T09:00"))


def room(s: Session, who: Principal, **more: Any) -> UUID:
    return service.add_venue(s, who, VenueCreate(name="活动室", exclusive=True, **more)).id


def test_a_room_belongs_to_one_at_a_time(db: Database, cast: Cast) -> None:
    who = principal(db, "王站长")
    with db.write() as s:
        venue = room(s, who)
        first = plan(s, who, venue_id=venue)
        for begins, hours in ((BEGINS - timedelta(hours=1), 2), (BEGINS + timedelta(hours=1), 1), (BEGINS, 9)):
            with pytest.raises(Conflict, match=r"党史讲座.*14:00–16:00"), s.begin_nested():
                plan(s, who, begins, hours, venue_id=venue)
        plan(s, who, BEGINS + timedelta(hours=2), venue_id=venue)
        plan(s, who, place="广场")
        service.cancel(s, who, first.id, Cancel(reason="下雨"), AFTER)
        plan(s, who, venue_id=venue)


def test_only_one_of_many_at_once_gets_the_room(db: Database, cast: Cast) -> None:
    who = principal(db, "王站长")
    with db.write() as s:
        venue = room(s, who)

    def ask(_n: int) -> str:
        try:
            with db.write() as s:
                plan(s, who, venue_id=venue)
        except DomainError as refused:
            return refused.code
        return "made"

    with ThreadPoolExecutor(8) as pool:
        answers = Counter(pool.map(ask, range(16)))
    assert answers == {"made": 1, "venue_taken": 15}


@pytest.mark.sqlite
def test_nobody_skips_a_step(db: Database, cast: Cast) -> None:
    """Every step from every state: allowed by the graph, or 409 and nothing changed."""
    who = principal(db, "王站长")
    ways: dict[State, tuple[State, ...]] = {
        State.draft: (),
        State.announced: (State.announced,),
        State.held: (State.announced, State.held),
        State.closed: (State.announced, State.held, State.closed),
        State.cancelled: (State.cancelled,),
    }
    for state, way in ways.items():
        for to in (State.announced, State.held, State.closed, State.cancelled):
            with db.write() as s:
                activity = plan(s, who)
                for step in way:
                    _go(s, who, activity, step)
                assert activity.state == state
                if to in states.NEXT[state]:
                    _go(s, who, activity, to)
                    assert activity.state == to
                else:
                    with pytest.raises(Conflict):
                        _go(s, who, activity, to)
                    assert activity.state == state


def _go(s: Session, who: Principal, activity: Activity, to: State) -> None:
    if to is State.cancelled:
        service.cancel(s, who, activity.id, Cancel(reason="下雨"), AFTER)
    else:
        service.step(s, who, activity.id, Step.model_validate({"to": to, "summary": "圆满"}), AFTER)


def test_what_has_not_begun_was_not_held_and_a_summary_is_needed(db: Database, cast: Cast) -> None:
    who = principal(db, "王站长")
    with db.write() as s:
        activity = plan(s, who)
        service.step(s, who, activity.id, Step(to=State.announced), BEGINS - timedelta(days=3))
        with pytest.raises(Conflict, match="还没有开始"):
            service.step(s, who, activity.id, Step(to=State.held), BEGINS - timedelta(minutes=1))
        later = ActivityUpdate(starts_at=BEGINS + timedelta(days=1), ends_at=BEGINS + timedelta(days=1, hours=1))
        service.update(s, who, activity.id, later, activity.version, BEGINS - timedelta(days=1))
        (moved, *_rest) = reading.detail(s, activity).history
        assert moved.kind == "moved" and "2012-06-20 14:00–16:00" in moved.text and "2012-06-21" in moved.text
        service.step(s, who, activity.id, Step(to=State.held, headcount=12), AFTER)
        with pytest.raises(Invalid, match="请写总结"):
            service.step(s, who, activity.id, Step(to=State.closed), AFTER)
        with pytest.raises(Conflict, match="不能再改"):
            service.update(s, who, activity.id, ActivityUpdate(title="别的"), activity.version, AFTER)


def test_the_figures_of_any_period_equal_a_recount(db: Database, cast: Cast) -> None:
    rng, who, told = random.Random(7), principal(db, "王站长"), []
    with db.write() as s:
        for _n in range(60):
            begins = instant("2012-01-01T23:30") + timedelta(days=rng.randrange(360))
            kind, line = rng.choice(list(Kind)), rng.choice(["party", "women", "culture"])
            activity = plan(s, who, begins, 1, kind=kind, line=line, place="广场")
            state, heads = (
                rng.choice([State.draft, State.announced, State.held, State.cancelled]),
                rng.choice([None, 9]),
            )
            activity.state, activity.headcount = state, heads
            activity.cancelled_reason = "下雨" if state is State.cancelled else ""
            told.append((begins, kind, line, state, heads))
        s.flush()
        for _n in range(20):
            since = date(2012, 1, 1) + timedelta(days=rng.randrange(300))
            until = since + timedelta(days=rng.randrange(90))
            here = [
                t for t in told
                if t[3] is State.held and since <= (t[0] + timedelta(hours=8)).date() <= until
            ]  # fmt: skip
            found = reading.figures(s, cast.community, since, until)
            assert found.total.activities == len(here)
            assert found.total.headcount == sum(t[4] or 0 for t in here)
            assert {c.key: c.activities for c in found.kinds} == Counter(str(t[1]) for t in here)
            assert {c.key: c.activities for c in found.lines} == Counter(t[2] for t in here)


def test_the_pages_from_the_first_form_to_the_public_board(visit_as: Visit, db: Database, cast: Cast) -> None:
    li, board = visit_as("李网格"), "/board/320594001001/activities"
    begins = (now() + timedelta(days=2)).strftime("%Y-%m-%dT10:00")
    form = {"title": "环保<漂流>", "kind": "festival", "line": "environment", "audience": "families", "place": "广场"}
    wrong = li.submit("/activities", {**form, "starts_at": begins, "ends_at": begins, "venue_id": ""})
    assert wrong.status_code == 422 and "环保&lt;漂流&gt;" in wrong.text and f'value="{begins}"' in wrong.text
    made = li.submit("/activities", {**form, "starts_at": begins, "ends_at": begins.replace("10:00", "11:30")})
    here = made.headers["location"]
    assert visit_as("周代表").get(here).status_code == 404, "a draft is for those who organise"
    assert "环保" not in visit_as(None).page(board).text
    assert li.submit(f"{here}/steps", {"to": "announced"}).status_code == 303
    assert "环保&lt;漂流&gt;" in visit_as(None).page(board).text
    early = li.submit(f"{here}/steps", {"to": "held", "headcount": "40"})
    assert early.status_code == 409 and "还没有开始" in early.text
    assert li.submit(f"{here}/cancel", {"reason": "台风"}).status_code == 303
    assert "已取消：台风" in visit_as(None).page(board).text
    assert "环保" in li.get("/activities/export?format=csv").content.decode("utf-8-sig")
    assert visit_as("外社区").get(here).status_code == 404
    assert visit_as("周代表").post("/activities", json={}).status_code == 403
    figures = visit_as(None).get("/api/v1/activities/figures", headers=bearer("区平台")).json()
    assert figures["total"]["activities"] == 0 and figures["total"]["source"].startswith("/activities?")
