"""Who lived where since the first keys were handed over, so that the report's day and today count exactly alike.

The report (2013-04-07) says 1663 of 2418 dwellings occupied, 4501 people, 52 % owners and 48 % tenants. Families come
and go in between; the last few people are added or left out so that both days agree with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from app.demo.families import Families, Member, Stay, random_day
from app.demo.people import People
from app.demo.town import Block, Dwelling
from app.households.models import Tenure
from app.households.residents.models import Relation, Sex

REPORT_DAY = date(2013, 4, 7)
OCCUPIED, OWNERS, RESIDENTS = 1663, 865, 4501
_OWN, _RENT = Tenure.owner_occupied, Tenure.rented
_STAYED_ON = 560  # owners of the report's day who still live here
# How many dwellings went from one use (on the report's day) to another (today); None is vacant.
_COURSES: tuple[tuple[Tenure | None, Tenure | None, int], ...] = (
    (_OWN, _OWN, 650),
    (_OWN, _RENT, 130),
    (_RENT, _OWN, 130),
    (_RENT, _RENT, 590),
    (_OWN, None, 85),
    (_RENT, None, 78),
    (None, _OWN, 85),
    (None, _RENT, 78),
)
_EVER_LET = 0.2  # of the dwellings that are vacant on both days, how many were let in between


@dataclass
class Period:
    """A dwelling's use from–to."""

    dwelling: Dwelling
    tenure: Tenure
    from_on: date
    to_on: date | None


class History:
    """Every stay in every dwelling."""

    def __init__(self, people: People, blocks: Iterable[Block], today: date) -> None:
        self.people, self.rng, self.today = people, people.rng, today
        self.families = Families(people, today)
        self.dwellings = [d for block in blocks for d in block.dwellings]
        self.stays = list(self._stays())
        for stay in self.stays:
            self.families.settle(stay)
        self._agree(REPORT_DAY, self.today)
        self._agree(self.today, REPORT_DAY)

    def _stays(self) -> Iterator[Stay]:
        order = self.rng.sample(self.dwellings, len(self.dwellings))
        stayed_on = _STAYED_ON
        for then, now, count in _COURSES:
            for dwelling in order[:count]:
                if then == now == _OWN and stayed_on:
                    stayed_on -= 1
                    yield Stay(dwelling, _OWN, self._first_day(dwelling), None)
                else:
                    yield from self._course(dwelling, then, now)
            order = order[count:]
        for dwelling in order:
            if self.rng.random() < _EVER_LET:
                last = random_day(self.rng, date(2016, 1, 1), self.today - timedelta(days=40))
                yield from self._lettings(dwelling, REPORT_DAY + timedelta(days=90), last)

    def _first_day(self, dwelling: Dwelling) -> date:
        return random_day(self.rng, dwelling.building.keys_on, REPORT_DAY - timedelta(days=20))

    def _course(self, dwelling: Dwelling, then: Tenure | None, now: Tenure | None) -> Iterator[Stay]:
        free_from, came = REPORT_DAY + timedelta(days=30), None
        if now:
            came = self._came(now)
        last = (came or random_day(self.rng, date(2019, 1, 1), self.today)) - timedelta(days=25)
        if then:
            left = min(last, REPORT_DAY + timedelta(days=30 + self._days(then)))
            yield Stay(dwelling, then, self._first_day(dwelling), left)
            free_from = left + timedelta(days=1)
        yield from self._lettings(dwelling, free_from, last)
        if now and came:
            yield Stay(dwelling, now, came, None)

    def _came(self, tenure: Tenure) -> date:
        days = self._days(tenure) if tenure == _RENT else self.rng.randint(20, 4200)
        return max(self.today - timedelta(days=days), REPORT_DAY + timedelta(days=200))

    def _days(self, tenure: Tenure) -> int:
        mean = 2900 if tenure == _OWN else 1500
        return max(90 if tenure == _RENT else 400, min(4300, round(self.rng.expovariate(1 / mean)))) + 1

    def _lettings(self, dwelling: Dwelling, first: date, last: date) -> Iterator[Stay]:
        """Tenants one after the other, with a gap between two, none of them beyond `last`."""
        day = first + timedelta(days=self.rng.randint(8, 400))
        while (last - day).days > 120:
            until = min(last, day + timedelta(days=self._days(_RENT)))
            yield Stay(dwelling, _RENT, day, until)
            day = until + timedelta(days=self.rng.randint(10, 240))

    def _agree(self, day: date, other: date) -> None:
        """Adds or leaves out people who lived here on `day` but not on `other`, until the register counts right."""
        stays = [s for s in self.stays if s.lasts(day) and not s.lasts(other)]
        missing = RESIDENTS - self.residents(day)
        while missing:
            stay = self.rng.choice(stays)
            changed = self._one_more(stay, day) if missing > 0 else self._one_less(stay, day)
            missing -= changed

    def _one_more(self, stay: Stay, day: date) -> int:
        here = stay.here(day)
        couple = [m for m in here if m.relation in (Relation.head, Relation.spouse) and 24 <= m.person.age(day) <= 47]
        if len(couple) == 2 and len(here) < 5 and not any(m.relation == Relation.parent for m in stay.members):
            joined = max(min(m.from_on for m in here), stay.from_on)
            self.families.grandparent(stay, couple[0].person, Sex.female, joined)
            return 1
        if stay.tenure == _RENT and here[0].person.age(day) < 35 and len(here) < 4 and len(couple) == 1:
            self.families.tenant(stay)
            return 1
        return 0

    def _one_less(self, stay: Stay, day: date) -> int:
        spare = (Relation.tenant, Relation.parent, Relation.son, Relation.daughter)
        for member in reversed(stay.members):
            if member.relation in spare and self._only_once(stay, member) and member.here(day):
                stay.members.remove(member)
                return -1
        return 0

    def _only_once(self, stay: Stay, member: Member) -> bool:
        return sum(m.person is member.person for m in stay.members) == 1 and len(stay.members) > 1

    def residents(self, day: date) -> int:
        return sum(len(stay.here(day)) for stay in self.stays)

    def periods(self) -> Iterator[Period]:
        """How every dwelling was used since its keys were handed over, without a gap."""
        by_dwelling: dict[str, list[Stay]] = defaultdict(list)
        for stay in self.stays:
            by_dwelling[stay.dwelling.label].append(stay)
        for dwelling in self.dwellings:
            yield from _periods(dwelling, sorted(by_dwelling[dwelling.label], key=lambda s: s.from_on))


def _periods(dwelling: Dwelling, stays: list[Stay]) -> Iterator[Period]:
    day: date | None = dwelling.building.keys_on
    for stay in stays:
        if day and day < stay.from_on:
            yield Period(dwelling, Tenure.vacant, day, stay.from_on - timedelta(days=1))
        yield Period(dwelling, stay.tenure, stay.from_on, stay.to_on)
        day = stay.to_on + timedelta(days=1) if stay.to_on else None
    if day:
        yield Period(dwelling, Tenure.vacant, day, None)
