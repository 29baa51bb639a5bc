"""From counted sheets to scores: counts per item and subject, shares, intervals, and what is not published.

A sheet is whatever has a `stratum` and `answers` (`{subject_key: {question_key: value}}`). Sheets are read once and
may be an iterator, so a million ratings need no more memory than their counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple, Protocol

from app.surveys.instruments.definition import SCORED, Definition, Kind, Option
from app.surveys.instruments.subjects import Subject
from app.surveys.scores import suppress
from app.surveys.scores.formulas import Interval, bounds, index_of, wilson_share


class Counted(Protocol):
    """What a sheet must have to be counted."""

    @property
    def stratum(self) -> str: ...
    @property
    def answers(self) -> Mapping[str, Mapping[str, Any]]: ...


@dataclass(frozen=True)
class Item:
    """One thing that is rated: a rating question, or one row of a matrix."""

    key: str
    question: str
    row: str | None
    label: str
    label_en: str
    weight: int
    options: tuple[Option, ...]


class Stratum(NamedTuple):
    """How many of a stratum were invited, and of how many."""

    invited: int
    population: int


@dataclass(frozen=True)
class Figures:
    """Counts of one whole or one part, with its interval. `people` gave at least one valid rating."""

    people: int
    valid: int
    satisfied: int
    strict: int
    interval: Interval | None

    @property
    def cell(self) -> suppress.Cell:
        return suppress.Cell(self.people, self.valid, self.satisfied)


@dataclass(frozen=True)
class ItemScore:
    """One item: how often each option was chosen. `hidden` says why it is not published."""

    item: Item
    counts: dict[str, int]
    figures: Figures
    mean: Fraction | None
    hidden: str = ""


@dataclass(frozen=True)
class AreaScore:
    """One stratum (a grid area) of the subject's score."""

    name: str
    invited: int
    population: int
    figures: Figures
    hidden: str = ""


@dataclass(frozen=True)
class SubjectScore:
    """The score of one subject in one round; `hidden` says why the whole of it is not published."""

    subject: Subject
    invited: int
    population: int
    census: bool
    responses: int
    figures: Figures
    mean: Fraction | None
    items: tuple[ItemScore, ...]
    areas: tuple[AreaScore, ...]
    method: str
    smallest_cell: int
    hidden: str = ""


def items_of(definition: Definition, kind: str) -> list[Item]:
    """What is rated about a subject of this kind, in the order of the questions."""
    found: list[Item] = []
    for section, q in definition.questions():
        if section.subject_kind != kind or not q.scored or q.kind not in SCORED:
            continue
        options = tuple(q.options)
        if q.kind is Kind.rating:
            found.append(Item(q.key, q.key, None, q.label, q.label_en, q.weight, options))
            continue
        for row in q.rows:
            found.append(Item(f"{q.key}.{row.key}", q.key, row.key, row.label, row.label_en, q.weight, options))
    return found


def compute(
    definition: Definition,
    subjects: Sequence[Subject],
    sheets: Iterable[Counted],
    *,
    invited: int,
    population: int,
    census: bool,
    strata: Mapping[str, Stratum] | None = None,
) -> list[SubjectScore]:
    """The score of every subject that the definition rates, suppressed where people could be told from it.

    `strata` names the parts that are shown by themselves (grid areas), with how many were invited in each.
    """
    counted = Tallies(definition, subjects)
    for sheet in sheets:
        counted.add(sheet)
    return counted.scores(invited=invited, population=population, census=census, strata=strata)


class Tallies:
    """Sheets as they are counted, one after the other; every score comes from these counts."""

    def __init__(self, definition: Definition, subjects: Sequence[Subject]) -> None:
        self.definition = definition
        self._plans = {s.key: _Plan(s, items) for s in subjects if (items := items_of(definition, s.kind))}
        self._returned: dict[str, int] = defaultdict(int)

    def add(self, sheet: Counted) -> None:
        stratum, answers = sheet.stratum, sheet.answers
        self._returned[stratum] += 1
        for key, plan in self._plans.items():
            plan.count(stratum, answers.get(key))

    def scores(
        self, *, invited: int, population: int, census: bool, strata: Mapping[str, Stratum] | None = None
    ) -> list[SubjectScore]:
        size = _Size(invited, population, census, sum(self._returned.values()))
        return [_score(self.definition, plan, size, strata or {}) for plan in self._plans.values()]

    def cells(self, subject_key: str, strata: Iterable[str]) -> Iterator[list[suppress.Cell]]:
        """The items of one subject as each of the strata says by itself, and as all the others say together."""
        strata = list(strata)
        rest = [name for name in self._returned if name not in strata]
        plan = self._plans[subject_key]
        for names in (*([name] for name in strata), rest):
            n = sum(self._returned.get(name, 0) for name in names)
            if n:
                items = _items(plan.items, plan.total(names), _Size(n, n, True, n), self.definition.smallest_cell)
                yield [item.figures.cell for item in items]


class _Size(NamedTuple):
    invited: int
    population: int
    census: bool
    responses: int


class _Step(NamedTuple):
    """Where an item's answer stands in its question (`row` of a matrix), and what is counted of it."""

    row: str | None
    counts: dict[str, int]
    valid: frozenset[str]


