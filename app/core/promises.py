"""Promised steps, in whole numbers: progress and the on-time rate. A share is only shown with what it is a share of.

Progress of a whole is Σ wᵢpᵢ / Σ wᵢ over its steps. The on-time rate counts steps by the day that was promised first,
whatever delays were given afterwards: done by that day / whose day has come.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from app.core.schemas import Read


class Step(Protocol):
    """What of a step counts."""

    @property
    def weight(self) -> int: ...
    @property
    def progress(self) -> int: ...
    @property
    def promised_on(self) -> date: ...
    @property
    def due_on(self) -> date: ...
    @property
    def done_on(self) -> date | None: ...


@dataclass(frozen=True)
class Ratio:
    """`numerator` of `denominator`; nothing at all where the denominator is 0."""

    numerator: int
    denominator: int

    @property
    def share(self) -> float | None:
        return self.numerator / self.denominator if self.denominator else None

    def __add__(self, other: Ratio) -> Ratio:
        return Ratio(self.numerator + other.numerator, self.denominator + other.denominator)


class RatioRead(Read):
    """A share with both its sides; null where there is nothing to be a share of."""

    numerator: int
    denominator: int
    share: float | None


def ratio(found: Ratio) -> RatioRead:
    return RatioRead(numerator=found.numerator, denominator=found.denominator, share=found.share)


class Kept(StrEnum):
    """What became of a promised day."""

    coming = "coming"
    on_time = "on_time"
    late = "late"
    missed = "missed"


def progress(steps: Iterable[Step]) -> Ratio:
    """Percent times weight, of 100 times weight: weights 1 and 3 at 100 and 0 are 100 of 400."""
    listed = list(steps)
    return Ratio(sum(s.weight * s.progress for s in listed), sum(s.weight * 100 for s in listed))


def kept(step: Step, day: date, stopped_on: date | None = None) -> Kept:
    """Whether a promise was kept, as of a day. A day that is not over yet, or that came after the stop, is coming."""
    done = step.done_on if step.done_on is not None and step.done_on <= day else None
    if stopped_on is not None and stopped_on < step.promised_on and (done is None or done > step.promised_on):
        return Kept.coming
    if done is not None and done <= step.promised_on <= day:
        return Kept.on_time
    if step.promised_on >= day:
        return Kept.coming
    return Kept.late if done is not None else Kept.missed


def on_time(found: Iterable[Kept]) -> Ratio:
    """Of the promises whose day has come, those that were kept."""
    counted = [k for k in found if k is not Kept.coming]
    return Ratio(sum(k is Kept.on_time for k in counted), len(counted))


def overdue_days(step: Step, day: date) -> int:
    """By how many days the day that holds now is passed; 0 for what is done or not due."""
    if step.done_on is not None and step.done_on <= day:
        return 0
    return max((day - step.due_on).days, 0)
