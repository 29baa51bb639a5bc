"""Made-up people: names by sex and birth decade, ID numbers that nobody can hold, phones that ring nowhere."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from app.core.clock import age_on
from app.households.residents.identity import check_digit
from app.households.residents.models import CareCategory, Education, Sex

DATA = Path(__file__).parent / "data"
REGION = "999999"  # no such place exists, so no living person has such a number (GB 11643)
PHONE_PREFIXES = ("154", "194")  # given to no operator when this was written
_PHONE_FROM_AGE = 12


@dataclass
class Care:
    """A care category, from–to. `kind` and `level` are those of a disability (GB/T 26341)."""

    category: CareCategory
    from_on: date
    to_on: date | None
    reason: str
    detail: str = ""
    kind: int | None = None
    level: int | None = None


@dataclass
class Person:
    """Somebody made up. `surname` is kept apart because children take one."""

    id: UUID
    surname: str
    given: str
    sex: Sex
    born: date
    education: Education
    id_number: str
    phone: str | None = None
    died: date | None = None
    care: list[Care] = field(default_factory=list)

    @property
    def name(self) -> str:
        return self.surname + self.given

    def age(self, day: date) -> int:
        return age_on(self.born, day)


@lru_cache(maxsize=1)
def _names() -> tuple[list[str], list[int], list[dict[str, Any]]]:
    data = json.loads((DATA / "names.json").read_text("utf-8"))
    weighted = re.findall(r"(\D+?)(\d+)\s*", data["surnames"])
    return [name.strip() for name, _ in weighted], [int(weight) for _, weight in weighted], data["eras"]


class People:
    """Makes people from one stream of random numbers; every id and ID number is given once."""

    def __init__(self, rng: random.Random, at: datetime) -> None:
        self.rng = rng
        self._milliseconds = int(at.timestamp() * 1000)
        self._numbers: set[str] = set()
        self._phones: set[str] = set()

    def new_id(self) -> UUID:
        """A UUIDv7 whose random part comes from the seed."""
        value = self._milliseconds << 80 | self.rng.getrandbits(80)
        value = value & ~(0xF << 76) | 0x7 << 76
        return UUID(int=value & ~(0x3 << 62) | 0x2 << 62)

    def person(
        self,
        sex: Sex,
        born: date,
        *,
        surname: str | None = None,
        schooled: float = 0.7,
        on: date,
    ) -> Person:
        """`schooled` is the chance of a degree; `on` is the day at which education and phone are as they will stay."""
        return Person(
            id=self.new_id(),
            surname=surname or self.surname(),
            given=self.given_name(sex, born.year),
            sex=sex,
            born=born,
            education=self.education(age_on(born, on), born.year, schooled),
            id_number=self.id_number(born, sex),
            phone=self.phone() if age_on(born, on) >= _PHONE_FROM_AGE else None,
        )

    def surname(self) -> str:
        names, weights, _eras = _names()
        return self.rng.choices(names, weights)[0]

    def given_name(self, sex: Sex, year: int) -> str:
        era = next(e for e in reversed(_names()[2]) if year >= e["from"])
        letters = era["male" if sex == Sex.male else "female"]
        alone = 0.3 if 1965 <= year < 1995 else 0.12
        if self.rng.random() < alone:
            return str(self.rng.choice(letters["one"]))
        first = str(self.rng.choice(letters["first"]))
        return first + self.rng.choice([str(c) for c in letters["second"] if c != first])

    def id_number(self, born: date, sex: Sex) -> str:
        while True:
            sequence = self.rng.randrange(0, 500) * 2 + (1 if sex == Sex.male else 0)
            number = f"{REGION}{born:%Y%m%d}{sequence:03d}"
            number += check_digit(number)
            if number not in self._numbers:
                self._numbers.add(number)
                return number

    def phone(self) -> str:
        while True:
            number = f"{self.rng.choice(PHONE_PREFIXES)}{self.rng.randrange(10**8):08d}"
            if number not in self._phones:
                self._phones.add(number)
                return number

    def education(self, age: int, year: int, schooled: float) -> Education:
        for limit, level in _PUPILS:
            if age < limit:
                return level
        if year < 1965:
            return self.rng.choices(_LEVELS, _ELDERS if year >= 1945 else _OLDEST)[0]
        if self.rng.random() < schooled:
            return self.rng.choices((Education.postgraduate, Education.bachelor), (30, 70))[0]
        return self.rng.choices(_LEVELS, _OTHERS)[0]


_PUPILS = (
    (6, Education.none),
    (12, Education.primary),
    (15, Education.middle_school),
    (18, Education.high_school),
)
_LEVELS = (
    Education.bachelor,
    Education.college,
    Education.vocational,
    Education.high_school,
    Education.middle_school,
    Education.primary,
    Education.none,
)
_OTHERS = (0, 55, 14, 17, 12, 2, 0)
_ELDERS = (8, 14, 10, 28, 30, 10, 0)
_OLDEST = (5, 7, 6, 16, 28, 30, 8)
