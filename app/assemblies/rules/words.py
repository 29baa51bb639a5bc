"""How the parts of rules are called, and rules in plain words."""

from __future__ import annotations

from typing import Any

from app.assemblies.rules.decide import Outcome
from app.assemblies.rules.definition import Base, Caller, Condition, Count, Matter, RuleBody
from app.core import i18n
from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.words import choices, translated

BODIES: dict[str, str] = {
    RuleBody.representative_assembly: N_("居民代表会议"),
    RuleBody.residents_assembly: N_("居民会议"),
    RuleBody.owners_assembly: N_("业主大会"),
    RuleBody.committee: N_("居民委员会"),
    RuleBody.supervision_committee: N_("居务监督委员会"),
}
MATTERS: dict[str, str] = {
    Matter.ordinary: N_("一般事项"),
    Matter.special: N_("重大事项"),
    Matter.owners: N_("业主共同决定的一般事项"),
    Matter.owners_special: N_("业主共同决定的重大事项"),
}
COUNTS: dict[str, str] = {
    Count.present: N_("实到人数"),
    Count.returned: N_("收回票数"),
    Count.valid: N_("有效票数"),
    Count.in_favour: N_("赞成票"),
    Count.against: N_("反对票"),
    Count.abstain: N_("弃权票"),
    Count.participating: N_("参加表决的人数"),
    Count.signed: N_("提议人数"),
    Count.area_present: N_("到会面积"),
    Count.area_participating: N_("参加表决的面积"),
    Count.area_for: N_("赞成面积"),
}
BASES: dict[str, str] = {
    Base.entitled: N_("应到人数"),
    Base.present: N_("实到人数"),
    Base.returned: N_("收回票数"),
    Base.valid: N_("有效票数"),
    Base.for_against: N_("赞成与反对票之和"),
    Base.participating: N_("参加表决的人数"),
    Base.area_entitled: N_("专有部分总面积"),
    Base.area_participating: N_("参加表决的面积"),
}
CALLERS: dict[str, str] = {
    "committee": N_("居民委员会"),
    "representatives": N_("居民代表联名"),
    "residents": N_("居民联名"),
    "subdistrict": N_("街道（社工委）"),
}
OUTCOMES: dict[str, str] = {
    Outcome.carried: N_("表决通过"),
    Outcome.rejected: N_("表决未通过"),
    Outcome.tied: N_("票数相等，表决未通过"),
    Outcome.no_quorum: N_("未达到法定人数，不能表决"),
    Outcome.not_valid: N_("参加表决的不足，表决无效"),
}
TONES: dict[str, str] = {Outcome.carried: "good", Outcome.no_quorum: "warn", Outcome.not_valid: "warn"}
_SHARES = {
    (1, 2): N_("二分之一"),
    (1, 3): N_("三分之一"),
    (2, 3): N_("三分之二"),
    (1, 4): N_("四分之一"),
    (3, 4): N_("四分之三"),
    (1, 5): N_("五分之一"),
    (2, 5): N_("五分之二"),
    (3, 5): N_("五分之三"),
    (4, 5): N_("五分之四"),
    (1, 10): N_("十分之一"),
}
_AREAS = frozenset({Count.area_present, Count.area_participating, Count.area_for, Base.area_entitled})


def inline(text: str) -> str:
    """A label within a sentence; languages without capitals do not mind."""
    return text[:1].lower() + text[1:]


def share(num: int, den: int) -> str:
    """三分之二; a fraction without a name of its own as 7/12."""
    named = _SHARES.get((num, den))
    return _(named) if named else f"{num}/{den}"


def amount(of: Count | Base | str, value: int) -> str:
    """A count as people read it; areas are kept in 0.01 m²."""
    if of in _AREAS:
        return _("%(area)s ㎡", area=f"{value // 100:,}.{value % 100:02d}")
    return f"{value:,}"


def condition_words(condition: Condition) -> str:
    """实到人数须超过应到人数的二分之一."""
    parts = {
        "count": _(COUNTS[condition.count]),
        "base": inline(_(BASES[condition.base])),
        "share": share(condition.num, condition.den),
    }
    if condition.strict:
        return _("%(count)s须超过%(base)s的%(share)s", **parts)
    return _("%(count)s须达到%(base)s的%(share)s", **parts)


def caller_words(caller: Caller) -> str:
    """Who may call an extraordinary session, and how many of them it takes."""
    who = _(CALLERS[caller.who])
    if caller.condition is None:
        return who
    fraction = share(caller.condition.num, caller.condition.den)
    if caller.condition.strict:
        return _("%(who)s，超过%(share)s", who=who, share=fraction)
    return _("%(who)s，达到%(share)s", who=who, share=fraction)


def title(item: Any) -> str:
    """A pack's title in the reader's language, where its author gave one."""
    english = i18n.get_locale() == i18n.ENGLISH and item.title_en
    return str(item.title_en if english else item.title)


def note(definition: Any) -> str:
    english = i18n.get_locale() == i18n.ENGLISH and definition.note_en
    return str(definition.note_en if english else definition.note)


def for_pages() -> dict[str, Any]:
    """What templates call."""
    return {
        "bodies": choices(BODIES),
        "body_words": translated(BODIES),
        "matter_words": translated(MATTERS),
        "count_words": translated(COUNTS),
        "base_words": translated(BASES),
        "caller_words": translated(CALLERS),
        "outcome_words": translated(OUTCOMES),
        "tones": TONES,
        "say": condition_words,
        "say_caller": caller_words,
        "say_title": title,
        "say_note": note,
        "amount": amount,
        "share": share,
    }
