"""Who is a party member in the demo community, when they registered, and the stages that they went through."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import add_months
from app.demo.families import random_day
from app.demo.history import REPORT_DAY
from app.demo.people import Person
from app.households.residents.models import Education
from app.members.models import Affiliation, Stage

FOUNDED = date(2010, 7, 1)
DIRECT, RESIDENT = 23, 748
_ADMITTED = date(2012, 10, 18)  # the report: in 2012-10 one probationary member and three activists
_ACTIVISTS = 3
_YOUNGEST, _ELDERLY = 25, 50
_REGISTERS = 0.33  # how many of the well educated who came later have registered
_BRANCHES = (
    "独墅湖某高校教工党支部",
    "某纳米科技公司党支部",
    "某生物医药公司党支部",
    "某软件公司党支部",
    "某设计院党支部",
    "某中学党支部",
    "某医院党支部",
    "某银行园区支行党支部",
    "某机关党支部",
    "某电子公司党支部",
)
_SCHOOLED = (Education.postgraduate, Education.bachelor, Education.college)
Stages = tuple[tuple[Stage, date], ...]


@dataclass
class Registered:
    """A line of the register."""

    person: Person
    affiliation: Affiliation
    home_branch: str
    from_on: date
    to_on: date | None
    reason: str
    stages: Stages


def register(rng: random.Random, lives: Sequence[Any], today: date) -> list[Registered]:
    """Exactly 23 and 748 members on the report's day; before and after it as people come and go."""
    maker = _Register(rng, today)
    on_the_day = [life for life in lives if life.here(REPORT_DAY) and life.from_on <= date(2012, 9, 1)]
    elders = [life for life in on_the_day if life.person.age(REPORT_DAY) >= _ELDERLY]
    direct = rng.sample(elders, DIRECT - 1)
    grown = [life for life in on_the_day if 26 <= life.person.age(REPORT_DAY) <= 45 and life.to_on is None]
    joining = rng.sample(grown, _ACTIVISTS + 1)
    taken = {life.person.id for life in (*direct, *joining)}
    found = [maker.direct(life) for life in direct]
    found.append(maker.joining(joining[0], _ADMITTED, probationary=True))
    found += [maker.joining(life, _ADMITTED, probationary=False) for life in joining[1:]]
    found += maker.later(lives, taken)
    free = [life for life in lives if life.person.id not in taken]
    present = [life for life in free if life.here(REPORT_DAY) and maker.may_be_member(life, REPORT_DAY)]
    chosen = rng.sample(present, RESIDENT)
    found += [maker.resident(life, REPORT_DAY) for life in chosen]
    found += maker.others(free)
    return found


class _Register:
    def __init__(self, rng: random.Random, today: date) -> None:
        self.rng, self.today = rng, today

    def later(self, lives: Sequence[Any], taken: set[UUID]) -> Iterator[Registered]:
        """One more activist every year; they join as far as time allows."""
        for year in range(2014, self.today.year + 1):
            day = date(year, 10, 18)
            fitting = [
                life
                for life in lives
                if life.person.id not in taken
                and life.to_on is None
                and life.from_on > REPORT_DAY
                and life.here(add_months(day, -12))
                and 26 <= life.person.age(day) <= 40
            ]
            if fitting and day <= self.today:
                chosen = self.rng.choice(fitting)
                taken.add(chosen.person.id)
                yield self.joining(chosen, day, probationary=False)

    def may_be_member(self, life: Any, day: date) -> bool:
        return life.person.education in _SCHOOLED and life.person.age(day) >= _YOUNGEST

    def others(self, lives: Sequence[Any]) -> Iterator[Registered]:
        """Those who left before the report's day or came after it; some of the elderly transfer to the branch."""
        for life in lives:
            if life.here(REPORT_DAY) or life.from_on < FOUNDED:
                continue
            last = life.to_on or self.today
            latest = min(last, life.from_on + timedelta(days=120))
            if life.from_on < REPORT_DAY:
                latest = min(latest, REPORT_DAY - timedelta(days=1))
            if latest <= life.from_on or not self.may_be_member(life, life.from_on):
                continue
            if self.rng.random() < _REGISTERS:
                retired = life.person.age(life.from_on) >= 60 and life.to_on is None
                yield self.direct(life) if retired else self.resident(life, latest)

    def _registered(self, life: Any, until: date) -> date:
        return random_day(self.rng, max(life.from_on, FOUNDED), max(until, life.from_on))

    def _end(self, life: Any) -> tuple[date | None, str]:
        if life.to_on is None:
            return None, ""
        return life.to_on, "去世" if life.person.died == life.to_on else "迁出本社区"

    def _full(self, person: Person, before: date) -> Stages:
        """Joined as a young adult, a year after admission in full standing, all before registering here."""
        admitted = min(add_months(person.born, 12 * self.rng.randint(20, 24)), add_months(before, -13))
        return ((Stage.probationary, admitted), (Stage.full, add_months(admitted, 12)))

    def resident(self, life: Any, until: date) -> Registered:
        from_on = self._registered(life, until)
        to_on, reason = self._end(life)
        return Registered(
            life.person,
            Affiliation.resident,
            self.rng.choice(_BRANCHES),
            from_on,
            to_on,
            reason,
            self._full(life.person, from_on),
        )

    def direct(self, life: Any) -> Registered:
        from_on = self._registered(life, max(life.from_on, min(REPORT_DAY, life.from_on + timedelta(days=200))))
        to_on, reason = self._end(life)
        return Registered(life.person, Affiliation.direct, "", from_on, to_on, reason, self._full(life.person, from_on))

    def joining(self, life: Any, day: date, *, probationary: bool) -> Registered:
        """On the way: the first was admitted on `day`, the others became activists on it."""
        to_on, reason = self._end(life)
        if probationary:
            applied = add_months(day, -22)
            stages: Stages = (
                (Stage.applicant, applied),
                (Stage.activist, add_months(applied, 4)),
                (Stage.development_target, add_months(applied, 18)),
                (Stage.probationary, day),
                (Stage.full, add_months(day, 12)),
            )
        else:
            applied = add_months(day, -7)
            stages = (
                (Stage.applicant, applied),
                (Stage.activist, day),
                (Stage.development_target, add_months(day, 14)),
                (Stage.probationary, add_months(day, 21)),
                (Stage.full, add_months(day, 33)),
            )
        reached = tuple(stage for stage in stages if stage[1] <= self.today)
        return Registered(life.person, Affiliation.direct, "", applied, to_on, reason, reached)
