"""When a household is due: pure functions over its people, the community's rules and the visits paid.

A household is in the first tier (high, key, general) of which one of its people meets a condition, else routine.

- By the clock: the last completed visit + the tier's interval, by the calendar (months clamp to the month's end), but
  never before the day on which the household came into its tier. A day chosen at the last visit stands instead,
  unless the household has come into another tier since.
- Never visited: the clock starts on the later of the first move-in and the day the register took the household in.
  A household of the high tier is due on that day itself, any other one interval later.
- Nobody home: the clock does not move; the household comes back `retry_days` after the attempt, or on a day chosen
  then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from app.core.clock import add_months
from app.households.visits.models import Tier, Unit

TIERS: tuple[str, ...] = (Tier.high, Tier.key, Tier.general, Tier.routine)


@dataclass(frozen=True, slots=True)
class Care:
    category: str
    from_on: date
    to_on: date | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in the household, with the time of living there."""

    birth_on: date | None
    from_on: date
    to_on: date | None = None
    cares: tuple[Care, ...] = ()


@dataclass(frozen=True, slots=True)
class Condition:
    """One of `any_of` (if named), all of `all_of`, and at least `min_age` years old (if named)."""

    any_of: frozenset[str] = frozenset()
    all_of: frozenset[str] = frozenset()
    min_age: int | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    tier: str
    every: int
    unit: str
    retry_days: int = 3
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The tier of a household on a day, since when, and the next day on which that may change by itself."""

    tier: str
    since: date | None
    categories: tuple[str, ...]
    refresh_on: date | None


@dataclass(frozen=True, slots=True)
class Paid:
    """What was done: the last completed visit, and the last attempt after it. `chosen` days were named by a person."""

    last_on: date | None = None
    chosen_on: date | None = None
    attempt_on: date | None = None
    retry_chosen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    owed_on: date
    due_on: date


def birthday(born: date, age: int) -> date:
    """The first day at that age, as `clock.age_on` counts: born on 29 February is a year older on 1 March."""
    try:
        return born.replace(year=born.year + age)
    except ValueError:
        return date(born.year + age, 3, 1)


def holds(from_on: date, to_on: date | None, day: date) -> bool:
    return from_on <= day and (to_on is None or day <= to_on)


def meets_since(person: Person, condition: Condition, day: date) -> date | None:
    """The day since which the person meets the condition, or None if not on `day`."""
    held: dict[str, date] = {}
    for care in person.cares:
        if holds(care.from_on, care.to_on, day):
            held[care.category] = min(care.from_on, held.get(care.category, care.from_on))
    starts = [person.from_on]
    if condition.any_of:
        found = [held[c] for c in condition.any_of if c in held]
        if not found:
            return None
        starts.append(min(found))
    for category in condition.all_of:
        if category not in held:
            return None
        starts.append(held[category])
    if condition.min_age is not None:
        if person.birth_on is None or birthday(person.birth_on, condition.min_age) > day:
            return None
        starts.append(birthday(person.birth_on, condition.min_age))
    return max(starts)


def standing(people: Sequence[Person], rules: Sequence[Rule], day: date) -> Standing:
    """Where a household with these people stands on a day. `rules` in any order."""
    present = [p for p in people if holds(p.from_on, p.to_on, day)]
    tier, since = str(Tier.routine), None
    for rule in sorted(rules, key=lambda r: TIERS.index(r.tier)):
        met = [meets_since(p, c, day) for p in present for c in rule.conditions]
        days = [d for d in met if d is not None]
        if days:
            tier, since = rule.tier, min(days)
            break
    categories = {c.category for p in present for c in p.cares if holds(c.from_on, c.to_on, day)}
    return Standing(tier, since, tuple(sorted(categories)), _next_change(people, rules, day))


def _next_change(people: Iterable[Person], rules: Sequence[Rule], day: date) -> date | None:
    ages = {c.min_age for rule in rules for c in rule.conditions if c.min_age is not None}
    changes: list[date] = []
    for person in people:
        if person.cares and person.birth_on is not None:
            changes += [birthday(person.birth_on, age) for age in ages]
        elif person.birth_on is not None:
            changes += [birthday(person.birth_on, age) for age in ages if _age_alone(rules, age)]
        spans = [(person.from_on, person.to_on), *((c.from_on, c.to_on) for c in person.cares)]
        changes += [start for start, _end in spans]
        changes += [end + timedelta(days=1) for _start, end in spans if end is not None]
    return min((d for d in changes if d > day), default=None)


def _age_alone(rules: Iterable[Rule], age: int) -> bool:
    """Whether some condition asks for this age and for no category."""
    conditions = (c for rule in rules for c in rule.conditions)
    return any(c.min_age == age and not c.any_of and not c.all_of for c in conditions)


def after(day: date, every: int, unit: str) -> date:
    """One interval later; months by the calendar: 31 January + 1 month is 28 or 29 February."""
    if unit == Unit.month:
        return add_months(day, every)
    return day + timedelta(days=every * (7 if unit == Unit.week else 1))


def schedule(rule: Rule, paid: Paid, start_on: date, tier_since: date | None) -> Schedule:
    """The day by the clock, and the day to go; see the module."""
    owed = _owed(rule, paid, start_on, tier_since)
    if paid.attempt_on is None:
        return Schedule(owed, owed)
    return Schedule(owed, paid.retry_chosen_on or paid.attempt_on + timedelta(days=rule.retry_days))


def _owed(rule: Rule, paid: Paid, start_on: date, tier_since: date | None) -> date:
    if paid.last_on is None:
        first = start_on if rule.tier == Tier.high else after(start_on, rule.every, rule.unit)
    elif paid.chosen_on is not None and (tier_since is None or tier_since <= paid.last_on):
        return paid.chosen_on
    else:
        first = after(paid.last_on, rule.every, rule.unit)
    return max(first, tier_since) if tier_since is not None else first
