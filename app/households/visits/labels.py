"""What the words of the visiting half are called on pages. Chinese text is the message id."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from babel.dates import format_date

from app.core.clock import local_date, now, today, zone
from app.core.i18n import CHINESE, N_, get_locale, ngettext
from app.core.i18n import gettext as _
from app.households.visits.models import EventKind, NeedCategory, NeedState, Outcome, Purpose, Tier, Unit
from app.households.words import CARE, RELATIONS

LABELS: dict[str, dict[str, str]] = {
    "tier": {
        Tier.high: N_("重点户"),
        Tier.key: N_("关注户"),
        Tier.general: N_("关爱户"),
        Tier.routine: N_("普通户"),
    },
    "unit": {Unit.day: N_("天"), Unit.week: N_("周"), Unit.month: N_("个月")},
    "every": {Unit.day: N_("每天走访一次"), Unit.week: N_("每周走访一次"), Unit.month: N_("每月走访一次")},
    "purpose": {
        Purpose.routine: N_("日常走访"),
        Purpose.care: N_("关爱探望"),
        Purpose.event: N_("突发情况"),
        Purpose.festival: N_("节日慰问"),
        Purpose.request: N_("居民要求"),
        Purpose.follow_up: N_("回访"),
    },
    "outcome": {
        Outcome.fine: N_("情况正常"),
        Outcome.helped: N_("当场解决"),
        Outcome.need_raised: N_("提出需求"),
        Outcome.refused: N_("婉拒入户"),
        Outcome.not_home: N_("未遇"),
    },
    "need": {
        NeedCategory.health: N_("看病就医"),
        NeedCategory.daily_life: N_("生活照料"),
        NeedCategory.income: N_("经济困难"),
        NeedCategory.housing: N_("住房维修"),
        NeedCategory.property_service: N_("物业服务"),
        NeedCategory.safety: N_("安全隐患"),
        NeedCategory.employment: N_("就业"),
        NeedCategory.education: N_("就学"),
        NeedCategory.dispute: N_("矛盾纠纷"),
        NeedCategory.policy: N_("政策咨询"),
        NeedCategory.other: N_("其他"),
    },
    "need_state": {NeedState.open: N_("待处理"), NeedState.withdrawn: N_("已撤回")},
    "event": {
        EventKind.bereavement: N_("家人去世"),
        EventKind.hospital: N_("住院或出院"),
        EventKind.accident: N_("意外事故"),
        EventKind.hardship: N_("突发困难"),
        EventKind.dispute: N_("家庭纠纷"),
        EventKind.new_resident: N_("新住户"),
        EventKind.child_harm: N_("儿童疑似受侵害"),
        EventKind.other: N_("其他情况"),
    },
    "care": {str(k): v for k, v in CARE.items()},
    "relation": {str(k): v for k, v in RELATIONS.items()},
}


def label(kind: str, value: str) -> str:
    """The word for a value, or the value itself where a later version of the software wrote it."""
    text = LABELS[kind].get(value)
    return _(text) if text else value


def table(kind: str) -> dict[str, str]:
    """All words of a kind, for pages that show many."""
    return {str(value): _(text) for value, text in LABELS[kind].items()}


def choices(kind: str) -> list[tuple[str, str]]:
    return [(str(value), _(text)) for value, text in LABELS[kind].items()]


def day_word(day: date) -> str:
    """10月21日, with the year where it is not this one."""
    return _day_word(day, get_locale(), day.year == today().year)


@lru_cache(maxsize=2048)
def _day_word(day: date, locale: str, this_year: bool) -> str:
    if locale == CHINESE:
        return f"{day.month}月{day.day}日" if this_year else f"{day.year}年{day.month}月{day.day}日"
    return format_date(day, "d MMM" if this_year else "d MMM y", locale="en")


def month_word(month: str) -> str:
    """2026-01 as 1月: beneath a narrow column there is no room for the year, so the chart's note names it."""
    first = date.fromisoformat(f"{month}-01")
    return f"{first.month}月" if get_locale() == CHINESE else format_date(first, "MMM", locale="en")


