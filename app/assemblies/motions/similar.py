"""How alike two titles are, so that duplicates are found before they are debated twice."""

from __future__ import annotations

import re
import unicodedata

ALIKE = 0.4
# Words that nearly every motion has say nothing about what it wants.
_EMPTY_WORDS = re.compile(r"关于|的议案|的提案|的建议|议案|提案|建议|问题|请求|要求|我们|小区|社区")
_NO_TEXT = re.compile(r"[\W_]+")


def _pairs(title: str) -> set[str]:
    text = unicodedata.normalize("NFKC", title).casefold()
    text = _NO_TEXT.sub("", _EMPTY_WORDS.sub("", text)) or _NO_TEXT.sub("", text)
    return {text[i : i + 2] for i in range(len(text) - 1)} or {text}


def likeness(one: str, other: str) -> float:
    """Dice's coefficient of the pairs of neighbouring characters: 1 for the same, 0 for nothing in common."""
    mine, theirs = _pairs(one), _pairs(other)
    return 2 * len(mine & theirs) / (len(mine) + len(theirs))
