"""The second walk: what becomes of each row. Decides against the register as it is, writes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.i18n import N_
from app.core.models import new_id
from app.households.imports.changes import Changes
from app.households.imports.lines import Line, unpack
from app.households.imports.models import Fate
from app.households.imports.problems import Problem, problem
from app.households.imports.register import Known, Person, Register
from app.households.imports.survey import Survey
from app.households.models import Tenure
from app.households.residents.models import Relation
from app.households.residents.names import plain_name
from app.households.residents.personal import phone_index

_ORDER = {fate: place for place, fate in enumerate(Fate)}


@dataclass(slots=True)
class Decision:
    """A row's fate, with what will happen or what is wrong, in the order in which people should read it."""

    line: Line
    fate: Fate
    details: list[Problem] = field(default_factory=list)


@dataclass(slots=True)
class _Home:
    """A household on its way into the register: decided once, with its first accepted row."""

    id: UUID
    new: bool
    wrong: Problem | None = None
    told: bool = False


@dataclass(slots=True)
class _Stay:
    """What happens to one person."""

    person: Person | None = None
    moves_on: date | None = None
    fields: dict[str, Any] = field(default_factory=dict)
    care: list[tuple[str, int | None, int | None]] = field(default_factory=list)
    care_changes: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)


class _No(Exception):
    def __init__(self, why: Problem) -> None:
        super().__init__(why.text)
        self.why = why


