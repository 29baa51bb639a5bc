"""Strata that would name a person are counted together."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.ballots.strata import SMALLEST, coarse


@pytest.mark.parametrize(
    ("counts", "kept"),
    [
        ({"一": 60, "二": 40}, {"一", "二"}),
        ({"一": 60, "二": 4}, set()),
        ({"一": 60, "二": 3, "三": 2}, {"一"}),
        ({"一": 60, "二": 30, "三": 1}, {"一"}),
        ({"": 60}, set()),
        ({"一": 2, "二": 1}, set()),
        ({}, set()),
    ],
)
def test_which_strata_stay(counts: dict[str, int], kept: set[str]) -> None:
    assert set(coarse(counts).values()) - {""} == kept


@given(st.dictionaries(st.sampled_from([f"片{i}" for i in range(9)]), st.integers(0, 30), max_size=9))
def test_no_name_stands_for_fewer_than_five(counts: dict[str, int]) -> None:
    called: Counter[str] = Counter()
    for name, n in counts.items():
        called[coarse(counts)[name]] += n
    total = sum(counts.values())
    assert all(n >= min(SMALLEST, total) or n == 0 for n in called.values())
