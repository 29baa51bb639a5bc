"""What changed between two texts: both can be read out of it again, and it is short where little changed."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.assemblies.documents.diff import DELETED, INSERTED, SAME, compare, paragraphs
from app.assemblies.documents.words import parts

LINES = st.lists(st.text("甲乙丙丁ab1 ，。", max_size=12), max_size=8).map("\n".join)


@settings(max_examples=40)
@given(before=LINES, after=LINES)
def test_both_texts_stand_in_the_comparison(before: str, after: str) -> None:
    blocks = compare(before, after)
    for text, kinds in ((before, {SAME, DELETED}), (after, {SAME, INSERTED})):
        read = ["".join(p.text for p in b.pieces if p.kind in kinds) for b in blocks]
        assert [line for line in read if line] == paragraphs(text)


CASES = [
    ("第一条 每年召开四次。", "第一条 每年召开五次。", [("changed", "第一条 每年召开[四|五]次。")]),
    ("甲段\n乙段", "甲段\n新段\n乙段", [("same", "甲段"), ("inserted", "[|新段]"), ("same", "乙段")]),
    ("甲段\n乙段", "乙段", [("deleted", "[甲段|]"), ("same", "乙段")]),
    ("全体居民每年选举代表", "ABCDEFG", [("deleted", "[全体居民每年选举代表|]"), ("inserted", "[|ABCDEFG]")]),
    ("a\n\n\nb", "a\n b ", [("same", "a"), ("same", "b")]),
    ("公示7日", "公示15日", [("changed", "公示[7|15]日")]),
    ("", "", []),
]


def _shown(pieces: list) -> str:
    text = "".join({SAME: p.text, DELETED: f"[{p.text}|]", INSERTED: f"[|{p.text}]"}[p.kind] for p in pieces)
    return text.replace("|][|", "|")


@pytest.mark.parametrize(("before", "after", "expected"), CASES)
def test_cases(before: str, after: str, expected: list[tuple[str, str]]) -> None:
    assert [(b.kind, _shown(b.pieces)) for b in compare(before, after)] == expected


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "\n".join(f"第{n}条 {n * 7919}" for n in range(1500)),
            "\n".join(f"第{n}条 {n * 104729}" for n in range(1500)),
        ),
        ("甲" * 60_000, "甲乙" * 30_000),
        ("\n".join("甲乙" * 5 for _ in range(5000)), "\n".join("乙甲" * 5 for _ in range(5000))),
        (
            "\n".join("甲" if n % 2 else "乙" for n in range(30_000)),
            "\n".join("乙" if n % 3 else "甲" for n in range(30_000)),
        ),
    ],
    ids=["every paragraph", "one long line", "alike", "two words"],
)
def test_the_longest_texts_are_compared_in_seconds(before: str, after: str) -> None:
    began = time.monotonic()
    assert compare(before[:60_000], after[:60_000])
    assert time.monotonic() - began < 5


def test_headings_and_articles_are_told_apart() -> None:
    text = "居民自治章程\n第一章 总则\n第十二条 居民代表任期五年。\n第三章规定的事项，按第四条办理。"
    assert list(parts(text)) == [
        ("text", "", "居民自治章程"),
        ("heading", "", "第一章 总则"),
        ("article", "第十二条", "居民代表任期五年。"),
        ("text", "", "第三章规定的事项，按第四条办理。"),
    ]
