"""From counted sheets to scores: counts per item and subject, shares, intervals, and what is not published.

A sheet is whatever has a `stratum` and `answers` (`{subject_key: {question_key: value}}`). Sheets are read once and
may be an iterator, so a million ratings need no more memory than their counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


@dataclass
class _Tally:
    """What one stratum says about one subject. An option that the definition does not know is not counted."""

    counts: list[dict[str, int]]
    people: int = 0


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
    plans = [_Plan(subject, items) for subject in subjects if (items := items_of(definition, subject.kind))]
    returned: dict[str, int] = defaultdict(int)
    for sheet in sheets:
        stratum = sheet.stratum
        returned[stratum] += 1
        answers = sheet.answers
        for plan in plans:
            plan.count(stratum, answers.get(plan.subject.key))
    size = _Size(invited, population, census, sum(returned.values()))
    return [_score(definition, plan, size, strata or {}) for plan in plans]


class _Size(NamedTuple):
    invited: int
    population: int
    census: bool
    responses: int


class _Plan:
    """How the answers about one subject are counted."""

    def __init__(self, subject: Subject, items: list[Item]) -> None:
        self.subject, self.items = subject, items
        self._steps = [
            (index, item.question, item.row, frozenset(o.key for o in item.options if o.valid))
            for index, item in enumerate(items)
        ]
        self._keys = [tuple(o.key for o in item.options) for item in items]
        self.tallies: dict[str, _Tally] = {}

    def count(self, stratum: str, given: Mapping[str, Any] | None) -> None:
        if not given:
            return
        tally = self.tallies.get(stratum)
        if tally is None:
            tally = self.tallies[stratum] = _Tally([dict.fromkeys(keys, 0) for keys in self._keys])
        counts, rated = tally.counts, False
        for index, question, row, valid in self._steps:
            value = given.get(question)
            if row is not None:
                value = value.get(row) if isinstance(value, Mapping) else None
            if isinstance(value, str) and value in counts[index]:
                counts[index][value] += 1
                rated = rated or value in valid
        tally.people += rated

    def total(self, strata: Iterable[str]) -> _Tally:
        """The tallies of some strata together."""
        total = _Tally([dict.fromkeys(keys, 0) for keys in self._keys])
        for tally in (self.tallies[name] for name in strata if name in self.tallies):
            total.people += tally.people
            for into, counts in zip(total.counts, tally.counts, strict=True):
                for key, n in counts.items():
                    into[key] += n
        return total


def _score(definition: Definition, plan: _Plan, size: _Size, strata: Mapping[str, Stratum]) -> SubjectScore:
    smallest, tally = definition.smallest_cell, plan.total(plan.tallies)
    figures = _figures(plan.items, tally, size.invited, size.population, size.census)
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


def _figures(items: Sequence[Item], tally: _Tally, invited: int, population: int, census: bool) -> Figures:
    valid = satisfied = strict = 0
    for item, counts in zip(items, tally.counts, strict=True):
        for option in item.options:
            if option.valid:
                n = counts[option.key]
                valid += n
                satisfied += n * option.satisfied
                strict += n * option.strict
    if census:
        interval = bounds(satisfied, valid, invited * len(items))
    else:
        interval = wilson_share(satisfied, valid, tally.people, population)
    return Figures(tally.people, valid, satisfied, strict, interval)


def _items(items: Sequence[Item], tally: _Tally, size: _Size, smallest: int) -> list[ItemScore]:
    """Each item by itself; one alone is the whole and no breakdown of it."""
    found = []
    for item, counts in zip(items, tally.counts, strict=True):
        rated = sum(counts[o.key] for o in item.options if o.valid)
        figures = _figures([item], _Tally([counts], rated), size.invited, size.population, size.census)
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
        parts.append((name, *stratum, _figures(plan.items, tally, stratum.invited, stratum.population, census)))
    left_over = _figures(plan.items, rest, rest.people, rest.people, census).cell if rest.people else None
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
