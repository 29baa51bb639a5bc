"""An opinion's way through the office: nobody skips a step, the first promise counts, nothing is lost."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from app.accounts.models import Role
from app.accounts.permissions import Principal, permissions_of
from app.consultations import checks, opinions, steps
from app.consultations.models import Opinion, OpinionEvent, OpinionState
from app.consultations.schemas import OpinionAnswer, OpinionAssign, OpinionCreate, OpinionFollowUp
from app.consultations.states import GRAPH
from app.core.clock import now, today, zone
from app.core.db import Database
from tests.cast import Cast
from tests.consultations.helpers import ANSWER, PUBLIC, assignment, step, take_down

BODIES: dict[str, tuple[str, dict[str, Any]]] = {
    "assigned": ("assignment", {}),
    "answered": ("answer", ANSWER),
    "returned": ("follow-up", {"satisfaction": "dissatisfied", "note": "没有修"}),
    "followed_up": ("follow-up", {"satisfaction": "satisfied"}),
    "closed": ("closed", {"closed_as": "settled"}),
}
WAYS = {
    "received": [],
    "assigned": ["assigned"],
    "answered": ["assigned", "answered"],
    "returned": ["assigned", "answered", "returned"],
    "followed_up": ["assigned", "answered", "followed_up"],
    "closed": ["assigned", "answered", "followed_up", "closed"],
}


def _go(office, cast: Cast, opinion: dict[str, Any], to: str, expected: int = 200) -> Any:
    what, body = BODIES[to]
    return step(office, opinion, what, assignment(cast) if to == "assigned" else body, expected)


@pytest.mark.parametrize("state", WAYS)
def test_every_state_takes_the_steps_of_the_graph_and_no_other(state: str, visit_as, cast: Cast, db: Database) -> None:
    office = visit_as("王站长")
    allowed = {str(to) for to in GRAPH[OpinionState(state)]}
    if state == "received":
        allowed.add("answered")  # on the spot: assigned to whoever answers, and answered
    if "closed" in allowed and state != "followed_up":
        allowed.remove("closed")  # only as withdrawn or a duplicate
    for to in BODIES:
        opinion = take_down(office)
        for earlier in WAYS[state]:
            opinion = _go(office, cast, opinion, earlier)
        assert opinion["state"] == state
        got = _go(office, cast, opinion, to, 200 if to in allowed else 409)
        if to in allowed:
            assert got["state"] == to and [e["kind"] for e in got["events"]][-1] == to
        else:
            assert got["code"] == "opinion_state"
    assert list(checks.histories(db)) == []


def test_an_unsatisfied_speaker_gets_a_second_answer_and_the_first_promise_stays(visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    opinion = step(office, take_down(office), "assignment", assignment(cast, days=2))
    promised = opinion["promised_on"]
    opinion = step(office, opinion, "assignment", assignment(cast, "赵网格", days=30))
    assert (opinion["promised_on"], opinion["assignee_name"]) == (promised, "赵网格")
    opinion = step(office, opinion, "answer", PUBLIC)
    first = opinion["first_answered_on"]
    back = {"satisfaction": "dissatisfied", "note": "还是不亮", "due_on": (today() + timedelta(days=5)).isoformat()}
    opinion = step(office, opinion, "follow-up", back)
    assert (opinion["state"], opinion["public"], opinion["due_on"]) == ("returned", False, back["due_on"])
    opinion = step(office, opinion, "answer", {"answer": "已重新接线，试亮正常。"})
    assert opinion["first_answered_on"] == first and opinion["satisfaction"] is None
    told = [e["note"] for e in opinion["events"] if e["kind"] == "answered"]
    assert told == [PUBLIC["answer"], "已重新接线，试亮正常。"]


REFUSED = [
    ("assignment", {"assignee_id": "周代表"}, 422, "no_such_assignee"),
    ("assignment", {"assignee_id": "外主任"}, 422, "no_such_assignee"),
    ("assignment", {"due_on": -1}, 422, "due_before"),
    ("assignment", {"due_on": 500}, 422, "due_too_late"),
    ("answer", {"answer": "好", "public": True}, 422, "public_text_missing"),
    ("answer", {"answer": ""}, 422, "string_too_short"),
    ("publication", {"public": True, "public_text": "路灯"}, 409, "no_answer"),
    ("closed", {"closed_as": "withdrawn"}, 422, "reason_missing"),
    ("closed", {"closed_as": "lost"}, 422, "literal_error"),
]


@pytest.mark.parametrize(("what", "body", "status", "code"), REFUSED)
def test_refusals(what: str, body: dict[str, Any], status: int, code: str, visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    sent = {**assignment(cast), **body} if what == "assignment" else dict(body)
    if sent.get("assignee_id") in cast.users:
        sent["assignee_id"] = str(cast.users[sent["assignee_id"]])
    if isinstance(sent.get("due_on"), int):
        sent["due_on"] = (today() + timedelta(days=sent["due_on"])).isoformat()
    refusal = step(office, take_down(office), what, sent, status)
    assert code in (refusal["code"], *[e["code"] for e in refusal["errors"]])


def test_two_desks_do_not_overwrite_each_other(visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    opinion = take_down(office)
    step(office, opinion, "assignment", assignment(cast))
    assert step(office, opinion, "answer", ANSWER, 412)["code"] == "stale_version"
    assert office.put(f"/opinions/{opinion['id']}/answer", json=ANSWER).status_code == 428


def test_a_withdrawn_opinion_says_why_and_counts_nowhere(visit_as, cast: Cast) -> None:
    office = visit_as("王站长")
    opinion = step(office, take_down(office), "assignment", assignment(cast))
    opinion = step(office, opinion, "closed", {"closed_as": "withdrawn", "note": "居民说已经修好"})
    assert (opinion["state"], opinion["closed_as"], opinion["overdue_days"]) == ("closed", "withdrawn", 0)
    figures = office.get("/opinions/figures").json()
    assert (figures["total"], figures["in_time"]["of"]) == (1, 0)


def _director(cast: Cast) -> Principal:
    granted = permissions_of(Role.director)
    return Principal("user", cast.users["王站长"], "王站长", "director", granted, community_id=cast.community)


def test_history_from_paper_keeps_its_own_dates_and_counts_by_the_first_promise(
    visit_as, cast: Cast, db: Database
) -> None:
    """In time, late, and never answered: each with its date in 2012."""
    who = _director(cast)
    began = datetime(2012, 3, 1, 9, tzinfo=zone())
    for number, answered_after in enumerate((5, 12, None)):
        with db.write() as s:
            said = OpinionCreate(source="letter", category="environment", text=f"第{number}封信")
            opinion, _code = opinions.create(s, who, said, began + timedelta(hours=number))
            due = OpinionAssign(assignee_id=cast.users["李网格"], due_on=(began + timedelta(days=7)).date())
            steps.assign(s, who, opinion.id, due, opinion.version, began + timedelta(days=1))
            if answered_after is None:
                continue
            steps.answer(
                s,
                who,
                opinion.id,
                OpinionAnswer(answer="已办"),
                opinion.version,
                began + timedelta(days=answered_after),
            )
            told = OpinionFollowUp(satisfaction="satisfied")
            steps.follow_up(s, who, opinion.id, told, opinion.version, began + timedelta(days=20))
    office = visit_as("王站长")
    figures = office.get("/opinions/figures?from_on=2012-01-01&to_on=2012-12-31").json()
    assert (figures["in_time"]["count"], figures["in_time"]["of"], figures["overdue"]["count"]) == (1, 3, 1)
    for timely, texts in {"in_time": {"第0封信"}, "late": {"第1封信", "第2封信"}, "overdue": {"第2封信"}}.items():
        assert {o["text"] for o in office.get(f"/opinions?timely={timely}").json()["items"]} == texts
    listed = office.get(figures["in_time"]["href"]).json()["items"]
    assert [o["serial"] for o in listed] == ["2012-0001"]
    assert sum(x["count"] for x in figures["states"]) == figures["total"] == 3


def test_a_broken_history_is_found(visit_as, cast: Cast, db: Database) -> None:
    office = visit_as("王站长")
    opinion = step(office, take_down(office), "assignment", assignment(cast))
    with db.write() as s:
        row = s.exec(select(Opinion)).one()
        row.state = OpinionState.answered
        s.add(row)
    assert [opinion["serial"] in finding for finding in checks.histories(db)] == [True]


def test_histories_are_only_ever_added_to(visit_as, db: Database) -> None:
    take_down(visit_as("王站长"))
    for change in ("forget", "delete"):
        with pytest.raises(Exception, match="append-only"), db.write() as s:
            event = s.exec(select(OpinionEvent)).one()
            event.at = now()
            s.delete(event) if change == "delete" else s.add(event)
