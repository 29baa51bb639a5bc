"""Families that move in, grow, lose somebody and let their children go. Each belongs to one stay in one dwelling."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from app.core.clock import add_months
from app.demo.people import People, Person
from app.demo.town import Dwelling
from app.households.models import Tenure
from app.households.residents.models import Relation, Sex

GRANDPARENTS_FROM_AGE = 47
LEAVING_AGE = (23, 28)
REASONS = {
    Tenure.owner_occupied: ("购房入住", "新房交付入住", "置换入住"),
    Tenure.rented: ("租房入住", "工作调动，租房入住", "子女就学，租房入住"),
}


@dataclass
class Member:
    """A person in a stay, from–to; one person may have two periods when the head of the household changes."""

    person: Person
    relation: Relation
    from_on: date
    to_on: date | None
    reason: str

    def here(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or self.to_on >= day)


@dataclass
class Stay:
    """One family in one dwelling for a time; `to_on` is its last day, None while it lasts."""

    dwelling: Dwelling
    tenure: Tenure
    from_on: date
    to_on: date | None
    members: list[Member] = field(default_factory=list)

    def here(self, day: date) -> list[Member]:
        return [m for m in self.members if m.here(day)]

    def lasts(self, day: date) -> bool:
        return self.from_on <= day and (self.to_on is None or self.to_on >= day)


class Families:
    """Fills stays with people, as of `today`."""

    def __init__(self, people: People, today: date) -> None:
        self.people, self.rng, self.today = people, people.rng, today

    def settle(self, stay: Stay) -> None:
        """Gives a stay its family, and the family its life until the stay's end."""
        kinds = _OWNERS if stay.tenure == Tenure.owner_occupied else _TENANTS
        kind = self.rng.choices([k for k, _ in kinds], [w for _, w in kinds])[0]
        getattr(self, f"_{kind}")(stay)
        self._age(stay)

    def _couple(self, stay: Stay) -> tuple[Person, Person]:
        owner = stay.tenure == Tenure.owner_occupied
        mean = (30 if stay.from_on.year < 2014 else 34) if owner else 29
        age = max(22, min(50, round(self.rng.gauss(mean, 4.5))))
        wife = self._adult(Sex.female, age, stay)
        husband = self._adult(Sex.male, age + self.rng.choice((-1, 0, 1, 1, 2, 2, 3, 4)), stay)
        head, other = (husband, wife) if self.rng.random() < 0.66 else (wife, husband)
        self._add(stay, head, Relation.head)
        self._add(stay, other, Relation.spouse)
        for born in self._births(wife.born):
            self._child(stay, born, husband if self.rng.random() < 0.93 else wife)
        return head, other

    def _family(self, stay: Stay) -> None:
        """A couple with a parent or two, who came along or came when the first child was born."""
        head, other = self._couple(stay)
        births = [m.from_on for m in stay.members if m.relation in (Relation.son, Relation.daughter)]
        joined = births[0] if births and self.rng.random() < 0.6 else stay.from_on
        for sex in self.rng.choice(((Sex.female,), (Sex.male, Sex.female), (Sex.male, Sex.female))):
            self.grandparent(stay, self.rng.choice((head, head, other)), sex, joined)

    def _single(self, stay: Stay) -> None:
        sex = self.rng.choice((Sex.male, Sex.female))
        self._add(stay, self._adult(sex, self.rng.randint(22, 36), stay), Relation.head)

    def _sharers(self, stay: Stay) -> None:
        sex, count = self.rng.choice((Sex.male, Sex.female)), self.rng.choice((2, 2, 3, 3, 4))
        for index in range(count):
            relation = Relation.head if index == 0 else Relation.tenant
            self._add(stay, self._adult(sex, self.rng.randint(21, 31), stay), relation)

    def _parent_alone(self, stay: Stay) -> None:
        mother = self._adult(Sex.female, self.rng.randint(30, 44), stay)
        self._add(stay, mother, Relation.head)
        born = self._day_at_age(mother.born, self.rng.randint(23, 29))
        self._child(stay, min(born, stay.from_on - timedelta(days=200)), None)

    def _elders(self, stay: Stay) -> None:
        age = self._elder_age(stay)
        wife, husband = self._adult(Sex.female, age, stay), self._adult(Sex.male, age + self.rng.randint(0, 4), stay)
        self._add(stay, husband, Relation.head)
        self._add(stay, wife, Relation.spouse)

    def _elder_alone(self, stay: Stay) -> None:
        sex = Sex.female if self.rng.random() < 0.7 else Sex.male
        self._add(stay, self._adult(sex, self._elder_age(stay) + 3, stay), Relation.head)

    def _elder_age(self, stay: Stay) -> int:
        """Those who came long ago and still live here were not old then."""
        youngest, oldest = (56, 74) if stay.from_on.year < 2016 else (60, 82)
        return self.rng.randint(youngest, oldest)

    def grandparent(self, stay: Stay, child: Person, sex: Sex, joined: date) -> Member:
        """Adds a parent of one of the couple; a father shares the surname."""
        surname = child.surname if sex == Sex.male else None
        born = self._day_at_age(child.born, -self.rng.randint(23, 32))
        person = self.people.person(sex, born, surname=surname, on=self.today)
        return self._add(stay, person, Relation.parent, joined, "投靠子女")

    def tenant(self, stay: Stay) -> Member:
        """Adds somebody who shares a rented dwelling."""
        person = self._adult(self.rng.choice((Sex.male, Sex.female)), self.rng.randint(21, 31), stay)
        return self._add(stay, person, Relation.tenant)

    def _child(self, stay: Stay, born: date, parent: Person | None) -> None:
        """A child that was small enough to come along, or was born here."""
        if born > self.today or (stay.to_on and born > stay.to_on):
            return
        if born <= stay.from_on and stay.from_on.year - born.year > 20:
            return
        sex = Sex.male if self.rng.random() < 0.52 else Sex.female
        head = stay.members[0].person
        surname = parent.surname if parent else self.people.surname() if head.sex == Sex.female else head.surname
        relation = Relation.son if sex == Sex.male else Relation.daughter
        person = self.people.person(sex, born, surname=surname, schooled=0.8, on=self._last_day(stay))
        here = born > stay.from_on
        self._add(stay, person, relation, born if here else stay.from_on, "出生" if here else "")

    def _births(self, mother_born: date) -> Iterator[date]:
        if self.rng.random() < 0.08:
            return
        first = self._day_at_age(mother_born, self.rng.choice((24, 25, 26, 27, 27, 28, 28, 29, 30, 31, 33, 35)))
        yield first
        second = add_months(first, self.rng.randint(30, 84))
        if self.rng.random() < (0.36 if second.year >= 2014 else 0.10):
            yield second

    def _adult(self, sex: Sex, age: int, stay: Stay) -> Person:
        born = self._day_at_age(stay.from_on, -age)
        schooled = 0.78 if stay.tenure == Tenure.owner_occupied else 0.66
        return self.people.person(sex, born, schooled=schooled, on=self._last_day(stay))

    def _day_at_age(self, born: date, years: int) -> date:
        return add_months(born, 12 * years) - timedelta(days=self.rng.randint(0, 364))

    def _last_day(self, stay: Stay) -> date:
        return stay.to_on or self.today

    def _add(
        self, stay: Stay, person: Person, relation: Relation, joined: date | None = None, reason: str = ""
    ) -> Member:
        joined = max(joined or stay.from_on, stay.from_on)
        reason = reason or self.rng.choice(REASONS[stay.tenure])
        member = Member(person, relation, joined, stay.to_on, reason)
        stay.members.append(member)
        return member

    def _age(self, stay: Stay) -> None:
        """Grown children leave, elders die; somebody grown up always stays."""
        for member in stay.members:  # grows while it is walked: an heir comes last, as head
            if member.to_on != stay.to_on:
                continue
            if member.relation in (Relation.son, Relation.daughter):
                self._may_leave(stay, member)
            else:
                self._may_die(stay, member)

    def _may_leave(self, stay: Stay, member: Member) -> None:
        day = self._day_at_age(member.person.born, self.rng.randint(*LEAVING_AGE))
        if member.from_on < day <= self._last_day(stay) and self.rng.random() < 0.7:
            member.to_on, member.reason = day, self.rng.choice(("婚嫁迁出", "外地就业迁出", "另购住房迁出"))

    def _may_die(self, stay: Stay, member: Member) -> None:
        day = self._day_at_age(member.person.born, round(max(62, min(100, self.rng.gauss(85, 7)))))
        others = [m for m in stay.here(day) if m is not member and m.person.age(day) >= 22 and m.person.died is None]
        if not others or not member.from_on < day <= self._last_day(stay) - timedelta(days=14):
            return
        member.person.died, member.to_on = day, day
        member.reason = "去世"
        if member.relation == Relation.head:
            self._succeed(stay, others[0], day)

    def _succeed(self, stay: Stay, heir: Member, day: date) -> None:
        """The household gets a new head on the day after."""
        until, heir.to_on, heir.reason = heir.to_on, day, "户主变更"
        stay.members.append(Member(heir.person, Relation.head, day + timedelta(days=1), until, "户主变更"))


_OWNERS = (
    ("couple", 53),
    ("family", 24),
    ("single", 8),
    ("elders", 7),
    ("elder_alone", 5),
    ("parent_alone", 3),
)
_TENANTS = (
    ("couple", 41),
    ("family", 10),
    ("single", 22),
    ("sharers", 22),
    ("parent_alone", 3),
    ("elders", 2),
)


def random_day(rng: random.Random, first: date, last: date) -> date:
    return first + timedelta(days=rng.randint(0, max(0, (last - first).days)))
