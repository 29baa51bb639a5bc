"""Counting, by the vectors of the field's rules and by laws that hold for all ballots."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.assemblies.elections import counting
from app.assemblies.elections.counting import Fate, Flaw, Terms
from app.assemblies.rules.definition import Condition

FIRST = Terms(
    valid=[Condition(count="returned", base="entitled", num=1, den=2, strict=True)],
    elected=[Condition(count="for", base="returned", num=1, den=2, strict=True)],
)
SECOND = Terms(valid=FIRST.valid, elected=[Condition(count="for", base="returned", num=1, den=3, strict=False)])
ABOVE = {"A": 50, "B": 48, "C": 44, "D": 40}


@pytest.mark.parametrize(
    ("returned", "votes", "seats", "elected", "run_off", "open_seats"),
    [
        (55, {**ABOVE, "E": 28, "F": 27}, 5, "ABCDE", "", 0),
        (55, {**ABOVE, "E": 27, "F": 27}, 5, "ABCD", "", 1),
        (55, {**ABOVE, "E": 33, "F": 33}, 5, "ABCD", "EF", 1),
        (55, {**ABOVE, "E": 33, "F": 33, "G": 33}, 6, "ABCD", "EFG", 2),
        (55, {**ABOVE, "E": 33, "F": 33}, 6, "ABCDEF", "", 0),
        (55, {**ABOVE, "E": 33, "F": 30}, 5, "ABCDE", "", 0),
        (55, {"A": 28, "B": 28, "C": 28}, 1, "", "ABC", 1),
        (54, {"A": 27, "B": 28}, 2, "B", "", 1),
        (31, {"A": 16}, 1, "A", "", 0),
    ],
)
def test_first_round(
    returned: int, votes: dict[str, int], seats: int, elected: str, run_off: str, open_seats: int
) -> None:
    outcome = counting.elect(FIRST, 60, returned, returned, votes, seats)
    assert outcome.valid
    assert ("".join(outcome.elected), "".join(outcome.run_off), outcome.open_seats) == (elected, run_off, open_seats)


@pytest.mark.parametrize("returned", [0, 29, 30])
def test_too_few_ballots_elect_nobody(returned: int) -> None:
    outcome = counting.elect(FIRST, 60, returned, returned, {"A": returned, "B": 0}, 1)
    assert not outcome.valid
    assert (outcome.elected, outcome.run_off, outcome.open_seats) == ((), (), 1)
    assert {standing.fate for standing in outcome.standings} == {Fate.void}


def test_one_ballot_more_makes_it_valid() -> None:
    assert counting.elect(FIRST, 60, 31, 31, {"A": 31}, 1).elected == ("A",)
    assert counting.elect(FIRST, 61, 31, 31, {"A": 31}, 1).elected == ("A",)
    assert counting.elect(FIRST, 61, 30, 30, {"A": 30}, 1).elected == ()


@pytest.mark.parametrize(
    ("votes", "elected"), [({"E": 19, "F": 18}, "E"), ({"E": 18, "F": 18}, ""), ({"E": 20, "F": 20}, "")]
)
def test_second_round_takes_the_first_with_a_third(votes: dict[str, int], elected: str) -> None:
    outcome = counting.elect(SECOND, 60, 55, 55, votes, 1)
    assert "".join(outcome.elected) == elected
    assert outcome.run_off == (("E", "F") if votes["E"] == votes["F"] == 20 else ())


def test_both_sides_of_each_condition_are_kept() -> None:
    outcome = counting.elect(FIRST, 60, 55, 54, {"A": 28, "B": 27}, 2)
    assert [(t.left, t.right, t.needed, t.holds) for t in outcome.tested] == [(55, 60, 31, True)]
    assert [(t.left, t.right, t.needed, t.holds) for s in outcome.standings for t in s.tested] == [
        (28, 55, 28, True),
        (27, 55, 28, False),
    ]


def test_tally_puts_ballots_that_do_not_count_aside() -> None:
    ballots = [["A"], ["A", "B"], ["A", "B", "C"], [], ["X"], ["B"], ["B", "B"]]
    found = counting.tally(ballots, ["A", "B", "C"], seats=2)
    assert found.valid == 4
    assert found.invalid == {"too_many": 1, "blank": 1, "unclear": 1}
    assert found.votes == {"A": 2, "B": 3, "C": 0}
    assert found.marks == {1: 3, 2: 1}


NAMES = "ABCDEFG"


@given(
    st.lists(st.sets(st.sampled_from(NAMES)), max_size=40),
    st.integers(1, 6),
    st.integers(0, 20),
)
def test_laws_of_any_election(ballots: list[set[str]], seats: int, silent: int) -> None:
    """Nobody with fewer votes is elected before somebody with more, seats are never overfilled, everything adds up."""
    found = counting.tally([sorted(ballot) for ballot in ballots], NAMES, seats)
    returned = len(ballots)
    assert found.valid + sum(found.invalid.values()) == returned
    assert sum(found.votes.values()) == sum(size * n for size, n in found.marks.items())
    assert counting.flaws_of_contest(returned, found.valid, found.invalid, found.votes, seats) == []
    outcome = counting.elect(FIRST, returned + silent, returned, found.valid, found.votes, seats)
    fates = {standing.key: standing.fate for standing in outcome.standings}
    elected = [found.votes[key] for key in outcome.elected]
    others = [found.votes[key] for key in NAMES if fates[key] != Fate.elected]
    assert len(elected) <= seats
    assert outcome.valid == (2 * returned > returned + silent)
    assert all(2 * votes > returned for votes in elected)
    assert (
        not elected
        or not others
        or min(elected) > max(others)
        or len(elected) == len([v for v in found.votes.values() if 2 * v > returned])
    )
    if outcome.run_off:
        (votes,) = {found.votes[key] for key in outcome.run_off}
        assert len(outcome.run_off) > outcome.open_seats > 0
        assert 2 * votes > returned
    assert (
        counting.elect(FIRST, returned + silent, returned, found.valid, dict(reversed(found.votes.items())), seats)
        == outcome
    )


@given(st.permutations(list("ABCDEF")))
def test_the_order_of_names_decides_nothing(order: list[str]) -> None:
    votes = {**ABOVE, "E": 33, "F": 33}
    outcome = counting.elect(FIRST, 60, 55, 55, {key: votes[key] for key in order}, 5)
    assert Counter(outcome.elected) == Counter("ABCD")
    assert set(outcome.run_off) == {"E", "F"}


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((60, 58, 55, 3), []),
        ((60, 61, 55, 6), [Flaw.issued_more_than_registered]),
        ((60, 54, 55, 0), [Flaw.returned_more_than_issued]),
        ((60, 58, 55, 2), [Flaw.unreturned]),
        ((60, 0, 0, 0), []),
    ],
)
def test_paper_reconciles(numbers: tuple[int, int, int, int], expected: list[Flaw]) -> None:
    assert counting.flaws(*numbers) == expected


@pytest.mark.parametrize(
    ("valid", "invalid", "votes", "expected"),
    [
        (54, {"blank": 1}, {"A": 54, "B": 40, "C": 10}, []),
        (54, {}, {"A": 54, "B": 40}, [Flaw.valid_and_invalid]),
        (54, {"blank": 1}, {"A": 55, "B": 40}, [Flaw.more_votes_than_ballots]),
        (54, {"blank": 1}, {"A": 54, "B": 54, "C": 1}, [Flaw.more_marks_than_allowed]),
        (54, {"blank": 1}, {"A": 30, "B": 23, "C": 0}, [Flaw.fewer_votes_than_ballots]),
    ],
)
def test_each_contest_reconciles(
    valid: int, invalid: dict[str, int], votes: dict[str, int], expected: list[Flaw]
) -> None:
    assert counting.flaws_of_contest(55, valid, invalid, votes, seats=2) == expected
