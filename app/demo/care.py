"""Who in the demo community needs care, since when and why, at rates that a young estate really shows."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta

from app.core.clock import add_months
from app.demo.families import Member, Stay, random_day
from app.demo.people import Care, Person
from app.households.models import Tenure
from app.households.residents.models import CareCategory as Category
from app.households.residents.models import Relation, Sex

ELDER = 60
_DISABILITIES = {
    1: "视力",
    2: "听力",
    3: "言语",
    4: "肢体",
    5: "智力",
    6: "精神",
    7: "多重",
}
_LEVELS = "一二三四"
_ILLNESSES = (
    "肺癌术后化疗",
    "尿毒症，每周透析",
    "脑梗后遗症",
    "乳腺癌术后",
    "冠心病，已装支架",
    "肝硬化",
    "白血病治疗中",
)
_ALONE = (
    "子女在外地工作，平时一人居住",
    "老伴去世后独自居住，女儿每周来一次",
    "儿子在国外，平时一人居住",
    "子女在上海工作，周末偶尔回来",
)
_EMPTY_NEST = (
    "子女在外地成家，老两口自己生活",
    "独生女在外地工作，节假日回来",
    "儿子在园区上班，住得较远，老两口自己生活",
    "子女均在国外",
)
_VETERANS = ("退役军人，持优待证", "参战退役人员", "退役军人，曾立三等功", "军属")


def assess(rng: random.Random, stays: Iterable[Stay], today: date) -> None:
    """Gives everybody the care categories that their lives call for."""
    for stay in stays:
        last = stay.to_on or today
        here = stay.here(last)
        _elders(rng, here, last, stay.to_on)
        _poverty(rng, stay, here, last)
        seen: set[int] = set()
        for member in reversed(stay.members):  # the last period of somebody who became head
            if id(member.person) not in seen:
                seen.add(id(member.person))
                _health(rng, stay, member, last)


def _elders(rng: random.Random, here: list[Member], last: date, ended: date | None) -> None:
    if not here or any(m.person.age(last) < ELDER for m in here):
        return
    began = max(max(m.from_on for m in here), *(_sixtieth(m.person) for m in here))
    if len(here) == 1:
        person = here[0].person
        if rng.random() < 0.14:
            detail = "未生育子女，无其他近亲属" if person.sex == Sex.female else "终身未婚，无子女"
            person.care.append(Care(Category.childless_lonely, began, ended, detail))
        person.care.append(Care(Category.living_alone, began, ended, rng.choice(_ALONE)))
        return
    reason = rng.choice(_EMPTY_NEST)
    for member in here:
        member.person.care.append(Care(Category.empty_nest, began, ended, reason))


def _sixtieth(person: Person) -> date:
    return add_months(person.born, 12 * ELDER)


def _poverty(rng: random.Random, stay: Stay, here: list[Member], last: date) -> None:
    """Of the household: written for its head, and for a child where there is one."""
    owner = stay.tenure == Tenure.owner_occupied
    chance = rng.random()
    head = next((m for m in here if m.relation == Relation.head), None)
    if head is None or (last - stay.from_on).days < 200:
        return
    began = random_day(rng, stay.from_on + timedelta(days=90), last)
    if chance < 0.0035:
        reason = "家庭人均收入低于低保标准，经街道审批"
        head.person.care.append(Care(Category.subsistence_allowance, began, stay.to_on, reason))
    elif chance < 0.0065:
        head.person.care.append(Care(Category.near_poor, began, stay.to_on, "因病支出较大，收入略高于低保标准"))
    elif chance < 0.0085 and head.person.age(last) >= ELDER:
        head.person.care.append(Care(Category.extreme_hardship, began, stay.to_on, "无劳动能力、无生活来源"))
    children = [m for m in here if 1 < m.person.age(last) < 18]
    if children and rng.random() < (0.006 if owner else 0.012):
        child = rng.choice(children)
        reason = rng.choice(("父亲服刑，母亲独自抚养", "母亲重病，父亲失业", "父母离异后随母生活，家庭困难"))
        child.person.care.append(Care(Category.child_in_hardship, max(began, child.from_on), stay.to_on, reason))


def _health(rng: random.Random, stay: Stay, member: Member, last: date) -> None:
    person, age = member.person, member.person.age(last)
    until = person.died or member.to_on
    first = max(member.from_on, stay.from_on)
    if (last - first).days < 30 or (until and until <= first):
        return
    day = random_day(rng, first, until or last)
    if rng.random() < (0.05 if age >= ELDER else 0.009):
        person.care.append(_disability(rng, age, day, until))
    if rng.random() < (0.02 if age >= ELDER else 0.002):
        person.care.append(Care(Category.severe_ill, day, until, rng.choice(_ILLNESSES)))
    if age >= 76 and rng.random() < 0.09:
        reason = rng.choice(("阿尔茨海默症，需人看护", "中风后卧床", "帕金森病，行动不便", "轻度失智，曾走失一次"))
        person.care.append(Care(Category.incapacitated_elder, day, until, reason))
    if 20 <= age < ELDER and rng.random() < 0.002:
        person.care.append(Care(Category.mental_disorder, day, until, "在册患者，按时服药，病情稳定"))
    if person.sex == Sex.male and age >= 30 and rng.random() < 0.014:
        person.care.append(Care(Category.veteran, first, until, rng.choice(_VETERANS)))
    if age >= 55 and member.relation in (Relation.head, Relation.spouse) and rng.random() < 0.006:
        reason = "独生子女去世，持特别扶助证"
        person.care.append(Care(Category.special_family_planning, day, until, reason))


def _disability(rng: random.Random, age: int, day: date, until: date | None) -> Care:
    kind = rng.choices(list(_DISABILITIES), (13, 18, 2, 45, 9, 10, 3) if age >= 16 else (10, 15, 8, 30, 32, 2, 3))[0]
    level = rng.choices((1, 2, 3, 4), (10, 25, 35, 30))[0]
    detail = f"{_DISABILITIES[kind]}{_LEVELS[level - 1]}级"
    return Care(Category.disabled, day, until, f"持残疾人证，{detail}", detail, kind, level)
