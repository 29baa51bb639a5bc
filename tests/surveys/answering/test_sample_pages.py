"""The drawn by name, replacing who moved or died, voiding a draw, and running what is due: from pages."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from app.core.clock import now, today
from app.core.db import Database
from app.surveys.rounds import framing, running
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.answering import made
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def framed(db: Database, cast: Cast) -> Round:
    helpers.sample_of_residents(
        db, cast.community, opens_day=today().day, opens_hour=0, starts_on=today().replace(day=1), catch_up=0
    )
    running.run_due(db, None, None)
    found = helpers.the_round(db)
    assert found.state == "framed"
    return found


def _draw(db: Database, round_: Round) -> None:
    with db.write() as s:
        drawn = framing.current(s, round_.id)
        assert drawn is not None
        framing.execute(s, drawn, framing.units_of(s, round_.id), "07 12 33", now())


def test_a_reserve_steps_in_from_the_page(db: Database, framed: Round, visit_as: Visit) -> None:
    director, path = visit_as("王站长"), f"/rounds/{framed.id}/sample"
    assert "没有抽取名单" in director.page(path).text
    assert "抽中和候补的名单" not in director.page(f"/rounds/{framed.id}").text
    _draw(db, framed)
    assert path in director.page(f"/rounds/{framed.id}").text
    before = director.get(path).json()
    assert len(before["items"]) == 12 and before["may_replace"] is True
    gone, reserve = before["items"][0], next(x for x in before["items"] if x["role"] == "reserve")
    page = director.page(path)
    assert gone["name"] in page.text and gone["household"] in page.text
    assert page.text.count("搬走/去世，由候补替上") == 8, "reserves are not replaced"
    sent = director.submit(f"/rounds/{framed.id}/replacements", {"public_id": gone["public_id"], "reason": "moved"})
    assert sent.status_code == 303 and sent.headers["location"] == path
    roles = {x["public_id"]: x["role"] for x in director.get(path).json()["items"]}
    assert (roles[gone["public_id"]], roles[reserve["public_id"]]) == ("replaced", "replacement")
    again = director.submit(f"/rounds/{framed.id}/replacements", {"public_id": gone["public_id"], "reason": "died"})
    assert again.status_code == 409 and "不在应邀名单中" in again.text
    assert director.submit(f"/rounds/{framed.id}/replacements", {"public_id": "zz"}).status_code == 422


def test_in_an_open_round_one_is_only_excused(db: Database, framed: Round, visit_as: Visit) -> None:
    _draw(db, framed)
    running.run_due(db, None, None)
    director, path = visit_as("王站长"), f"/rounds/{framed.id}/sample"
    found = director.get(path).json()
    assert (found["may_replace"], found["may_excuse"]) == (False, True)
    gone = found["items"][0]["public_id"]
    assert (
        director.submit(f"/rounds/{framed.id}/replacements", {"public_id": gone, "reason": "died"}).status_code == 303
    )
    page = director.page(path).text
    assert "去世）" in page and page.count('<summary class="btn quiet">搬走/去世</summary>') == 7


def test_the_round_page_leads_to_the_next_step(db: Database, framed: Round, visit_as: Visit) -> None:
    director, here = visit_as("王站长"), f"/rounds/{framed.id}"
    assert f'href="{here}/draw#announce"' in director.page(here).text
    assert 'id="announce"' in director.page(f"{here}/draw").text
    director.submit(f"{here}/announcement", {"source_text": "周末开奖号码"})
    page = director.page(here).text
    assert "draw#announce" not in page and f"{here}/public-number" in page
    empty = director.submit(f"{here}/redraw", {"reason": ""})
    assert empty.status_code == 422 and "作废重抽" in empty.text
    sent = director.submit(f"{here}/redraw", {"reason": "公布的号码当天没有开奖"})
    assert sent.status_code == 303 and sent.headers["location"] == here
    draws = visit_as(None).get(f"{here}/draw").json()["draws"]
    assert [d["void_reason"] for d in draws] == ["公布的号码当天没有开奖", ""]
    assert "draw#announce" in director.page(here).text, "another number must be announced"


def test_whoever_runs_rounds_has_a_button(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.ready(db, cast.community, opens_day=today().day, opens_hour=0, starts_on=today().replace(day=1), catch_up=0)
    director = visit_as("王站长")
    assert 'action="/rounds/run-due"' in director.page("/rounds").text
    done = director.submit("/rounds/run-due", {})
    assert done.status_code == 303 and done.headers["location"] == "/rounds"
    assert helpers.the_round(db).state == "open"
    assert 'action="/rounds/run-due"' not in visit_as("李网格").page("/rounds").text


def test_a_refusal_is_said_on_the_page(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_, director = made.begin(db, cast), visit_as("王站长")
    page = director.submit(f"/rounds/{round_.id}/publish", {})
    assert page.status_code == 409 and "只有已截止的轮次才能公布" in page.text


@pytest.mark.parametrize(("name", "status"), [("李网格", 403), ("周代表", 403), ("外主任", 404)])
def test_who_may_not(framed: Round, visit_as: Visit, name: str, status: int) -> None:
    visitor = visit_as(name)
    assert visitor.page(f"/rounds/{framed.id}/sample").status_code == status
    assert "操作</h2>" not in visitor.page(f"/rounds/{framed.id}").text
