"""The second real job, whole: a round is answered by phone and on paper, closed, published, and checked by anybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from app.ballots.codes import grouped
from app.core.db import Database
from app.surveys.rounds.models import Round
from tests.browser.conftest import Live, Watched, shot
from tests.browser.looks import axe_finds, layout_finds
from tests.cast import Cast
from tests.surveys.answering import made

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]


@pytest.fixture
def opened(db: Database, cast: Cast) -> Round:
    return made.begin(db, cast, count=20, secrecy="secret")


def _look(page: Page, name: str) -> None:
    assert layout_finds(page) + axe_finds(page) == [], name
    shot(page, f"evaluation-{name}")


def _enter_code(watched: Watched, token: str) -> Page:
    page = watched.open("/s")
    page.get_by_label("答题码").fill(grouped(token).lower())
    page.get_by_role("button", name="打开问卷").click()
    page.wait_for_url("**/s/*-*")
    return page


def _tick(page: Page, option: str, names: list[str]) -> None:
    for name in names:
        page.locator(f'[name="{name}"][value={option}]').locator("xpath=ancestor::label").click()


def _receipt(page: Page) -> str:
    page.get_by_role("button", name="提交").click()
    shown = page.locator(".receipt-code")
    expect(shown).to_be_visible()
    return shown.inner_text()


def _by_phone(sign_in: Callable[..., Watched], token: str, *, scripts: bool) -> str:
    """Types the code, answers half, comes back to a reloaded page, sends."""
    watched = sign_in(None, "phone", java_script_enabled=scripts)
    page = _enter_code(watched, token)
    names = list(made.ticked())
    if scripts:
        _look(page, "form")
        with page.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
            _tick(page, "satisfied", names[:3])
        expect(page.locator(".kept")).to_have_text("已暂存，还没有提交")
    else:
        _tick(page, "satisfied", names[:3])
        page.get_by_role("button", name="先存着").click()
        expect(page.locator("#flash")).to_contain_text("已暂存")
    page.goto(page.url)
    expect(page.locator(".pick input:checked")).to_have_count(3)
    _tick(page, "satisfied", names[3:])
    receipt = _receipt(page)
    if scripts:
        _look(page, "sent")
        page.goto(f"{watched.live.url}/s/{token}")
        expect(page.locator("main")).to_contain_text(made.REFUSED)
        _look(page, "used")
    return receipt


def _nothing_is_cut(page: Page) -> None:
    """On paper every slip shows all that stands on it."""
    page.emulate_media(media="print")
    cut: list[str] = page.eval_on_selector_all(
        ".slip", "all => all.filter(one => one.scrollHeight > one.clientHeight + 1).map(one => one.innerText)"
    )
    assert cut == []
    page.emulate_media(media="screen")


def _print_letters(page: Page, live: Live, round_: Round) -> list[tuple[str, str]]:
    """Makes the slips; returns code and serial number of each, as they stand on the paper."""
    page.goto(f"{live.url}/rounds/{round_.id}")
    _look(page, "round")
    page.get_by_role("link", name="信函和答题条").click()
    _look(page, "letters-before")
    page.get_by_role("button", name="制作 20 张").click()
    expect(page.locator(".slip")).to_have_count(20)
    _look(page, "letters")
    paper = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) == 5, "four slips on a page of A4"
    _nothing_is_cut(page)
    shot(page, "evaluation-letters-paper")
    return [
        (
            slip.locator(".slip-text .mono").inner_text().replace("-", ""),
            slip.locator(".slip-code .mono").inner_text()[-9:],
        )
        for slip in page.locator(".slip").all()
    ]


def _enter_paper(page: Page, live: Live, round_: Round, serial: str) -> None:
    page.goto(f"{live.url}/rounds/{round_.id}/paper-ballots/new")
    _look(page, "paper")
    _tick(page, "dissatisfied", list(made.ticked()))
    page.get_by_label("纸面编号").fill("2222222A")
    page.get_by_role("button", name="录入", exact=True).click()
    expect(page.locator("#f-serial-error")).to_be_visible()
    expect(page.locator(".pick input:checked")).to_have_count(7)
    page.get_by_label("纸面编号").fill(serial.lower())
    page.get_by_role("button", name="录入", exact=True).click()
    expect(page.locator("#flash")).to_contain_text("已录入")
    expect(page.locator(".lead")).to_contain_text("其中纸质 1 份")


def _press(page: Page, summary: str, button: str) -> None:
    page.locator("summary", has_text=summary).click()
    page.get_by_role("button", name=button, exact=True).click()


def test_whole_job(sign_in: Callable[..., Watched], live: Live, db: Database, opened: Round) -> None:
    director = sign_in("王站长").open("/rounds")
    slips = _print_letters(director, live, opened)
    receipts = [_by_phone(sign_in, slips[n][0], scripts=bool(n)) for n in range(2)]
    for code, _serial in slips[2:12]:
        answer: Any = director.request.post(
            f"{live.url}/s/{code}", data={"once": "by-another-phone", "a": made.rated("basically_satisfied")}
        )
        assert answer.status == 200, answer.text()
    _enter_paper(director, live, opened, slips[12][1])
    director.goto(f"{live.url}/rounds/{opened.id}")
    expect(director.locator(".stats")).to_contain_text("13")
    _press(director, "现在截止", "现在截止")
    expect(director.locator("#flash")).to_contain_text("本轮已截止")
    director.get_by_role("button", name="公布结果").click()
    expect(director.locator("#flash")).to_contain_text("结果已公布")
    _look(director, "published")

    anybody = sign_in(None, "phone")
    page = anybody.open("/board/320594001001/rounds")
    _look(page, "public-list")
    page.locator("#published a").click()
    expect(page.locator(".rated .value").first).to_have_text("92.3%")  # 12 of 13
    expect(page.locator("#proof")).to_contain_text("SHA-256")
    _look(page, "result")
    page.locator("#proof").get_by_role("link", name="已计入答卷的名单").click()
    shown = page.locator("#receipts li").all_inner_texts()
    assert len(shown) == 13 and set(receipts) <= set(shown)
    _look(page, "receipts")


def test_a_representative_opens_the_own_questionnaire(
    sign_in: Callable[..., Watched], db: Database, cast: Cast
) -> None:
    made.begin(db, cast)
    made.seat(db, cast, "周代表")
    page = sign_in("周代表", "phone").open("/my-rounds")
    _look(page, "mine")
    page.get_by_role("button", name="打开我的问卷").click()
    page.wait_for_url("**/s/*")
    _tick(page, "satisfied", list(made.ticked()))
    assert len(_receipt(page)) == 14
    page.goto(page.url.split("/s/")[0] + "/my-rounds")
    expect(page.locator("main")).to_contain_text("已作答")


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_letters_with_names_fit_the_paper_too(
    sign_in: Callable[..., Watched], db: Database, cast: Cast, live: Live, language: str
) -> None:
    round_ = made.begin(db, cast, secrecy="confidential", count=5)
    watched = sign_in("王站长")
    watched.context.add_cookies([{"name": "lang", "value": language, "url": live.url}])
    page = watched.open(f"/rounds/{round_.id}/letters")
    page.locator(".form-foot button").click()
    expect(page.locator(".slip")).to_have_count(5)
    assert ("Scan the QR code" in page.content()) is (language == "en")
    assert len(re.findall(rb"/Type\s*/Page\b", page.pdf(prefer_css_page_size=True))) == 2
    _nothing_is_cut(page)
