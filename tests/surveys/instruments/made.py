"""Random definitions: whole ones that may be published, as an author might write them."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from app.surveys.instruments.definition import Definition, Kind, Option, Question, Row, Section
from app.surveys.instruments.subjects import KINDS

_LETTERS = st.characters(codec="utf-8", categories=["L", "N", "P", "S"], exclude_characters="\u00ad")


def _line(smallest: int, largest: int) -> st.SearchStrategy[str]:
    words = st.text(_LETTERS, min_size=1, max_size=8)
    lines = st.lists(words, min_size=1, max_size=4).map(" ".join)
    return st.one_of(st.just(""), lines) if smallest == 0 else lines.map(lambda text: text[:largest].strip() or "题")


LABEL, MAYBE = _line(1, 100), _line(0, 100)
FORMULAS = st.sampled_from(["=1+1", "+86 512", "-3", "@SUM(A1)", "'x", "1", "1.0", "true", "no", "2012-06-03"])
ANY_LABEL = st.one_of(LABEL, FORMULAS)
NAME = st.from_regex(r"[a-z_][a-z0-9_]{0,15}", fullmatch=True)
CODE = st.from_regex(r"[a-z0-9_]{1,12}", fullmatch=True).filter(lambda key: key.strip("_"))


@st.composite
def _options(draw: Any, *, scored: bool) -> list[Option]:
    keys = draw(st.lists(CODE, min_size=3, max_size=6, unique=True))
    labels = draw(st.lists(ANY_LABEL, min_size=len(keys), max_size=len(keys), unique_by=_normal))
    options = [Option(key=k, label=label, label_en=draw(MAYBE)) for k, label in zip(keys, labels, strict=True)]
    if not scored:
        return options
    options[0].points, options[0].satisfied, options[0].strict = 100, True, True
    for option in options[1:-1]:
        option.points = draw(st.integers(0, 99))
        option.satisfied = option is not options[1] and draw(st.booleans())
    last = options[-1]
    last.valid = draw(st.booleans())
    last.points = 0 if last.valid else None
    return options


def _normal(label: str) -> str:
    return Option(key="x", label=label).label


@st.composite
def _section(draw: Any, keys: list[str]) -> Section:
    """What is scored is about somebody."""
    subject_kind = draw(st.sampled_from(["", *KINDS]))
    questions = [draw(_question(key, may_score=bool(subject_kind))) for key in keys]
    return Section(subject_kind=subject_kind, title=draw(MAYBE), title_en=draw(MAYBE), questions=questions)


@st.composite
def _question(draw: Any, key: str, *, may_score: bool) -> Question:
    kind = draw(st.sampled_from(list(Kind)))
    scored = may_score and kind in (Kind.rating, Kind.matrix) and draw(st.booleans())
    question = Question(
        key=key, kind=kind, label=draw(ANY_LABEL), label_en=draw(MAYBE), required=draw(st.booleans()), scored=scored,
        weight=draw(st.integers(1, 1000)),
    )  # fmt: skip
    if kind in (Kind.rating, Kind.single, Kind.multiple, Kind.matrix):
        question.options = draw(_options(scored=scored))
    if kind == Kind.matrix:
        keys = draw(st.lists(NAME, min_size=1, max_size=4, unique=True))
        question.rows = [Row(key=k, label=draw(ANY_LABEL), label_en=draw(MAYBE)) for k in keys]
    if kind == Kind.number:
        question.decimals = draw(st.booleans())
        low, high = sorted(draw(st.tuples(_bound, _bound)))
        question.minimum, question.maximum = draw(
            st.sampled_from([(None, None), (low, None), (None, high), (low, high)])
        )
    return question


_bound = st.one_of(st.integers(-1000, 1000).map(float), st.floats(-1e6, 1e6).map(lambda x: round(x, 4)))


@st.composite
def definitions(draw: Any) -> Definition:
    keys = draw(st.lists(NAME, min_size=1, max_size=6, unique=True))
    cuts = sorted(draw(st.lists(st.integers(1, len(keys)), max_size=2, unique=True)))
    pieces = [keys[a:b] for a, b in zip([0, *cuts], [*cuts, len(keys)], strict=True) if keys[a:b]]
    return Definition(
        title=draw(LABEL),
        title_en=draw(MAYBE),
        intro=draw(st.one_of(st.just(""), LABEL, st.just("第一行\n第二行"))),
        intro_en=draw(MAYBE),
        smallest_cell=draw(st.integers(5, 50)),
        sections=[draw(_section(piece)) for piece in pieces],
    )
