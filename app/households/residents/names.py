"""Names: how they sort (by pinyin) and under which fragments they are found."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

_LONGEST_TERM = 40
_COMPOUND = {
    "尉迟": "yu chi",
    "长孙": "zhang sun",
    "万俟": "mo qi",
    "澹台": "tan tai",
    "宇文": "yu wen",
    "单于": "chan yu",
    "令狐": "ling hu",
    "鲜于": "xian yu",
    "夏侯": "xia hou",
}
# Surnames that are read otherwise than the same character elsewhere.
_SURNAMES = {
    "单": "shan", "解": "xie", "仇": "qiu", "区": "ou", "查": "zha", "曾": "zeng", "任": "ren", "朴": "piao",
    "盖": "ge", "翟": "zhai", "乐": "yue", "覃": "qin", "华": "hua", "尹": "yin", "宁": "ning", "缪": "miao",
    "纪": "ji", "葛": "ge", "员": "yun", "折": "she", "召": "shao", "繁": "po", "种": "chong", "秘": "bi",
    "洗": "xian", "冼": "xian", "逄": "pang", "贾": "jia", "柏": "bai", "卜": "bu", "不": "fou", "晟": "cheng",
    "黑": "he", "句": "gou", "隗": "wei", "訾": "zi", "哈": "ha", "过": "guo", "那": "na", "祭": "zhai", "车": "che",
    "行": "xing", "沈": "shen", "万": "wan", "石": "shi", "重": "chong", "燕": "yan", "应": "ying", "谌": "chen",
}  # fmt: skip


@lru_cache(maxsize=20_000)
def _read(character: str) -> str:
    from pypinyin import lazy_pinyin  # it loads large tables: only those who write names pay for them

    found = lazy_pinyin(character)
    return found[0].lower() if found else character


@lru_cache(maxsize=1_000)
def syllables_of(name: str) -> tuple[str, ...]:
    """The reading of each character, the surname read as a surname; other scripts stay as they are."""
    plain = plain_name(name)
    for surname, reading in _COMPOUND.items():
        if plain.startswith(surname):
            return (*reading.split(), *map(_read, plain[len(surname) :]))
    return tuple(_SURNAMES.get(c) or _read(c) if at == 0 else _read(c) for at, c in enumerate(plain))


def plain_name(name: str) -> str:
    """A name as it is compared: one width, small letters, no blanks or middle dots."""
    if name.isalnum() and unicodedata.is_normalized("NFKC", name) and name.casefold() == name:
        return name  # as most are
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(c for c in folded if c.isalnum())


def sort_key_of(name: str) -> str:
    """Full pinyin, then the name itself, so that 张 and 章 sort beside each other and always in the same order."""
    return " ".join([*syllables_of(name), name])[:160]


def terms_of(name: str) -> set[str]:
    """Every ending of the name and of its pinyin initials; a polyphonic surname is found by both readings."""
    plain = plain_name(name)
    initials = "".join(s[0] for s in syllables_of(name))
    wholes = {plain, initials}
    if plain and plain[0] in _SURNAMES:
        wholes.add(_read(plain[0])[:1] + initials[1:])
    return {whole[at:][:_LONGEST_TERM] for whole in wholes for at in range(len(whole))}
