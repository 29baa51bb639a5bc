"""A thousand random rounds, counted a second time by hand: exact fractions and brute force, nothing shared.

The second implementation lists every single vote and never adds up a table; intervals are found as the roots of the
equation they are defined by, and suppression is checked by what it promises instead of by how it works.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from app.surveys.instruments.definition import Definition, Kind, Option
from app.surveys.scores import facts
from app.surveys.scores.compute import Stratum, SubjectScore, compute
from tests.surveys.scores.made import Chance, Sheet

Vote = tuple[int, str, str, Option]  # person, stratum, item, option
_ROUNDS = 1000


def votes_about(definition: Definition, sheets: list[Sheet], key: str, kind: str) -> list[Vote]:
    found: list[Vote] = []
    for person, sheet in enumerate(sheets):
        for section in definition.sections:
            for q in section.questions:
                if section.subject_kind != kind or not q.scored or q.kind not in (Kind.rating, Kind.matrix):
                    continue
                said = sheet.answers.get(key, {}).get(q.key)
                pairs = said.items() if isinstance(said, dict) else [(None, said)]
                for row, chosen in pairs:
                    for option in q.options:
                        if option.key == chosen:
                            found.append((person, sheet.stratum, q.key if row is None else f"{q.key}.{row}", option))
    return found


def solve(share: Fraction, n: Fraction) -> tuple[float, float]:
    """Wilson's interval by its definition: where |share - p| = z * sqrt(p (1 - p) / n), found by halving."""
    z = 1.959963985

    def outside(p: float) -> bool:
        return abs(float(share) - p) > z * (p * (1 - p) / float(n)) ** 0.5

    def edge(far: float, near: float) -> float:
        for _ in range(60):
            middle = (far + near) / 2
            far, near = (middle, near) if outside(middle) else (far, middle)
        return (far + near) / 2

    return (0.0 if share == 0 else edge(0.0, float(share))), (1.0 if share == 1 else edge(1.0, float(share)))


def four(value: Fraction) -> int:
    """Halves upward, by digits."""
    scaled = value * 10000
    whole = scaled.numerator // scaled.denominator
    return whole + (scaled - whole >= Fraction(1, 2))


def check_figures(found: dict[str, Any], votes: list[Vote], sizes: tuple[int, int, int, bool]) -> None:
    """`sizes`: invited, population, items, census."""
    invited, population, items, census = sizes
    good = [v for v in votes if v[3].valid]
    people = len({v[0] for v in good})
    satisfied = [v for v in good if v[3].satisfied]
    assert (found["people"], found["valid"], found["satisfied"]) == (people, len(good), len(satisfied))
    assert found["strict"] == len([v for v in good if v[3].strict])
    if not good:
        assert found["rate"] is None and found["low"] is None and found["high"] is None
        return
    share = Fraction(len(satisfied), len(good))
    assert found["rate"] == four(share)
    if census:
        slots = max(invited * items, len(good))
        low, high = Fraction(len(satisfied), slots), 1 - Fraction(len(good) - len(satisfied), slots)
    elif people >= population:
        low = high = share
    else:
        low, high = map(Fraction, solve(share, Fraction(people * (population - 1), population - people)))
    assert abs(found["low"] - low * 10000) <= Fraction(51, 100)
    assert abs(found["high"] - high * 10000) <= Fraction(51, 100)


def brute_mean(votes: list[Vote]) -> Fraction | None:
    good = [v[3].points for v in votes if v[3].valid and v[3].points is not None]
    if not good:
        return None
    return sum(map(Fraction, good)) / len(good)


def check_subject(chance: Chance, score: SubjectScore) -> None:
    row = facts.row_values(score, [])
    votes = votes_about(chance.definition, chance.sheets, score.subject.key, score.subject.kind)
    smallest = chance.definition.smallest_cell
    people = {v[0] for v in votes if v[3].valid}
    assert bool(row["suppressed"]) == (len(people) < smallest)
    assert score.responses == len(chance.sheets)
    if row["suppressed"]:
        assert not any(row[k] for k in ("valid", "satisfied", "rate", "low", "high", "mean", "items", "areas"))
        return
    sizes = (chance.invited, chance.population, len(score.items), chance.census)
    check_figures(row, votes, sizes)
    check_items(chance, row, votes)
    check_areas(chance, row, votes, len(score.items))
    check_mean(chance, score, row, votes)


