"""The formulas against the published vectors and the tables of the field's handbook."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from app.surveys.scores.formulas import (
    Dispositions,
    Share,
    bounds,
    index_of,
    largest_remainder,
    newcombe,
    response_rates,
    rounded,
    sample_size,
    ten_thousandths,
    to_invite,
    wilson,
    wilson_share,
)
from app.surveys.scores.suppress import Cell, breakdown, changed, revealing

VECTORS: dict[str, Any] = json.loads(Path(__file__).with_name("vectors.json").read_text("utf-8"))
SIX = 5e-7


@pytest.mark.parametrize("vector", VECTORS["wilson"] + VECTORS["wilson_fpc"])
def test_wilson(vector: dict[str, Any]) -> None:
    found = wilson(vector["k"], vector["n"], vector.get("N"))
    assert found is not None
    assert [found.low, found.high] == pytest.approx(vector["ci"], abs=SIX)


@pytest.mark.parametrize(
    ("satisfied", "valid", "population", "low", "high"),
    [
        (95, 100, None, 0.888250, 0.978456),
        (0, 10, None, 0.0, 0.277533),
        (10, 10, None, 0.722467, 1.0),
        (162, 171, None, 0.903012, 0.972066),
        (114, 120, 4501, 0.896143, 0.976656),
        (60, 80, 100, 0.705087, 0.790109),
        (0, 5, 60, 0.0, 0.417319),
        (1, 1, None, 0.206549, 1.0),
        (1, 2, None, 0.094531, 0.905469),
        (48, 60, None, 0.682182, 0.881715),
    ],
)
def test_wilson_of_the_handbook(satisfied: int, valid: int, population: int | None, low: float, high: float) -> None:
    found = wilson(satisfied, valid, population)
    assert found is not None
    assert (found.low, found.high) == (pytest.approx(low, abs=SIX), pytest.approx(high, abs=SIX))


def test_nothing_valid_is_no_figure() -> None:
    assert wilson(0, 0) is None
    assert bounds(0, 0, 66) is None
    assert ten_thousandths(0, 0) is None


def test_several_answers_of_one_person_are_no_larger_sample() -> None:
    one, six = wilson(57, 60), wilson_share(57 * 6, 60 * 6, 60)
    assert one is not None and six is not None
    assert (one.low, one.high) == pytest.approx((six.low, six.high))


@pytest.mark.parametrize("vector", VECTORS["bounds"])
def test_bounds(vector: dict[str, Any]) -> None:
    found = bounds(vector["k"], vector["responded"], vector["panel"])
    assert found is not None
    assert [found.low, found.high] == pytest.approx(vector["worst_case"], abs=SIX)


@pytest.mark.parametrize("vector", VECTORS["newcombe"])
def test_newcombe(vector: dict[str, Any]) -> None:
    first, second = (Share(vector[f"k{i}"], vector[f"n{i}"], vector[f"n{i}"]) for i in (1, 2))
    found = newcombe(first, second)
    assert found is not None
    assert [found.low, found.high] == pytest.approx(vector["ci"], abs=SIX)


@pytest.mark.parametrize("vector", VECTORS["sample_size"])
def test_sample_size(vector: dict[str, Any]) -> None:
    assert sample_size(vector["moe"], vector["N"], share=vector["p"]) == vector["n"]


def test_sample_size_of_the_handbook() -> None:
    assert [sample_size(m, 4501) for m in (0.03, 0.04, 0.05, 0.10)] == [863, 530, 355, 95]
    assert to_invite(355, Fraction(60, 100)) == 592
    assert sample_size(0.05, 3) == 3


@pytest.mark.parametrize("vector", VECTORS["scale_5"])
def test_scale_of_five(vector: dict[str, Any]) -> None:
    counts, n = vector["counts_5_to_1"], vector["n"]
    mean = Fraction(sum(points * count for points, count in zip((5, 4, 3, 2, 1), counts, strict=True)), n)
    assert float(mean) == pytest.approx(vector["mean"])
    assert float(index_of(mean, 1, 5)) == pytest.approx(vector["index0_100"])
    top = wilson(counts[0] + counts[1], n)
    assert top is not None
    assert [top.low, top.high] == pytest.approx(vector["top2_wilson"], abs=SIX)


def test_response_rates() -> None:
    v = VECTORS["aapor"]
    d = Dispositions(v["I"], v["P"], v["R"], v["NC"], v["O"], v["U"], v["ineligible"])
    assert float(d.eligible_share) == pytest.approx(v["e"], abs=SIX)
    for name, rate in response_rates(d).items():
        assert rate is not None
        assert float(rate) == pytest.approx(v[name], abs=SIX), name
    assert set(response_rates(Dispositions(0)).values()) == {None}


def test_largest_remainder() -> None:
    assert largest_remainder(120, [2341, 2160]) == [62, 58]
    assert largest_remainder(1, [5, 5]) == [1, 0]
    assert largest_remainder(3, []) == [] and largest_remainder(3, [0, 0]) == [0, 0]
    assert sum(largest_remainder(7, [3, 3, 3, 1])) == 7


def test_rounding_goes_up_at_the_half() -> None:
    assert ten_thousandths(1, 20000) == 1 and ten_thousandths(1, 20001) == 0
    assert rounded(Fraction(1, 20000)) == 1 and rounded(0.00005) == 1
    assert ten_thousandths(57, 60) == 9500


class TestSuppression:
    def test_the_next_smallest_goes_with_the_first(self) -> None:
        cells = [Cell(n, n, n // 2) for n in (12, 11, 3, 14, 20)]
        assert breakdown(cells, 5, disjoint=True) == ["", "secondary", "few", "", ""]

    def test_several_small_ones_hide_each_other_only_if_together_they_are_enough(self) -> None:
        assert breakdown([Cell(n, n, 1) for n in (3, 3, 20, 30)], 5, disjoint=True) == ["few", "few", "", ""]
        assert breakdown([Cell(n, n, 1) for n in (1, 2, 20, 30)], 5, disjoint=True) == ["few", "few", "secondary", ""]

    def test_items_of_the_same_people_do_not_add_up(self) -> None:
        assert breakdown([Cell(n, n, 1) for n in (3, 3, 20, 30)], 5, disjoint=False)[2] == "secondary"

    def test_nobody_is_known_by_being_like_all(self) -> None:
        assert breakdown([Cell(9, 9, 9), Cell(20, 20, 10), Cell(30, 30, 15)], 5, disjoint=True) == [
            "unanimous",
            "secondary",
            "",
        ]
        assert breakdown([Cell(9, 9, 0), Cell(20, 20, 10)], 5, disjoint=True) == ["unanimous", "secondary"]
        assert breakdown([Cell(10, 10, 10), Cell(20, 20, 10)], 5, disjoint=True) == ["", ""]

    def test_what_is_hidden_together_is_not_unanimous_either(self) -> None:
        cells = [Cell(3, 3, 3), Cell(4, 4, 4), Cell(30, 30, 15), Cell(40, 40, 1)]
        assert breakdown(cells, 5, disjoint=True) == ["few", "few", "secondary", ""]

    def test_what_is_left_over_counts_too(self) -> None:
        cells = [Cell(20, 20, 9), Cell(30, 30, 9)]
        assert breakdown(cells, 5, disjoint=True, rest=Cell(2, 2, 1)) == ["secondary", ""]
        assert breakdown(cells, 5, disjoint=True, rest=Cell(6, 6, 6)) == ["secondary", ""]
        assert breakdown(cells, 5, disjoint=True, rest=Cell(12, 12, 6)) == ["", ""]

    def test_all_of_a_few_are_hidden(self) -> None:
        assert breakdown([Cell(2, 2, 1), Cell(6, 6, 3)], 5, disjoint=True) == ["few", "secondary"]
        assert breakdown([], 5, disjoint=True) == []

    def test_two_revisions(self) -> None:
        assert changed({"a": 10, "b": 3}, {"a": 11, "b": 3}) == 1
        assert changed({"a": 10, "b": 3}, {"a": 11, "b": 2}) == 1
        assert changed({"a": 10}, {"b": 10}) == 10
        assert revealing([0, 1], 5) and not revealing([0, 5, 9], 5) and not revealing([], 5)
