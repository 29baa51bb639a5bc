"""Sessions: rotation, idle and absolute expiry, signing out everywhere, and accounts that are closed meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from sqlmodel import select

from app.accounts import authentication
from app.accounts.models import User, UserSession
from app.core.clock import now
from app.core.config import Settings, get_settings
from app.core.db import Database
from tests.cast import PASSWORD, Cast
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
MORNING = datetime(2026, 6, 30, 0, 0, tzinfo=UTC)


def signed_in(visitor: Visitor) -> bool:
    return visitor.get("/account").status_code == 200


def test_every_sign_in_makes_a_new_token_and_ends_the_old_one(visit_as: Visit, db: Database) -> None:
    browser = visit_as(None)
    seen = set()
    for _ in range(3):
        browser.post("/sign-in", json={"username": "li", "password": PASSWORD})
        seen.add(browser.client.cookies[authentication.cookie_name()])
    assert len(seen) == 3
    with db.read() as s:
        assert len(s.exec(select(UserSession)).all()) == 1


def test_a_token_chosen_by_somebody_else_is_never_taken_over(visit_as: Visit) -> None:
    browser = visit_as(None)
    browser.client.cookies.set(authentication.cookie_name(), "chosen-by-an-attacker")
    browser.post("/sign-in", json={"username": "li", "password": PASSWORD})
    thief = visit_as(None)
    thief.client.cookies.set(authentication.cookie_name(), "chosen-by-an-attacker")
    assert not signed_in(thief)


def test_two_idle_hours_end_a_session(visit_as: Visit) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        someone = visit_as("李网格")
        clock.shift(timedelta(hours=1, minutes=59))
        assert signed_in(someone)
        clock.shift(timedelta(hours=1, minutes=59))
        assert signed_in(someone), "use keeps it open"
        clock.shift(timedelta(hours=2))
        assert not signed_in(someone)


def test_twelve_hours_end_any_session(visit_as: Visit) -> None:
    with time_machine.travel(MORNING, tick=False) as clock:
        someone = visit_as("李网格")
        for _ in range(11):
            clock.shift(timedelta(hours=1))
            assert signed_in(someone)
        clock.shift(timedelta(hours=1))
        assert not signed_in(someone)


def test_a_new_password_ends_the_other_sessions_only(visit_as: Visit) -> None:
    here, elsewhere = visit_as("李网格"), visit_as("李网格")
    change = {"old_password": PASSWORD, "new_password": "three plain words apart"}
    assert here.post("/account/password", json=change).status_code == 204
    assert signed_in(here) and not signed_in(elsewhere)
    assert visit_as(None).post("/sign-in", json={"username": "li", "password": PASSWORD}).status_code == 422
    renewed = {"username": "li", "password": change["new_password"]}
    assert visit_as(None).post("/sign-in", json=renewed).status_code == 200


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaa", "password12", PASSWORD])
def test_weak_or_unchanged_passwords_are_refused(visit_as: Visit, weak: str) -> None:
    answer = visit_as("李网格").post("/account/password", json={"old_password": PASSWORD, "new_password": weak})
    assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == "new_password"
    assert weak not in answer.text


def test_the_old_password_must_be_right(visit_as: Visit) -> None:
    change = {"old_password": "not it", "new_password": "three plain words apart"}
    page = visit_as("李网格").submit("/account/password", change)
    assert page.status_code == 422 and "原密码不对" in page.text
    assert "three plain words apart" not in page.text, "no password is ever shown again"


def test_signing_out_here_and_everywhere(visit_as: Visit) -> None:
    one, two, three = (visit_as("李网格") for _ in range(3))
    assert one.post("/sign-out").status_code == 204
    assert not signed_in(one) and signed_in(two)
    assert two.post("/account/sign-out-everywhere").status_code == 204
    assert not signed_in(two) and not signed_in(three)


def test_a_closed_account_is_out_at_once(visit_as: Visit, db: Database, cast: Cast) -> None:
    someone = visit_as("李网格")
    with db.write() as s:
        s.get_one(User, cast.users["李网格"]).is_active = False
    assert not signed_in(someone)
    assert visit_as(None).post("/sign-in", json={"username": "li", "password": PASSWORD}).status_code == 422


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "http:evil", "evil"],
)
def test_sign_in_leads_nowhere_else(visit_as: Visit, elsewhere: str) -> None:
    form = {"username": "li", "password": PASSWORD, "next": elsewhere}
    assert visit_as(None).submit("/sign-in", form).headers["location"] == "/"
    assert "evil" not in visit_as(None).page("/sign-in", params={"next": elsewhere}).text


def test_sign_in_leads_back(visit_as: Visit) -> None:
    asked = visit_as(None).page("/account?x=%E4%B8%AD")
    assert asked.status_code == 303 and asked.headers["location"].startswith("/sign-in?next=/account")
    form = {"username": "li", "password": PASSWORD, "next": "/visits?q=1"}
    assert visit_as(None).submit("/sign-in", form).headers["location"] == "/visits?q=1"
    assert visit_as("李网格").page("/sign-in?next=/account").headers["location"] == "/account"


def test_a_made_up_password_must_be_changed_first(visit_as: Visit, db: Database, cast: Cast) -> None:
    with db.write() as s:
        s.get_one(User, cast.users["王站长"]).must_change_password = True
    someone = visit_as("王站长")
    assert someone.get("/communities").status_code == 403
    assert someone.page("/").headers["location"] == "/account"
    assert "初始密码" in someone.page("/account").text
    form = {"username": "wang", "password": PASSWORD, "next": "/communities"}
    assert visit_as(None).submit("/sign-in", form).headers["location"] == "/account"
    someone.post("/account/password", json={"old_password": PASSWORD, "new_password": "three plain words apart"})
    assert someone.get("/communities").status_code == 200


@pytest.fixture
def production(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    settings = Settings(
        APP_ENV="production",
        APP_SECRET=get_settings().secret,
        APP_ALLOWED_HOSTS="testserver",
        APP_BASE_URL="https://testserver",
    )
    monkeypatch.setattr("app.accounts.authentication.get_settings", lambda: settings)
    yield


@pytest.mark.usefixtures("production")
def test_in_production_an_administrator_needs_the_second_factor(visit_as: Visit, db: Database, cast: Cast) -> None:
    admin = visit_as("系统员")
    admin.client.cookies.set("__Host-session", admin.client.cookies.get("__Host-session") or "")
    refused = admin.get("/users")
    assert refused.status_code == 403 and "两步验证" in refused.json()["detail"]
    assert admin.get("/account").status_code == 200
    with db.write() as s:
        s.get_one(User, cast.users["系统员"]).totp_confirmed_at = now()
    assert admin.get("/users").status_code == 200
    assert visit_as("王站长").get("/users").status_code == 200, "others are not asked"


def test_the_language_follows_the_account(visit_as: Visit) -> None:
    someone = visit_as("李网格")
    assert someone.post("/language", json={"locale": "en"}).status_code == 204
    assert someone.get("/account").json()["locale"] == "en"
    fresh = visit_as(None)
    fresh.post("/sign-in", json={"username": "li", "password": PASSWORD})
    assert '<html lang="en">' in fresh.page("/account").text


def test_the_account_page_names_devices(visit_as: Visit) -> None:
    page = visit_as("李网格").page("/account")
    assert page.status_code == 200 and "已登录的设备" in page.text
    assert visit_as(None).get("/account").status_code == 401
