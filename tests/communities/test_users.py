"""User administration: who may make whom, passwords shown once, and nobody locked out."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import col, select

from app.accounts.models import Role, User, UserGridArea
from app.communities.staff.service import create_user
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from tests.cast import PASSWORD, Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
NEW = {"username": "SunLi", "display_name": "孙丽", "role": "worker"}


def make(visitor: Visitor, **changes: Any) -> Any:
    return visitor.post("/users", json={**NEW, **changes})


def change(visitor: Visitor, user: Any, body: dict[str, Any]) -> Any:
    tag = visitor.get(f"/users/{user}").headers.get("etag", '"1"')
    return visitor.patch(f"/users/{user}", json=body, headers={"If-Match": tag})


def test_a_director_makes_a_worker_who_changes_the_password_first(visit_as: Visit, cast: Cast) -> None:
    made = make(visit_as("王站长"), grid_area_ids=[str(cast.areas[1])])
    assert made.status_code == 201
    password = made.json()["initial_password"]
    fresh = visit_as(None)
    assert fresh.post("/sign-in", json={"username": "sunli", "password": password}).json()["next"] == "/account"
    assert fresh.get("/grid-areas").status_code == 403
    me = fresh.get("/me").json()
    fresh.headers = {"X-CSRF-Token": me["csrf_token"]}
    body = {"old_password": password, "new_password": "three plain words apart"}
    assert fresh.post("/account/password", json=body).status_code == 204
    assert [a["number"] for a in fresh.get("/grid-areas").json()["items"]] == [1]


def test_the_password_is_shown_once_on_the_page_and_kept_nowhere(visit_as: Visit, db: Database) -> None:
    page = visit_as("王站长").submit("/users", {**NEW, "grid_area_ids": ""})
    assert page.status_code == 201
    found = re.search(r'class="secret mono">([a-z0-9-]{19})<', page.text)
    assert found, page.text
    assert page.headers["cache-control"] == "no-store" and "flash" not in page.headers.get("set-cookie", "")
    with db.read() as s:
        assert found[1] not in " ".join(s.exec(select(AuditEntry.changes)).all())


@pytest.mark.parametrize("role", ["supervisor", "admin"])
def test_a_director_never_makes_somebody_above_her(visit_as: Visit, cast: Cast, role: str) -> None:
    director = visit_as("王站长")
    assert make(director, role=role, district_id=str(cast.district)).status_code == 403
    assert change(director, cast.users["李网格"], {"role": role}).status_code == 403


def test_a_director_stays_in_her_community(visit_as: Visit, cast: Cast, db: Database) -> None:
    director = visit_as("王站长")
    assert make(director, community_id=str(cast.other_community)).status_code == 422
    assert change(director, cast.users["外社区"], {"display_name": "x"}).status_code == 404
    assert change(director, cast.users["区督导"], {"display_name": "x"}).status_code == 404
    with db.read() as s:
        foreign = s.exec(select(UserGridArea).where(UserGridArea.user_id == cast.users["外社区"])).one()
    answer = make(director, grid_area_ids=[str(foreign.grid_area_id)])
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "grid_area_ids"
    names = {u["display_name"] for u in director.get("/users").json()["items"]}
    assert names == {"王站长", "李网格", "赵网格", "钱会计", "周代表"}


def test_an_administrator_says_where_somebody_belongs(visit_as: Visit, cast: Cast) -> None:
    admin = visit_as("系统员")
    assert make(admin).json()["errors"][0]["field"] == "community_id"
    assert make(admin, role="supervisor").json()["errors"][0]["field"] == "district_id"
    assert make(admin, role="director", community_id=str(cast.other_community)).status_code == 201
    assert make(admin, username="dudao", role="supervisor", district_id=str(cast.district)).status_code == 201
    assert make(admin, username="second", role="admin").status_code == 201
    assert make(admin, username="SECOND", role="admin").json()["code"] == "username_taken"


def test_editing_moves_grid_areas(visit_as: Visit, cast: Cast, db: Database) -> None:
    director, worker = visit_as("王站长"), cast.users["李网格"]
    form = {"_version": "1", "display_name": "李网格", "role": "worker", "is_active": "true"}
    both = {**form, "grid_area_ids": ["", str(cast.areas[1]), str(cast.areas[2])]}
    assert director.submit(f"/users/{worker}?_method=patch", both).status_code == 303
    assert len(director.get(f"/users/{worker}").json()["grid_areas"]) == 2
    none = {**form, "_version": "2", "grid_area_ids": ""}
    assert director.submit(f"/users/{worker}?_method=patch", none).status_code == 303
    assert director.get(f"/users/{worker}").json()["grid_areas"] == []
    history = director.get(f"/grid-areas/{cast.areas[2]}").json()["assignments"]
    assert history and history[0]["to_on"] is not None


def test_another_role_or_a_closed_account_loses_the_areas(visit_as: Visit, cast: Cast, db: Database) -> None:
    director = visit_as("王站长")
    assert change(director, cast.users["李网格"], {"role": "finance"}).json()["grid_areas"] == []
    working = visit_as("赵网格")
    assert change(director, cast.users["赵网格"], {"is_active": False}).json()["grid_areas"] == []
    assert working.get("/account").status_code == 401


def test_nobody_locks_himself_out(visit_as: Visit, cast: Cast) -> None:
    for name in ("王站长", "系统员"):
        someone, own = visit_as(name), cast.users[name]
        assert change(someone, own, {"is_active": False}).json()["code"] == "own_account"
        assert change(someone, own, {"role": "worker"}).json()["code"] == "own_account"
        assert someone.post(f"/users/{own}/reset-password").status_code == 409
        assert someone.post(f"/users/{own}/remove-totp").status_code == 409
    assert change(visit_as("王站长"), cast.users["王站长"], {"display_name": "王主任"}).status_code == 200


def test_the_last_administrator_stays(visit_as: Visit, cast: Cast, db: Database) -> None:
    with db.write() as s:
        second = create_user(s, username="second", display_name="第二", role=Role.admin, password=PASSWORD)
        second.must_change_password = False
    other, first = visit_as("第二"), cast.users["系统员"]
    assert change(visit_as("系统员"), second.id, {"is_active": False}).status_code == 200
    with db.write() as s:
        s.get_one(User, second.id).is_active = True
        s.get_one(User, first).is_active = False
    other = visit_as("第二")
    with db.write() as s:
        s.get_one(User, first).is_active = True
    assert change(other, first, {"is_active": False}).status_code == 200
    third = make(other, username="third", role="admin").json()["user_id"]
    assert change(other, third, {"role": "supervisor", "district_id": str(cast.district)}).status_code == 200


def test_help_for_those_who_cannot_sign_in(visit_as: Visit, cast: Cast, db: Database) -> None:
    director, worker, working = visit_as("王站长"), cast.users["李网格"], visit_as("李网格")
    assert director.post(f"/users/{worker}/end-sessions").status_code == 204
    assert working.get("/account").status_code == 401
    with db.write() as s:
        s.get_one(User, worker).totp_confirmed_at = now()
    assert director.get(f"/users/{worker}").json()["two_step"] is True
    assert director.post(f"/users/{worker}/remove-totp").status_code == 204
    password = director.post(f"/users/{worker}/reset-password").json()["initial_password"]
    assert visit_as(None).post("/sign-in", json={"username": "li", "password": PASSWORD}).status_code == 422
    assert visit_as(None).post("/sign-in", json={"username": "li", "password": password}).status_code == 200


def test_search_filter_and_export(visit_as: Visit) -> None:
    director = visit_as("王站长")

    def found(query: str) -> list[str]:
        return [u["username"] for u in director.get(f"/users?{query}").json()["items"]]

    assert found("q=网格") == ["li", "zhao"]
    assert found("q=ZHO") == ["zhou"]
    assert found("q=%25") == []
    assert found("role=finance") == ["qian"]
    first = director.get("/users?limit=2").json()
    assert first["total"] == 5 and first["next"].startswith("/api/v1/users?")
    assert director.get("/users?colour=red").status_code == 422
    rows = list(csv.reader(io.StringIO(director.get("/users/export?role=worker").content.decode("utf-8-sig"))))
    assert rows[0][0] == "姓名" and [r[1] for r in rows[1:]] == ["li", "zhao"]
    assert director.get("/users/export?format=xlsx").content[:2] == b"PK"


@pytest.mark.parametrize(
    "bad",
    [
        {"username": "有空格"},
        {"username": "a"},
        {"display_name": ""},
        {"display_name": "x" * 121},
        {"role": "king"},
        {"grid_area_ids": ["x"]},
        {"is_active": False},
    ],
)
def test_nonsense_is_refused(visit_as: Visit, bad: dict[str, Any]) -> None:
    assert make(visit_as("王站长"), **bad).status_code == 422


def test_others_have_no_access(visit_as: Visit, cast: Cast) -> None:
    for name in ("李网格", "周代表", "钱会计", "区督导"):
        assert visit_as(name).get("/users").status_code == 403
        assert make(visit_as(name)).status_code == 403
    assert visit_as("外主任").get(f"/users/{cast.users['李网格']}").status_code == 404
    assert visit_as("外主任").post(f"/users/{cast.users['李网格']}/reset-password").status_code == 404
    assert visit_as(None).get("/users").status_code == 401


def test_every_account_change_is_in_the_log(visit_as: Visit, cast: Cast, db: Database) -> None:
    director, worker = visit_as("王站长"), cast.users["李网格"]
    change(director, worker, {"display_name": "李新名"})
    director.post(f"/users/{worker}/reset-password")
    with db.read() as s:
        entries = s.exec(
            select(AuditEntry).where(AuditEntry.object_id == worker).order_by(col(AuditEntry.seq).desc())
        ).all()
    assert entries[0].actor_name == "王站长"
    assert any("李新名" in e.changes and "李网格" in e.changes for e in entries)
    assert not any("argon2" in e.changes for e in entries)
