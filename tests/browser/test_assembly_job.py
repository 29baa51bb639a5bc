"""The third real job, whole: sixty representatives and three tablets, with a quorum lost and a line that breaks."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from app.assemblies.meetings import agenda, notices
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.schemas import ItemCreate
from app.core.clock import now
from app.core.db import Database
from tests.assemblies.meetings.helpers import WEEK, WHO, House, house, motion, noon, planned, state_of
from tests.browser.conftest import Live, Watched, shot
from tests.browser.looks import axe_finds, layout_finds
from tests.cast import Cast

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
SEATS = 60


@pytest.fixture
def home(db: Database, cast: Cast) -> House:
    return house(db, cast, SEATS)


@pytest.fixture
def due(home: House) -> object:
    return motion(home)


@pytest.fixture
def assembly(home: House, due: object) -> Assembly:
    """Noticed a week ago for today: a report, then a motion."""
    made = planned(home, items=1)
    home.act(agenda.add, WHO, made, ItemCreate(kind="motion", motion_id=due), noon() - WEEK)  # type: ignore[arg-type]
    home.act(notices.give, made, "paper", 1, noon() - WEEK)
    return made


def _look(page: Page, name: str) -> None:
    assert layout_finds(page) + axe_finds(page) == [], name
    shot(page, f"assembly-{name}")


def _present(page: Page, count: int) -> None:
    expect(page.locator(".light strong").first).to_have_text(str(count))


def _tap(page: Page, number: int) -> None:
    """One tap on a name in the list."""
    page.locator(".seats li").nth(number - 1).locator("button.seat").click()
    expect(page.locator(".seats li").nth(number - 1)).to_have_class("here")


def _leave(page: Page, number: int) -> None:
    seat = page.locator(".seats li").nth(number - 1)
    seat.locator("summary").click()
    seat.get_by_role("button", name="签退（离会）").click()
    expect(seat).not_to_have_class("here")


def test_a_meeting_on_three_tablets(
    sign_in: Callable[..., Watched], live: Live, home: House, due: object, assembly: Assembly
) -> None:
    floor = f"/assemblies/{assembly.id}/floor"
    home.came(assembly, 29, now())
    desk, chair = sign_in("李网格", "tablet").open(floor), sign_in("王站长", "tablet-upright").open(floor)
    guest = sign_in("周代表", "phone").open(floor)
    _present(desk, 29)
    expect(chair.locator(".light")).to_contain_text("还差 2 人")
    chair.get_by_role("button", name="宣布开会").click()
    expect(chair.locator(".floor-error")).to_contain_text("至少要 31 人")
    _look(desk, "before")
    _tap(desk, 30)
    _tap(desk, 31)
    for tablet in (desk, chair, guest):
        _present(tablet, 31)
    expect(chair.locator(".light")).to_have_class("light good large")
    chair.get_by_role("button", name="宣布开会").click()
    chair.get_by_role("button", name="下一项：报告1").click()
    chair.get_by_role("button", name="下一项：2026-01 议案1").click()
    for tablet in (desk, chair, guest):
        expect(tablet.locator(".floor-item")).to_have_text("2026-01 议案1")
    chair.get_by_role("button", name="举手表决").click()
    expect(desk.locator(".vote-panel")).to_contain_text("表决中")
    _look(chair, "voting")

    _leave(desk, 31)
    for tablet in (desk, chair, guest):
        expect(tablet.locator(".floor-now")).to_contain_text("会议中止")
        expect(tablet.locator(".floor-now")).to_contain_text("已作废")
    assert state_of(home, due) == "no_quorum"  # type: ignore[arg-type]
    _look(desk, "suspended")
    chair.get_by_role("button", name="恢复会议").click()
    expect(chair.locator(".floor-error")).to_contain_text("至少要 31 人")

    live.stop()
    expect(guest.locator("#floor-line")).to_contain_text("离线")
    live.start()
    expect(guest.locator("#floor-line")).to_contain_text("已恢复")
    _tap(desk, 31)
    chair.reload()
    chair.get_by_role("button", name="恢复会议").click()
    chair.get_by_role("button", name="举手表决").click()
    chair.get_by_role("button", name="截止表决").click()
    chair.get_by_label("反对").fill("4")
    chair.get_by_label("弃权").fill("2")
    chair.get_by_label("赞成").fill("26")
    chair.get_by_role("button", name="保存计票").click()
    expect(chair.locator(".vote-panel")).to_contain_text("举手合计 32")
    expect(chair.get_by_label("反对")).to_have_value("4")
    chair.get_by_label("赞成").fill("25")
    chair.get_by_role("button", name="保存计票").click()
    chair.get_by_role("button", name="宣布结果").click()
    expect(chair.locator(".floor-now")).to_contain_text("通过")
    for tablet in (desk, guest):
        expect(tablet.locator(".vote-panel")).to_contain_text("因此表决通过")
    assert state_of(home, due) == "carried"  # type: ignore[arg-type]
    _look(guest, "result-phone")
    chair.get_by_role("button", name="结束这一项").click()
    chair.get_by_role("button", name="宣布散会").click()
    for tablet in (desk, guest):
        expect(tablet.locator(".floor-now")).to_contain_text("会议已结束")
    wall = sign_in("王站长", "tablet").open(f"/assemblies/{assembly.id}/screen")
    _look(wall, "wall")
