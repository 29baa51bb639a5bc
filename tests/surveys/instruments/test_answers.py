"""Answers against a definition: what is kept, what is refused beside which field, and that junk does no more."""

from __future__ import annotations

from math import ceil, floor
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.surveys.instruments.answers import Checked, asked, check
from app.surveys.instruments.builtins import BUILT_IN, satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Row, Section
from app.surveys.instruments.subjects import Subject
from tests.surveys.instruments.made import definitions

SUBJECTS = [
    Subject("wy", "property_company", "甲物业"),
    Subject("w1", "staff", "王"),
    Subject("w2", "staff", "李", uuid4()),
]
DEFINITION = Definition(
    title="评议",
    sections=[
        Section(
            questions=[
                Question(key="age", kind=Kind.number, label="年龄", minimum=18, maximum=120),
                Question(key="why", kind=Kind.multiple, label="原因", options=[Option(key=k, label=k) for k in "abc"]),
                Question(key="words", kind=Kind.text, label="意见"),
            ]
        ),
        Section(
            subject_kind="staff",
            questions=[
                Question(key="overall", label="满意吗", options=satisfaction_scale(), required=True, scored=True),
                Question(
                    key="items", kind=Kind.matrix, label="各项", options=satisfaction_scale(), required=True,
                    rows=[Row(key="r1", label="一"), Row(key="r2", label="二")],
                ),
            ],
        ),
    ],
)  # fmt: skip
WHOLE = {"overall": "satisfied", "items": {"r1": "dissatisfied", "r2": "dont_know"}}


def _errors(raw: Any, *, final: bool = True) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        check(DEFINITION, SUBJECTS, raw, final=final)
    return {error["field"]: error["code"] for error in refused.value.errors}


def test_questions_are_asked_once_for_each_subject_of_their_kind() -> None:
    assert [(key, q.key) for key, q in asked(DEFINITION, SUBJECTS)] == [
        ("", "age"), ("", "why"), ("", "words"),
        ("w1", "overall"), ("w1", "items"), ("w2", "overall"), ("w2", "items"),
    ]  # fmt: skip


def test_whole_answers_are_kept_and_texts_apart() -> None:
    raw = {"": {"age": "42", "why": ["c", "a"], "words": " 多种树 "}, "w1": WHOLE, "w2": WHOLE}
    assert check(DEFINITION, SUBJECTS, raw, final=True) == Checked(
        ratings={"": {"age": 42, "why": ["a", "c"]}, "w1": WHOLE, "w2": WHOLE}, texts={".words": "多种树"}
    )


def test_several_choices_as_a_form_sends_them() -> None:
    checked = check(DEFINITION, SUBJECTS, {"": {"why": {"b": "on", "a": "on"}}}, final=False)
    assert checked.ratings == {"": {"why": ["a", "b"]}}


def test_required_ones_are_named_row_by_row() -> None:
    assert _errors({"w1": {"overall": "satisfied", "items": {"r2": "satisfied"}}, "w2": WHOLE}) == {
        "a.w1.items.r1": "missing"
    }
    assert set(_errors({})) == {f"a.{w}.{q}" for w in ("w1", "w2") for q in ("overall", "items.r1", "items.r2")}
    assert check(DEFINITION, SUBJECTS, None, final=False) == Checked()


@pytest.mark.parametrize(
    ("raw", "field", "code"),
    [
        ({"": {"age": "17"}}, "a..age", "number_small"),
        ({"": {"age": 121}}, "a..age", "number_large"),
        ({"": {"age": 40.5}}, "a..age", "number_whole"),
        ({"": {"age": "forty"}}, "a..age", "number_format"),
        ({"": {"age": True}}, "a..age", "number_format"),
        ({"": {"age": "NaN"}}, "a..age", "number_format"),
        ({"": {"age": "1e400"}}, "a..age", "number_format"),
        ({"": {"age": 10**400}}, "a..age", "number_format"),
        ({"": {"age": "4_2"}}, "a..age", "number_format"),
        ({"": {"why": ["a", "x"]}}, "a..why", "unknown_option"),
        ({"": {"why": ["a", "a"]}}, "a..why", "unknown_option"),
        ({"": {"why": [{}]}}, "a..why", "unknown_option"),
        ({"": {"words": "x" * 2001}}, "a..words", "text_invalid"),
        ({"": {"words": "\x00"}}, "a..words", "text_invalid"),
        ({"": {"words": "\ud800"}}, "a..words", "text_invalid"),
        ({"": {"words": 7}}, "a..words", "text_format"),
        ({"": {"nope": 1}}, "a..nope", "unknown_question"),
        ({"": []}, "a.", "answers_format"),
        ({"wy": {}}, "a.wy", "unknown_subject"),
        ({"w1": {"overall": "excellent"}}, "a.w1.overall", "unknown_option"),
        ({"w1": {"overall": ["satisfied"]}}, "a.w1.overall", "unknown_option"),
        ({"w1": {"items": "satisfied"}}, "a.w1.items", "answers_format"),
        ({"w1": {"items": {"r9": "satisfied"}}}, "a.w1.items.r9", "unknown_row"),
        ([], "a", "answers_format"),
        ("satisfied", "a", "answers_format"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(raw: Any, field: str, code: str) -> None:
    assert _errors(raw, final=False)[field] == code
    assert _errors(raw)[field] == code


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30), st.binary(max_size=5),
    st.sampled_from(["satisfied", "a", "b", "on", "r1", "", " ", "1", "٣", "١٢", "1_0", "\ud800", "0x10", 10**400]),
)  # fmt: skip
NAMES = st.one_of(st.sampled_from(["", "wy", "w1", "age", "why", "words", "overall", "items", "r1", "a"]), SCALARS)
JUNK = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=15,
)


