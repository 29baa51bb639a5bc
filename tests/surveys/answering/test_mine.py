"""The page of a representative who signed in: what asks for an answer, and the way to the own questionnaire."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlmodel import update

from app.ballots.models import Invitation, InvitationState
from app.core.db import Database
from app.core.models import new_id
from app.surveys.rounds.models import Round
from tests.ballots.test_leaves_nothing import _changed, _content
from tests.cast import Cast
from tests.surveys.answering import made
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def _begin(db: Database, cast: Cast, secrecy: str = "confidential") -> Round:
    round_ = made.begin(db, cast, secrecy=secrecy)
    made.seat(db, cast, "周代表")
    return round_


@pytest.mark.parametrize("secrecy", ["named", "confidential"])
def test_the_own_questionnaire_opens_with_one_press(db: Database, cast: Cast, visit_as: Visit, secrecy: str) -> None:
    round_ = _begin(db, cast, secrecy)
    me = visit_as("周代表")
    page = me.page("/my-rounds")
    assert "有 1 轮评议请您参加" in page.text and "打开我的问卷" in page.text and 'href="/my-rounds"' in page.text
    (asked,) = me.get("/my-rounds").json()["open"]
    assert (asked["round_id"], asked["answered"]) == (str(round_.id), False)
    before = _content(db)
    opened = me.submit(f"/my-rounds/{round_.id}", {})
    assert opened.status_code == 303 and _changed(before, _content(db)) == set()
    mine = next(slip for slip in made.slips(db, round_) if slip.name == "代表1")
    assert opened.headers["location"] == f"/s/{mine.token}"
    assert me.post(f"/my-rounds/{round_.id}").json() == {"href": f"/s/{mine.token}"}
    assert me.submit(f"/s/{mine.token}", {"once": "my-only-press", **made.ticked()}).status_code == 200
    after = me.page("/my-rounds")
    assert "已作答" in after.text and "打开我的问卷" not in after.text
    again = me.submit(f"/my-rounds/{round_.id}", {})
    assert again.status_code == 409 and "一人只能答一次" in again.text


def test_a_secret_round_opens_with_the_slip_only(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _begin(db, cast, "secret")
    me = visit_as("周代表")
    assert [x["answered"] for x in me.get("/my-rounds").json()["open"]] == [None]
    page = me.page("/my-rounds")
    assert "请扫描发给您的答题条作答" in page.text and f'action="/my-rounds/{round_.id}"' not in page.text
    refused = me.post(f"/my-rounds/{round_.id}")
    assert (refused.status_code, refused.json()["code"]) == (409, "slip_needed")


def test_whoever_is_not_asked_has_no_questionnaire(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast)
    me = visit_as("周代表")
    assert me.get("/my-rounds").json()["open"] == [] and "现在没有请您参加的评议" in me.page("/my-rounds").text
    assert me.post(f"/my-rounds/{round_.id}").status_code == 404
    assert me.post(f"/my-rounds/{new_id()}").status_code == 404
    assert me.post("/my-rounds/not-an-id").status_code == 422
    made.seat(db, cast, "周代表")
    with db.write() as s:
        s.execute(update(Invitation).values(state=InvitationState.ineligible))
    assert me.post(f"/my-rounds/{round_.id}").status_code == 404


def test_after_the_hour_only_results_are_left(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _begin(db, cast)
    me = visit_as("周代表")
    made.pass_the_hour(db, round_)
    assert me.get("/my-rounds").json()["open"] == [] and me.post(f"/my-rounds/{round_.id}").status_code == 404
    assert "还没有公布的评议" in me.page("/my-rounds").text
    made.finish(db, round_)
    found = me.get("/my-rounds").json()
    assert [x["round_id"] for x in found["published"]] == [str(round_.id)]
    page = me.page("/my-rounds").text
    assert f"/rounds/{round_.id}/result" in page and found["all_published_href"] == "/board/320594001001/rounds"
    assert me.page(found["all_published_href"]).status_code == 200


@pytest.mark.parametrize("name", ["王站长", "李网格", "区督导", "系统员", "外社区"])
def test_who_may_not(db: Database, cast: Cast, visit_as: Visit, name: str) -> None:
    round_ = _begin(db, cast)
    visitor = visit_as(name)
    assert visitor.get("/my-rounds").status_code == visitor.post(f"/my-rounds/{round_.id}").status_code == 403
    assert 'href="/my-rounds"' not in visitor.page("/account").text
    assert visit_as(None).get("/my-rounds").status_code == 401
