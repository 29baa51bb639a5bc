"""Two-step sign-in: setting it up, signing in with it, and a code that works only once."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pyotp
import time_machine
from sqlmodel import select

from app.accounts.models import User
from app.core.db import Database
from tests.cast import PASSWORD
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]
NOON = datetime(2026, 6, 30, 4, 0, 10, tzinfo=UTC)


def set_up(someone: Visitor) -> str:
    secret = someone.get("/account/totp").json()["secret"]
    answer = someone.post("/account/totp", json={"secret": secret, "code": code(secret)})
    assert answer.status_code == 204, answer.text
    return secret


def code(secret: str) -> str:
    return pyotp.TOTP(secret).at(datetime.now(UTC))


def sign_in(stranger: Visitor, digits: str = "", username: str = "li") -> int:
    return stranger.post("/sign-in", json={"username": username, "password": PASSWORD, "code": digits}).status_code


def test_setup_stores_nothing_until_a_right_code_is_shown(visit_as: Visit) -> None:
    someone = visit_as("李网格")
    secret = someone.get("/account/totp").json()["secret"]
    wrong = someone.post("/account/totp", json={"secret": secret, "code": "000000"})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["field"] == "code"
    assert someone.get("/account").json()["totp_confirmed_at"] is None
    set_up(someone)
    assert someone.get("/account").json()["totp_confirmed_at"]


def test_a_mistyped_code_shows_the_same_secret_again(visit_as: Visit) -> None:
    someone = visit_as("李网格")
    secret = re.search(r'name="secret" value="([A-Z2-7]{32})"', someone.page("/account/totp").text)
    assert secret
    again = someone.submit("/account/totp", {"secret": secret[1], "code": "000000"})
    assert again.status_code == 422 and secret[1] in again.text


def test_sign_in_asks_for_the_code_and_takes_it_once(visit_as: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        secret = set_up(visit_as("李网格"))
        clock.shift(timedelta(seconds=60))
        stranger = visit_as(None)
        asked = stranger.post("/sign-in", json={"username": "li", "password": PASSWORD})
        assert asked.status_code == 422 and asked.json()["totp"] is True
        digits = code(secret)
        assert sign_in(stranger, digits) == 200
        assert sign_in(visit_as(None), digits) == 422, "a code that was used is refused"
        clock.shift(timedelta(seconds=30))
        assert sign_in(visit_as(None), code(secret)) == 200
        assert sign_in(visit_as(None), digits) == 422, "an older code too"


def test_a_code_of_yesterday_is_refused(visit_as: Visit) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        secret = set_up(visit_as("李网格"))
        old = code(secret)
        clock.shift(timedelta(days=1))
        assert sign_in(visit_as(None), old) == 422


def test_asking_for_the_code_is_no_failure_but_guessing_is(visit_as: Visit) -> None:
    set_up(visit_as("李网格"))
    stranger = visit_as(None)
    assert [sign_in(stranger) for _ in range(8)] == [422] * 8
    assert [sign_in(stranger, "000000") for _ in range(6)] == [422] * 5 + [429]


def test_the_page_asks_for_the_code_and_keeps_what_was_typed(visit_as: Visit) -> None:
    set_up(visit_as("李网格"))
    page = visit_as(None).submit("/sign-in", {"username": "li", "password": PASSWORD, "next": "/account"})
    assert page.status_code == 422
    assert 'name="code"' in page.text and 'value="li"' in page.text and 'value="/account"' in page.text
    assert PASSWORD not in page.text


def test_removing_needs_the_password(visit_as: Visit, db: Database) -> None:
    someone = visit_as("李网格")
    set_up(someone)
    assert someone.post("/account/totp/remove", json={"password": "wrong"}).status_code == 422
    assert someone.post("/account/totp/remove", json={"password": PASSWORD}).status_code == 204
    with db.read() as s:
        assert s.exec(select(User).where(User.username == "li")).one().totp_secret is None


def test_a_stranger_has_no_account_page(visit_as: Visit) -> None:
    assert visit_as(None).get("/account/totp").status_code == 401
