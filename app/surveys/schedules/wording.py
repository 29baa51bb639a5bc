"""A schedule in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import islice

from app.core import clock, i18n
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.core.pages import show_date
from app.surveys.instruments.subjects import KIND_LABELS
from app.surveys.schedules import periods
from app.surveys.schedules.models import Cadence, Method, Panel, Publish, Schedule, Secrecy, Stratify
from app.surveys.schedules.schemas import Opening

_SHOWN_OPENINGS = 4

CADENCES: dict[str, str] = {
    Cadence.monthly: N_("每月"),
    Cadence.quarterly: N_("每季度"),
    Cadence.halfyearly: N_("每半年"),
    Cadence.yearly: N_("每年"),
    Cadence.once: N_("只一次"),
}
PANELS: dict[str, str] = {
    Panel.representatives: N_("居民代表"),
    Panel.directly_managed: N_("直管党员"),
    Panel.members: N_("全体党员"),
    Panel.residents: N_("成年居民"),
    Panel.staff: N_("社区工作者"),
}
METHODS: dict[str, str] = {Method.census: N_("全体"), Method.sample: N_("随机抽样")}
STRATA: dict[str, str] = {
    Stratify.none: N_("不分层"),
    Stratify.grid_area: N_("按网格分层"),
    Stratify.tenure: N_("按自住、租住分层"),
}
SECRECY: dict[str, str] = {
    Secrecy.secret: N_("无记名"),
    Secrecy.confidential: N_("保密"),
    Secrecy.named: N_("实名"),
}
SECRECY_NOTES: dict[str, str] = {
    Secrecy.secret: N_("谁也查不出谁怎样回答；只能向所有人提醒。"),
    Secrecy.confidential: N_("可以只提醒没有回答的人；截止之前服务器的管理者能够关联，截止时销毁。"),
    Secrecy.named: N_("回答和姓名一起保存。"),
}
PUBLISH: dict[str, str] = {Publish.auto: N_("截止后自动公布"), Publish.manual: N_("截止后由人公布")}


def together(texts: Sequence[str]) -> str:
    """Sentences after each other: Chinese needs no space between them."""
    return ("" if i18n.get_locale() == i18n.CHINESE else " ").join(texts)


def sentences(schedule: Schedule, panel_size: int) -> list[str]:
    """When, who, about whom, how secret, and what comes next: one sentence each."""
    found = [_opens(schedule), _who(schedule, panel_size), _about(schedule), _secrecy(schedule), _next(schedule)]
    return [text for text in found if text]


def _opens(schedule: Schedule) -> str:
    when = _(
        "%(when)s %(hour)s 时开放，%(days)s 天后截止",
        when=_when(schedule),
        hour=schedule.opens_hour,
        days=schedule.open_days,
    )
    if not schedule.reminder_days:
        return _("%(opens)s。", opens=when)
    days = _("、").join(str(day) for day in schedule.reminder_days)
    return _("%(opens)s，开放后第 %(days)s 天提醒。", opens=when, days=days)


def _when(schedule: Schedule) -> str:
    month, day = schedule.opens_month, schedule.opens_day
    if schedule.cadence == Cadence.monthly:
        return _("每月 %(day)s 日", day=day)
    if schedule.cadence == Cadence.quarterly:
        return _("每季度第 %(month)s 个月的 %(day)s 日", month=month, day=day)
    if schedule.cadence == Cadence.halfyearly:
        return _("每年 %(first)s 月和 %(second)s 月的 %(day)s 日", first=month, second=month + 6, day=day)
    if schedule.cadence == Cadence.yearly:
        return _("每年 %(month)s 月 %(day)s 日", month=month, day=day)
    return _("只一次，%(date)s", date=show_date(schedule.starts_on))


def _who(schedule: Schedule, panel_size: int) -> str:
    panel = _(PANELS[schedule.panel])
    if schedule.grid_area_ids:
        panel = _("%(panel)s（限所选的 %(n)s 个网格）", panel=panel, n=len(schedule.grid_area_ids))
    if schedule.method == Method.census:
        return _("请%(panel)s全部回答（今天是 %(n)s 人）。", panel=panel, n=panel_size)
    drawn = _(
        "从%(panel)s（今天是 %(total)s 人）中随机抽取 %(n)s 人回答，候补 %(reserves)s 人，%(strata)s。",
        panel=panel,
        total=panel_size,
        n=schedule.sample_size,
        reserves=schedule.reserves,
        strata=_(STRATA[schedule.stratify]),
    )
    if not schedule.public_number:
        return drawn
    waits = _("抽取要等一个事先指定的公开号码：%(source)s。", source=schedule.public_number_source.rstrip("。."))
    return together([drawn, waits])


def _about(schedule: Schedule) -> str:
    if not schedule.subject_kinds:
        return ""
    names = [_(KIND_LABELS[kind]) for kind in schedule.subject_kinds]
    about = _("评议%(names)s。", names=_("、").join(names))
    if not schedule.property_company:
        return about
    return together([about, _("物业公司：%(name)s。", name=schedule.property_company)])


def _secrecy(schedule: Schedule) -> str:
    return _(
        "%(level)s：%(note)s%(publish)s。",
        level=_(SECRECY[schedule.secrecy]),
        note=_(SECRECY_NOTES[schedule.secrecy]),
        publish=_(PUBLISH[schedule.publish]),
    )


def _next(schedule: Schedule) -> str:
    if schedule.paused:
        return _("已暂停，不会开放新的一轮。")
    found = next_opening(schedule)
    if found is None:
        return _("不会再有新的一轮。")
    return _("下一轮：%(period)s，%(date)s开放。", period=found.period, date=show_date(found.opens_at))


def next_opening(schedule: Schedule) -> Opening | None:
    found = periods.next_opening(schedule, clock.now())
    return None if found is None or schedule.paused else _opening(schedule, *found)


def coming(schedule: Schedule) -> list[Opening]:
    """The next openings, for the page; none while the schedule is paused."""
    if schedule.paused:
        return []
    now = clock.now()
    ahead = (pair for pair in periods.openings(schedule) if pair[1] > now)
    return [_opening(schedule, *pair) for pair in islice(ahead, _SHOWN_OPENINGS)]


def _opening(schedule: Schedule, period: str, start: datetime) -> Opening:
    return Opening(period=period, opens_at=start, closes_at=start + timedelta(days=schedule.open_days))


def choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(key, _(text)) for key, text in labels.items()]
