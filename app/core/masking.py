"""How personal data looks to those who need not see all of it: 张*英, 999999********4323, 138****5678."""

from __future__ import annotations

COMPOUND_SURNAMES = frozenset(
    [
        "欧阳",
        "上官",
        "司马",
        "诸葛",
        "司徒",
        "夏侯",
        "皇甫",
        "尉迟",
        "公孙",
        "慕容",
        "令狐",
        "宇文",
        "长孙",
        "端木",
        "东方",
        "独孤",
        "南宫",
        "西门",
        "轩辕",
        "百里",
    ]
)


def mask_name(name: str) -> str:
    """李 -> *, 张三 -> 张*, 王小明 -> 王*明, 欧阳娜娜 -> 欧**娜."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


def mask_id_number(number: str) -> str:
    return f"{number[:6]}********{number[-4:]}" if len(number) == 18 else "*" * len(number)


def mask_phone(phone: str) -> str:
    if len(phone) < 7:
        return "*" * len(phone)
    return f"{phone[:3]}****{phone[-4:]}"


def mask_text(text: str) -> str:
    """Free text in a log: only how much of it there was."""
    return f"〔{len(text)}字〕"
