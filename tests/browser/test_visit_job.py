"""The first real job, whole: sign in, see the day, log a visit at the door, and another system reads it."""

from __future__ import annotations

from collections.abc import Callable

import httpx2 as httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from app.core.db import Database
from tests.browser.conftest import Live, Watched, shot
from tests.browser.looks import SIZES, axe_finds
from tests.browser.tablet import plan, settle, visits
from tests.cast import PASSWORD, Cast, bearer

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SCRIPTS = ["with scripts", "without scripts"]


@pytest.fixture(autouse=True)
def _due(db: Database, cast: Cast) -> None:
    plan(db, cast)


def touch(choice: Locator) -> None:
    """Taps a chip or a large button as a finger does: on what is seen, which is the label around the input."""
    choice.locator("xpath=ancestor::label").click()
    expect(choice).to_be_checked()


class Finger:
    """Counts how often the screen is touched."""

    def __init__(self, page: Page) -> None:
        self.page, self.taps = page, 0

    def tap(self, what: str) -> None:
        self.taps += 1
        target = self.page.locator(what).first
        if target.get_attribute("type") in ("checkbox", "radio"):
            touch(target)
        else:
            target.click()


@pytest.mark.parametrize("scripts", SCRIPTS)
@pytest.mark.parametrize("size", list(SIZES))
def test_whole_job(
    sign_in: Callable[..., Watched], live: Live, db: Database, cast: Cast, size: str, scripts: str
) -> None:
    watched = sign_in(None, size, java_script_enabled=scripts == SCRIPTS[0])
    page = watched.open("/today")
    page.get_by_label("用户名").fill("li")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url("**/today")
    expect(page.locator(".stop")).to_have_count(3)
    if scripts == SCRIPTS[0]:
        settle(page)
        assert axe_finds(page) == []
    shot(page, f"today-{size}")

    finger = Finger(page)
    finger.tap(".stop:has-text('1-1-101')")
    page.wait_for_url("**/visits/new**")
    assert page.get_by_label("张桂英").is_checked(), "whom one comes for is chosen already"
    shot(page, f"form-{size}")
    finger.tap("[name=outcome][value=need_raised]")
    finger.tap("[value=health][type=checkbox]")
    finger.tap("[name='needs.0.urgent']")
    finger.tap("#f-note")
    page.keyboard.type("膝盖疼,想去医院看看")
    first = page.url
    finger.tap(".save .btn")
    page.wait_for_url(lambda url: url != first)
    assert finger.taps <= 8

    expect(page.locator("h1")).to_contain_text("1-1-201")  # the next door
    expect(page.locator("#flash")).to_contain_text("1-1-101 的走访已保存")
    household = cast.households["1-1-101"]
    page.goto(f"{live.url}/households/{household}")
    expect(page.locator("main")).to_contain_text("膝盖疼")
    assert len(visits(db)) == 1

    answer = httpx.get(f"{live.url}/api/v1/visits?household_id={household}", headers=bearer("区平台"))
    assert answer.status_code == 200
    (read,) = answer.json()["items"]
    assert (read["outcome"], read["worker_name"]) == ("need_raised", "李网格")
    assert [n["urgent"] for n in read["needs"]] == [True]


@pytest.mark.parametrize("scripts", SCRIPTS)
def test_bad_input_keeps_what_was_typed(
    sign_in: Callable[..., Watched], db: Database, cast: Cast, scripts: str
) -> None:
    watched = sign_in("李网格", java_script_enabled=scripts == SCRIPTS[0])
    page = watched.open(f"/visits/new?household_id={cast.households['1-1-201']}")
    if scripts == SCRIPTS[0]:
        page.wait_for_selector("form[data-ready]")
    touch(page.locator("[name=outcome][value=refused]"))
    touch(page.get_by_label("刘芳"))
    page.get_by_label("记录").fill("不该丢的话")
    page.locator(".when > summary").click()
    page.get_by_label("走访时间").fill("2019-01-01T10:00")
    page.get_by_label("下次走访").fill("2018-12-01")
    page.locator(".save .btn").click()
    expect(page.get_by_role("alert").first).to_contain_text("填写的内容都在")
    assert page.get_by_label("记录").input_value() == "不该丢的话"
    assert page.locator("[name=outcome][value=refused]").is_checked()
    assert page.get_by_label("刘芳").is_checked()
    assert visits(db) == []
    page.get_by_label("下次走访").fill("")
    page.locator(".save .btn").click()
    expect(page.locator("#flash")).to_contain_text("走访已保存")
    assert [v.note for v in visits(db)] == ["不该丢的话"]


def test_another_area_is_not_found(sign_in: Callable[..., Watched], cast: Cast) -> None:
    watched = sign_in("赵网格")
    for path in (f"/households/{cast.households['1-1-101']}", f"/visits/new?household_id={cast.households['1-1-101']}"):
        page = watched.open(path)
        expect(page.locator("main")).to_contain_text("没有找到")
        assert "张桂英" not in page.content()
        assert axe_finds(page) == []


def test_two_tabs(sign_in: Callable[..., Watched], db: Database, cast: Cast) -> None:
    watched = sign_in("李网格")
    page = settle(watched.open(f"/visits/new?household_id={cast.households['1-1-101']}"))
    first = page.url
    page.get_by_label("记录").fill("原来的话")
    page.locator(".save .btn").click()
    page.wait_for_url(lambda url: url != first)
    (visit,) = visits(db)
    tabs = [settle(watched.open(f"/visits/{visit.id}/edit")) for _n in range(2)]
    tabs[0].get_by_label("记录").fill("先存的话")
    tabs[0].locator(".save .btn").click()
    tabs[0].wait_for_url(f"**/visits/{visit.id}")
    tabs[1].get_by_label("记录").fill("后存的话")
    tabs[1].locator(".save .btn").click()
    expect(tabs[1].get_by_role("alert").first).to_be_visible()
    assert tabs[1].get_by_label("记录").input_value() == "后存的话"
    tabs[1].get_by_role("link", name="查看最新内容").click()
    expect(tabs[1].locator("main")).to_contain_text("先存的话")
    assert [v.note for v in visits(db)] == ["先存的话"]
