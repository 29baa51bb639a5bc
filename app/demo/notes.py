"""What workers write down at a door: sentences put together from what is true of the household."""

from __future__ import annotations

import json
import random
from functools import lru_cache
from typing import Any

from app.demo.people import DATA, Person
from app.households.residents.models import CareCategory as Category
from app.households.residents.models import Sex

_HARD = {Category.subsistence_allowance, Category.near_poor, Category.extreme_hardship}
_CHILDREN = {Category.child_in_hardship, Category.orphan}


@lru_cache(maxsize=1)
def texts() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((DATA / "notes.json").read_text("utf-8"))
    return loaded


def call(person: Person, age: int) -> str:
    """How a worker names somebody: 张阿婆, 李叔叔, or the full name of the young."""
    if age < 60:
        return person.name
    old = age >= 75
    if person.sex == Sex.female:
        return person.surname + ("阿婆" if old else "阿姨")
    return person.surname + ("老伯" if old else "叔叔")


def kind_of(categories: set[Category], met: Person, age: int) -> str:
    """Which sentences fit the person who opened the door."""
    if Category.severe_ill in categories:
        return "ill"
    if categories & _HARD:
        return "hard"
    if categories & _CHILDREN:
        return "child"
    if Category.disabled in categories:
        return "disabled"
    return "elder" if age >= 60 else "routine"


class Notes:
    """Chooses and fills sentences with one stream of random numbers."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng

    def pick(self, key: str) -> str:
        chosen: str = self.rng.choice(texts()[key])
        return chosen

    def fill(self, sentence: str, met: Person, age: int, count: int) -> str:
        return sentence.format(
            name=call(met, age),
            call=call(met, age),
            count=count,
            child=self.rng.choice(("女儿", "儿子")),
            child_place=self.rng.choice(("女儿家", "儿子家", "老家", "上海")),
            festival="节日",
            help=self.pick("helps"),
            mood=self.rng.choice(texts()["moods"]),
            **{key: self.pick(key) for key in ("doing", "done", "dish", "clinic", "pressure", "job")},
        )

    def visit(self, met: Person, age: int, count: int, categories: set[Category], *, tenant: bool) -> str:
        kind = kind_of(categories, met, age)
        parts = [self.pick(f"open_{kind}")]
        if self.rng.random() < 0.7:
            parts.append(self.pick("care_tenant" if kind == "routine" and tenant else f"care_{kind}"))
        if kind == "elder" and self.rng.random() < 0.45:
            parts.append(self.pick("family_elder"))
        return self.fill("".join(parts), met, age, count)

    def helped(self, met: Person, age: int, count: int, categories: set[Category]) -> str:
        opening = self.pick(f"open_{kind_of(categories, met, age)}")
        return self.fill(opening + self.pick("helped"), met, age, count)

    def festival(self, met: Person, age: int, month: int) -> str:
        name = texts()["festivals"].get(str(month), "节日")
        return self.pick("festival").format(call=call(met, age), festival=name)

    def event(self, met: Person, age: int) -> str:
        return self.fill(self.pick("event_visit"), met, age, 1)

    def need(self, category: str) -> str:
        chosen: str = self.rng.choice(texts()["needs"][category])
        return chosen
