"""The main menu: rooms register their entries, a person sees those that they may open.

An entry stands in the rail alone, or shares one place there with the others of its section: the first of them that
the person may open leads there, and the pages of the section show the rest as tabs. So the rail stays short.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.core import i18n
from app.core.i18n import N_


class Group(StrEnum):
    """The parts of the rail, in their order."""

    daily = "daily"
    people = "people"
    assembly = "assembly"
    evaluation = "evaluation"
    office = "office"


GROUP_LABELS = {
    Group.daily: N_("日常"),
    Group.people: N_("名册"),
    Group.assembly: N_("民主议事"),
    Group.evaluation: N_("民主评议"),
    Group.office: N_("管理"),
}


@dataclass(frozen=True)
class Section:
    """Entries that share one place in the rail, under this name."""

    label: str
    icon: str
    group: Group


# Shared by rooms that do not know one another.
COMMUNITY = Section(N_("社区"), "building-2", Group.daily)
PARTY = Section(N_("党员"), "flag", Group.people)
HELP = Section(N_("帮扶和基金"), "hand-heart", Group.people)
ACTIVITIES = Section(N_("活动"), "calendar-days", Group.people)
HOMES = Section(N_("住户居民"), "house", Group.people)
ASSEMBLIES = Section(N_("居民代表大会"), "landmark", Group.assembly)
RULES = Section(N_("代表和章程"), "users", Group.assembly)
PROMISES = Section(N_("意见和实事"), "list-checks", Group.assembly)
ROUNDS = Section(N_("评议"), "vote", Group.evaluation)
OFFICE = Section(N_("管理"), "settings", Group.office)


@dataclass(frozen=True)
class NavItem:
    """An entry, for those who hold the permission. On a phone, `phone` puts its place in the bar at the thumb."""

    href: str
    label: str
    icon: str
    permission: str
    order: int
    within: Group | Section
    phone: bool = False

    @property
    def group(self) -> Group:
        return self.within.group if isinstance(self.within, Section) else self.within


@dataclass(frozen=True)
class Place:
    """What the rail shows; `active` when the page belongs to it."""

    href: str
    label: str
    icon: str
    active: bool
    phone: bool


@dataclass(frozen=True)
class PlaceGroup:
    key: str
    label: str
    places: list[Place]


@dataclass(frozen=True)
class Menu:
    groups: list[PlaceGroup]
    tabs: list[tuple[str, str]]
    section: str

    @property
    def places(self) -> list[Place]:
        return [place for group in self.groups for place in group.places]


EMPTY = Menu([], [], "")
_items: list[NavItem] = []


def add_nav(*items: NavItem) -> None:
    """Rooms add their own entries when they are imported; adding one twice changes nothing."""
    _items.extend(item for item in items if item not in _items)
    _items.sort(key=lambda item: item.order)


def menu(who: Any, path: str) -> Menu:
    if who is None:
        return EMPTY
    allowed = [item for item in _items if who.may(item.permission)]
    beneath = [item for item in allowed if path == item.href or path.startswith(item.href + "/")]
    here = max(beneath, key=lambda item: len(item.href), default=None)
    groups = [
        PlaceGroup(group, i18n.gettext(GROUP_LABELS[group]), places)
        for group in Group
        if (places := _places([item for item in allowed if item.group == group], here))
    ]
    beside = _beside(allowed, here) if here and here.href == path else []
    tabs = [(item.href, i18n.gettext(item.label)) for item in beside] if len(beside) > 1 else []
    return Menu(groups, tabs, _name(beside) if tabs else "")


def _beside(allowed: list[NavItem], item: NavItem) -> list[NavItem]:
    """The entries that share the item's place, itself among them."""
    return [other for other in allowed if other.within == item.within] if isinstance(item.within, Section) else [item]


def _places(items: list[NavItem], here: NavItem | None) -> list[Place]:
    shared: dict[Section | str, list[NavItem]] = {}
    for item in items:
        shared.setdefault(item.within if isinstance(item.within, Section) else item.href, []).append(item)
    return [_place(entries, here) for entries in shared.values()]


def _place(entries: list[NavItem], here: NavItem | None) -> Place:
    first, section = entries[0], entries[0].within
    icon = section.icon if isinstance(section, Section) and len(entries) > 1 else first.icon
    return Place(first.href, _name(entries), icon, here in entries, any(item.phone for item in entries))


def _name(entries: list[NavItem]) -> str:
    """A section with one entry left is called as that entry: somebody with nothing but the audit log reads 审计."""
    section = entries[0].within
    label = section.label if isinstance(section, Section) and len(entries) > 1 else entries[0].label
    return i18n.gettext(label)
