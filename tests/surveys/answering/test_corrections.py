"""Correcting a published round: sheet by sheet, with what it changes in view, and published by a second person."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from app.core.clock import today
from app.core.db import Database
from app.surveys.rounds import running
from app.surveys.rounds.models import Round, RoundCorrection
from tests.cast import Cast
from tests.surveys.answering import made
from tests.surveys.rounds import helpers
from tests.visitor import HTML, Visitor

Visit = Callable[[str | None], Visitor]
REASON = "录入时漏掉五张，公布后在票箱中找到"


@pytest.fixture
def published(db: Database, cast: Cast) -> Round:
    round_ = made.begin(db, cast, count=20)
    helpers.answer(db, round_, 6)
    helpers.answer(db, round_, 6, "dissatisfied", first=6)
    made.finish(db, round_)
    return helpers.the_round(db)


def _here(round_: Round) -> str:
    return f"/rounds/{round_.id}/correction"


def _side(side: str, option: str) -> dict[str, str]:
    return {side + name.removeprefix("a"): value for name, value in made.ticked(option).items()}


def _version(visitor: Visitor, round_: Round) -> str:
    return str(visitor.get(_here(round_)).json()["version"])


def _add(visitor: Visitor, round_: Round, kind: str, *, version: str | None = None, **sides: str) -> Any:
    fields = {"kind": kind, "_version": version or _version(visitor, round_)}
    for side, option in sides.items():
        fields |= _side(side, option)
    return visitor.submit(f"{_here(round_)}/changes", fields)


def _reason(visitor: Visitor, round_: Round, reason: str = REASON) -> Any:
    return visitor.submit(f"{_here(round_)}?_method=patch", {"reason": reason, "_version": _version(visitor, round_)})


def _confirm(visitor: Visitor, round_: Round) -> Any:
    return visitor.submit(f"{_here(round_)}/confirm", {"_version": _version(visitor, round_)})


def test_two_people_and_plain_forms_publish_a_new_revision(db: Database, published: Round, visit_as: Visit) -> None:
    director, worker = visit_as("王站长"), visit_as("李网格")
    assert f'href="/rounds/{published.id}/correction"' in director.page(f"/rounds/{published.id}").text
    for _n in range(5):
        assert _add(director, published, "wrong", was="dissatisfied", should="satisfied").status_code == 303
    assert _add(director, published, "forgotten", should="satisfied").status_code == 303
    assert _add(director, published, "twice", was="satisfied").status_code == 303
    assert "有一份更正等待另一人复核" in worker.page(f"/rounds/{published.id}").text
    shown = worker.page(_here(published)).text
    assert shown.count("<del>不满意</del> → <ins>满意</ins>") == 5 * 7 and "由王站长提出" in shown
    assert "写明原因以后" in shown and "核对无误" not in shown
    assert _reason(director, published).status_code == 303
    own = director.page(_here(published)).text
    assert "须由另一人复核公布" in own and "核对无误" not in own
    assert _confirm(director, published).status_code == 403 and helpers.the_round(db).revision == 1
    (effect,) = worker.get(_here(published)).json()["effects"]
    assert (effect["now"]["share"], effect["then"]["share"], effect["changes"]) == (0.5, 0.9167, True)
    assert _confirm(worker, published).headers["location"] == f"/rounds/{published.id}"
    result = visit_as(None).get(f"/rounds/{published.id}/result").json()
    assert (result["revision"], result["answered"]) == (2, 12)
    (subject,) = result["subjects"]
    assert subject["figure"]["share"] == effect["then"]["share"] and subject["revisions"][1]["reason"] == REASON
    with db.read() as s:
        kept = s.exec(select(RoundCorrection)).one()
        assert len(kept.changes) == 7 and kept.made_by == helpers.principal(db, "王站长").id
    assert worker.get(_here(published)).json()["changes"] == []
    assert visit_as(None).get(f"/rounds/{published.id}/bundle?revision=1").status_code == 200


def test_one_sheet_shows_beforehand_that_shares_will_be_withheld(published: Round, visit_as: Visit) -> None:
    director = visit_as("王站长")
    form = director.page(f"/rounds/{published.id}/corrections/new?kind=forgotten").text
    assert 'name="should.property.overall"' in form and 'name="was.' not in form and "意见或建议" not in form
    _add(director, published, "forgotten", should="dissatisfied")
    page = director.page(_here(published)).text
    assert "由 12 份变为 13 份" in page and "相差不足 5 票" in page
    (effect,) = director.get(_here(published)).json()["effects"]
    assert (effect["then"]["share"], effect["then"]["suppressed"]) == (None, "revision")


def test_a_second_press_adds_nothing(published: Round, visit_as: Visit) -> None:
    director = visit_as("王站长")
    assert _add(director, published, "forgotten", version="0", should="satisfied").status_code == 303
    again = _add(director, published, "forgotten", version="0", should="satisfied")
    assert again.status_code == 412 and again.text.count(" checked") == 7
    assert len(director.get(_here(published)).json()["changes"]) == 1


def test_a_sheet_is_dropped_or_all_of_it(published: Round, visit_as: Visit) -> None:
    director, worker = visit_as("王站长"), visit_as("李网格")
    _add(director, published, "forgotten", should="satisfied")
    _add(director, published, "twice", was="satisfied")
    version = _version(director, published)
    htmx = {**HTML, "HX-Request": "true", "HX-Request-Type": "partial", "If-Match": f'"{version}"'}
    left = director.post(f"{_here(published)}/drop", json={"position": 0}, headers=htmx)
    assert left.status_code == 200 and "<html" not in left.text and "重复录入，去掉一张" in left.text
    assert "漏录，补入一张" not in left.text
    stale = director.submit(f"{_here(published)}/drop", {"position": "0", "_version": version})
    assert stale.status_code == 412 and len(director.get(_here(published)).json()["changes"]) == 1
    assert director.submit(f"{_here(published)}/drop", {"position": "7", "_version": "3"}).status_code == 422
    gone = director.submit(f"{_here(published)}?_method=delete", {"_version": "3"})
    assert gone.headers["location"] == f"/rounds/{published.id}"
    assert _confirm(worker, published).status_code == 404
    assert "没有等待复核的更正" in worker.page(_here(published)).text


def test_what_is_refused_keeps_what_was_typed(published: Round, visit_as: Visit) -> None:
    director = visit_as("王站长")
    cases: list[tuple[str, dict[str, str], int, str]] = [
        ("wrong", {"was": "basically_satisfied", "should": "satisfied"}, 422, "没有这样的一张答卷"),
        ("wrong", {"was": "satisfied", "should": "satisfied"}, 422, "改前改后一样"),
        ("wrong", {"was": "satisfied"}, 422, "还没有回答任何一题"),
        ("twice", {"was": "splendid"}, 422, "请从给出的选项中选择"),
    ]
    for kind, sides, status, said in cases:
        page = _add(director, published, kind, **sides)
        assert page.status_code == status and said in page.text, said
        known = sum(option != "splendid" for option in sides.values())
        assert page.text.count(" checked") == 7 * known
    nowhere = {"kind": "forgotten", "_version": "0", "stratum": "9", **_side("should", "satisfied")}
    assert "没有这个分层" in director.submit(f"{_here(published)}/changes", nowhere).text
    for bad in ({"kind": "lost"}, {}, {"kind": "wrong", "was": "x"}):
        assert director.submit(f"{_here(published)}/changes", {**bad, "_version": "0"}).status_code == 422
    assert director.get(f"/rounds/{published.id}/corrections/new?kind=lost").status_code == 422


def test_there_are_never_more_ballots_than_people(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast, count=6)
    helpers.answer(db, round_, 6)
    made.finish(db, round_)
    page = _add(visit_as("王站长"), helpers.the_round(db), "forgotten", should="satisfied")
    assert page.status_code == 409 and "答卷不能多于应邀人数" in page.text and page.text.count(" checked") == 7


def test_the_stratum_is_one_of_those_counted(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.sample_of_residents(
        db, cast.community, homes=40, public_number=False, publish="manual", opens_day=today().day, opens_hour=0,
        starts_on=today().replace(day=1), catch_up=0, stratify="grid_area", sample_size=20,
    )  # fmt: skip
    running.run_due(db, None, None)
    helpers.answer(db, helpers.the_round(db), 12)
    made.finish(db, helpers.the_round(db))
    round_, director = helpers.the_round(db), visit_as("王站长")
    path = f"/rounds/{round_.id}/corrections/new?kind=forgotten"
    assert director.get(path).json()["strata"] == ["1"] and "第1网格" in director.page(path).text
    fields = {"kind": "forgotten", "_version": "0", "stratum": "1", **_side("should", "satisfied")}
    assert director.submit(f"{_here(round_)}/changes", fields).status_code == 303
    assert "第1网格" in director.page(_here(round_)).text
    _reason(director, round_)
    assert _confirm(visit_as("李网格"), round_).status_code == 303
    assert helpers.the_round(db).answered == 13


def test_only_a_published_round_is_corrected(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_, director = made.begin(db, cast), visit_as("王站长")
    page = director.page(f"/rounds/{round_.id}/corrections/new")
    assert page.status_code == 200 and "本轮还没有公布" in page.text and 'name="kind"' not in page.text
    refused = _add(director, round_, "forgotten", should="satisfied")
    assert refused.status_code == 409 and "只有公布以后才能更正" in refused.text


@pytest.mark.parametrize(("name", "reads", "writes"), [
    ("李网格", 200, 403), ("周代表", 403, 403), ("钱会计", 403, 403), ("区督导", 403, 403), ("外主任", 404, 404),
])  # fmt: skip
def test_who_may_not(published: Round, visit_as: Visit, name: str, reads: int, writes: int) -> None:
    visitor, here = visit_as(name), _here(published)
    assert visitor.get(here).status_code == reads
    assert visitor.get(f"/rounds/{published.id}/corrections/new").status_code == writes
    body = {"kind": "forgotten", "should": made.rated()}
    mark = {"If-Match": '"0"'}
    assert visitor.post(f"{here}/changes", json=body, headers=mark).status_code == writes
    assert visitor.post(f"{here}/drop", json={"position": 0}, headers=mark).status_code == writes
    assert visitor.request("PATCH", here, json={"reason": "x"}, headers=mark).status_code == writes
    assert visitor.request("DELETE", here, headers=mark).status_code == writes
    assert visitor.post(f"{here}/confirm", headers=mark).status_code == (404 if reads == 200 else reads)
    assert visit_as(None).post(f"{here}/confirm").status_code == 401
