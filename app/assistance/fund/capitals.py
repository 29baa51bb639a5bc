"""Amounts as receipts write them: 人民币壹仟零伍拾元叁角整."""

from __future__ import annotations

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")


def capitals(fen: int) -> str:
    """An amount above zero in Chinese capital figures, so that no stroke can change it."""
    yuan, left = divmod(fen, 100)
    jiao, rest = divmod(left, 10)
    text = f"人民币{_whole(yuan)}元" if yuan else "人民币"
    if jiao:
        text += f"{_DIGITS[jiao]}角"
    elif rest and yuan:
        text += "零"
    return text + (f"{_DIGITS[rest]}分" if rest else "整")


def _whole(number: int) -> str:
    """Groups of four digits from the left; one 零 stands for any run of noughts between two figures."""
    groups: list[int] = []
    while number:
        number, group = divmod(number, 10_000)
        groups.append(group)
    text = ""
    for place in reversed(range(len(groups))):
        group = groups[place]
        if not group:
            continue
        if text and (group < 1000 or groups[place + 1] % 10 == 0):
            text += "零"
        text += _group(group) + _GROUPS[place]
    return text


def _group(group: int) -> str:
    text, gap = "", False
    for place in reversed(range(4)):
        digit = group // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
            gap = False
        else:
            gap = True
    return text