@given(JUNK, st.booleans())
@settings(max_examples=200, deadline=None)
def test_junk_is_refused_and_nothing_worse(raw: Any, final: bool) -> None:
    _kept_or_refused(DEFINITION, SUBJECTS, raw, final=final)


@given(st.dictionaries(NAMES, st.dictionaries(NAMES, JUNK, max_size=4), max_size=3), st.booleans())
@settings(max_examples=200, deadline=None)
def test_junk_in_the_right_places_neither(raw: Any, final: bool) -> None:
    _kept_or_refused(DEFINITION, SUBJECTS, raw, final=final)


def _kept_or_refused(definition: Definition, subjects: list[Subject], raw: Any, *, final: bool) -> None:
    try:
        checked = check(definition, subjects, raw, final=final)
    except Invalid as refused:
        assert 0 < len(refused.errors) <= 100 and all(e["field"].startswith("a") for e in refused.errors)
        return
    # What was kept is kept again, word for word: drafts and sheets go through here more than once.
    assert check(definition, subjects, _raw_of(checked), final=final) == checked


def _raw_of(checked: Checked) -> dict[str, dict[str, Any]]:
    raw = {key: dict(values) for key, values in checked.ratings.items()}
    for name, text in checked.texts.items():
        subject, _dot, question = name.partition(".")
        raw.setdefault(subject, {})[question] = text
    return raw


@st.composite
def _answered(draw: Any) -> tuple[Definition, list[Subject], dict[str, Any]]:
    """A random definition with answers that somebody could give."""
    definition = draw(definitions())
    subjects = [Subject(f"{k}{n}", k, "某") for k in definition.subject_kinds() for n in range(draw(st.integers(0, 2)))]
    raw: dict[str, Any] = {}
    for key, q in asked(definition, subjects):
        if q.required or draw(st.booleans()):
            raw.setdefault(key, {})[q.key] = draw(_value(q))
    return definition, subjects, raw


def _value(q: Question) -> st.SearchStrategy[Any]:
    keys = [option.key for option in q.options]
    if q.kind in (Kind.rating, Kind.single):
        return st.sampled_from(keys)
    if q.kind == Kind.multiple:
        return st.sets(st.sampled_from(keys), min_size=1).map(lambda chosen: [k for k in keys if k in chosen])
    if q.kind == Kind.matrix:
        return st.fixed_dictionaries({row.key: st.sampled_from(keys) for row in q.rows})
    if q.kind == Kind.text:
        return st.just("一句话")
    if q.minimum is not None:
        return st.just(q.minimum if q.decimals else float(ceil(q.minimum)))
    high = 7.0 if q.maximum is None else q.maximum
    return st.just(high if q.decimals else float(floor(high)))


@given(_answered())
@settings(max_examples=80, deadline=None)
def test_every_answer_that_can_be_given_is_kept(given_: tuple[Definition, list[Subject], dict[str, Any]]) -> None:
    definition, subjects, raw = given_
    impossible = [
        q for _key, q in asked(definition, subjects)
        if q.kind == Kind.number and not q.decimals and q.minimum is not None
        and q.maximum is not None and floor(q.maximum) < ceil(q.minimum)
    ]  # fmt: skip
    if impossible:
        _kept_or_refused(definition, subjects, raw, final=True)
        return
    checked = check(definition, subjects, raw, final=True)
    assert _raw_of(checked) == {key: values for key, values in raw.items() if values}


def test_the_built_in_monthly_review_by_form() -> None:
    definition = BUILT_IN["property_monthly"]
    form = {"items": {row.key: "satisfied" for row in definition.sections[0].questions[0].rows}, "overall": "satisfied"}
    checked = check(definition, SUBJECTS, {"wy": {**form, "wishes": ""}}, final=True)
    assert checked.ratings == {"wy": form} and not checked.texts and checked.answered()