def check_items(chance: Chance, row: dict[str, Any], votes: list[Vote]) -> None:
    for item in row["items"]:
        mine = [v for v in votes if v[2] == item["key"]]
        if item["suppressed"]:
            assert item["valid"] is None and all(o["count"] is None for o in item["options"])
            continue
        check_figures(item, mine, (chance.invited, chance.population, 1, chance.census))
        for option in item["options"]:
            assert option["count"] == len([v for v in mine if v[3].key == option["key"]])
    if len(row["items"]) > 1:
        groups = {i["key"]: [v for v in votes if v[2] == i["key"] and v[3].valid] for i in row["items"]}
        promise(groups, {i["key"] for i in row["items"] if i["suppressed"]}, chance.definition.smallest_cell)


def check_areas(chance: Chance, row: dict[str, Any], votes: list[Vote], items: int) -> None:
    rest = [v for v in votes if v[1] not in chance.strata and v[3].valid]
    if not chance.strata or (len(chance.strata) < 2 and not rest):
        assert row["areas"] == []
        return
    assert [a["name"] for a in row["areas"]] == sorted(chance.strata)
    for area in row["areas"]:
        if not area["suppressed"]:
            mine = [v for v in votes if v[1] == area["name"]]
            check_figures(area, mine, (*chance.strata[area["name"]], items, chance.census))
    groups = {name: [v for v in votes if v[1] == name and v[3].valid] for name in chance.strata}
    hidden = {a["name"] for a in row["areas"] if a["suppressed"]}
    if rest:
        groups["rest"] = rest
        hidden.add("rest")
    promise(groups, hidden, chance.definition.smallest_cell)


def promise(groups: dict[str, list[Vote]], hidden: set[str], smallest: int) -> None:
    """No shown part and no sum of hidden parts stands for a few people, or for under ten of one mind."""

    def telling(votes: list[Vote], people: int) -> bool:
        minds = {v[3].satisfied for v in votes}
        return people < smallest or (people < 10 and len(minds) < 2)

    for name, votes in groups.items():
        if name not in hidden:
            assert not telling(votes, len({v[0] for v in votes})), name
    if hidden and hidden != set(groups):
        together = [v for name in hidden for v in groups[name]]
        largest = max(len({v[0] for v in groups[name]}) for name in hidden)
        same_people = any(
            v[0] in {w[0] for w in groups[b]} for b in hidden for a in hidden if a != b for v in groups[a]
        )
        assert not telling(together, largest if same_people else len({v[0] for v in together}))


def check_mean(chance: Chance, score: SubjectScore, row: dict[str, Any], votes: list[Vote]) -> None:
    total, weights = Fraction(0), 0
    for item in score.items:
        mean = brute_mean([v for v in votes if v[2] == item.item.key])
        if mean is None:
            continue
        points = {o.points for o in item.item.options if o.valid}
        if points == {1, 2, 3, 4, 5}:
            mean = 25 * (mean - 1)
        total += item.item.weight * mean
        weights += item.item.weight
    if not weights:
        assert row["mean"] is None
        return
    assert abs(Fraction(row["mean"], 100) - total / weights) <= Fraction(1, 200)


@pytest.mark.parametrize("block", range(10))
def test_a_thousand_random_rounds(block: int) -> None:
    suppressed = parts = 0
    for seed in range(block * _ROUNDS // 10, (block + 1) * _ROUNDS // 10):
        chance = Chance(seed)
        strata = {name: Stratum(*sizes) for name, sizes in chance.strata.items()}
        scores = compute(
            chance.definition,
            chance.subjects,
            iter(chance.sheets),
            invited=chance.invited,
            population=chance.population,
            census=chance.census,
            strata=strata,
        )
        for score in scores:
            check_subject(chance, score)
            suppressed += bool(score.hidden)
            parts += any(item.hidden for item in score.items) or any(area.hidden for area in score.areas)
    assert suppressed > 5 and parts > 20  # the rounds are such that the rules have something to do
