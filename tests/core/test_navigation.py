"""The main menu: short, grouped, and only what a role may open."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

import app.main  # noqa: F401  all rooms add their entries
from app.accounts.models import Role
from app.accounts.permissions import permissions_of
from app.core import navigation
from app.core.i18n import set_locale

# What fits a tablet of 1024 by 768 without scrolling.
MOST_PLACES = 12


def menu_of(role: Role, path: str = "/account") -> navigation.Menu:
    set_locale("zh-CN")
    allowed = permissions_of(role)
    return navigation.menu(SimpleNamespace(may=lambda permission: permission in allowed), path)


@pytest.mark.parametrize("role", Role)
def test_the_rail_fits_the_tablet(role: Role) -> None:
    menu = menu_of(role)
    assert 0 < len(menu.places) <= MOST_PLACES
    assert len({place.href for place in menu.places}) == len(menu.places)
    assert not [place for place in menu.places if place.active], "no place is lit on a page that belongs to none"
    assert len([place for place in menu.places if place.phone]) <= 5, "the bar at the thumb has room for five and 更多"


def test_a_section_takes_one_place_and_shows_the_rest_as_tabs() -> None:
    menu = menu_of(Role.director, "/buildings")
    assert [place.label for place in menu.places if place.active] == ["住户居民"]
    tabs = [label for _href, label in menu.tabs]
    assert menu.section == "住户居民" and tabs == ["住户", "居民", "楼栋", "名册导入"]
    assert [label for _href, label in menu_of(Role.worker, "/buildings").tabs] == ["住户", "居民", "楼栋"]


def test_a_record_lights_its_place_but_has_no_tabs() -> None:
    menu = menu_of(Role.director, "/buildings/42")
    assert [place.label for place in menu.places if place.active] == ["住户居民"] and menu.tabs == []


def test_a_section_with_one_entry_left_is_called_as_that_entry() -> None:
    assert menu_of(Role.director).places[-1].label == "管理"
    last = menu_of(Role.supervisor).places[-1]
    assert (last.label, last.href) == ("审计", "/audit")
    assert menu_of(Role.supervisor, "/audit").tabs == []


def test_a_visitor_has_no_menu() -> None:
    assert navigation.menu(None, "/") == navigation.EMPTY
