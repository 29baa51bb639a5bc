"""The arithmetic of satisfaction scores: pure functions, each with its published vectors (tests/surveys/scores).

Shares are whole numbers of satisfied and of valid answers until they are shown. `app/static/verify.py` repeats what is
needed to recompute a published figure; a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, isclose, sqrt

Z95 = 1.959963985
TEN_THOUSAND = 10_000


@dataclass(frozen=True)
class Interval:
    """From `low` to `high`; shares lie between 0 and 1, differences of shares between -1 and 1."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        return self.low <= value <= self.high


def ten_thousandths(part: int, whole: int) -> int | None:
    """A share with four decimals, halves away from zero; None of nothing, never 0 or 1."""
    return (2 * TEN_THOUSAND * part + whole) // (2 * whole) if whole else None


def rounded(value: float | Fraction, scale: int = TEN_THOUSAND) -> int:
    """A number that is not negative as a whole number of 1/scale, halves upward."""
    return int(value * scale + Fraction(1, 2)) if isinstance(value, Fraction) else int(value * scale + 0.5)


def wilson(satisfied: int, valid: int, population: int | None = None, *, z: float = Z95) -> Interval | None:
    """Wilson's interval of a share of a sample of people, each with one answer."""
    return wilson_share(satisfied, valid, valid, population, z=z)


def wilson_share(
    satisfied: int, valid: int, people: int, population: int | None = None, *, z: float = Z95
) -> Interval | None:
    """Wilson's interval of `satisfied / valid` where `people` were sampled, out of `population` where it is known.

    Several answers of one person are no larger sample: people count, not answers. A sample of all is a point.
    """
    if not valid or not people:
        return None
    share = satisfied / valid
    if population is not None and people >= population:
        return Interval(share, share)
    n = float(people) if population is None else people * (population - 1) / (population - people)
    square = z * z
    widened = 1 + square / n
    centre = (share + square / (2 * n)) / widened
    half = z / widened * sqrt(share * (1 - share) / n + square / (4 * n * n))
    low = 0.0 if satisfied == 0 else max(centre - half, 0.0)
    high = 1.0 if satisfied == valid else min(centre + half, 1.0)
    return Interval(low, high)


def bounds(satisfied: int, valid: int, asked: int) -> Interval | None:
    """What a census would say had everybody who gave no valid answer been dissatisfied, or satisfied.

    `asked` is how many answers there could have been: the invited, times the items where there are several.
    """
    if not valid:
        return None
    asked = max(asked, valid)
    return Interval(satisfied / asked, (satisfied + asked - valid) / asked)


@dataclass(frozen=True)
class Share:
    """A published share with what its interval needs; `people` are those who were sampled and answered."""

    satisfied: int
    valid: int
    people: int
    population: int | None = None


def newcombe(first: Share, second: Share, *, z: float = Z95) -> Interval | None:
    """Newcombe's interval (his method 10) of the difference of two independent shares, the first less the second."""
    a = wilson_share(first.satisfied, first.valid, first.people, first.population, z=z)
    b = wilson_share(second.satisfied, second.valid, second.people, second.population, z=z)
    if a is None or b is None:
        return None
    p, q = first.satisfied / first.valid, second.satisfied / second.valid
    low = p - q - sqrt((p - a.low) ** 2 + (b.high - q) ** 2)
    high = p - q + sqrt((a.high - p) ** 2 + (q - b.low) ** 2)
    return Interval(max(low, -1.0), min(high, 1.0))


def sample_size(margin: float, population: int, *, share: float = 0.5, z: float = Z95) -> int:
    """How many answers give an interval of ± `margin`."""
    n = z * z * share * (1 - share) / (margin * margin)
    needed = n / (1 + (n - 1) / population)
    whole = round(needed)
    return min(whole if isclose(needed, whole, abs_tol=1e-9) else ceil(needed), population)


def to_invite(answers: int, response: Fraction) -> int:
    """How many to invite for so many answers, at a response rate that is expected."""
    return ceil(answers / response)


def largest_remainder(seats: int, sizes: Sequence[int]) -> list[int]:
    """`seats` shared out in proportion to `sizes`; equal remainders go to the smaller index."""
    total = sum(sizes)
    if not total:
        return [0] * len(sizes)
    shares = [seats * size // total for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (-(seats * sizes[i] % total), i))
    for index in by_remainder[: seats - sum(shares)]:
        shares[index] += 1
    return shares


@dataclass(frozen=True)
class Dispositions:
    """What became of everybody who was asked (AAPOR Standard Definitions)."""

    complete: int
    partial: int = 0
    refused: int = 0
    not_reached: int = 0
    other: int = 0
    unknown: int = 0
    ineligible: int = 0

    @property
    def known(self) -> int:
        return self.complete + self.partial + self.refused + self.not_reached + self.other

    @property
    def eligible_share(self) -> Fraction:
        """e: of those known, the share that was eligible."""
        return Fraction(self.known, self.known + self.ineligible) if self.known else Fraction(0)


def response_rates(d: Dispositions) -> dict[str, Fraction | None]:
    """RR1 to RR6, cooperation, refusal and contact; the even ones count partial answers as answers."""
    everybody, likely = Fraction(d.known + d.unknown), d.known + d.eligible_share * d.unknown
    contacted = d.complete + d.partial + d.refused + d.other
    answered = d.complete + d.partial
    pairs: dict[str, tuple[int, Fraction]] = {
        "RR1": (d.complete, everybody),
        "RR2": (answered, everybody),
        "RR3": (d.complete, likely),
        "RR4": (answered, likely),
        "RR5": (d.complete, Fraction(d.known)),
        "RR6": (answered, Fraction(d.known)),
        "COOP1": (d.complete, Fraction(contacted)),
        "REF1": (d.refused, everybody),
        "CON1": (contacted, everybody),
    }
    return {name: Fraction(part) / whole if whole else None for name, (part, whole) in pairs.items()}


def index_of(mean: Fraction, lowest: int, highest: int) -> Fraction:
    """A mean on a scale from `lowest` to `highest` as 0 to 100: 100 (mean - 1) / 4 on a scale of 1 to 5."""
    return 100 * (mean - lowest) / (highest - lowest)
