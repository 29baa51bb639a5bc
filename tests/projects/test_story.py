"""From a motion to what residents say of the result, as it takes place over a year."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.attachments import owners
from app.core.clock import today
from app.core.db import Database
from app.core.events import MotionCarried, publish
from app.projects import accepting, milestones, reading, service
from app.projects.models import Project, ProjectEvent, State
from app.projects.schemas import AcceptanceCreate, DelayCreate, ProjectUpdate
from app.surveys.instruments.builtins import ensure_builtins
from app.surveys.rounds.models import FrameEntry, RoundSubject
from app.surveys.schedules.models import Schedule
from tests.assemblies.votes import helpers as votes
from tests.cast import Cast
from tests.projects.helpers import accept, accepted, at, in_works, representatives, spend
from tests.surveys.rounds.helpers import add_adults, answer, principal, run, the_round
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def test_a_carried_motion_becomes_a_project(db: Database, cast: Cast, visit_as: Visit) -> None:
    room = votes.room(db, cast, 3, 3)
    motion = votes.motion(db, cast)
    vote = votes.vote(db, room, "hands", motion_id=motion)
    decided = votes.hands(db, vote, 2, 1)
    assert decided.resolution_number
    with db.write() as s:
        publish(s, MotionCarried(motion, vote))  # told again, it stays one
        project = s.scalars(select(Project)).one()
    assert (project.title, project.state, project.vote_id) == ("改建儿童乐园", State.planned, vote)
    assert project.number == f"{today().year}-0001"
    story = visit_as("王站长").get(f"/projects/{project.id}").json()
    assert story["origin"]["motion_number"] == "2026-01"
    assert story["origin"]["resolution_number"] == decided.resolution_number
    assert story["origin"]["decision"]
    assert [e["kind"] for e in story["events"]] == ["created"]
    again = visit_as("王站长").post("/projects", json={"title": "又一个", "vote_id": str(vote)})
    assert (again.status_code, again.json()["code"]) == (409, "already_a_project")


def test_a_rejected_motion_does_not(db: Database, cast: Cast) -> None:
    room = votes.room(db, cast, 3, 3)
    votes.hands(db, votes.vote(db, room, "hands", motion_id=votes.motion(db, cast)), 1, 2)
    with db.read() as s:
        assert s.scalars(select(Project)).all() == []


def test_a_year_of_a_project(db: Database, cast: Cast, visit_as: Visit) -> None:
    with db.write() as s:
        ensure_builtins(s)
        add_adults(s, cast.community, 20, 1)
    holders = representatives(db, cast)
    wang = principal(db, "王站长")
    project_id, (first, second) = in_works(db, evaluation_sample=8)
    with db.write() as s:
        milestones.report(s, wang, project_id, first, milestones.ProgressReport(progress=100), at("2012-06-30"))
        late = DelayCreate(new_due_on=date(2012, 9, 15), reason="连续降雨，路基无法施工")
        milestones.delay(s, wang, project_id, second, late, at("2012-08-20"))
        spend(s, wang, project_id, "70000", "2012-06-01")
        spend(s, wang, project_id, "50000.50", "2012-09-01", "路灯")
    with db.read() as s:
        story = reading.detail(s, wang, s.get_one(Project, project_id), date(2012, 9, 1))
    assert (story.progress.numerator, story.progress.denominator) == (100, 400)
    assert (story.on_time.numerator, story.on_time.denominator) == (1, 2)  # the delay does not change the promise
    assert (story.overdue, story.milestones[1].kept, story.due_on) == (0, "missed", date(2012, 9, 15))
    assert (story.cost_fen, story.budget_fen) == (12_000_050, 12_000_000)
    accept(db, project_id, holders[:2], "2012-09-10", "rejected", defects="第三盏路灯不亮")
    with db.write() as s:
        milestones.report(s, wang, project_id, second, milestones.ProgressReport(progress=100), at("2012-09-12"))
    accept(db, project_id, holders, "2012-09-20")
    assert run(db, "2012-11-18T09:00").opened == []
    with db.read() as s:
        project = s.get_one(Project, project_id)
        schedule = s.get_one(Schedule, project.schedule_id)
    assert (project.state, schedule.starts_on) == (State.accepted, date(2012, 11, 19))
    run(db, "2012-11-19T09:00")
    round_ = the_round(db)
    assert (round_.state, round_.invited, round_.secrecy) == ("open", 8, "secret")
    with db.read() as s:
        assert [x.ref_id for x in s.scalars(select(RoundSubject))] == [project_id]
    answer(db, round_, 6, "satisfied")
    run(db, "2012-12-03T09:00")
    with db.read() as s:
        project = s.get_one(Project, project_id)
    assert (project.state, project.evaluated_on) == (State.evaluated, date(2012, 12, 3))
    story_json = visit_as(None).get(f"/projects/{project_id}").json()
    assert story_json["evaluation"]["figure"]["satisfied"] == 30  # six people about four items and the whole
    kinds = [e["kind"] for e in story_json["events"]]
    assert kinds == [
        "created", "milestone", "milestone", "moved", "moved", "moved", "progress", "delayed", "cost", "cost",
        "rejected", "progress", "accepted", "evaluated",
    ]  # fmt: skip
    assert [e["seq"] for e in story_json["events"]] == list(range(1, 15))
    page = visit_as(None).page(f"/projects/{project_id}").text
    for said in ("连续降雨，路基无法施工", "第三盏路灯不亮", "120,000.50", "超出预算 0.50 元", "已评议", "满意"):
        assert said in page, said


def test_only_the_residents_concerned_are_asked(db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    accepted(db, cast, evaluation_sample=0, grid_area_ids=[cast.areas[2]])
    run(db, "2012-11-19T09:00")
    with db.read() as s:
        asked = {entry.person_id for entry in s.scalars(select(FrameEntry))}
    assert asked == {cast.residents["陈建国"]}


def test_representatives_may_be_asked_instead_and_history_is_told_by_others(db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    project_id = accepted(db, cast, evaluation_panel="representatives")
    with db.read() as s:
        schedule = s.get_one(Schedule, s.get_one(Project, project_id).schedule_id)
    assert (schedule.panel, schedule.method, schedule.sample_size) == ("representatives", "census", 0)
    other, steps = in_works(db)
    wang = principal(db, "王站长")
    with db.write() as s:
        for step in steps:
            milestones.report(s, wang, other, step, milestones.ProgressReport(progress=100), at("2012-06-30"))
        present = accepting.representatives(s, cast.community, date(2012, 9, 20))
        data = AcceptanceCreate.model_validate({"result": "accepted", "holder_ids": [p.id for p in present]})
        accepting.settle(s, wang, s.get_one(Project, other), data, present, date(2012, 9, 20), at("2012-09-20"))
        assert s.get_one(Project, other).state == State.accepted


def test_what_happened_is_only_added(db: Database, cast: Cast) -> None:
    accepted(db, cast)
    with db.read() as s:
        known = s.scalars(select(ProjectEvent).order_by(col(ProjectEvent.seq))).all()
    for table in ("project_event", "milestone_delay", "project_cost", "project_acceptance"):
        for statement in (f"UPDATE {table} SET community_id = community_id", f"DELETE FROM {table}"):
            with db.write() as s:
                if table in ("milestone_delay", "project_cost"):
                    s.connection().exec_driver_sql(statement)  # nothing there: nothing to refuse
                    continue
                with pytest.raises(Exception, match="append-only"):
                    s.connection().exec_driver_sql(statement)
                s.rollback()
    with db.read() as s:
        assert len(s.scalars(select(ProjectEvent)).all()) == len(known)


def test_files_of_projects_and_steps(db: Database, cast: Cast) -> None:
    project_id, (first, _second) = in_works(db)
    li, far, zhou = (principal(db, name) for name in ("李网格", "外社区", "周代表"))
    with db.read() as s:
        for kind, key in (("project", project_id), ("milestone", first)):
            seen = owners.readable(s, None, kind, key)
            assert (seen.public, seen.href) == (True, f"/projects/{project_id}")
            assert owners.writable(s, li, kind, key).community_id == cast.community
            with pytest.raises(owners.NotFound):
                owners.writable(s, far, kind, key)
            with pytest.raises(Exception, match="权限"):
                owners.writable(s, zhou, kind, key)
        with pytest.raises(owners.NotFound):
            owners.readable(s, None, "milestone", UUID(int=7))


def test_history_is_numbered_by_its_own_year(db: Database, cast: Cast) -> None:
    first, _ = in_works(db)
    second, _ = in_works(db)
    with db.read() as s:
        assert [s.get_one(Project, key).number for key in (first, second)] == ["2012-0001", "2012-0002"]
    with db.write() as s:
        changed = ProjectUpdate.model_validate({"owner": "李网格"})
        assert (
            service.update(s, principal(db, "王站长"), first, changed, s.get_one(Project, first).version).owner
            == "李网格"
        )
