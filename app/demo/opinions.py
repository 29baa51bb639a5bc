"""What the demo's people answer: sheets made so that the shares of satisfied answers are those that were reported.

For the half years of 2012 the committee's share is exactly 95 %, and every worker's is above 97 %.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from typing import Any

from app.surveys.instruments.definition import Definition, Kind, Question
from app.surveys.instruments.subjects import Subject
from app.surveys.scores.compute import Item, items_of

Sheet = dict[str, dict[str, Any]]

WISHES = {
    "property_monthly": (
        "地下车库的灯坏了几盏，请尽快修好。",
        "东门晚上最好多一个人值班。",
        "垃圾房早上清运再早一点就好了。",
        "绿化修剪及时，希望保持。",
        "报修后师傅来得很快，谢谢。",
        "电动车乱停的问题还没有解决。",
        "收费明细贴得太高，老人看不清。",
    ),
    "committee_halfyear": (
        "沙滩广场的地垫换得好，孩子玩得放心。",
        "希望多办一些适合上班族的晚间活动。",
        "二次供水改造以后水压好多了。",
        "公示栏可以再大一点。",
        "走访时间能不能提前说一声。",
    ),
    "integrity_yearly": ("办事公开，心里踏实。", "经费使用可以公布得再细一些。", "有事能找到人。"),
    "environment": ("幼儿园南侧的小公园希望多几张椅子。", "东侧绿化带长得不错。", "晚上广场舞的音量请控制。"),
}
_HEADLINE = {2011: 0.93, 2012: 0.95, 2013: 0.955}


def share_of(instrument: str, subject: Subject, period: str, rng: random.Random) -> float:
    """Which share of the valid answers is satisfied. From year to year it drifts, from month to month it wavers."""
    year = int(period[:4])
    since = year - 2011
    if subject.kind == "staff":
        return 0.975 + rng.random() * 0.024
    if subject.kind == "member":
        return 0.97
    if subject.kind == "project":
        return rng.uniform(0.88, 0.97)
    if instrument == "committee_halfyear":
        return _HEADLINE.get(year, min(0.955 + 0.001 * since, 0.965))
    if instrument == "property_monthly":
        return min(0.78 + 0.009 * since, 0.9) + rng.uniform(-0.03, 0.03)
    if instrument == "integrity_yearly":
        return min(0.86 + 0.006 * since, 0.93) + rng.uniform(-0.01, 0.01)
    return 0.84


def answered(invited: int, rng: random.Random, sample: bool) -> int:
    """How many answer: nearly all representatives, four of five drawn residents."""
    low, high = (0.78, 0.9) if sample else (0.93, 1.0)
    return max(min(round(invited * rng.uniform(low, high)), invited), 0)


def sheets(
    definition: Definition, instrument: str, subjects: Sequence[Subject], period: str, n: int, rng: random.Random
) -> list[Sheet]:
    """So many answer sheets, about every subject."""
    made: list[Sheet] = [{} for _i in range(n)]
    for subject in subjects:
        items = items_of(definition, subject.kind)
        if items:
            share = share_of(instrument, subject, period, rng)
            _rate(made, subject.key, items, share, rng, exact=subject.kind == "committee")
    for _section, question in definition.questions():
        if not question.scored and question.kind == Kind.multiple:
            for sheet in made:
                sheet.setdefault("", {})[question.key] = _several(question, rng)
    return made


def _rate(
    sheets: list[Sheet], subject: str, items: Sequence[Item], share: float, rng: random.Random, *, exact: bool
) -> None:
    """Fills every (sheet, item): so many satisfied, the rest not, and a few who do not know."""
    slots = [(sheet, item) for sheet in sheets for item in items]
    rng.shuffle(slots)
    unknown = _unknown(items[0], len(slots), exact)
    valid = len(slots) - unknown
    satisfied = round(valid * share) if exact else math.ceil(valid * share)
    for position, (sheet, item) in enumerate(slots):
        if position < unknown:
            key = next(o.key for o in item.options if not o.valid)
        else:
            key = _choice(item, position - unknown < satisfied, rng)
        _put(sheet.setdefault(subject, {}), item, key)


def _unknown(item: Item, slots: int, exact: bool) -> int:
    """How many do not know: about one in forty; for an exact share as many as leave a multiple of twenty."""
    if all(option.valid for option in item.options):
        return 0
    some = slots // 40
    return some + (slots - some) % 20 if exact else some


def _choice(item: Item, satisfied: bool, rng: random.Random) -> str:
    fitting = [o for o in item.options if o.valid and o.satisfied == satisfied] or [o for o in item.options if o.valid]
    if len(fitting) == 1:
        return fitting[0].key
    ranked = sorted(fitting, key=lambda o: -(o.points or 0))
    return ranked[0].key if rng.random() < 0.78 else rng.choice(ranked[1:]).key


def _put(given: dict[str, Any], item: Item, option: str) -> None:
    if item.row is None:
        given[item.question] = option
    else:
        given.setdefault(item.question, {})[item.row] = option


def _several(question: Question, rng: random.Random) -> list[str]:
    keys = [option.key for option in question.options]
    return sorted(rng.sample(keys, rng.randint(1, min(2, len(keys)))), key=keys.index)


def texts(
    instrument: str, definition: Definition, subjects: Sequence[Subject], rng: random.Random
) -> list[tuple[str, str]]:
    """A few free texts, by field."""
    asked = [(section.subject_kind, q.key) for section, q in definition.questions() if q.kind == Kind.text]
    if not asked or instrument not in WISHES:
        return []
    kind, question = asked[0]
    key = next((subject.key for subject in subjects if subject.kind == kind), "")
    return [(f"{key}.{question}", text) for text in rng.sample(WISHES[instrument], 2)]
