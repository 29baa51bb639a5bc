from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.browser.conftest import Watched, shot
from tests.browser.looks import axe_finds

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("size", ["tablet", "tablet-upright", "phone"])
def test_sign_in_page(sign_in: Callable[..., Watched], size: str) -> None:
    page = sign_in(None, size).open("/sign-in")
    shot(page, f"sign-in-{size}")
    assert axe_finds(page) == []
    page.get_by_label("用户名").fill("li")
    page.get_by_label("密码").fill("wrong")
    page.get_by_role("button", name="登录").click()
    assert page.get_by_text("用户名或密码不对").first.is_visible()
    assert page.get_by_label("用户名").input_value() == "li"
