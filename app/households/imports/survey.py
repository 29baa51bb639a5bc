"""The first walk through the file: what it says of each building and household, and which rows repeat or contradict."""

from __future__ import annotations

import json
import marshal
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.core.i18n import N_
from app.households.imports.columns import EXAMPLE, plain_word
from app.households.imports.lines import Line, LineReader, pack, restored
from app.households.imports.problems import Problem, problem
from app.households.imports.read_xlsx import Cell
from app.households.residents.models import Relation

PACK = 250
_EXAMPLE = {key: text for key, text in EXAMPLE.items() if text}
_SAID = 2**64 - 1


def _who(line: Line) -> int:
    """Stands for a person: by ID number, else by household, name and birthday. Small, for there are many."""
    return hash(line.id_number or (line.label, line.name, line.birth_on))


def _said(line: Line) -> int:
    return hash(line[1:]) & _SAID


@dataclass(slots=True)
class Home:
    """What the file says of one household; the first row that says something says it for all."""

    row: int
    floor_area: int | None = None
    tenure: str = ""
    note: str = ""
    from_on: int | None = None
    head_row: int = 0
    people: int = 0


@dataclass(slots=True)
class Block:
    """What the file says of one building."""

    row: int
    grid_area_id: UUID | None = None
    address: str = ""


@dataclass
class Survey:
    """Everything that must be known of the whole file before the first row is decided. Rows are kept packed."""

    grid_areas: dict[str, UUID]
    unknown_columns: list[str] = field(default_factory=list)
    homes: dict[str, Home] = field(default_factory=dict)
    blocks: dict[str, Block] = field(default_factory=dict)
    repeats: dict[int, int] = field(default_factory=dict)
    namesakes: dict[int, int] = field(default_factory=dict)
    rows: int = 0
    _people: dict[int, int] = field(default_factory=dict)  # who -> row << 64 | what it says
    _names: dict[int, int] = field(default_factory=dict)
    _faults: dict[int, tuple[Any, ...]] = field(default_factory=dict)  # what a row says against others, by row
    _packs: list[bytes] = field(default_factory=list)
    _open: list[tuple[Any, ...]] = field(default_factory=list)

    def take(self, row: int, cells: dict[str, Cell], reader: LineReader) -> None:
        """Reads a row. The example row of the template, exactly as it was handed out, is only counted."""
        line = reader.read(row, cells)
        self.add(line._replace(problems=(), hints=(), name="", example=True) if cells == _EXAMPLE else line)

    def again(self, packs: Iterable[bytes]) -> Iterator[int]:
        """Takes rows that were read before; gives their number after each pack."""
        for packed in packs:
            for values in json.loads(packed):
                self.add(restored(values))
            yield self.rows

    def add(self, line: Line) -> None:
        self.rows += 1
        if not line.example and not line.problems and not self._repeats(line):
            found = [*self._of_building(line), *self._of_household(line), *self._of_person(line)]
            if found:
                self._faults[line.row] = tuple(map(pack, found))
            else:
                self._remember(line)
        self._open.append(tuple(line))
        if len(self._open) >= PACK:
            self._flush()

    def kept(self) -> Iterator[bytes]:
        """The rows as they were read, whatever the register or other rows say of them; `again` takes them."""
        for some in self._unpacked():
            yield json.dumps(some, ensure_ascii=False, separators=(",", ":")).encode()

    def lines(self) -> Iterator[list[Line]]:
        """The rows again, in order, in handy numbers, with everything that is wrong with them. No more are taken."""
        self._people, self._names = {}, {}
        for some in self._unpacked():
            yield [self._judged(Line(*values)) for values in some]

    def _unpacked(self) -> Iterator[list[tuple[Any, ...]]]:
        self._flush()
        for packed in self._packs:
            yield marshal.loads(zlib.decompress(packed))  # noqa: S302 - packed below

    def _judged(self, line: Line) -> Line:
        faults = self._faults.get(line.row)
        return line._replace(problems=faults) if faults else line

    def _flush(self) -> None:
        if self._open:
            self._packs.append(zlib.compress(marshal.dumps(self._open), 1))
            self._open = []

    def _repeats(self, line: Line) -> bool:
        """Whether an earlier row says exactly the same."""
        if not line.name:
            return False
        earlier = self._people.get(_who(line))
        if earlier is None or earlier & _SAID != _said(line):
            return False
        self.repeats[line.row] = earlier >> 64
        return True

    def _of_person(self, line: Line) -> Iterator[Problem]:
        if line.name and (earlier := self._people.get(_who(line))):
            if line.id_number:
                yield problem(N_("身份证号与第 %(row)s 行相同。"), "id_number", row=earlier >> 64)
            else:
                yield problem(
                    N_("与第 %(row)s 行是同一户、同名、同一出生日期，却内容不同。"), "name", row=earlier >> 64
                )

    def _of_household(self, line: Line) -> Iterator[Problem]:
        home = self.homes.get(line.label)
        if home is None:
            return
        if line.tenure and home.tenure and line.tenure != home.tenure:
            yield problem(N_("与第 %(row)s 行同户，内容却不一致。"), "tenure", row=home.row)
        if line.floor_area and home.floor_area and line.floor_area != home.floor_area:
            yield problem(N_("与第 %(row)s 行同户，内容却不一致。"), "floor_area", row=home.row)

    def _of_building(self, line: Line) -> Iterator[Problem]:
        area = self.grid_areas.get(plain_word(line.grid_area)) if line.grid_area else None
        if line.grid_area and area is None:
            yield problem(
                N_("没有“%(name)s”这个网格，请先在社区资料中建立，或改正网格。"), "grid_area", name=line.grid_area[:20]
            )
        block = self.blocks.get(line.building)
        if block is None:
            return
        if area and block.grid_area_id and area != block.grid_area_id:
            yield problem(N_("与第 %(row)s 行同一楼栋，网格却不一致。"), "grid_area", row=block.row)
        if line.address and block.address and line.address != block.address:
            yield problem(N_("与第 %(row)s 行同一楼栋，地址却不一致。"), "address", row=block.row)

    def _remember(self, line: Line) -> None:
        block = self.blocks.setdefault(line.building, Block(line.row))
        if line.grid_area and block.grid_area_id is None:
            block.grid_area_id = self.grid_areas[plain_word(line.grid_area)]
        block.address = block.address or line.address
        home = self.homes.get(line.label)
        if home is None:
            home = self.homes[line.label] = Home(line.row)
        home.tenure = home.tenure or line.tenure
        home.floor_area = home.floor_area or line.floor_area
        if not line.name:
            home.note = home.note or line.note
            return
        home.people += 1
        if line.from_on and (home.from_on is None or line.from_on < home.from_on):
            home.from_on = line.from_on
        if line.relation == Relation.head and not home.head_row:
            home.head_row = line.row
        self._people[_who(line)] = line.row << 64 | _said(line)
        self._remember_name(line)

    def _remember_name(self, line: Line) -> None:
        """Two rows of one name and birthday, of which one lacks an ID number, may be the same person."""
        if line.birth_on is None:
            return
        key = hash((line.name, line.birth_on))
        earlier = self._names.get(key)
        if earlier is None:
            self._names[key] = -line.row if line.id_number else line.row
        elif earlier > 0 or not line.id_number:
            self.namesakes[line.row] = abs(earlier)
