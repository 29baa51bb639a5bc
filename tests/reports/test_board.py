"""The public board: open to everybody, and what it says is what the rooms below say."""

from __future__ import annotations

from collections.abc import Callable

from app.core.db import Database
from tests.assemblies.votes import helpers
from tests.cast import Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def _code(visitor: Visitor, cast: Cast) -> str:
    code: str = visitor.get(f"/communities/{cast.community}").json()["code"]
    return code


def test_an_empty_board_says_so_and_is_open_to_everybody(visit_as: Visit, cast: Cast) -> None:
    code = _code(visit_as("王站长"), cast)
    nobody = visit_as(None)
    board = nobody.get(f"/board/{code}")
    assert board.status_code == 200
    data = board.json()
    assert data["decisions"] == [] and data["promises"]["on_time"] == {"numerator": 0, "denominator": 0, "share": None}
    page = nobody.page(f"/board/{code}")
    assert page.status_code == 200 and "居民代表会议还没有表决过" in page.text and "还没有实事项目" in page.text
    assert nobody.get("/board/999999999999").status_code == 404
    assert nobody.get(f"/board/{code}?page=2").status_code == 422


def test_a_decision_stands_on_the_board_with_its_rule_and_its_project(
    visit_as: Visit, db: Database, cast: Cast
) -> None:
    room = helpers.room(db, cast, 60, 40)
    motion_id = helpers.motion(db, cast)
    carried = helpers.hands(db, helpers.vote(db, room, "hands", question="", motion_id=motion_id), 30, 6, 4)
    rejected = helpers.hands(db, helpers.vote(db, room, "hands", question="加收停车费"), 20, 15, 5)
    assert (carried.outcome, rejected.outcome) == ("carried", "rejected")
    nobody = visit_as(None)
    code = _code(visit_as("王站长"), cast)
    board = nobody.get(f"/board/{code}").json()
    by_question = {one["question"]: one for one in board["decisions"]}
    assert board["decisions_total"] == 2
    assert (
        by_question["改建儿童乐园"]["project_state"] == "planned" and by_question["改建儿童乐园"]["resolution_number"]
    )
    assert by_question["加收停车费"]["project_id"] is None and "20" in by_question["加收停车费"]["explanation"]
    page = nobody.page(f"/board/{code}").text
    assert "改建儿童乐园" in page and f"/projects/{by_question['改建儿童乐园']['project_id']}" in page
    found = nobody.get(f"/board/{code}/decisions?q=停车").json()
    assert [one["question"] for one in found["items"]] == ["加收停车费"]
    assert "加收停车费" in nobody.page(f"/board/{code}/decisions").text
