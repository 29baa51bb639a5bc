"""A paper ballot found after publication: one more sheet in a new revision, with its reason, once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from app.core.clock import today
from app.core.db import Database
from app.surveys.rounds import running
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.answering import made
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
REASON = "录入时漏掉一张，公布后在票箱中找到"


@pytest.fixture
def published(db: Database, cast: Cast) -> Round:
    round_ = made.begin(db, cast, count=20)
    helpers.answer(db, round_, 6)
    helpers.answer(db, round_, 6, "dissatisfied", first=6)
    made.finish(db, round_)
    return helpers.the_round(db)


def _path(round_: Round) -> str:
    return f"/rounds/{round_.id}/forgotten-ballots"


def _fields(round_: Round, **more: Any) -> dict[str, str]:
    return {"_version": str(round_.version), "reason": REASON, **made.ticked("dissatisfied"), **more}


def test_it_is_counted_once_with_its_reason(db: Database, published: Round, visit_as: Visit) -> None:
    director = visit_as("王站长")
    assert "补录漏掉的纸质答卷" in director.page(f"/rounds/{published.id}").text
    form = director.page(f"/rounds/{published.id}/corrections/new")
    assert form.status_code == 200 and "已计入 12 份" in form.text and "意见或建议" not in form.text, "no free texts"
    assert "少于 5 张的更正" in form.text
    assert f'name="_version" value="{published.version}"' in form.text
    sent = director.submit(_path(published), _fields(published))
    assert sent.status_code == 303 and sent.headers["location"] == f"/rounds/{published.id}"
    again = director.submit(_path(published), _fields(published))
    assert again.status_code == 412 and REASON in again.text, "a second tap adds no second ballot"
    result = visit_as(None).get(f"/rounds/{published.id}/result").json()
    assert (result["revision"], result["answered"]) == (2, 13)
    (subject,) = result["subjects"]
    assert [r["revision"] for r in subject["revisions"]] == [1, 2] and subject["revisions"][1]["reason"] == REASON
    assert subject["figure"]["share"] is None, "one ballot more would show what stands on it"
    assert visit_as(None).get(f"/rounds/{published.id}/bundle?revision=1").status_code == 200


def test_what_is_refused_keeps_what_was_typed(db: Database, published: Round, visit_as: Visit) -> None:
    director = visit_as("王站长")
    cases: list[tuple[dict[str, str], int, str]] = [
        (_fields(published, reason=""), 422, ""),
        ({"_version": str(published.version), "reason": REASON}, 409, "还没有回答任何一题"),
        (_fields(published, stratum="9"), 422, "没有这个分层"),
        (_fields(published, **{"a.property.overall": "splendid"}), 422, ""),
    ]
    for fields, status, said in cases:
        page = director.submit(_path(published), fields)
        assert page.status_code == status and said in page.text
        assert fields["reason"] in page.text and page.text.count(" checked") in (0, 6, 7)
    assert helpers.the_round(db).revision == 1


def test_there_are_never_more_ballots_than_people(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast, count=6)
    helpers.answer(db, round_, 6)
    made.finish(db, round_)
    page = visit_as("王站长").submit(_path(round_), _fields(helpers.the_round(db)))
    assert page.status_code == 409 and "答卷不能多于应邀人数" in page.text and REASON in page.text


def test_the_stratum_is_one_of_those_counted(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(
        db, cast.community, homes=40, public_number=False, publish="manual", opens_day=today().day, opens_hour=0,
        starts_on=today().replace(day=1), catch_up=0, stratify="grid_area", sample_size=20,
    )  # fmt: skip
    running.run_due(db, None, None)
    helpers.answer(db, helpers.the_round(db), 12)
    made.finish(db, helpers.the_round(db))
    round_, director = helpers.the_round(db), visit_as("王站长")
    form = director.get(f"/rounds/{round_.id}/corrections/new").json()
    assert form["strata"] == ["1"] and "第1网格" in director.page(f"/rounds/{round_.id}/corrections/new").text
    assert director.submit(_path(round_), _fields(round_, stratum="1")).status_code == 303
    assert helpers.the_round(db).answered == 13


def test_only_a_published_round_is_corrected(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_, director = made.begin(db, cast), visit_as("王站长")
    page = director.page(f"/rounds/{round_.id}/corrections/new")
    assert page.status_code == 200 and "本轮还没有公布" in page.text and 'name="reason"' not in page.text
    refused = director.submit(_path(round_), _fields(round_))
    assert refused.status_code == 409 and "只有公布以后才能更正" in refused.text


@pytest.mark.parametrize(("name", "status"), [("李网格", 403), ("周代表", 403), ("区督导", 403), ("外主任", 404)])
def test_who_may_not(published: Round, visit_as: Visit, name: str, status: int) -> None:
    visitor = visit_as(name)
    assert visitor.get(f"/rounds/{published.id}/corrections/new").status_code == status
    assert visitor.post(_path(published), json={"reason": REASON, "a": made.rated()}).status_code == status
    assert visit_as(None).post(_path(published), json={}).status_code == 401
