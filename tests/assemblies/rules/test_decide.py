"""Deciding by rules: the tables of the field, both sides of each condition, and what other bases would have given."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assemblies.rules.builtins import BUILT_IN, EXAMPLE, LAW_2025, OWNERS
from app.assemblies.rules.decide import Counts, Outcome, decide, holds, threshold
from app.assemblies.rules.definition import Base, Condition, Count, Matter, RuleBody, RuleSet
from app.assemblies.rules.explaining import explain
from app.core import i18n
from app.core.errors import Conflict

pytestmark = pytest.mark.sqlite  # nothing here asks a database

SHARES = [(1, 2, True), (2, 3, False), (3, 4, False), (1, 5, False), (1, 3, False), (1, 10, False)]
TABLE = {
    59: [30, 40, 45, 12, 20, 6],
    60: [31, 40, 45, 12, 20, 6],
    61: [31, 41, 46, 13, 21, 7],
    66: [34, 44, 50, 14, 22, 7],
    120: [61, 80, 90, 24, 40, 12],
    2418: [1210, 1612, 1814, 484, 806, 242],
}


def rules_of(key: str, body: RuleBody) -> RuleSet:
    found = BUILT_IN[key][-1].definition.of(body)
    assert found is not None
    return found


CHARTER = rules_of(EXAMPLE, RuleBody.representative_assembly)
OF_OWNERS = rules_of(OWNERS, RuleBody.owners_assembly)


def room(in_favour: int, against: int, abstain: int, *, entitled: int = 60, present: int = 40) -> Counts:
    cast = in_favour + against + abstain
    return Counts(
        entitled=entitled, present=present, returned=cast, valid=cast, in_favour=in_favour, against=against,
        abstain=abstain,
    )  # fmt: skip


def owners(in_favour: int, area_for: int, participating: int = 1612, area: int = 16_120_000) -> Counts:
    return Counts(
        entitled=2418, participating=participating, in_favour=in_favour, against=participating - in_favour,
        area_entitled=24_180_000, area_participating=area, area_for=area_for,
    )  # fmt: skip


@pytest.mark.parametrize("n", TABLE)
def test_thresholds(n: int) -> None:
    assert [threshold(num, den, strict, n) for num, den, strict in SHARES] == TABLE[n]


@given(st.integers(1, 1000), st.integers(1, 1000), st.booleans(), st.integers(1, 10**7))
def test_a_threshold_is_the_smallest_count_that_holds(one: int, other: int, strict: bool, n: int) -> None:
    num, den = sorted((one, other))
    needed = threshold(num, den, strict, n)
    asked = Condition(count=Count.present, base=Base.entitled, num=num, den=den, strict=strict)

    def met(count: int) -> bool:
        return Fraction(count, n) > Fraction(num, den) if strict else Fraction(count, n) >= Fraction(num, den)

    for count in (needed - 1, needed):
        if count >= 0:
            assert holds(asked, Counts(present=count, entitled=n)).holds == met(count) == (count >= needed)


# counts, the outcome, and what over half of other bases would have given
BY_BASE: list[tuple[Counts, Outcome, dict[Base, Outcome]]] = [
    (room(20, 15, 5), Outcome.rejected, {Base.entitled: Outcome.rejected, Base.for_against: Outcome.carried,
                                         Base.valid: Outcome.rejected, Base.returned: Outcome.rejected}),
    (room(21, 15, 4), Outcome.carried, {Base.entitled: Outcome.rejected, Base.for_against: Outcome.carried}),
    (room(31, 9, 0), Outcome.carried, {Base.entitled: Outcome.carried}),
    (room(20, 20, 0), Outcome.tied, {Base.for_against: Outcome.tied}),
    (room(0, 0, 40), Outcome.rejected, {}),
    (room(30, 0, 0, present=30), Outcome.no_quorum, {Base.for_against: Outcome.no_quorum}),
    (room(31, 0, 0, present=31), Outcome.carried, {}),
    (room(19, 12, 0, present=40), Outcome.rejected, {Base.returned: Outcome.carried, Base.valid: Outcome.carried}),
]  # fmt: skip


@pytest.mark.parametrize(("counts", "outcome", "others"), BY_BASE)
def test_outcomes_and_other_bases(counts: Counts, outcome: Outcome, others: dict[Base, Outcome]) -> None:
    decision = decide(CHARTER, Matter.ordinary, counts)
    assert decision.outcome == outcome and decision.carried == (outcome == Outcome.carried)
    found = {other.base: other.outcome for other in decision.others}
    assert {base: found.get(base) for base in others} == others
    assert Base.present not in found, "the base of the rule itself is not another one"


def test_abstaining_altogether_leaves_no_base_of_for_and_against() -> None:
    assert Base.for_against not in {other.base for other in decide(CHARTER, Matter.ordinary, room(0, 0, 40)).others}


def test_a_quorum_of_two_thirds() -> None:
    two_thirds = Condition(count=Count.present, base=Base.entitled, num=2, den=3)
    assert holds(two_thirds, Counts(present=44, entitled=66)).holds
    failed = holds(two_thirds, Counts(present=43, entitled=66))
    assert (failed.left, failed.right, failed.needed, failed.holds) == (43, 66, 44, False)


DOUBLE: list[tuple[Counts, Matter, Outcome]] = [
    (owners(807, 8_060_001), Matter.owners, Outcome.carried),
    (owners(806, 8_060_001), Matter.owners, Outcome.tied),
    (owners(807, 8_060_000), Matter.owners, Outcome.rejected),
    (owners(1209, 12_090_000), Matter.owners_special, Outcome.carried),
    (owners(1208, 12_090_000), Matter.owners_special, Outcome.rejected),
    (owners(1209, 12_089_999), Matter.owners_special, Outcome.rejected),
    (owners(1611, 16_120_000, participating=1611), Matter.owners, Outcome.not_valid),
    (owners(1612, 16_119_999, area=16_119_999), Matter.owners, Outcome.not_valid),
]


@pytest.mark.parametrize(("counts", "matter", "outcome"), DOUBLE)
def test_the_double_majority_of_owners(counts: Counts, matter: Matter, outcome: Outcome) -> None:
    assert decide(OF_OWNERS, matter, counts).outcome == outcome


def test_owners_are_compared_by_heads_and_area_alike() -> None:
    (other,) = decide(OF_OWNERS, Matter.owners, owners(807, 8_060_001)).others
    assert other.base == Base.entitled and other.outcome == Outcome.rejected
    assert [test.condition.base for test in other.tested] == [Base.entitled, Base.area_entitled]


def test_of_nobody_nothing_holds() -> None:
    at_least = Condition(count=Count.in_favour, base=Base.valid, num=3, den=4)
    nobody = holds(at_least, Counts())
    assert not nobody.holds and nobody.needed == 1
    assert decide(CHARTER, Matter.ordinary, Counts()).outcome == Outcome.no_quorum


def test_counts_are_never_negative() -> None:
    with pytest.raises(ValueError, match="never negative"):
        Counts(present=-1)


def test_without_rules_there_is_no_outcome() -> None:
    unread = rules_of(LAW_2025, RuleBody.representative_assembly)
    assert not unread.decides
    with pytest.raises(Conflict) as refused:
        decide(unread, Matter.ordinary, room(60, 0, 0, present=60))
    assert refused.value.code == "rule_missing"


SAID: list[tuple[Any, Matter, Counts, str, str]] = [
    (
        CHARTER, Matter.ordinary, room(20, 15, 5),
        "实到人数 40，须超过应到人数 60 的二分之一，即至少 31，符合；"
        "赞成票 20，须超过实到人数 40 的二分之一，即至少 21，不符合；因此表决未通过。",
        "present 40: more than one half of 60 entitled, at least 31, met; "
        "votes for 20: more than one half of 40 present, at least 21, not met; therefore rejected.",
    ),
    (
        CHARTER, Matter.ordinary, room(20, 20, 0),
        "实到人数 40，须超过应到人数 60 的二分之一，即至少 31，符合；"
        "赞成票 20，须超过实到人数 40 的二分之一，即至少 21，不符合；赞成与反对各 20 票，票数相等，因此表决未通过。",
        "20 votes each for and against, a tie; therefore rejected.",
    ),
    (
        CHARTER, Matter.ordinary, room(30, 0, 0, present=30),
        "实到人数 30，须超过应到人数 60 的二分之一，即至少 31，不符合；因此未达到法定人数，不能表决。",
        "therefore no quorum, no vote can be taken.",
    ),
    (
        OF_OWNERS, Matter.owners, owners(807, 8_060_001),
        "须超过参加表决的面积 161,200.00 ㎡ 的二分之一，即至少 80,600.01 ㎡，符合；因此表决通过。",
        "area in favour 80,600.01 m²: more than one half of 161,200.00 m² area taking part",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rules", "matter", "counts", "chinese", "english"), SAID, ids=["rejected", "tied", "no quorum", "owners"]
)
def test_a_decision_is_explained_in_one_sentence(
    rules: RuleSet, matter: Matter, counts: Counts, chinese: str, english: str
) -> None:
    decision = decide(rules, matter, counts)
    assert explain(decision).endswith(chinese) and explain(decision).count("。") == 1
    i18n.set_locale(i18n.ENGLISH)
    try:
        assert english in explain(decision)
    finally:
        i18n.set_locale(i18n.CHINESE)


def test_a_decision_is_kept_and_read_again() -> None:
    decision = decide(OF_OWNERS, Matter.owners, owners(807, 8_060_001))
    assert type(decision).model_validate_json(decision.model_dump_json()) == decision
