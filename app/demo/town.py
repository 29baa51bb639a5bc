"""The houses of the demo community: 24 buildings in six grid areas, 2418 dwellings."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from app.demo.people import People

AREAS = 6
BUILDINGS_PER_AREA = 4
# Units, floors, rooms on a floor of each building: 5 of 66 dwellings, 12 of 108, 4 of 144, 3 of 72 make 2418.
_LOW, _LONG, _TALL, _SLIM = (3, 11, 2), (3, 18, 2), (2, 18, 4), (2, 18, 2)
PLAN = (
    *(_LOW, _LONG, _LONG, _SLIM),
    *(_LOW, _LONG, _TALL, _LONG),
    *(_LONG, _LOW, _LONG, _TALL),
    *(_LONG, _SLIM, _LONG, _LOW),
    *(_LONG, _TALL, _LONG, _LONG),
    *(_LOW, _LONG, _TALL, _SLIM),
)
PHASE_ONE = 12  # buildings 1 to 12 were handed over first
FIRST_KEYS = date(2009, 8, 15)
SECOND_KEYS = date(2010, 9, 1)
_STREETS = ("翰林路88号", "翰林路66号")
_AREA_NAMES = ("沙滩广场片", "翰林路片", "幼儿园片", "东侧绿带片", "二期南片", "二期北片")
_FLOOR_AREAS = {2: (8_912, 11_867, 12_745, 13_980), 4: (5_893, 7_421, 8_815, 8_960)}


@dataclass
class Area:
    id: UUID
    number: int
    name: str


@dataclass
class Dwelling:
    id: UUID
    building: Block
    unit: str
    room: str
    floor: int
    floor_area: int

    @property
    def label(self) -> str:
        return f"{self.building.number}-{self.unit}-{self.room}"


@dataclass
class Block:
    """A building (幢)."""

    id: UUID
    area: Area
    number: int
    address: str
    keys_on: date
    dwellings: list[Dwelling] = field(default_factory=list, repr=False)


def build(people: People) -> list[Block]:
    areas = [Area(people.new_id(), n + 1, f"第{n + 1}网格（{_AREA_NAMES[n]}）") for n in range(AREAS)]
    blocks = []
    for index, shape in enumerate(PLAN):
        first = index < PHASE_ONE
        block = Block(
            id=people.new_id(),
            area=areas[index // BUILDINGS_PER_AREA],
            number=index + 1,
            address=f"苏州工业园区{_STREETS[0 if first else 1]}翰林缘花园{'一' if first else '二'}期{index + 1}幢",
            keys_on=FIRST_KEYS if first else SECOND_KEYS,
        )
        block.dwellings = list(_dwellings(people, block, shape))
        blocks.append(block)
    return blocks


def _dwellings(people: People, block: Block, shape: tuple[int, int, int]) -> Iterator[Dwelling]:
    units, floors, rooms = shape
    for unit in range(1, units + 1):
        for floor in range(1, floors + 1):
            for room in range(1, rooms + 1):
                size = _floor_area(people.rng, rooms, room)
                yield Dwelling(people.new_id(), block, str(unit), f"{floor}{room:02d}", floor, size)


def _floor_area(rng: random.Random, rooms: int, room: int) -> int:
    """In 0.01 m²: every room of a stack has the same plan, measured with a little difference."""
    return _FLOOR_AREAS[rooms][room - 1 if rooms == 4 else (room - 1) * 2 + rng.randrange(2)] + rng.randrange(-40, 41)