class Planner:
    """Decides row by row and hands every change to `changes`, which counts it or makes it ready to be written."""

    def __init__(self, register: Register, survey: Survey, changes: Changes, on: date) -> None:
        self.register, self.survey, self.changes, self.on = register, survey, changes, on
        self.fates: Counter[str] = Counter()
        self._digest = hashlib.sha256()
        self._homes: dict[str, _Home] = {}
        self._taken: dict[int, int] = {}
        self._buildings: dict[str, UUID] = {number: b.id for number, b in register.buildings.items()}
        self._areas: dict[str, UUID] = {number: b.grid_area_id for number, b in register.buildings.items()}
        self._addressed: set[str] = set()

    @property
    def digest(self) -> str:
        """Stands for every row's fate: two plans with the same digest do the same."""
        return self._digest.hexdigest()

    def decide(self, lines: list[Line]) -> Iterator[Decision]:
        """The fates of some rows, in order."""
        known = self.register.look(lines)
        matches = {line.row: self._match(line, known) for line in lines if line.name and not line.problems}
        strangers = {
            (line.name, date.fromordinal(line.birth_on))
            for line in lines
            if line.birth_on and matches.get(line.row, 0) is None
        }
        namesakes = self.register.namesakes(strangers)
        until = self.register.lived_until(_whose_past_matters(lines, matches))
        for line in lines:
            try:
                decision = self._decide(line, known, matches.get(line.row), namesakes, until)
            except _No as no:
                decision = Decision(line, Fate.refused, [no.why])
            decision.details += map(unpack, line.hints)
            self.fates[decision.fate] += 1
            self._digest.update(f"{line.row}|{decision.fate}|{[d.plain() for d in decision.details]}\n".encode())
            yield decision

    def _match(self, line: Line, known: Known) -> Person | Problem | None:
        """The person of the register whom a row means: by ID number, else by household, name and birthday."""
        index = known.indexes.get(line.row)
        if index and (person := known.by_number.get(index)):
            if plain_name(person.name) != plain_name(line.name):
                return problem(N_("这个身份证号已登记在另一个姓名下，请先核对。"), "id_number")
            return person
        home = known.homes.get(line.label)
        born = date.fromordinal(line.birth_on) if line.birth_on else None
        found = [p for p in known.by_home.get(home.id, ()) if _same(p, line.name, born, index)] if home else []
        exact = [p for p in found if p.birth_on == born]
        if len(found) > 1 and len(exact) != 1:
            return problem(N_("同户有 %(n)s 位同名居民，分不清是哪一位，请填身份证号。"), "name", n=len(found))
        matching = exact or found
        return matching[0] if matching else None

    def _decide(self, line: Line, known: Known, match: Any, namesakes: Any, until: dict[UUID, date]) -> Decision:
        if line.problems:
            return Decision(line, Fate.refused, [unpack(p) for p in line.problems])
        if line.example:
            return Decision(line, Fate.unchanged, [problem(N_("这是模板里的示例行，已跳过。"))])
        if line.row in self.survey.repeats:
            same = problem(N_("与第 %(row)s 行完全相同，已忽略。"), row=self.survey.repeats[line.row])
            return Decision(line, Fate.unchanged, [same])
        if isinstance(match, Problem):
            raise _No(match)
        home = self._home(line, known)
        stay = self._stay(line, home, match, known, until) if line.name else None
        details = self._tell_home(line, home, known)
        fate = Fate.new_household if home.new and details else Fate.updated if details else Fate.unchanged
        if stay is None:
            return Decision(line, fate, details)
        person_fate, more = self._tell_person(line, home, stay)
        details += more
        if stay.person is None and (twin := self._twin(line, namesakes)):
            return Decision(line, Fate.possible_duplicate, [twin, *details])
        return Decision(line, min(fate, person_fate, key=_ORDER.__getitem__), details)

    # --- Households ---

    def _home(self, line: Line, known: Known) -> _Home:
        home = self._homes.get(line.label)
        if home is None:
            existing = known.homes.get(line.label)
            home = _Home(existing.id if existing else new_id(), existing is None)
            home.wrong = self._wrong_with_home(line, existing, known)
            self._homes[line.label] = home
        if home.wrong:
            raise _No(home.wrong)
        return home

    def _wrong_with_home(self, line: Line, existing: Any, known: Known) -> Problem | None:
        said, block = self.survey.homes[line.label], self.survey.blocks[line.building]
        area = self._areas.get(line.building)
        if area is None and block.grid_area_id is None:
            return problem(N_("系统里还没有这幢楼，请填写它所在的网格。"), "grid_area")
        if area and block.grid_area_id and area != block.grid_area_id:
            return problem(N_("这幢楼在系统里属于另一个网格。请改正网格，或先在系统里调整楼栋。"), "grid_area")
        if existing is None:
            return None if said.tenure else problem(N_("登记新住户须填写使用情况。"), "tenure")
        if existing.closed_on:
            return problem(N_("这一户已于 %(day)s 注销。"), "room", day=existing.closed_on.isoformat())
        living = len(known.by_home.get(existing.id, ()))
        if said.tenure == Tenure.vacant and living:
            return problem(N_("这一户登记着 %(n)s 位居民，不能改为空置。请先办理迁出。"), "tenure", n=living)
        if existing.tenure == Tenure.vacant and said.people and not said.tenure:
            return problem(N_("这一户登记为空置，要登记人员请填写使用情况。"), "tenure")
        return None

    def _tell_home(self, line: Line, home: _Home, known: Known) -> list[Problem]:
        """The household's own changes, told with its first accepted row only."""
        if home.told:
            return []
        home.told = True
        said = self.survey.homes[line.label]
        details = self._tell_building(line)
        if home.new:
            from_on = date.fromordinal(said.from_on) if said.from_on else self.on
            self.changes.household(
                home.id, self._buildings[line.building], self._areas[line.building], line, said, from_on
            )
            return [problem(N_("登记新住户。")), *details]
        existing = known.homes[line.label]
        fields: dict[str, Any] = {}
        if said.tenure and said.tenure != existing.tenure:
            fields["tenure"] = said.tenure
        if said.floor_area and said.floor_area != existing.floor_area_cm2:
            fields["floor_area"] = said.floor_area
        if said.note and said.note != existing.note:
            fields["note"] = said.note
        if fields:
            self.changes.update_household(existing, fields, self.on)
            details.append(problem(N_("更新住户：%(columns)s。"), columns=list(fields)))
        return details

    def _tell_building(self, line: Line) -> list[Problem]:
        block = self.survey.blocks[line.building]
        if line.building not in self._buildings:
            made = new_id()
            area = block.grid_area_id
            assert area is not None, "checked in _wrong_with_home"  # noqa: S101
            self._buildings[line.building], self._areas[line.building] = made, area
            self._addressed.add(line.building)
            order = self.register.next_walk_order(line.building)
            self.changes.building(made, area, line.building, block.address, order)
            return [problem(N_("登记新楼栋 %(building)s。"), building=line.building)]
        existing = self.register.buildings.get(line.building)
        if existing and block.address and block.address != existing.address and line.building not in self._addressed:
            self._addressed.add(line.building)
            self.changes.readdress(existing, block.address)
            return [problem(N_("更新楼栋：%(columns)s。"), columns=["address"])]
        return []

    # --- People ---

    def _stay(self, line: Line, home: _Home, person: Person | None, known: Known, until: dict[UUID, date]) -> _Stay:
        """What happens to a person; raises where it may not."""
        stay = _Stay(person)
        if person is None:
            stay.care = [_care(text) for text in line.care]
            return stay
        earlier = self._taken.setdefault(hash(person.id), line.row)
        if earlier != line.row:
            raise _No(problem(N_("与第 %(row)s 行是同一个人。"), "name", row=earlier))
        if person.died_on:
            raise _No(problem(N_("这位居民已登记去世，不能再导入。"), "name"))
        last = until.get(person.id)
        if person.household_id == home.id:
            self._same_home(line, person, stay, last)
        else:
            self._moves(line, person, stay, last)
        self._changes_of(line, person, stay)
        self._care_of(line, known.care.get(person.id, {}), stay)
        return stay

    def _same_home(self, line: Line, person: Person, stay: _Stay, last: date | None) -> None:
        if line.from_on and line.from_on != person.from_on.toordinal():
            if last and line.from_on <= last.toordinal():
                raise _No(problem(N_("入住日期早于此人上一处住址的迁出日期。"), "from_on"))
            stay.fields["from_on"] = date.fromordinal(line.from_on)
        if line.relation and line.relation != person.relation:
            stay.fields["relation"] = line.relation

    def _moves(self, line: Line, person: Person, stay: _Stay, last: date | None) -> None:
        moves_on = date.fromordinal(line.from_on) if line.from_on else self.on
        since = person.from_on or last
        if since and moves_on <= since:
            raise _No(
                problem(
                    N_("此人现住 %(home)s，迁入日期须晚于 %(day)s。"),
                    "from_on",
                    home=person.label or "—",
                    day=since.isoformat(),
                )
            )
        stay.moves_on = moves_on

    def _changes_of(self, line: Line, person: Person, stay: _Stay) -> None:
        """Filled cells that differ; an empty cell never blanks what is there."""
        born = date.fromordinal(line.birth_on) if line.birth_on else None
        if line.id_number and person.id_number_index is None:
            stay.fields["id_number"] = line.id_number
        if line.phone and phone_index(line.phone) != person.phone_index:
            stay.fields["phone"] = line.phone
        if line.sex and line.sex != person.sex:
            stay.fields["sex"] = line.sex
        if born and born != person.birth_on:
            stay.fields["birth_on"] = born
        if line.education and line.education != person.education:
            stay.fields["education"] = line.education
        if line.note and line.note != person.note:
            stay.fields["note"] = line.note

    def _care_of(self, line: Line, existing: dict[str, Any], stay: _Stay) -> None:
        for text in line.care:
            category, kind, level = _care(text)
            record = existing.get(category)
            if record is None:
                stay.care.append((category, kind, level))
                continue
            fields: dict[str, Any] = {}
            if line.care_reason and line.care_reason != record.reason:
                fields["reason"] = line.care_reason
            if kind and (kind, level or record.disability_level) != (record.disability_type, record.disability_level):
                fields |= {"disability_type": kind, "disability_level": level}
            if fields:
                stay.care_changes.append((record, fields))

    def _tell_person(self, line: Line, home: _Home, stay: _Stay) -> tuple[Fate, list[Problem]]:
        head = self.survey.homes[line.label].head_row
        hints = []
        if line.relation == Relation.head and head and head != line.row:
            hints.append(problem(N_("第 %(row)s 行已是这一户的户主，请核对。"), "relation", row=head))
        if stay.person is None:
            from_on = date.fromordinal(line.from_on) if line.from_on else self.on
            self.changes.person(home.id, line, stay.care, from_on, self.on)
            return Fate.new_person, [problem(N_("登记居民。")), *hints]
        person, told = stay.person, []
        columns = [*stay.fields, *(["care"] if stay.care else []), *(["care_reason"] if stay.care_changes else [])]
        if stay.moves_on:
            self.changes.move(person, home.id, line.relation, stay.moves_on, line.label)
            before = stay.moves_on - timedelta(days=1)
            told.append(
                problem(
                    N_("从 %(home)s 迁来，%(day)s 起住在这里（原住处到 %(before)s 为止）。")
                    if person.label
                    else N_("重新迁入，%(day)s 起住在这里。"),
                    home=person.label or "",
                    day=stay.moves_on.isoformat(),
                    before=before.isoformat(),
                )
            )
        if columns:
            self.changes.update_person(person, home.id, stay.fields, stay.care, stay.care_changes, line, self.on)
            told.append(problem(N_("更新居民：%(columns)s。"), columns=columns))
        fate = Fate.moves_in if stay.moves_on else Fate.updated if columns else Fate.unchanged
        return fate, [*told, *(hints if columns else [])]

    def _twin(self, line: Line, namesakes: dict[tuple[str, date], list[Person]]) -> Problem | None:
        """Somebody else of this name and birthday, of whom it is not known to be another person."""
        if row := self.survey.namesakes.get(line.row):
            return problem(N_("可能重复：与第 %(row)s 行同名、同一出生日期。"), "name", row=row)
        if line.birth_on is None:
            return None
        for person in namesakes.get((line.name, date.fromordinal(line.birth_on)), ()):
            if not (line.id_number and person.id_number_index):
                where = person.label or "—"
                return problem(N_("可能重复：%(home)s 已有同名、同一出生日期的居民。"), "name", home=where)
        return None


def _whose_past_matters(lines: list[Line], matches: dict[int, Any]) -> set[UUID]:
    """Those who move, and those whose first day may change."""
    return {
        match.id
        for line in lines
        if (match := matches.get(line.row)) is not None
        and not isinstance(match, Problem)
        and (match.label != line.label or (line.from_on and line.from_on != match.from_on.toordinal()))
    }


def _same(person: Person, name: str, born: date | None, index: str | None) -> bool:
    if plain_name(person.name) != plain_name(name):
        return False
    if born and person.birth_on and born != person.birth_on:
        return False
    return not (index and person.id_number_index and index != person.id_number_index)


def _care(text: str) -> tuple[str, int | None, int | None]:
    category, _colon, rest = text.partition(":")
    kind, _colon, level = rest.partition(":")
    return category, int(kind) if kind else None, int(level) if level else None
