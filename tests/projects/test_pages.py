"""The pages of the ledger in a browser: everybody's, the office's, a representative's; what was typed stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.core.clock import today
from app.core.db import Database
from app.projects import ledger
from app.projects.models import Milestone, Project, State
from app.surveys.instruments.builtins import ensure_builtins
from tests.cast import Cast
from tests.operations.server import qinlian_process
from tests.projects.helpers import accepted, in_works, representatives, spend
from tests.surveys.rounds.helpers import principal, run
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def test_a_project_from_the_first_form_to_the_acceptance(visit_as: Visit, db: Database, cast: Cast) -> None:
    """As the director and a representative do it, without JavaScript."""
    with db.write() as s:
        ensure_builtins(s)
    holders = representatives(db, cast)
    wang, zhou, day = visit_as("王站长"), visit_as("周代表"), today().isoformat()
    wrong = wang.submit("/projects", {"title": "修<路>", "budget_yuan": "十二万"})
    assert wrong.status_code == 422
    assert "请按元填写金额" in wrong.text and 'value="十二万"' in wrong.text and 'value="修&lt;路&gt;"' in wrong.text
    made = wang.submit("/projects", {"title": "修路", "source": "会议决定", "budget_yuan": "12,000"})
    here = made.headers["location"]
    assert made.status_code == 303 and "修路" in wang.page(here).text
    early = wang.submit(f"{here}/moves", {"to": "funded", "note": "先开工"})
    assert early.status_code == 409
    assert "还缺：" in early.text and "先开工" in early.text
    filled = {"_version": "2", "title": "修路", "owner": "王站长", "budget_yuan": "12000", "budget_source": "惠民资金"}
    edited = wang.submit(f"{here}?_method=patch", {**filled, "promised_on": day})
    assert edited.status_code == 303, edited.text
    step = wang.submit(f"{here}/milestones", {"title": "路面", "promised_on": day, "weight": "2"})
    assert step.status_code == 303
    for to, more in (("funded", {}), ("contracted", {"contractor": "市政"}), ("works", {})):
        assert f'name="to" value="{to}"' in wang.page(f"{here}/step").text
        assert wang.submit(f"{here}/moves", {"to": to, **more}).status_code == 303
    with db.read() as s:
        (mile,) = ledger.milestones_of(s, UUID(here.rsplit("/", 1)[1]))
    at = f"{here}/milestones/{mile.id}"
    assert "不能按期" in wang.page(at).text
    late = wang.submit(f"{at}/delays", {"new_due_on": "", "reason": "下雨"})
    assert late.status_code == 422 and "下雨" in late.text
    assert wang.submit(f"{at}/progress", {"progress": "100", "note": ""}).status_code == 303
    assert wang.submit(f"{here}/costs", {"what": "水泥", "amount_yuan": "90.5", "spent_on": day}).status_code == 303
    form = zhou.page(f"{here}/acceptances/new").text
    assert f'value="{holders[0]}"' in form and "代表2" in form
    alone = zhou.submit(f"{here}/acceptances", {"result": "accepted", "holder_ids": str(holders[0]), "note": "很好"})
    assert alone.status_code == 409 and "至少 2 名居民代表" in alone.text and "很好" in alone.text
    both = {"result": "accepted", "holder_ids": [str(h) for h in holders[:2]]}
    assert zhou.submit(f"{here}/acceptances", both).status_code == 303
    seen, public = zhou.page(here).text, visit_as(None).page(here).text
    assert "代表1、代表2" in seen and "已验收" in seen
    assert "代表1" not in public and "代*1" in public
    assert "/edit" not in public and "登记费用" not in public


def test_the_ledger_that_everybody_sees(visit_as: Visit, db: Database, cast: Cast) -> None:
    with db.write() as s:
        ensure_builtins(s)
    accepted(db, cast)
    project_id, (first, _second) = in_works(db, title="加装电梯")
    stranger = visit_as(None)
    ledger_ = stranger.get("/projects/public/320594001001").json()
    assert (ledger_["on_time"]["numerator"], ledger_["on_time"]["denominator"]) == (1, 4)
    assert (ledger_["projects"], ledger_["finished"], ledger_["stopped"], ledger_["overdue_count"]) == (2, 1, 0, 2)
    page = stranger.page("/projects/public/320594001001").text
    for said in ("25%", "1 个按期 / 4 个到期的节点", "加装电梯", "逾期", "/projects/public/320594001001/promises"):
        assert said in page, said
    counts = {}
    for which in ("due", "on_time", "broken", "overdue"):
        found = stranger.get(f"/projects/public/320594001001/promises?which={which}").json()
        counts[which] = found["total"]
        assert stranger.page(f"/projects/public/320594001001/promises?which={which}").status_code == 200
    assert counts == {"due": 4, "on_time": 1, "broken": 3, "overdue": 2}
    assert str(first) in {p["id"] for p in found["items"]} and found["items"][0]["project_id"] == str(project_id)
    assert stranger.get("/projects/public/320594009999").status_code == 404
    assert stranger.get("/projects/public/xx").status_code == 422
    other = stranger.get("/projects/public/320594001002").json()
    assert (other["total"], other["on_time"]["share"]) == (0, None)


def test_lists_are_searched_and_exported(visit_as: Visit, db: Database, cast: Cast) -> None:
    for title in ("=东门", "南门"):
        in_works(db, title=title)
    wang = visit_as("王站长")
    titles = lambda query: [p["title"] for p in wang.get(f"/projects?{query}").json()["items"]]  # noqa: E731
    assert titles("q=东门") == ["=东门"] and titles("q=市政") == ["南门", "=东门"]
    assert titles("state=works&limit=1") == ["南门"] and titles("state=stopped") == []
    pages = wang.get("/projects?limit=1").json()
    assert (
        pages["total"] == 2 and wang.get(pages["next"].removeprefix("/api/v1")).json()["items"][0]["title"] == "=东门"
    )
    text = wang.get("/projects/export?format=csv").text
    assert "'=东门" in text and "120,000.00" in text
    assert wang.get("/projects/export?format=xlsx").content[:2] == b"PK"
    assert len(wang.get("/projects/promises/export?which=broken").text.strip().splitlines()) == 5
    assert wang.get("/projects?colour=red").status_code == 422


@pytest.mark.parametrize("name", ["王站长", "李网格"])
def test_every_form_opens(visit_as: Visit, db: Database, cast: Cast, name: str) -> None:
    project_id, (first, _second) = in_works(db)
    with db.write() as s:
        cost = spend(s, principal(db, "王站长"), project_id, "700", "2012-06-01")
    visitor = visit_as(name)
    here = f"/projects/{project_id}"
    for path in (
        "", "/edit", "/step", "/stop", "/milestones/new", f"/milestones/{first}", "/costs/new",
        f"/costs/{cost}/reversal",
    ):  # fmt: skip
        assert visitor.page(here + path).status_code == 200, path
    assert visitor.page("/projects/new").status_code == 200 and visitor.page("/projects").status_code == 200
    assert visitor.page("/projects/promises?which=overdue").status_code == 200
    assert visitor.page(f"{here}/costs/{project_id}/reversal").status_code == 404
    assert visitor.submit(f"{here}/stop", {"reason": ""}).status_code == 422
    assert visitor.submit(f"{here}/costs/{cost}/reversal", {"reason": "写错"}).status_code == 303
    again = visitor.submit(f"{here}/costs/{cost}/reversal", {"reason": "再来"})
    assert again.status_code == 409 and "已经冲销过了" in again.text and "再来" in again.text
    assert visit_as("周代表").page(f"{here}/edit").status_code == 403


def test_the_plan_may_change_until_the_money_is_found(visit_as: Visit, db: Database, cast: Cast) -> None:
    wang = visit_as("王站长")
    here = wang.post("/projects", json={"title": "修路", "source": "会议"}).headers["location"]
    day = (today() + timedelta(days=9)).isoformat()
    made = wang.post(f"{here}/milestones", json={"title": "路面", "promised_on": day})
    at, version = made.headers["location"], {"If-Match": '"1"'}
    changed = wang.patch(at, json={"promised_on": "2030-01-02", "weight": 5}, headers=version).json()
    assert (changed["promised_on"], changed["due_on"], changed["weight"]) == ("2030-01-02", "2030-01-02", 5)
    assert wang.submit(f"{at}?_method=delete", {"_version": "1"}).status_code == 412
    assert wang.submit(f"{at}?_method=delete", {"_version": "2"}).headers["location"] == here
    with db.read() as s:
        assert s.scalars(select(Milestone)).all() == []


@pytest.mark.sqlite
def test_cron_hears_of_the_evaluation(db: Database, cast: Cast, database_url: str, tmp_path: Path) -> None:
    """A process of its own knows of this room although it serves no page."""
    with db.write() as s:
        ensure_builtins(s)
    project_id = accepted(db, cast, evaluation_panel="representatives")
    run(db, "2012-11-19T09:00")
    ran = qinlian_process(database_url, tmp_path, "rounds", "run-due", "--as-of", "2012-12-05")
    assert ran.returncode == 0 and "published 1" in ran.stdout, ran.stdout + ran.stderr
    with db.read() as s:
        project = s.scalars(select(Project).where(col(Project.id) == project_id)).one()
    assert (project.state, project.accepted_on) == (State.evaluated, date(2012, 9, 20))
