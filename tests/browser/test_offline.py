"""The stairwell: nothing typed is lost, everything arrives exactly once, and nobody else reads it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Page, Playwright, expect
from sqlmodel import delete, select

from app.accounts import authentication
from app.accounts.models import UserSession
from app.core import instance
from app.core.clock import today
from app.core.db import Database
from app.households.models import Household
from app.households.visits.models import Need, Visit, VisitDue, VisitRevision
from tests.browser.conftest import _ARGUMENTS, Live, Watched, shot
from tests.browser.looks import axe_finds
from tests.browser.tablet import plan, records, settle, visits
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HOME = "1-1-201"
NOTE = "刘芳说孩子近视,帮忙约了检查"


@pytest.fixture(autouse=True)
def _due(db: Database, cast: Cast) -> None:
    plan(db, cast)


def ready(watched: Watched) -> Page:
    """Today, with the worker installed and the day kept."""
    page = settle(watched.open("/today"), worker=True)
    assert records(page, "day")
    return page


def open_form(page: Page, label: str = HOME) -> None:
    page.locator(".stop", has_text=label).first.click()
    page.wait_for_selector("form[data-ready]")


def write_note(page: Page, text: str = NOTE) -> None:
    page.get_by_label("记录").fill(text)


def save(page: Page) -> None:
    page.get_by_role("button", name="保存", exact=True).click()


def save_online(page: Page) -> None:
    before = page.url
    save(page)
    page.wait_for_url(lambda url: url != before)
    settle(page)


def go(page: Page, path: str) -> Page:
    """Like typing an address; a page that stands in for another may be leaving by itself at the same moment."""
    base = "/".join(page.url.split("/", 3)[:3])
    try:
        page.goto(base + path)
    except Error as error:
        if "ERR_ABORTED" not in error.message and "interrupted" not in error.message:
            raise
        page.wait_for_timeout(500)
        page.goto(base + path)
    return settle(page)


def reconnect(watched: Watched) -> None:
    watched.context.set_offline(False)


def status(page: Page, text: str) -> None:
    expect(page.locator("[data-sync]")).to_contain_text(text, timeout=20_000)


def cleared(page: Page) -> None:
    expect(page.locator("#unsent")).to_be_hidden(timeout=20_000)


@pytest.mark.parametrize("size", ["tablet", "phone"])
def test_draft_survives_a_closed_tab(sign_in: Callable[..., Watched], db: Database, size: str) -> None:
    watched = sign_in("李网格", size)
    page = settle(watched.open("/today"))
    open_form(page)
    write_note(page)
    page.get_by_label("婉拒入户").check()
    page.get_by_label("看病就医", exact=True).check()
    page.wait_for_timeout(400)
    page.close()

    page = settle(watched.open("/today"))
    expect(page.locator(".badge.kept")).to_have_text("草稿")
    open_form(page)
    expect(page.locator(".restored")).to_contain_text("已恢复未发送的草稿")
    assert page.get_by_label("记录").input_value() == NOTE
    assert page.locator('[name="outcome"][value="refused"]').is_checked()
    assert page.get_by_label("看病就医", exact=True).is_checked()
    shot(page, f"draft-restored-{size}")
    assert axe_finds(page) == []
    save_online(page)
    assert [v.note for v in visits(db)] == [NOTE]
    assert records(page, "draft") == []


def test_discarded_draft_is_gone(sign_in: Callable[..., Watched]) -> None:
    page = settle(sign_in("李网格").open("/today"))
    open_form(page)
    write_note(page)
    page.wait_for_timeout(400)
    page.reload()
    page.wait_for_selector(".restored")
    page.get_by_role("button", name="放弃草稿").click()
    page.wait_for_selector(".restored", state="detached")
    page.wait_for_selector("form[data-ready]")
    assert page.get_by_label("记录").input_value() == ""
    assert records(page, "draft") == []


@pytest.mark.parametrize("size", ["tablet", "tablet-upright", "phone"])
def test_without_network_and_back(sign_in: Callable[..., Watched], db: Database, size: str) -> None:
    watched = sign_in("李网格", size)
    page = ready(watched)
    watched.context.set_offline(True)
    go(page, "/today")
    shot(page, f"offline-today-{size}")
    open_form(page)
    shot(page, f"offline-form-{size}")
    assert page.locator('[name="people_met"]').count() == 3
    write_note(page)
    save(page)
    page.wait_for_url("**/today")
    settle(page)
    status(page, "待发送 1")
    expect(page.locator("[data-household] .badge.kept").first).to_have_text("待发送")
    shot(page, f"waiting-{size}")
    assert axe_finds(page) == []
    assert visits(db) == []
    go(page, "/households")
    expect(page.get_by_text("这一页离线时打不开")).to_be_visible()

    reconnect(watched)
    go(page, "/today")
    status(page, "已发送")
    cleared(page)
    shot(page, f"sent-{size}")
    page.reload()
    settle(page)
    (visit,) = visits(db)
    assert (visit.note, len(visit.people_met)) == (NOTE, 1)


def test_form_open_when_the_network_goes(sign_in: Callable[..., Watched], db: Database) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    open_form(page)
    watched.context.set_offline(True)
    write_note(page)
    save(page)
    page.wait_for_url("**/today")
    settle(page)
    status(page, "待发送 1")
    reconnect(watched)
    status(page, "已发送")
    assert [v.note for v in visits(db)] == [NOTE]


def test_server_down_and_up_again(sign_in: Callable[..., Watched], live: Live, db: Database) -> None:
    page = ready(sign_in("李网格"))
    open_form(page)
    live.stop()
    write_note(page)
    save(page)
    page.wait_for_url("**/today")
    settle(page)
    status(page, "待发送 1")
    live.start()
    go(page, "/today")
    status(page, "已发送")
    assert [v.note for v in visits(db)] == [NOTE]


def test_refused_visit_stays_and_is_mended(sign_in: Callable[..., Watched], db: Database, cast: Cast) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    watched.context.set_offline(True)
    go(page, "/today")
    open_form(page)
    write_note(page)
    save(page)
    page.wait_for_url("**/today")
    with db.write() as s:
        household = s.get(Household, cast.households[HOME])
        assert household is not None
        household.closed_on = today() - timedelta(days=3)
    reconnect(watched)
    go(page, "/today")
    status(page, "未能发送 1")
    expect(page.locator(".unsent .reasons")).to_contain_text("已注销")
    shot(page, "refused")
    assert axe_finds(page) == []
    assert visits(db) == []
    page.reload()
    settle(page)
    status(page, "未能发送 1")

    page.get_by_role("link", name="打开修改").click()
    page.wait_for_selector("form[data-ready]")
    expect(page.locator("[data-reason]")).to_contain_text("已注销")
    assert page.get_by_label("记录").input_value() == NOTE
    shot(page, "mending")
    page.get_by_label("走访时间").fill(f"{today() - timedelta(days=4)}T10:00")
    save(page)
    page.wait_for_url("**/today")
    settle(page)
    cleared(page)
    assert [v.note for v in visits(db)] == [NOTE]


def test_refused_visit_is_deleted_only_on_purpose(sign_in: Callable[..., Watched], db: Database, cast: Cast) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    watched.context.set_offline(True)
    go(page, "/today")
    open_form(page)
    save(page)
    page.wait_for_url("**/today")
    with db.write() as s:
        household = s.get(Household, cast.households[HOME])
        assert household is not None
        household.closed_on = today() - timedelta(days=3)
    reconnect(watched)
    go(page, "/today")
    status(page, "未能发送 1")
    page.get_by_role("button", name="删除").click()
    assert len(records(page, "visit")) == 1
    page.get_by_role("button", name="确定删除").click()
    cleared(page)
    assert records(page, "visit") == []


def test_expired_session(sign_in: Callable[..., Watched], live: Live, db: Database) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    open_form(page)
    with db.write() as s:
        s.exec(delete(UserSession))
    write_note(page)
    save(page)
    page.wait_for_url("**/sign-in**")
    settle(page)
    expect(page.locator("[data-others]")).to_contain_text("本机有 1 条内容等待发送")
    assert visits(db) == []
    page.get_by_label("用户名").fill("li")
    page.get_by_label("密码").fill("correct-horse-battery")
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/today")
    settle(page)
    status(page, "已发送")
    assert [v.note for v in visits(db)] == [NOTE]


def test_second_person_sees_nothing(sign_in: Callable[..., Watched], live: Live, db: Database) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    watched.context.set_offline(True)
    go(page, "/today")
    open_form(page)
    write_note(page)
    save(page)
    page.wait_for_url("**/today")
    settle(page)

    reconnect_as(watched, live, "赵网格")
    go(page, "/today")
    expect(page.locator("[data-others]")).to_contain_text("本机还有 1 条由其他同事填写的内容")
    assert NOTE not in page.content() and HOME not in page.content()
    watched.context.set_offline(True)
    go(page, "/today")
    assert "王小明" not in page.content() and HOME not in page.content()
    go(page, f"/visits/new?household_id={Cast.load(db).households[HOME]}")
    assert "王小明" not in page.content()
    assert visits(db) == []

    reconnect_as(watched, live, "李网格")
    go(page, "/today")
    status(page, "已发送")
    (visit,) = visits(db)
    assert visit.worker_id == Cast.load(db).users["李网格"]


def reconnect_as(watched: Watched, live: Live, name: str) -> None:
    cookie = {"name": authentication.cookie_name(), "value": live.token_of(name), "url": live.url}
    watched.context.clear_cookies()
    watched.context.add_cookies([cookie])  # type: ignore[list-item]
    reconnect(watched)


def test_signing_out_takes_the_key_away(sign_in: Callable[..., Watched]) -> None:
    watched = sign_in("李网格")
    page = ready(watched)
    page.locator("summary.user").click()
    page.get_by_role("button", name="退出登录").click()
    page.wait_for_url("**/sign-in")
    settle(page)
    watched.context.set_offline(True)
    go(page, "/today")
    expect(page.get_by_text("本机没有可以显示的内容")).to_be_visible()
    assert HOME not in page.content()


def test_restored_server_gets_everything_again(sign_in: Callable[..., Watched], db: Database) -> None:
    page = ready(sign_in("李网格"))
    open_form(page)
    write_note(page)
    save_online(page)
    assert len(visits(db)) == 1
    go(page, "/today")
    with db.write() as s:
        s.exec(delete(VisitRevision))
        s.exec(delete(Need))
        for due in s.exec(select(VisitDue)):
            due.last_visit_id = None
        s.exec(delete(Visit))
    go(page, "/today")
    assert visits(db) == []  # the same server: nothing is sent twice
    with db.write() as s:
        instance.begin_epoch(s)
    go(page, "/today")
    status(page, "已发送")
    assert [v.note for v in visits(db)] == [NOTE]


def test_storage_holds_no_name_in_clear(
    playwright: Playwright, browser: Browser, live: Live, db: Database, tmp_path: Path
) -> None:
    path = os.environ.get("CHROMIUM") or shutil.which("chromium") or "/usr/bin/chromium"
    profile = tmp_path / "profile"
    context = playwright.chromium.launch_persistent_context(
        profile, executable_path=path, args=_ARGUMENTS, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    cookie = {"name": authentication.cookie_name(), "value": live.token_of("李网格"), "url": live.url}
    context.add_cookies([cookie])  # type: ignore[list-item]
    page = Watched(context, live).open("/today")
    settle(page, worker=True)
    open_form(page)
    context.set_offline(True)
    write_note(page, "电话13812345678 刘芳")
    save(page)
    page.wait_for_url("**/today")
    settle(page)
    assert records(page, "visit") and records(page, "day")
    page.wait_for_timeout(500)
    context.close()
    looked = 0
    for file in profile.rglob("*"):
        if file.is_file():
            content = file.read_bytes()
            looked += 1
            for secret in ("王小明", "刘芳", "张桂英", "13812345678"):
                for coding in ("utf-8", "utf-16-le"):
                    assert secret.encode(coding) not in content, (secret, file.relative_to(profile))
    assert looked > 10