class _Tally:
    """What one stratum says about one subject. An option that the definition does not know is not counted."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.people = 0
        self.counts = [dict.fromkeys((o.key for o in item.options), 0) for item in items]
        questions: dict[str, list[_Step]] = defaultdict(list)
        for item, counts in zip(items, self.counts, strict=True):
            valid = frozenset(o.key for o in item.options if o.valid)
            questions[item.question].append(_Step(item.row, counts, valid))
        self._questions = list(questions.items())

    def add(self, given: Mapping[str, Any]) -> None:
        rated = False
        for question, steps in self._questions:
            value = given.get(question)
            chosen = value if isinstance(value, Mapping) else {None: value}
            for row, counts, valid in steps:
                word = chosen.get(row)
                if isinstance(word, str) and word in counts:
                    counts[word] += 1
                    rated = rated or word in valid
        self.people += rated


class _Plan:
    """How the answers about one subject are counted."""

    def __init__(self, subject: Subject, items: list[Item]) -> None:
        self.subject, self.items = subject, items
        self.tallies: dict[str, _Tally] = {}

    def count(self, stratum: str, given: Mapping[str, Any] | None) -> None:
        if not given:
            return
        tally = self.tallies.get(stratum)
        if tally is None:
            tally = self.tallies[stratum] = _Tally(self.items)
        tally.add(given)

    def total(self, strata: Iterable[str]) -> _Tally:
        """The tallies of some strata together."""
        total = _Tally(self.items)
        for tally in (self.tallies[name] for name in strata if name in self.tallies):
            total.people += tally.people
            for into, counts in zip(total.counts, tally.counts, strict=True):
                for key, n in counts.items():
                    into[key] += n
        return total


def _score(definition: Definition, plan: _Plan, size: _Size, strata: Mapping[str, Stratum]) -> SubjectScore:
    smallest, tally = definition.smallest_cell, plan.total(plan.tallies)
    figures = _figures(plan.items, tally.counts, tally.people, size.invited, size.population, size.census)
    items = _items(plan.items, tally, size, smallest)
    hidden = suppress.FEW if figures.people < smallest else ""
    return SubjectScore(
        subject=plan.subject,
        invited=size.invited,
        population=size.population,
        census=size.census,
        responses=size.responses,
        figures=figures,
        mean=weighted_mean([(item.item.weight, item.mean) for item in items]),
        items=tuple(items),
        areas=tuple(_areas(plan, size.census, strata, smallest)),
        method=definition.method,
        smallest_cell=smallest,
        hidden=hidden,
    )


def _figures(
    items: Sequence[Item],
    tallied: Sequence[Mapping[str, int]],
    people: int,
    invited: int,
    population: int,
    census: bool,
) -> Figures:
    valid = satisfied = strict = 0
    for item, counts in zip(items, tallied, strict=True):
        for option in item.options:
            if option.valid:
                n = counts[option.key]
                valid += n
                satisfied += n * option.satisfied
                strict += n * option.strict
    if census:
        interval = bounds(satisfied, valid, invited * len(items))
    else:
        interval = wilson_share(satisfied, valid, people, population)
    return Figures(people, valid, satisfied, strict, interval)


def _items(items: Sequence[Item], tally: _Tally, size: _Size, smallest: int) -> list[ItemScore]:
    """Each item by itself; one alone is the whole and no breakdown of it."""
    found = []
    for item, counts in zip(items, tally.counts, strict=True):
        rated = sum(counts[o.key] for o in item.options if o.valid)
        figures = _figures([item], [counts], rated, size.invited, size.population, size.census)
        found.append((item, counts, figures, mean_of(item, counts)))
    if len(found) == 1:
        why = [suppress.FEW if found[0][2].people < smallest else ""]
    else:
        why = suppress.breakdown([figures.cell for _item, _counts, figures, _mean in found], smallest, disjoint=False)
    return [ItemScore(*parts, hidden) for parts, hidden in zip(found, why, strict=True)]


def _areas(plan: _Plan, census: bool, strata: Mapping[str, Stratum], smallest: int) -> list[AreaScore]:
    """Each stratum by itself. Sheets of other strata are the rest, which is never shown."""
    if not strata:
        return []
    rest = plan.total([name for name in plan.tallies if name not in strata])
    parts = []
    for name in sorted(strata):
        stratum, tally = strata[name], plan.total([name])
        figures = _figures(plan.items, tally.counts, tally.people, stratum.invited, stratum.population, census)
        parts.append((name, *stratum, figures))
    left_over = (
        _figures(plan.items, rest.counts, rest.people, rest.people, rest.people, census).cell if rest.people else None
    )
    if left_over is None and len(parts) < 2:
        return []
    why = suppress.breakdown([part[3].cell for part in parts], smallest, disjoint=True, rest=left_over)
    return [AreaScore(*part, hidden) for part, hidden in zip(parts, why, strict=True)]


def mean_of(item: Item, counts: Mapping[str, int]) -> Fraction | None:
    """The mean of the points of the valid answers; a scale numbered from 1 is spread over 0 to 100."""
    rated = [(o.points, counts[o.key]) for o in item.options if o.valid and o.points is not None]
    n = sum(count for _points, count in rated)
    if not n:
        return None
    mean = Fraction(sum(points * count for points, count in rated), n)
    scale = sorted({points for points, _count in rated})
    numbered = len(scale) > 1 and scale == list(range(1, len(scale) + 1))
    return index_of(mean, 1, len(scale)) if numbered else mean


def weighted_mean(pairs: Sequence[tuple[int, Fraction | None]]) -> Fraction | None:
    """Σ wᵢmᵢ / Σ wᵢ over the items that have a mean."""
    known = [(weight, mean) for weight, mean in pairs if mean is not None and weight]
    total = sum(weight for weight, _mean in known)
    return sum((weight * mean for weight, mean in known), Fraction(0)) / total if total else None
