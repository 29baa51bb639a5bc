"""How dwellings are named and in which order they are walked."""

from __future__ import annotations

import re
import unicodedata

_ENDINGS = re.compile(r"(号楼|幢|栋|棟|座|楼|号|单元|单|室|房)$")
_PARTS = re.compile(r"号楼|单元|[幢栋棟座楼号室房单/－—–_#\s-]+")
_DIGITS = re.compile(r"\d+")
_WIDEST_PART = 20


def plain_part(text: str) -> str:
    """One part of an address as it is stored: 12幢 -> 12, ３０２室 -> 302, b -> B."""
    return _ENDINGS.sub("", unicodedata.normalize("NFKC", text).strip().upper()).strip()


def make_label(building_number: str, unit: str, room: str) -> str:
    """12-1-302; a building without units leaves the middle out."""
    return "-".join(part for part in (building_number, unit, room) if part)


def plain_label(text: str) -> str:
    """What somebody typed as a label: 12幢1单元302室, 12/1/302 and １２－１－３０２ are all 12-1-302."""
    parts = _PARTS.split(unicodedata.normalize("NFKC", text).strip().upper())
    return "-".join(part for part in parts if part)


def counting(text: str) -> str:
    """Text that sorts as people count: 9 before 10, 302 before 302A."""
    return _DIGITS.sub(lambda digits: digits.group().zfill(6), text)[:_WIDEST_PART]


def make_walk_key(walk_order: int, building_number: str, unit: str, room: str) -> str:
    """The key that sorts dwellings in walking order: building order, building, unit, room."""
    return f"{walk_order:06d}-{counting(building_number)}-{counting(unit)}-{counting(room)}"
