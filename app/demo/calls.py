"""Which household was visited on which day over the last year, so that every worker finds a believable Today.

Each grid area gets two to four households that are overdue, some that are due today, one attempt that comes back
today, one open event and one urgent need; all others were visited in time and are due later. From the last visit a
chain leads back through the year, at the intervals of the household's tier and with a little human delay.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.demo.families import Stay
from app.demo.notes import texts
from app.households.visits.due import TIERS, Rule, Standing, after, standing
from app.households.visits.due import Care as DueCare
from app.households.visits.due import Person as DuePerson
from app.households.visits.models import EventKind, NeedCategory, Outcome, Purpose, Tier, Unit

YEAR = 365
_SATURDAY = 5


@dataclass
class NeedText:
    category: NeedCategory
    detail: str
    urgent: bool = False


@dataclass
class Call:
    """One time that a worker stood at a door."""

    stay: Stay
    day: date
    outcome: Outcome = Outcome.fine
    purpose: Purpose = Purpose.routine
    needs: list[NeedText] = field(default_factory=list)
    next_due_on: date | None = None
    event: Happening | None = None


@dataclass
class Happening:
    """A major change in a household, and the visit that answered it (None while it is open)."""

    stay: Stay
    kind: EventKind
    detail: str
    day: date
    answered: Call | None = None


@dataclass
class Home:
    """A household that somebody lives in today, and how closely it is followed."""

    stay: Stay
    rule: Rule
    stands: Standing
    last: date | None = None
    attempt: date | None = None
    chosen: date | None = None


class Year:
    """The visits of one year up to the day before `today`."""

    def __init__(self, rng: random.Random, stays: Iterable[Stay], rules: Mapping[str, Rule], today: date) -> None:
        self.rng, self.rules, self.today = rng, rules, today
        self.begins = today - timedelta(days=YEAR)
        self.calls: list[Call] = []
        self.happenings: list[Happening] = []
        areas: dict[int, list[Home]] = defaultdict(list)
        for stay in stays:
            if stay.to_on is None:
                areas[stay.dwelling.building.area.number].append(self._home(stay))
            elif stay.to_on > self.begins:
                self._past(stay)
        for number in sorted(areas):
            self._area(number, areas[number])
        self.calls = _once_a_day(self.calls)

    def _home(self, stay: Stay) -> Home:
        people = [
            DuePerson(
                m.person.born,
                m.from_on,
                m.to_on,
                tuple(DueCare(str(c.category), c.from_on, c.to_on) for c in m.person.care),
            )
            for m in stay.here(self.today)
        ]
        stands = standing(people, list(self.rules.values()), self.today)
        return Home(stay, self.rules[stands.tier], stands)

    def _area(self, number: int, homes: list[Home]) -> None:
        tiers: dict[str, list[Home]] = {tier: [] for tier in TIERS}
        for home in self.rng.sample(homes, len(homes)):
            tiers[home.rule.tier].append(home)
        self._plan_today(tiers)
        late = [h for h in homes if h.last is None]
        urgent = self._urgent(number, late)
        for home in homes:
            if home.last is None:
                home.last = self._some_time_ago(home)
            if home.last is not None:
                self._chain(home, urgent if home is urgent else None, number)
        self._needs(homes)
        self._open_event(number, tiers)

    def _plan_today(self, tiers: dict[str, list[Home]]) -> None:
        """Chooses whose day it is: due today, overdue, and one that nobody opened to three days ago."""
        rng = self.rng
        plan = [(Tier.high, 2, 0), (Tier.key, 1, 0), (Tier.general, rng.choice((1, 2)), 0), (Tier.routine, 3, 0)]
        plan += [(Tier.high, 1, rng.randint(1, 2)), (Tier.general, 1, rng.randint(2, 6))]
        plan += [(Tier.routine, rng.choice((0, 1, 1)), rng.randint(3, 12))]
        for tier, count, days in plan:
            for _ in range(count):
                self._set_due(tiers[tier] or tiers[Tier.routine], self.today - timedelta(days=days))
        home = self._set_due(tiers[Tier.routine], self.today - timedelta(days=4))
        if home is not None:
            home.attempt = self.today - timedelta(days=home.rule.retry_days)

    def _set_due(self, homes: list[Home], due: date) -> Home | None:
        """Makes the first household that can be due on this day be due on it."""
        for home in homes:
            last = _before(due, home.rule)
            if home.last is None and last >= home.stay.from_on and last < self.today:
                home.last = last
                home.chosen = due if after(last, home.rule.every, home.rule.unit) != due else None
                return home
        return None

    def _some_time_ago(self, home: Home) -> date | None:
        """A day within the last interval, so that the household is due after today."""
        first = max(home.stay.from_on, _before(self.today, home.rule) + timedelta(days=1))
        days = [first + timedelta(days=n) for n in range((self.today - first).days)]
        working = [d for d in days if d.weekday() < _SATURDAY]
        return self.rng.choice(working or days) if days else None

    def _urgent(self, number: int, homes: list[Home]) -> Home:
        """Yesterday's visit at which an urgent need was heard."""
        cared = [h for h in homes if h.rule.tier != Tier.routine] or homes
        home = self.rng.choice(cared)
        home.last = self.today - timedelta(days=1)
        return home

    def _chain(self, home: Home, urgent: Home | None, number: int) -> None:
        day = home.last
        if day is None:
            return
        last = self._call(home.stay, day, home.rule.tier)
        last.next_due_on = home.chosen
        if urgent is not None:
            category = self._urgent_category(home.stay, number)
            last.needs = [NeedText(NeedCategory(category), texts()["urgent"][category], True)]
            last.outcome = Outcome.need_raised
        if home.attempt:
            self.calls.append(Call(home.stay, home.attempt, Outcome.not_home))
        first = max(self.begins, home.stay.from_on)
        since = home.stands.since
        while True:
            rule = home.rule if since is None or day > since else self.rules[Tier.routine]
            day = self._earlier(day, rule)
            if day < first:
                return
            self._call(home.stay, day, rule.tier)

    def _oldest(self, home: Home) -> int:
        return max(m.person.age(self.today) for m in home.stay.here(self.today))

    def _urgent_category(self, stay: Stay, number: int) -> str:
        """What may go wrong depends on who lives there."""
        ages = [m.person.age(self.today) for m in stay.here(self.today)]
        if max(ages) >= 70:
            return ("health", "daily_life", "safety")[number % 3]
        couple = sum(24 <= age < 60 for age in ages) >= 2 and min(ages) < 18
        return "dispute" if couple and number % 2 else ("housing", "income", "safety")[number % 3]

    def _past(self, stay: Stay) -> None:
        """A family that moved away within the year."""
        rule = self.rules[Tier.routine]
        day = (stay.to_on or self.today) - timedelta(days=self.rng.randint(5, 170))
        while day >= max(self.begins, stay.from_on):
            self._call(stay, day, rule.tier)
            day = self._earlier(day, rule)

    def _earlier(self, day: date, rule: Rule) -> date:
        late = {Unit.week: (0, 0, 0, 0, 1, 1, 2), Unit.month: (-2, 0, 1, 2, 3, 5)}[Unit(rule.unit)]
        day = _before(day, rule) - timedelta(days=self.rng.choice(late) * (1 if rule.every < 3 else 3))
        if day.weekday() == _SATURDAY and self.rng.random() < 0.6:
            return day - timedelta(days=1)
        return day + timedelta(days=1) if day.weekday() > _SATURDAY else day

    def _call(self, stay: Stay, day: date, tier: str) -> Call:
        routine = tier == Tier.routine
        call = Call(stay, day, purpose=Purpose.routine if routine else Purpose.care)
        if routine and self.rng.random() < 0.02:
            call.outcome = Outcome.refused
        elif self.rng.random() < 0.13:
            call.outcome = Outcome.helped
        if not routine and _festival(day) and self.rng.random() < 0.5:
            call.purpose = Purpose.festival
        if self.rng.random() < (0.14 if routine else 0.05):
            self._attempt(stay, day, 3 if tier != Tier.high else 1)
        self.calls.append(call)
        return call

    def _attempt(self, stay: Stay, day: date, days: int) -> None:
        before = day - timedelta(days=days)
        if before >= max(stay.from_on, self.begins) and before.weekday() <= _SATURDAY:
            self.calls.append(Call(stay, before, Outcome.not_home))

    def _needs(self, homes: list[Home]) -> None:
        """A few needs of the last weeks that still wait for somebody to take them up."""
        ours = {id(h.stay) for h in homes}
        recent = [c for c in self.calls if id(c.stay) in ours and c.day > self.today - timedelta(days=45)]
        able = [c for c in recent if c.outcome in (Outcome.fine, Outcome.helped) and not c.needs]
        for call in self.rng.sample(able, min(len(able), self.rng.randint(5, 8))):
            category = self.rng.choice(list(texts()["needs"]))
            call.needs = [NeedText(NeedCategory(category), self.rng.choice(texts()["needs"][category]))]
            call.outcome = Outcome.need_raised

    def _open_event(self, number: int, tiers: Mapping[str, list[Home]]) -> None:
        """Yesterday's event, to be answered today, and some of the year that were answered."""
        kinds = list(texts()["events"])
        kind = kinds[(number - 1) % len(kinds)]
        quiet = [h for h in tiers[Tier.general] + tiers[Tier.routine] if h.last and h.last < self.today]
        if kind == EventKind.new_resident:
            quiet.sort(key=lambda h: h.stay.from_on, reverse=True)
        elif kind in (EventKind.hospital, EventKind.accident):
            quiet.sort(key=lambda h: self._oldest(h) < 60)
        elif kind == EventKind.bereavement:
            quiet.sort(key=lambda h: self._oldest(h) >= 60)
        home, *others = quiet[:12]
        yesterday = self.today - timedelta(days=1)
        self.happenings.append(Happening(home.stay, EventKind(kind), texts()["events"][kind], yesterday))
        for other, (name, detail) in zip(others, texts()["events_done"].items(), strict=False):
            day = self.today - timedelta(days=self.rng.randint(20, YEAR - 10))
            if not other.stay.from_on < day < (other.last or day) or name == EventKind.new_resident:
                continue  # a visit after the last one would move the household's day
            call = Call(other.stay, day, Outcome.helped, Purpose.event)
            call.event = Happening(other.stay, EventKind(name), detail, day - timedelta(days=1), call)
            self.happenings.append(call.event)
            self.calls.append(call)


def _once_a_day(calls: Iterable[Call]) -> list[Call]:
    """In order of days; where two fell on one day at one door, the one that says more stays."""
    kept: dict[tuple[str, date], Call] = {}
    for call in calls:
        key = (call.stay.dwelling.label, call.day)
        if key not in kept or call.needs or call.event:
            kept[key] = call
    return sorted(kept.values(), key=lambda c: (c.day, c.stay.dwelling.label))


def _before(due: date, rule: Rule) -> date:
    """The latest day whose next visit falls on `due`, or just before it where months are too short for that."""
    days = {Unit.day: 1, Unit.week: 7, Unit.month: 31}[Unit(rule.unit)] * rule.every
    day = due - timedelta(days=days)
    while after(day + timedelta(days=1), rule.every, rule.unit) <= due:
        day += timedelta(days=1)
    return day


def _festival(day: date) -> bool:
    return (day.month, day.day // 15) in {(1, 1), (1, 2), (2, 0), (7, 0), (10, 1)}
