"""What everybody may see of rounds: published results with their proof, receipts, and the year's calendar."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from app.ballots import service as ballots
from app.core.clock import now, today
from app.core.db import Database
from app.core.models import new_id
from app.surveys.rounds import publishing
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.answering import made
from tests.surveys.rounds import helpers
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
BOARD = "/board/320594001001/rounds"


def _answered(db: Database, cast: Cast, count: int, text: str = "修路灯") -> Round:
    round_ = made.begin(db, cast, count=max(count, 12))
    for n, slip in enumerate(made.slips(db, round_)[:count]):
        with db.write() as s:
            opened = ballots.find_by_token(s, slip.token)
            assert opened is not None
            texts = {"property.wishes": f"{text}{n}"}
            ballots.submit(s, opened, slip.token, "once", made.rated("satisfied" if n % 4 else "dissatisfied"), texts)
    return round_


def test_a_published_round_shows_its_figures_and_its_proof(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _answered(db, cast, 12)
    stranger, path = visit_as(None), f"/rounds/{round_.id}/result"
    made.finish(db, round_, publish=False)
    assert stranger.get(path).status_code == stranger.page(path).status_code == 404, "closed is not published"
    with db.write() as s:
        publishing.publish(s, s.get_one(Round, round_.id), now())
    result = stranger.get(path).json()
    assert (result["invited"], result["answered"], result["on_paper"], result["revision"]) == (12, 12, 0, 1)
    (subject,) = result["subjects"]
    assert subject["subject_name"] == "安居物业" and len(subject["items"]) == 7
    overall = next(item for item in subject["items"] if item["key"].endswith("overall"))["figure"]
    assert (overall["valid"], overall["satisfied"]) == (12, 9)
    page = stranger.page(path)
    assert page.status_code == 200 and "安居物业" in page.text and "75%" in page.text and "保洁" in page.text
    bundle = stranger.get(f"/rounds/{round_.id}/bundle").content
    assert hashlib.sha256(bundle).hexdigest() == result["bundle_sha256"] and result["bundle_sha256"] in page.text
    verifier = Path("app/static/verify.py").read_bytes()
    assert hashlib.sha256(verifier).hexdigest() == result["verifier_sha256"] and result["audit_head"] in page.text
    assert "修路灯" not in page.text + bundle.decode() and "代表1" not in page.text + bundle.decode()


@pytest.mark.parametrize("part", ["result", "receipts", "comments"])
def test_what_is_not_published_does_not_exist(db: Database, cast: Cast, visit_as: Visit, part: str) -> None:
    round_ = _answered(db, cast, 12)
    for name in (None, "王站长"):
        asker = visit_as(name)
        for id_ in (round_.id, new_id()):
            status = asker.get(f"/rounds/{id_}/{part}").status_code
            assert status == (401 if part == "comments" and name is None else 404)
        assert asker.get(f"/rounds/not-an-id/{part}").status_code in (401, 422)


def test_receipts_are_paged_and_sorted(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _answered(db, cast, 23)
    made.finish(db, round_)
    stranger, found = visit_as(None), []
    path: str | None = f"/rounds/{round_.id}/receipts?limit=10"
    while path:
        page = stranger.get(path).json()
        found.append([x["code"] for x in page["items"]])
        path = page["next"]
    codes = [code for part in found for code in part]
    assert [len(part) for part in found] == [10, 10, 3] and codes == sorted(set(codes))
    assert all(re.fullmatch(r"[2-9A-HJKMNP-Z]{4}(-[2-9A-HJKMNP-Z]{4}){2}", code) for code in codes)
    shown = stranger.page(f"/rounds/{round_.id}/receipts?limit=10")
    assert shown.status_code == 200 and codes[0] in shown.text and "下一页" in shown.text
    assert stranger.get(f"/rounds/{round_.id}/receipts?cursor=nonsense").status_code in (400, 422)


def test_ones_own_receipt_is_found_as_it_was_noted_down(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _answered(db, cast, 12)
    made.finish(db, round_)
    stranger, path = visit_as(None), f"/rounds/{round_.id}/receipts"
    mine = stranger.get(path).json()["items"][7]["code"]
    for typed in (mine, mine.lower().replace("-", ""), f" {mine.replace('-', ' ')} ", mine[:9]):
        assert [x["code"] for x in stranger.get(path, params={"q": typed}).json()["items"]] == [mine], typed
    nothing = stranger.page(path + "?q=%25")
    assert nothing.status_code == 200 and "没有这个回执" in nothing.text and 'value="%"' in nothing.text


@pytest.mark.parametrize(("count", "shown"), [(9, False), (10, True)])
def test_comments_are_shown_from_ten_ballots_on(
    db: Database, cast: Cast, visit_as: Visit, count: int, shown: bool
) -> None:
    round_ = _answered(db, cast, count)
    made.finish(db, round_)
    director, path = visit_as("王站长"), f"/rounds/{round_.id}/comments"
    found = director.get(path).json()
    assert found["enough"] is shown and found["fewest"] == 10
    assert {c["text"] for c in found["comments"]} == ({f"修路灯{n}" for n in range(count)} if shown else set())
    page = director.page(path).text
    assert ("修路灯3" in page) is shown and ("答卷不足 10 份" in page) is not shown
    assert visit_as(None).get(path).status_code == 401
    assert visit_as("外主任").get(path).status_code == 404


def test_comments_are_text(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = _answered(db, cast, 10, "<script>alert(1)</script>")
    made.finish(db, round_)
    page = visit_as("王站长").page(f"/rounds/{round_.id}/comments").text
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page


def test_the_calendar_shows_the_year_that_was_and_the_rest_of_it(db: Database, cast: Cast, visit_as: Visit) -> None:
    round_ = made.begin(db, cast)
    worker = visit_as("李网格")
    (row,) = worker.get("/rounds/calendar").json()["rows"]
    months = {m["month"]: m["rounds"] for m in row["months"]}
    now_ = today()
    assert [(x["round_id"], x["state"]) for x in months[now_.month]] == [(str(round_.id), "open")]
    assert [[x["state"] for x in months[n]] for n in range(now_.month + 1, 13)] == [["planned"]] * (12 - now_.month)
    following = worker.get(f"/rounds/calendar?year={now_.year + 1}").json()
    assert [[x["state"] for x in m["rounds"]] for m in following["rows"][0]["months"]] == [["planned"]] * 12
    page = worker.page("/rounds/calendar").text
    assert f'href="/rounds/{round_.id}"' in page and f"{now_.year} 年评议年历" in page
    before = worker.get(f"/rounds/calendar?year={now_.year - 1}").json()["rows"]
    assert not [x for row in before for m in row["months"] for x in m["rounds"]]
    assert worker.get("/rounds/calendar?year=99999").status_code == 422
    assert worker.page("/rounds/calendar?year=x").status_code == 422
    assert visit_as("外社区").get("/rounds/calendar").json()["rows"] == []
    assert len(visit_as("区督导").get("/rounds/calendar").json()["rows"]) == 1
    assert visit_as("区督导").get(f"/rounds/calendar?community_id={cast.other_community}").json()["rows"] == []
    assert visit_as(None).get("/rounds/calendar").status_code == 401


def test_everybody_sees_the_list_of_what_was_published(db: Database, cast: Cast, visit_as: Visit) -> None:
    helpers.ready(db, cast.community, starts_on=date(2012, 6, 1), ends_on=date(2012, 8, 31), catch_up=3)
    for month in (6, 7, 8):
        helpers.run(db, f"2012-0{month}-25T09:00:00")
        helpers.run(db, f"2012-0{month}-30T09:00:00")
    stranger = visit_as(None)
    first = stranger.get(f"{BOARD}?limit=2").json()
    assert (first["community_name"], [x["period"] for x in first["items"]]) == ("翰林缘社区", ["2012-08", "2012-07"])
    rest = stranger.get(first["next"]).json()
    assert [x["period"] for x in rest["items"]] == ["2012-06"] and rest["next"] is None
    page = stranger.page(BOARD)
    assert page.status_code == 200 and "2012-07" in page.text and "应邀 12 人，收回 0 份" in page.text
    assert stranger.get("/board/320594001002/rounds").json()["items"] == []
    assert "还没有公布的评议" in stranger.page("/board/320594001002/rounds").text
    assert stranger.get("/board/999/rounds").status_code == 404
    assert stranger.get(f"/board/{'9' * 200}/rounds").status_code == 422
