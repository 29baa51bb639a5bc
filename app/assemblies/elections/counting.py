"""Who is elected. Pure: integers in, an outcome out; nothing here knows of rows, people or languages.

Each post is a contest of its own. The election is valid by the ballots of all the registered; a candidate is elected
with the votes that the rule asks for, in the order of votes, as long as there are seats. Where candidates with as many
votes stand across the last seat, none of them has it: they go into a run-off. What nobody reaches stays open.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from app.assemblies.elections.models import Invalidity
from app.assemblies.rules.decide import Counts, Tested, holds
from app.assemblies.rules.definition import Condition


@dataclass(frozen=True)
class Terms:
    """The conditions of one round: when the election is valid, and what a candidate needs."""

    valid: Sequence[Condition]
    elected: Sequence[Condition]


class Fate(StrEnum):
    """What became of a candidate. `beaten`: enough votes, but the seats went to others with more."""

    elected = "elected"
    run_off = "run_off"
    beaten = "beaten"
    short = "short"
    void = "void"


@dataclass(frozen=True)
class Standing:
    """A candidate with the votes, what became of it, and each condition worked out."""

    key: str
    votes: int
    fate: Fate
    tested: tuple[Tested, ...]


@dataclass(frozen=True)
class Outcome:
    """A contest. `open_seats` counts those of a run-off too: nobody holds them yet."""

    valid: bool
    tested: tuple[Tested, ...]
    seats: int
    standings: tuple[Standing, ...]

    @property
    def elected(self) -> tuple[str, ...]:
        return self._of(Fate.elected)

    @property
    def run_off(self) -> tuple[str, ...]:
        return self._of(Fate.run_off)

    @property
    def open_seats(self) -> int:
        return self.seats - len(self.elected)

    def _of(self, fate: Fate) -> tuple[str, ...]:
        return tuple(standing.key for standing in self.standings if standing.fate == fate)


def elect(terms: Terms, registered: int, returned: int, valid: int, votes: Mapping[str, int], seats: int) -> Outcome:
    """The outcome of one contest; `valid` are the ballots that count for it, `votes` those of each candidate."""
    cast = Counts(entitled=registered, returned=returned, valid=valid)
    tested = tuple(holds(condition, cast) for condition in terms.valid)
    held = all(test.holds for test in tested)
    ranked = sorted(votes.items(), key=lambda item: (-item[1], item[0]))
    needed = {key: _needed(terms, registered, returned, valid, number) for key, number in ranked}
    enough = {key: held and all(test.holds for test in needed[key]) for key, _number in ranked}
    fates = _fates([(key, number) for key, number in ranked if enough[key]], seats)
    short = Fate.short if held else Fate.void
    return Outcome(
        valid=held,
        tested=tested,
        seats=seats,
        standings=tuple(Standing(key, number, fates.get(key, short), needed[key]) for key, number in ranked),
    )


def _needed(terms: Terms, registered: int, returned: int, valid: int, votes: int) -> tuple[Tested, ...]:
    counts = Counts(entitled=registered, returned=returned, valid=valid, in_favour=votes)
    return tuple(holds(condition, counts) for condition in terms.elected)


def _fates(ranked: Sequence[tuple[str, int]], seats: int) -> dict[str, Fate]:
    """Of those with enough votes: as many as there are seats, unless equal votes stand across the last of them."""
    if len(ranked) <= seats:
        return {key: Fate.elected for key, _votes in ranked}
    last = ranked[seats - 1][1]
    tied = last == ranked[seats][1]
    fates: dict[str, Fate] = {}
    for place, (key, votes) in enumerate(ranked):
        if tied and votes == last:
            fates[key] = Fate.run_off
        else:
            fates[key] = Fate.elected if place < seats else Fate.beaten
    return fates


@dataclass(frozen=True)
class Tally:
    """Ballots of one contest: how many count, why the others do not, votes by candidate, ballots by number of marks."""

    valid: int
    invalid: Mapping[str, int]
    votes: Mapping[str, int]
    marks: Mapping[int, int]


def judge(marks: int, seats: int) -> Invalidity | None:
    """Whether a ballot with so many marks counts for a contest. Fewer marks than seats are everybody's right."""
    if marks == 0:
        return Invalidity.blank
    return Invalidity.too_many if marks > seats else None


def tally(ballots: Iterable[Sequence[str]], candidates: Sequence[str], seats: int) -> Tally:
    """Counts ballots, each the candidates that it marks."""
    votes = Counter(dict.fromkeys(candidates, 0))
    invalid: Counter[str] = Counter()
    sizes: Counter[int] = Counter()
    for ballot in ballots:
        marked = set(ballot)
        unknown = marked - votes.keys()
        why = Invalidity.unclear if unknown else judge(len(marked), seats)
        if why is not None:
            invalid[why] += 1
            continue
        sizes[len(marked)] += 1
        votes.update(marked)
    return Tally(sum(sizes.values()), dict(invalid), dict(votes), dict(sizes))


class Flaw(StrEnum):
    """What does not reconcile in a count of paper."""

    issued_more_than_registered = "issued_more_than_registered"
    returned_more_than_issued = "returned_more_than_issued"
    unreturned = "unreturned"
    valid_and_invalid = "valid_and_invalid"
    more_votes_than_ballots = "more_votes_than_ballots"
    more_marks_than_allowed = "more_marks_than_allowed"
    fewer_votes_than_ballots = "fewer_votes_than_ballots"


def flaws(registered: int, issued: int, returned: int, unreturned: int) -> list[Flaw]:
    """What is wrong with the sheets of paper as a whole."""
    found = []
    if issued > registered:
        found.append(Flaw.issued_more_than_registered)
    if returned > issued:
        found.append(Flaw.returned_more_than_issued)
    elif issued != returned + unreturned:
        found.append(Flaw.unreturned)
    return found


def flaws_of_contest(
    returned: int, valid: int, invalid: Mapping[str, int], votes: Mapping[str, int], seats: int
) -> list[Flaw]:
    """What is wrong with the count of one contest: each valid ballot marks at least one name and at most `seats`."""
    found = []
    if returned != valid + sum(invalid.values()):
        found.append(Flaw.valid_and_invalid)
    total = sum(votes.values())
    if any(number > valid for number in votes.values()):
        found.append(Flaw.more_votes_than_ballots)
    elif total > valid * min(seats, len(votes)):
        found.append(Flaw.more_marks_than_allowed)
    elif total < valid:
        found.append(Flaw.fewer_votes_than_ballots)
    return found
