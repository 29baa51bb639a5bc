"""The columns of the household register, and the words that are understood in them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.core.i18n import N_
from app.households import words
from app.households.models import Tenure
from app.households.residents.models import CareCategory, Education, Relation, Sex

LARGEST_CELL = 4000


@dataclass(frozen=True)
class Column:
    """`names` are other headers under which the column is found; `choices` are what the template offers."""

    key: str
    label: str
    explanation: str
    example: str
    names: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    required: bool = False
    width: int = 12


def _all(shown: Mapping[Any, str], also: Mapping[Any, str]) -> dict[str, str]:
    """Everything that is understood: the value itself, the interface's word for it, and all usual words.

    `also` holds the words of templates handed out earlier, whatever the interface says today.
    """
    found: dict[str, str] = {}
    for value, word in shown.items():
        for text in (str(value), word, *also.get(value, "").split()):
            found[plain_word(text)] = str(value)
    return found


def plain_word(text: str) -> str:
    return re.sub(r"[\s_·-]+", "", unicodedata.normalize("NFKC", text)).casefold()


TENURES = _all(
    words.TENURES,
    {Tenure.vacant: "空置 空关 空房", Tenure.owner_occupied: "自住 自有 自用", Tenure.rented: "出租 租赁 租住"},
)
SEXES = _all(words.SEXES, {Sex.male: "男 男性 m", Sex.female: "女 女性 f", Sex.unknown: "未说明 不详 未知"})
RELATIONS = _all(
    words.RELATIONS,
    {
        Relation.head: "户主 本人",
        Relation.spouse: "配偶 妻 夫 妻子 丈夫",
        Relation.son: "子 儿子 长子 次子",
        Relation.daughter: "女 女儿 长女 次女",
        Relation.grandchild: "孙辈 孙子女 孙子 孙女 外孙 外孙子 外孙女",
        Relation.parent: "父母 父 母 父亲 母亲 公公 婆婆 岳父 岳母",
        Relation.grandparent: "祖父母 外祖父母 祖父 祖母 爷爷 奶奶 外公 外婆",
        Relation.sibling: "兄弟姐妹 兄 弟 姐 妹 哥哥 弟弟 姐姐 妹妹",
        Relation.tenant: "租客 租户 承租人 租住人",
        Relation.other: "其他 儿媳 媳妇 女婿 保姆 亲戚 非亲属",
    },
)
EDUCATIONS = _all(
    words.EDUCATIONS,
    {
        Education.postgraduate: "研究生 硕士 博士",
        Education.bachelor: "本科 大学 大学本科 学士",
        Education.college: "大专 专科 大学专科",
        Education.vocational: "中专 中等专科 职高 技校 中技",
        Education.high_school: "高中",
        Education.middle_school: "初中",
        Education.primary: "小学",
        Education.none: "未上学 文盲 半文盲 学龄前 无",
        Education.unknown: "未登记 不详 未知",
    },
)
CARE = _all(
    words.CARE,
    {
        CareCategory.childless_lonely: "孤寡 孤寡老人",
        CareCategory.living_alone: "独居 独居老人",
        CareCategory.empty_nest: "空巢 空巢老人",
        CareCategory.left_behind: "留守 留守人员 留守老人 留守儿童",
        CareCategory.disabled: "残疾 残疾人",
        CareCategory.severe_ill: "重病 重病患者 大病",
        CareCategory.incapacitated_elder: "失能失智 失能 失智 失能老人",
        CareCategory.subsistence_allowance: "低保 低保户",
        CareCategory.near_poor: "低保边缘 低边 低收入",
        CareCategory.extreme_hardship: "特困 特困人员",
        CareCategory.child_in_hardship: "困境儿童",
        CareCategory.orphan: "孤儿",
        CareCategory.special_family_planning: "计生特殊家庭 失独 失独家庭",
        CareCategory.mental_disorder: "精神障碍 精神障碍患者",
        CareCategory.veteran: "优抚 优抚对象 退役军人 退伍军人",
    },
)
DISABILITIES = {word: kind for kind, word in words.DISABILITIES.items()}

COLUMNS: tuple[Column, ...] = (
    Column("building", N_("楼栋"), N_("必填。数字或字母，如 12（写 12幢 也可以）。"), "1",
           ("幢", "栋", "幢号", "楼号", "楼栋号", "building number"), required=True, width=8),
    Column("unit", N_("单元"), N_("没有单元的楼留空。"), "1", ("单元号",), width=8),
    Column("room", N_("室"), N_("必填。如 302。"), "302", ("室号", "房号", "房间号", "门牌"), required=True, width=8),
    Column("floor_area", N_("建筑面积"), N_("平方米，最多两位小数，如 89.50。"), "89.50",
           ("面积", "建筑面积(平方米)", "建筑面积(㎡)", "area", "floor area"), width=12),
    Column("grid_area", N_("网格"), N_("网格的编号或名称。登记新楼栋时必填；网格须已在系统中。"), "1",
           ("网格号", "网格名称", "所属网格", "grid", "grid area"), width=12),
    Column("address", N_("地址"), N_("楼栋的地址，如 翰林路1号。"), "翰林路1号", ("楼栋地址", "住址"), width=22),
    Column("tenure", N_("使用情况"), N_("空置、自住、出租之一。登记新住户时必填。"), "自住",
           ("房屋使用情况", "居住情况", "用途"), tuple(words.TENURES.values()), width=12),
    Column("name", N_("姓名"), N_("空置的房屋不填人员各列。"), "王示例", ("居民姓名", "人员姓名"), width=12),
    Column("id_number", N_("身份证号"), N_("18 位。此列须为文本格式，否则 Excel 会丢掉末几位。"), "999999198808154323",
           ("身份证", "身份证号码", "公民身份号码", "证件号码", "id card"), width=24),
    Column("sex", N_("性别"), N_("男、女；有身份证号时可不填。"), "女", ("gender",), ("男", "女"), width=8),
    Column("birth_on", N_("出生日期"), N_("如 1988-08-15；有身份证号时可不填。"), "1988-08-15",
           ("出生年月日", "生日", "birth date", "date of birth", "born"), width=14),
    Column("phone", N_("电话"), N_("手机 11 位，或带区号的座机。"), "13800000000",
           ("手机", "手机号", "手机号码", "联系电话", "电话号码", "mobile"), width=16),
    Column("relation", N_("与户主关系"), N_("户主、配偶、子、女儿等。"), "户主",
           ("关系", "家庭关系", "relation to head"),
           tuple(words.RELATIONS.values()), width=14),
    Column("education", N_("文化程度"), N_("从列表中选择。"), "本科", ("学历", "受教育程度"),
           tuple(words.EDUCATIONS.values()), width=12),
    Column("from_on", N_("入住日期"), N_("如 2012-06-03；不填按导入当天。"), "2012-06-03",
           ("迁入日期", "居住起始日期", "moved in", "move in date", "moved in on"), width=14),
    Column("care", N_("关爱类别"), N_("可填多个，用顿号隔开，如 独居、残疾。"), "",
           ("重点关爱", "关爱对象", "care categories", "care category"),
           tuple(words.CARE.values()), width=16),
    Column("care_reason", N_("关爱原因"), N_("为什么需要关爱。"), "", ("原因",), width=20),
    Column("note", N_("备注"), N_("这个人的备注；空置房屋的一行则是房屋的备注。"), "示例行，导入时自动跳过",
           ("说明", "remark", "remarks"), width=26),
)  # fmt: skip
BY_KEY = {column.key: column for column in COLUMNS}
EXAMPLE = {column.key: column.example for column in COLUMNS}
HOUSEHOLD_KEYS = ("floor_area", "grid_area", "address", "tenure")
PERSON_KEYS = tuple(c.key for c in COLUMNS[COLUMNS.index(BY_KEY["name"]) : -1])


def plain_header(text: str) -> str:
    """A header as it is compared: without blanks, stars, units and remarks in brackets."""
    plain = re.sub(r"[(（\[【].*?[)）\]】]", "", unicodedata.normalize("NFKC", text))
    return re.sub(r"[\s*:_/-]+", "", plain).casefold()


HEADERS = {plain_header(name): c.key for c in COLUMNS for name in (c.label, c.key, *c.names)}
