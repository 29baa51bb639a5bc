"""What the ledger refuses, with which rule: the graph, settled promises, acceptance, money, and who may do what."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import Session, select

from app.core.db import Database
from app.core.errors import Conflict, DomainError, Forbidden, Invalid
from app.projects import accepting, checks, costs, ledger, milestones, service, states
from app.projects.models import Project, ProjectCost, ProjectEvent, State
from app.projects.schemas import (
    AcceptanceCreate,
    CostReverse,
    DelayCreate,
    MilestoneCreate,
    MilestoneUpdate,
    Move,
    ProgressReport,
    ProjectUpdate,
    Stop,
)
from app.surveys.instruments.builtins import ensure_builtins
from tests.cast import Cast
from tests.projects.helpers import accepted, at, in_works, move, planned, representatives, spend, step
from tests.surveys.rounds.helpers import principal
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def refused(db: Database, work: Callable[[Session], Any], code: str, kind: type[DomainError] = Conflict) -> DomainError:
    """The refusal of a step, which left nothing behind."""
    with db.read() as s:
        before = len(s.scalars(select(ProjectEvent)).all())
    with pytest.raises(kind) as refusal, db.write() as s:
        work(s)
    assert refusal.value.code == code, refusal.value.message
    with db.read() as s:
        assert len(s.scalars(select(ProjectEvent)).all()) == before
    return refusal.value


def test_nobody_skips_the_graph() -> None:
    """Every pair of states: what is not in the graph is refused with the rule in words."""
    steps = {State.planned: "funded", State.funded: "contracted", State.contracted: "works", State.works: "accepted"}
    for here in State:
        for to in State:
            allowed = steps.get(here) == to or (here == State.accepted and to == State.evaluated)
            allowed = allowed or (to == State.stopped and here in steps)
            project = Project(community_id=UUID(int=1), number="x", title="x", state=here)
            if allowed:
                states.check(project, to)
                continue
            with pytest.raises(Conflict) as refusal:
                states.check(project, to)
            assert refusal.value.code == "project_state" and states.label(here) in refusal.value.message


def test_money_is_found_for_a_whole_promise(db: Database, cast: Cast) -> None:
    wang = principal(db, "王站长")
    with db.write() as s:
        project = planned(s, wang, owner="", budget_yuan=None, budget_source="", promised_on=None)
    refusal = refused(db, lambda s: move(s, wang, project, State.funded, "2012-04-01"), "promise_incomplete")
    for what in ("责任人", "承诺完成日期", "预算", "资金来源", "至少一个节点"):
        assert what in refusal.message
    changes = {"owner": "王站长", "budget_yuan": "1", "budget_source": "惠民资金", "promised_on": "2012-09-30"}
    with db.write() as s:
        held = s.get_one(Project, project.id)
        service.update(s, wang, project.id, ProjectUpdate.model_validate(changes), held.version)
        step(s, wang, project, "路面", "2012-06-30")
        move(s, wang, project, State.funded, "2012-04-01")
    back = Move.model_validate({"to": "contracted", "contractor": "市政", "on": "2012-03-31"})
    refused(db, lambda s: service.move(s, wang, project.id, back, at("2012-05-01")), "date_order", Invalid)
    nobody = Move.model_validate({"to": "contracted"})
    refused(db, lambda s: service.move(s, wang, project.id, nobody, at("2012-05-01")), "promise_incomplete")


def test_a_settled_promise_stays(db: Database, cast: Cast) -> None:
    wang = principal(db, "王站长")
    project_id, (first, _second) = in_works(db)

    def change(**changes: Any) -> Callable[[Session], Any]:
        data = ProjectUpdate.model_validate(changes)
        return lambda s: service.update(s, wang, project_id, data, s.get_one(Project, project_id).version)

    for changes in ({"budget_fen": 1}, {"promised_on": "2013-01-01"}, {"contractor": "别家"}, {"budget_source": "x"}):
        refusal = refused(db, change(**changes), "settled")
        assert [e["field"] for e in refusal.errors] == list(changes)
    with db.write() as s:  # a form sends what it shows; what is as it was changes nothing
        assert change(title="东门路", budget_yuan="120000.00", promised_on="2012-09-30")(s).title == "东门路"
    for data in (MilestoneUpdate(weight=9), MilestoneUpdate(promised_on=date(2013, 1, 1))):
        refused(db, lambda s, d=data: milestones.update(s, wang, project_id, first, d, 1), "settled")
    refused(db, lambda s: milestones.remove(s, wang, project_id, first, 1), "settled")
    earlier = DelayCreate(new_due_on=date(2012, 6, 30), reason="x")
    refused(
        db, lambda s: milestones.delay(s, wang, project_id, first, earlier, at("2012-06-01")), "date_order", Invalid
    )
    with db.write() as s:
        milestones.report(s, wang, project_id, first, ProgressReport(progress=100), at("2012-06-30"))
    later = DelayCreate(new_due_on=date(2012, 7, 30), reason="x")
    refused(db, lambda s: milestones.delay(s, wang, project_id, first, later, at("2012-07-01")), "milestone_done")
    ahead = ProgressReport(progress=50, on=date(2012, 7, 2))
    refused(
        db, lambda s: milestones.report(s, wang, project_id, first, ahead, at("2012-07-01")), "date_in_future", Invalid
    )


def test_a_stopped_project_is_never_taken_up_again(db: Database, cast: Cast) -> None:
    wang = principal(db, "王站长")
    project_id, (first, _second) = in_works(db)
    with db.write() as s:
        service.stop(s, wang, project_id, Stop(reason="规划调整"), at("2012-07-15"))
    with db.read() as s:
        project = s.get_one(Project, project_id)
    assert (project.state, project.stopped_on, project.stopped_reason) == ("stopped", date(2012, 7, 15), "规划调整")
    late = at("2012-08-01")
    refused(db, lambda s: service.stop(s, wang, project_id, Stop(reason="x"), late), "project_state")
    for to in states.BY_HAND:
        refused(db, lambda s, to=to: move(s, wang, project, to, "2012-08-01"), "project_state")
    refused(db, lambda s: spend(s, wang, project_id, "1", "2012-08-01"), "project_state")
    report, new = ProgressReport(progress=5), MilestoneCreate(title="x", promised_on=date(2013, 1, 1))
    refused(db, lambda s: milestones.report(s, wang, project_id, first, report, late), "project_state")
    refused(db, lambda s: milestones.add(s, wang, project_id, new, late), "project_state")
    same = ProjectUpdate(title="x")
    refused(db, lambda s: service.update(s, wang, project_id, same, project.version), "project_state")


def test_who_accepts_what(db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    holders = representatives(db, cast)
    wang, zhou = principal(db, "王站长"), principal(db, "周代表")
    project_id, steps = in_works(db)

    def look(who: Any = zhou, day: str = "2012-09-20", **changes: Any) -> Callable[[Session], Any]:
        data = AcceptanceCreate.model_validate({"result": "accepted", "holder_ids": holders[:2], **changes})
        return lambda s: accepting.accept(s, who, project_id, data, at(day))

    refusal = refused(db, look(), "unfinished")
    assert "路面铺设、路灯安装" in refusal.message
    refused(db, look(result="rejected"), "missing", Invalid)
    with db.write() as s:
        for each in steps:
            milestones.report(s, wang, project_id, each, ProgressReport(progress=100), at("2012-09-15"))
    refused(db, look(on="2012-09-14"), "unfinished")
    refused(db, look(on="2012-04-30"), "date_order", Invalid)
    refused(db, look(holder_ids=holders[:1]), "too_few_representatives")
    refused(db, look(holder_ids=holders[1:]), "not_present", Forbidden)  # somebody who was not there himself
    refused(db, look(wang), "not_present", Forbidden)
    refused(db, look(holder_ids=[holders[0], UUID(int=5)]), "not_in_office", Invalid)
    with db.write() as s:
        look()(s)
    refused(db, look(), "project_state")
    refused(db, lambda s: service.stop(s, wang, project_id, Stop(reason="x"), at("2012-10-01")), "project_state")
    with db.write() as s:
        spend(s, wang, project_id, "5", "2012-10-05", "尾款")  # bills may still come after the acceptance


def test_a_cost_is_taken_back_once_however_many_ask(db: Database, cast: Cast) -> None:
    wang = principal(db, "王站长")
    project_id, _steps = in_works(db)
    with db.write() as s:
        wrong = spend(s, wang, project_id, "700.05", "2012-06-01")
        spend(s, wang, project_id, "100", "2012-06-02")

    def take_back(_n: int) -> str:
        try:
            with db.write() as s:
                costs.reverse(s, wang, project_id, wrong, CostReverse(reason="金额写错"), at("2012-06-03"))
        except Conflict as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(8) as pool:
        answers = sorted(pool.map(take_back, range(8)))
    assert answers == ["done", *["reversed_already"] * 7]
    with db.read() as s:
        assert ledger.cost_fen(s, project_id) == 10_000
        lines = {line.id: line for line in s.scalars(select(ProjectCost))}
        (reversal,) = [line for line in lines.values() if line.reverses_id]
    assert len(lines) == 3 and (reversal.amount_fen, reversal.reverses_id) == (-70_005, wrong)
    again = CostReverse(reason="x")
    refused(db, lambda s: costs.reverse(s, wang, project_id, reversal.id, again, at("2012-06-04")), "is_a_reversal")
    refused(db, lambda s: spend(s, wang, project_id, "0", "2012-06-01"), "missing", Invalid)
    with db.write() as s:
        fresh = planned(s, wang)
    refused(db, lambda s: spend(s, wang, fresh.id, "1", "2012-03-01"), "project_state")


def test_two_who_press_together_move_it_once(db: Database, cast: Cast) -> None:
    wang = principal(db, "王站长")
    with db.write() as s:
        project = planned(s, wang)
        step(s, wang, project, "路面", "2012-06-30")

    def press(_n: int) -> str:
        try:
            with db.write() as s:
                move(s, wang, project, State.funded, "2012-04-01")
        except Conflict as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(press, range(6))) == ["done", *["project_state"] * 5]


def test_a_project_comes_from_somewhere(visit_as: Visit, cast: Cast, db: Database) -> None:
    wang = visit_as("王站长")
    sent = {"title": "修路", "source": "2012 年会议"}
    for wrong, field in (
        ({"title": "修路"}, "source"),
        ({**sent, "vote_id": str(UUID(int=3))}, "vote_id"),
        ({**sent, "owner_user_id": str(cast.users["外社区"])}, "owner_user_id"),
        ({**sent, "grid_area_ids": [str(UUID(int=3))]}, "grid_area_ids"),
        ({**sent, "budget_yuan": "1.234"}, "budget_yuan"),
        ({**sent, "budget_fen": -1}, "budget_fen"),
        ({**sent, "budget_yuan": "1", "budget_fen": 2}, ""),
        ({**sent, "state": "works"}, "state"),
        ({**sent, "title": "\x00"}, "title"),
    ):
        answer = wang.post("/projects", json=wrong)
        assert answer.status_code == 422, wrong
        assert answer.json()["errors"][0]["field"] == field, answer.text
    made = wang.post("/projects", json={**sent, "budget_yuan": "1.5", "owner_user_id": str(cast.users["李网格"])})
    assert (made.status_code, made.json()["budget_fen"], made.json()["owner"]) == (201, 150, "李网格")
    key = {"Idempotency-Key": "k1"}
    first, second = (wang.post("/projects", json=sent, headers=key) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]


def test_who_has_no_access(visit_as: Visit, db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    project_id = accepted(db, cast)
    base = f"/projects/{project_id}"
    with db.read() as s:
        (first, _second) = ledger.milestones_of(s, project_id)
    writes: list[tuple[str, str, dict[str, Any]]] = [
        ("PATCH", base, {"title": "x"}),
        ("POST", f"{base}/moves", {"to": "works"}),
        ("POST", f"{base}/stop", {"reason": "x"}),
        ("POST", f"{base}/milestones", {"title": "x", "promised_on": "2012-01-01"}),
        ("PATCH", f"{base}/milestones/{first.id}", {"title": "x"}),
        ("POST", f"{base}/milestones/{first.id}/progress", {"progress": 1}),
        ("POST", f"{base}/milestones/{first.id}/delays", {"new_due_on": "2099-01-01", "reason": "x"}),
        ("POST", f"{base}/costs", {"amount_fen": 1, "spent_on": "2012-01-01", "what": "x"}),
        ("POST", f"{base}/acceptances", {"result": "accepted", "holder_ids": [str(UUID(int=1))]}),
    ]
    for method, path, body in writes:
        headers = {"If-Match": '"1"'}
        assert visit_as(None).request(method, path, json=body).status_code == 401, path
        assert visit_as("钱会计").request(method, path, json=body, headers=headers).status_code == 403, path
        if not path.endswith("acceptances"):
            assert visit_as("外主任").request(method, path, json=body, headers=headers).status_code == 404, path
            assert visit_as("周代表").request(method, path, json=body, headers=headers).status_code == 403, path
    wang = visit_as("王站长")
    assert wang.post(f"{base}/acceptances", json=writes[-1][2]).status_code == 403
    assert wang.patch(base, json={"title": "x"}).status_code == 428
    assert wang.get(f"{base}/milestones/{UUID(int=9)}").status_code == 404
    assert visit_as(None).get(f"/projects/{UUID(int=9)}").status_code == 404
    for name in ("钱会计", "周代表", "区督导"):
        assert visit_as(name).get("/projects").json()["total"] == 1, name
    assert visit_as("外主任").get("/projects").json()["total"] == 0
    assert visit_as("外主任").get("/projects/promises").json()["total"] == 0
    assert visit_as("系统员").get("/projects").status_code == 403


def test_the_check_finds_what_was_changed_by_hand(db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    project_id = accepted(db, cast)
    assert list(checks.ledgers(db)) == []
    with db.write() as s:
        project = s.get_one(Project, project_id)
        project.state, project.events = State.works, project.events + 1
        (first, _second) = ledger.milestones_of(s, project_id)
        first.due_on = date(2012, 7, 9)
        s.add_all([project, first])
    found = list(checks.ledgers(db))
    assert len(found) == 3
    assert "counts 10" in found[0] and "is works, but its events left it accepted" in found[1]
    assert "2012-07-09" in found[2]