def full_month_word(month: str) -> str:
    first = date.fromisoformat(f"{month}-01")
    return f"{first.year}年{first.month}月" if get_locale() == CHINESE else format_date(first, "MMM y", locale="en")


def deadline(instant: datetime) -> str:
    """By when, in the words of somebody who has to hurry."""
    local, days = instant.astimezone(zone()), (local_date(instant) - today()).days
    if instant <= now():
        return _("已过时限")
    word = {0: _("今天"), 1: _("明天")}.get(days) or day_word(local.date())
    return _("%(day)s %(time)s 前走访", day=word, time=f"{local:%H:%M}")


def care_words(categories: list[str]) -> str:
    return _("、").join(label("care", c) for c in categories)


def words() -> dict[str, Any]:
    """What templates call: `extra.label(kind, value)`, `extra.day(date)`, `extra.deadline(instant)`.

    `extra.text(value)` translates a stored text; in a template `_(value)` would take it for markup.
    """
    months = {"month": month_word, "full_month": full_month_word}
    return {"text": _, "label": label, "day": day_word, "deadline": deadline, **months}


# Name, age and words of care; without care the age stands with the name, as one text is escaped sooner than two.
Someone = tuple[str, str, Sequence[str]]


class Sayings:
    """What is said about due households, as plain texts: a page shows a hundred, and templates are slow at looking up.

    Everything is translated once; the template escapes what comes from here like any other text.
    """

    def __init__(self) -> None:
        self.today = today()
        self.care, self.tiers, self.outcomes = table("care"), table("tier"), table("outcome")
        self.late, self.now, self.years = _("逾期 %(n)s 天", n="{}"), _("今天"), _("%(n)s 岁", n="{}")
        self.tried, self.last, self.never = _("%(day)s 未遇", day="{}"), _("上次 %(day)s", day="{}"), _("还没有走访过")
        self.nobody, self.colon, self.semicolon = _("尚未登记居民"), _("："), _("；")

    def rows(self, homes: Iterable[Any]) -> Iterator[tuple[str, str, list[Someone], str, str, str, str]]:
        """For each household: id, room, the first four people, who else, its history, tone and words of the badge."""
        for h in homes:
            tone, words = self.why(h)
            people = [self.person(p) for p in h.people[:4]]
            yield str(h.household_id), h.household_label, people, self.others(h.people), self.history(h), tone, words

    def others(self, people: Sequence[Any]) -> str:
        """How many there are in all, where not all are named."""
        if not people:
            return self.nobody
        return _("等 %(n)s 人", n=len(people)) if len(people) > 4 else ""

    def person(self, person: Any) -> Someone:
        age = "" if person.age is None else " " + self.years.format(person.age)
        if not person.categories:
            return person.name + age, "", ()
        return person.name, age, [self.care.get(c, c) for c in person.categories]

    def why(self, home: Any) -> tuple[str, str]:
        """Tone and words of the badge."""
        if home.overdue_days:
            return "bad", self.late.format(home.overdue_days)
        if home.due_on <= self.today:
            return "warn", self.now
        return "", ngettext("%(n)s 天后", "%(n)s 天后", (home.due_on - self.today).days)

    def history(self, home: Any) -> str:
        """重点户 · 11月20日 未遇；上次 10月21日 情况正常：答应带药。"""
        text = f"{self.tiers.get(home.tier, home.tier)} · "
        if home.last_attempt_on is not None:
            text += self.tried.format(day_word(home.last_attempt_on)) + self.semicolon
        last = home.last_visit
        if last is None:
            return text + self.never
        text += f"{self.last.format(day_word(last.on))} {self.outcomes.get(last.outcome, '')}"
        return text + self.colon + last.note if last.note else text
