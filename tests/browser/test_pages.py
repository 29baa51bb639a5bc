"""Every page, as director and as worker, public ones once: policy and scripts; width and touch targets at three sizes,
axe at two between them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from app.accounts.permissions import ROLES
from app.core.config import get_settings
from app.core.db import Database
from app.demo import acceptance
from app.migrate import migrate
from tests.browser.conftest import Live, Watched, shot, watch
from tests.browser.looks import SIZES, axe_finds, layout_finds
from tests.browser.places import address, pages

pytestmark = [pytest.mark.browser, pytest.mark.sqlite]

PAGES = pages()
# Held upright a tablet has fewer columns, but the contents of one of these two. Axe is what takes the time here: of a
# page that both may open the director's is asked on the tablet, the worker's on the phone.
AXE_SIZES = ("tablet", "phone")
MOSTLY = {"director_a", "worker_a1"}  # the others only open what these two may not
SAME_FOR_ALL = {"/docs", "/offline"}  # but for the menu, which every other page has too
LONG = {"/docs"}  # one template, hundreds of times over: axe takes half a minute for each size


class Tour:
    """The acceptance data, served, and one browser for each person."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.db = Database(url)
        migrate(self.db)
        self.seeded = acceptance.seed(self.db, get_settings())
        self.live = Live(self.db)
        self.browser = browser
        self.opened: dict[str, tuple[Watched, Page]] = {}

    def page_of(self, who: str) -> tuple[Watched, Page]:
        if who not in self.opened:
            watched = watch(self.browser, self.live, None, service_workers="block")
            user = self.seeded["users"][who]
            page = watched.open("/sign-in")
            page.get_by_label("用户名").fill(user["username"])
            page.get_by_label("密码").fill(user["password"])
            page.get_by_role("button", name="登录", exact=True).click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
            self.opened[who] = (watched, page)
        return self.opened[who]

    def close(self) -> None:
        for watched, _page in self.opened.values():
            watched.context.close()
        self.live.stop()
        self.db.close()


@pytest.fixture(scope="module")
def tour(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tour]:
    made = Tour(browser, f"sqlite:///{tmp_path_factory.mktemp('pages') / 'pages.db'}")
    yield made
    made.close()


def _cases() -> list[tuple[str, str, list[str], tuple[str, ...]]]:
    roles = {
        "director_a": "director",
        "worker_a1": "worker",
        "admin": "admin",
        "finance_a": "finance",
        "representative_a": "representative",
    }
    cases = []
    for path, asked, permission in PAGES:
        able = [w for w, role in roles.items() if permission == "public" or role in {str(r) for r in ROLES[permission]}]
        wanted = [w for w in able if w in MOSTLY] or able[:1]
        wanted = wanted[:1] if permission == "public" or path in SAME_FOR_ALL else wanted
        sizes = AXE_SIZES[-1:] if path in LONG else AXE_SIZES
        shares = [(size,) for size in AXE_SIZES] if len(wanted) == len(AXE_SIZES) else [sizes] * len(wanted)
        cases += [(who, path, asked, axe) for who, axe in zip(wanted, shares, strict=True)]
    return sorted(cases)


CASES = _cases()


def test_no_page_is_left_out() -> None:
    assert {path for path, _asked, _permission in PAGES} == {path for _who, path, *_rest in CASES}


@pytest.mark.parametrize(("who", "path", "asked", "axe"), CASES, ids=[f"{case[0]} {case[1]}" for case in CASES])
def test_page(tour: Tour, who: str, path: str, asked: list[str], axe: tuple[str, ...]) -> None:
    watched, page = tour.page_of(who)
    watched.troubles.clear()
    answer = page.goto(tour.live.url + address(path, asked, tour.seeded["objects"]["A"]))
    assert answer is not None and answer.status == 200, answer and answer.status
    assert "text/html" in answer.headers["content-type"]
    found = []
    for size, (width, height) in SIZES.items():
        page.set_viewport_size({"width": width, "height": height})
        found += [f"{size}: {what}" for what in layout_finds(page)]
        if size in axe:
            found += [f"{size}: {what}" for what in axe_finds(page)]
        shot(page, f"page-{who}{path.replace('/', '-').replace('{', '').replace('}', '')}-{size}")
    assert found == []
    assert watched.troubles == []
