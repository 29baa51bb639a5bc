"""What changed between two texts: paragraph by paragraph, and within a paragraph word by word.

Comparing costs as much as there are pairs of equal parts, so texts that repeat themselves without end are compared in
their order instead: what is shown stays true, it only is not as short as it could be.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

SAME, INSERTED, DELETED, CHANGED = "same", "inserted", "deleted", "changed"
_ALIKE = 0.6  # below this a paragraph was not changed but replaced
_MOST_PAIRS = 400  # of paragraphs that are looked at as each other's successor
_MOST_EQUAL = 40_000  # pairs of equal parts
_Step = tuple[str, int, int, int, int]
_TOKEN = re.compile(r"[A-Za-z0-9]+|\s+|.", re.DOTALL)


@dataclass(frozen=True)
class Piece:
    kind: str
    text: str


@dataclass(frozen=True)
class Block:
    """A paragraph: the same, inserted, deleted, or changed in its pieces."""

    kind: str
    pieces: list[Piece]


def paragraphs(text: str) -> list[str]:
    """The lines that say something; blank lines only set them apart."""
    return [line.strip() for line in text.split("\n") if line.strip()]


def compare(before: str, after: str) -> list[Block]:
    """The two texts as one, with what went and what came."""
    old, new = paragraphs(before), paragraphs(after)
    blocks: list[Block] = []
    for kind, i1, i2, j1, j2 in _steps(old, new):
        if kind == "equal":
            blocks += [_whole(SAME, text) for text in old[i1:i2]]
        else:
            blocks += _replaced(old[i1:i2], new[j1:j2])
    return blocks


def _whole(kind: str, text: str) -> Block:
    return Block(kind, [Piece(kind, text)])


def _replaced(old: Sequence[str], new: Sequence[str]) -> Iterator[Block]:
    """Paragraphs that resemble one another are shown as changed, in the order of both texts."""
    at = 0
    for text in old:
        twin = next((j for j in _candidates(at, len(new), len(old)) if _alike(text, new[j])), None)
        if twin is None:
            yield _whole(DELETED, text)
            continue
        for added in new[at:twin]:
            yield _whole(INSERTED, added)
        yield Block(CHANGED, _pieces(text, new[twin]))
        at = twin + 1
    for added in new[at:]:
        yield _whole(INSERTED, added)


def _candidates(at: int, end: int, beside: int) -> range:
    return range(at, end) if end * beside <= _MOST_PAIRS else range(at, min(at + 1, end))


def _alike(left: str, right: str) -> bool:
    """Whether they share most of their characters, whatever the order."""
    return SequenceMatcher(None, left, right, autojunk=False).quick_ratio() >= _ALIKE


def _steps(old: Sequence[str], new: Sequence[str]) -> Iterator[_Step]:
    """How to come from the one to the other: (equal | replace | delete | insert, from–to there, from–to here)."""
    head = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    tail = 0
    while tail < min(len(old), len(new)) - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    if head:
        yield "equal", 0, head, 0, head
    left, right = old[head : len(old) - tail], new[head : len(new) - tail]
    here, there = Counter(left), Counter(right)
    if sum(count * there[part] for part, count in here.items()) > _MOST_EQUAL:
        yield "replace", head, head + len(left), head, head + len(right)
    elif left or right:
        for kind, i1, i2, j1, j2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            yield kind, head + i1, head + i2, head + j1, head + j2
    if tail:
        yield "equal", len(old) - tail, len(old), len(new) - tail, len(new)


def _pieces(before: str, after: str) -> list[Piece]:
    old, new = _TOKEN.findall(before), _TOKEN.findall(after)
    steps = list(_steps(old, new))
    pieces: list[Piece] = []
    gone = came = ""
    for place, (kind, i1, i2, j1, j2) in enumerate(steps):
        lone = kind == "equal" and i2 - i1 == 1 and 0 < place < len(steps) - 1
        if kind == "equal" and not lone:
            pieces += _changed(gone, came)
            gone = came = ""
            pieces.append(Piece(SAME, "".join(old[i1:i2])))
        else:  # one token that stayed between two that did not would only make it harder to read
            gone, came = gone + "".join(old[i1:i2]), came + "".join(new[j1:j2])
    return pieces + _changed(gone, came)


def _changed(gone: str, came: str) -> list[Piece]:
    return [Piece(kind, text) for kind, text in ((DELETED, gone), (INSERTED, came)) if text]
