"""Paper ballots, entered by the serial number that is printed on them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import select

from app.ballots.codes import new_serial
from app.core.audit import AuditEntry
from app.core.db import Database
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.answering import made
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


@pytest.fixture
def opened(db: Database, cast: Cast) -> Round:
    return made.begin(db, cast)


def _path(round_: Round) -> str:
    return f"/rounds/{round_.id}/paper-ballots"


@pytest.mark.parametrize("secrecy", ["named", "confidential", "secret"])
def test_a_worker_enters_one_after_the_other(db: Database, cast: Cast, visit_as: Visit, secrecy: str) -> None:
    round_ = made.begin(db, cast, secrecy=secrecy)
    first, second, *_others = made.slips(db, round_)
    worker = visit_as("李网格")
    page = worker.page(f"{_path(round_)}/new")
    assert page.status_code == 200 and "应收 12 份，已收 0 份，其中纸质 0 份" in page.text and "保洁" in page.text
    spoken = f" {first.serial[:4].lower()}-{first.serial[4:]} "
    sent = worker.submit(_path(round_), {"serial": spoken, **made.ticked("dissatisfied", wishes="看不清字")})
    assert sent.status_code == 303 and sent.headers["location"] == f"{_path(round_)}/new"
    answer = worker.post(_path(round_), json={"serial": second.serial, "a": {"property": {"overall": "satisfied"}}})
    assert answer.status_code == 201 and len(answer.json()["receipt"]) == 14, "a paper ballot may leave questions open"
    assert made.turnout(db, round_) == (2, 2)
    assert "已收 2 份，其中纸质 2 份" in worker.page(f"{_path(round_)}/new").text
    assert worker.get(f"/s/{first.token}").status_code == 404, "its link is used"
    made.finish(db, round_)
    assert made.texts(db, round_) == [("property.wishes", "看不清字")]
    result = worker.get(f"/rounds/{round_.id}/result").json()
    assert (result["answered"], result["on_paper"]) == (2, 2)


def test_what_is_wrong_with_the_number_stands_beside_it(db: Database, opened: Round, visit_as: Visit) -> None:
    used, unused, *_others = made.slips(db, opened)
    worker = visit_as("李网格")
    assert worker.post(f"/s/{used.token}", json={"once": "by-the-phone", "a": made.rated()}).status_code == 200
    wrong = unused.serial[:-1] + ("2" if unused.serial[-1] != "2" else "3")
    for serial, status, code in [(wrong, 422, "serial_mistyped"), (used.serial, 409, "serial_used")]:
        answer = worker.post(_path(opened), json={"serial": serial, "a": made.rated()})
        assert (answer.status_code, answer.json()["code"]) == (status, code)
        page = worker.submit(_path(opened), {"serial": serial, **made.ticked("dissatisfied", wishes="留着")})
        assert page.status_code == status and 'id="f-serial-error"' in page.text
        assert f'value="{serial}"' in page.text and "留着" in page.text and page.text.count(" checked") == 7
    assert made.turnout(db, opened) == (1, 0)


def test_a_number_of_no_slip_is_unknown(db: Database, opened: Round, visit_as: Visit) -> None:
    known = {slip.serial for slip in made.slips(db, opened)}
    stranger = next(serial for serial in iter(new_serial, "") if serial not in known)
    worker = visit_as("李网格")
    answer = worker.post(_path(opened), json={"serial": stranger, "a": made.rated()})
    assert (answer.status_code, answer.json()["code"]) == (422, "serial_unknown")
    page = worker.submit(_path(opened), {"serial": stranger, **made.ticked()})
    assert page.status_code == 422 and stranger in page.text and page.text.count(" checked") == 7


def test_a_ballot_with_nothing_on_it_is_not_entered(db: Database, opened: Round, visit_as: Visit) -> None:
    serial = made.slips(db, opened)[0].serial
    page = visit_as("李网格").submit(_path(opened), {"serial": serial})
    assert page.status_code == 409 and "还没有回答任何一题" in page.text and serial in page.text
    assert made.turnout(db, opened) == (0, 0)


BROKEN: list[dict[str, Any]] = [
    {}, {"serial": ""}, {"serial": 5}, {"serial": "\x00"}, {"serial": "x" * 500}, {"serial": "公" * 8}, {"a": 3},
    {"serial": "ABCDEFGH", "a": {"property": 1}}, {"serial": "ABCDEFGH", "more": 1},
]  # fmt: skip


@pytest.mark.parametrize("body", BROKEN, ids=lambda b: json.dumps(b)[:40])
def test_no_entry_however_odd_breaks_anything(opened: Round, visit_as: Visit, body: dict[str, Any]) -> None:
    worker = visit_as("李网格")
    assert worker.post(_path(opened), json=body).status_code in (409, 422)
    assert worker.submit(_path(opened), {k: str(v) for k, v in body.items()}).status_code in (409, 422)


def test_closed_rounds_take_none(db: Database, opened: Round, visit_as: Visit) -> None:
    worker, slip = visit_as("李网格"), made.slips(db, opened)[0]
    made.pass_the_hour(db, opened)
    late = worker.post(_path(opened), json={"serial": slip.serial, "a": made.rated()})
    assert (late.status_code, late.json()["code"]) == (409, "round_state")
    kept = worker.submit(_path(opened), {"serial": slip.serial, **made.ticked()})
    assert kept.status_code == 409 and slip.serial in kept.text and "只有进行中的轮次才能录入" in kept.text
    made.finish(db, opened)
    empty = worker.page(f"{_path(opened)}/new")
    assert empty.status_code == 200 and "不能录入" in empty.text and '<form class="form"' not in empty.text


def test_the_audit_log_says_who_entered_but_not_which(db: Database, opened: Round, visit_as: Visit) -> None:
    slip = made.slips(db, opened)[0]
    visit_as("李网格").post(_path(opened), json={"serial": slip.serial, "a": made.rated()})
    with db.read() as s:
        entry = s.exec(select(AuditEntry).where(AuditEntry.action == "ballot_box.enter_paper")).one()
        assert entry.actor_name == "李网格" and slip.serial not in repr(entry)


NOT_THEY = [("外社区", 404), ("外主任", 404), ("周代表", 403), ("钱会计", 403), ("区督导", 403)]


@pytest.mark.parametrize(("name", "status"), NOT_THEY)
def test_who_may_not(opened: Round, visit_as: Visit, name: str, status: int) -> None:
    visitor = visit_as(name)
    assert visitor.get(f"{_path(opened)}/new").status_code == status
    assert visitor.post(_path(opened), json={"serial": "ABCDEFGH", "a": {}}).status_code == status
    assert visit_as(None).post(_path(opened), json={"serial": "ABCDEFGH", "a": {}}).status_code == 401
