"""The Chinese words for the enumerations of this room, marked for translation."""

from __future__ import annotations

from typing import Any

from app.core.i18n import N_
from app.core.i18n import gettext as _
from app.households.models import Tenure
from app.households.residents.models import CareCategory, Education, Relation, Sex

TENURES = {
    Tenure.owner_occupied: N_("自住"),
    Tenure.rented: N_("出租"),
    Tenure.vacant: N_("空置"),
}
SEXES = {Sex.male: N_("男性"), Sex.female: N_("女性"), Sex.unknown: N_("未说明")}
EDUCATIONS = {
    Education.postgraduate: N_("研究生"),
    Education.bachelor: N_("本科"),
    Education.college: N_("大专"),
    Education.vocational: N_("中专"),
    Education.high_school: N_("高中"),
    Education.middle_school: N_("初中"),
    Education.primary: N_("小学"),
    Education.none: N_("未上学"),
    Education.unknown: N_("未登记"),
}
RELATIONS = {
    Relation.head: N_("户主"),
    Relation.spouse: N_("配偶"),
    Relation.son: N_("子"),
    Relation.daughter: N_("女儿"),
    Relation.grandchild: N_("孙辈"),
    Relation.parent: N_("父母"),
    Relation.grandparent: N_("祖父母"),
    Relation.sibling: N_("兄弟姐妹"),
    Relation.tenant: N_("租客"),
    Relation.other: N_("其他"),
}
CARE = {
    CareCategory.childless_lonely: N_("孤寡"),
    CareCategory.living_alone: N_("独居"),
    CareCategory.empty_nest: N_("空巢"),
    CareCategory.left_behind: N_("留守"),
    CareCategory.disabled: N_("残疾"),
    CareCategory.severe_ill: N_("重病"),
    CareCategory.incapacitated_elder: N_("失能失智"),
    CareCategory.subsistence_allowance: N_("低保"),
    CareCategory.near_poor: N_("低保边缘"),
    CareCategory.extreme_hardship: N_("特困"),
    CareCategory.child_in_hardship: N_("困境儿童"),
    CareCategory.orphan: N_("孤儿"),
    CareCategory.special_family_planning: N_("计生特殊家庭"),
    CareCategory.mental_disorder: N_("精神障碍"),
    CareCategory.veteran: N_("优抚"),
}
DISABILITIES = {
    1: N_("视力"),
    2: N_("听力"),
    3: N_("言语"),
    4: N_("肢体"),
    5: N_("智力"),
    6: N_("精神"),
    7: N_("多重"),
}
# Care that weighs most is shown in the strongest tone.
GRAVE = frozenset(
    {
        CareCategory.childless_lonely,
        CareCategory.severe_ill,
        CareCategory.incapacitated_elder,
        CareCategory.extreme_hardship,
        CareCategory.child_in_hardship,
        CareCategory.orphan,
    }
)


def care_word(category: str, disability_type: int | None = None, disability_level: int | None = None) -> str:
    """残疾 says its type and level where they are known: 肢体残疾 4 级."""
    if category != CareCategory.disabled or disability_type is None:
        return _(CARE[CareCategory(category)])
    kind = _(DISABILITIES[disability_type])
    if disability_level is None:
        return _("%(kind)s残疾", kind=kind)
    return _("%(kind)s残疾 %(level)s 级", kind=kind, level=disability_level)


def translated(words: dict[Any, str]) -> dict[str, str]:
    return {str(key): _(text) for key, text in words.items()}


def choices(words: dict[Any, str]) -> list[tuple[str, str]]:
    """Pairs for a select box."""
    return [(str(getattr(key, "value", key)), _(text)) for key, text in words.items()]
