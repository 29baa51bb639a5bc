"""What may be published, and what is said beside which field where not."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from hypothesis import given, settings

from app.surveys.instruments import lint
from app.surveys.instruments.builtins import BUILT_IN, five_point_scale, satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Row, Section, hash_of
from tests.surveys.instruments.made import definitions

AT = "sections.0.questions.0"


def _codes(definition: Definition) -> dict[str, str]:
    return {error["field"]: error["code"] for error in lint.problems(definition)}


def _one(**changes: Any) -> Definition:
    question = Question(
        key="overall", kind=Kind.rating, label="您是否满意？", options=satisfaction_scale(), scored=True, required=True
    )
    return Definition(
        title="评议", sections=[Section(subject_kind="activity", questions=[question.model_copy(update=changes)])]
    )


def test_a_sound_one_has_no_findings() -> None:
    assert _codes(_one()) == {}


def test_what_is_scored_is_about_somebody() -> None:
    """It would be answered and be in no score: said beside its box, and gone with either way out."""
    definition = _one()
    definition.sections[0].subject_kind = ""
    assert _codes(definition) == {f"{AT}.scored": "scored_without_subject"}
    definition.sections[0].questions[0].scored = False
    assert _codes(definition) == {}


@pytest.mark.parametrize("key", BUILT_IN)
def test_built_in_ones_are_sound(key: str) -> None:
    assert lint.problems(BUILT_IN[key]) == []


@given(definitions())
@settings(max_examples=60, deadline=None)
def test_the_random_ones_of_these_tests_are_sound(definition: Definition) -> None:
    assert lint.problems(definition) == []


def _scale(**changes: dict[str, Any]) -> list[Option]:
    return [o.model_copy(update=changes.get(o.key, {})) for o in satisfaction_scale()]


UNSOUND: list[tuple[dict[str, Any], str, str]] = [
    ({"label": ""}, f"{AT}.label", "missing"),
    ({"options": []}, f"{AT}.options", "few_options"),
    ({"options": satisfaction_scale()[:1]}, f"{AT}.options", "few_options"),
    ({"weight": 0}, f"{AT}.weight", "weight_zero"),
    ({"options": satisfaction_scale()[3:], "scored": True}, f"{AT}.options", "few_options"),
    ({"options": [o for o in satisfaction_scale() if o.strict or not o.valid]}, f"{AT}.options", "no_valid_option"),
    ({"options": _scale(dissatisfied={"satisfied": True})}, f"{AT}.options", "all_alike"),
    ({"options": _scale(satisfied={"strict": False})}, f"{AT}.options", "one_top"),
    ({"options": _scale(basically_satisfied={"strict": True})}, f"{AT}.options", "one_top"),
    ({"options": _scale(satisfied={"points": 10})}, f"{AT}.options", "top_not_highest"),
    ({"options": _scale(dissatisfied={"points": None})}, f"{AT}.options.2.points", "no_points"),
    ({"options": _scale(dont_know={"points": 50})}, f"{AT}.options.3.points", "invalid_counts"),
    ({"options": _scale(dont_know={"satisfied": True})}, f"{AT}.options.3.points", "invalid_counts"),
    ({"options": _scale(dissatisfied={"label": "满意"})}, f"{AT}.options.2.label", "double_label"),
    ({"options": _scale(dissatisfied={"key": "satisfied"})}, f"{AT}.options.2.key", "double_key"),
    ({"options": _scale(dissatisfied={"label": ""})}, f"{AT}.options.2.label", "missing"),
    ({"kind": Kind.single}, f"{AT}.scored", "not_scorable"),
    ({"kind": Kind.text, "scored": False}, f"{AT}.options", "options_unused"),
    ({"kind": Kind.matrix}, f"{AT}.rows", "no_rows"),
    ({"kind": Kind.matrix, "rows": [Row(key="a")]}, f"{AT}.rows.0.label", "missing"),
    ({"rows": [Row(key="a", label="行")]}, f"{AT}.rows", "rows_unused"),
    ({"kind": "number", "options": [], "scored": False, "minimum": 2, "maximum": 1}, f"{AT}.maximum", "range_order"),
]  # fmt: skip


@pytest.mark.parametrize(("changes", "field", "code"), UNSOUND)
def test_what_cannot_be_scored_or_answered_is_said_beside_its_field(
    changes: dict[str, Any], field: str, code: str
) -> None:
    assert _codes(_one(**changes)).get(field) == code


def test_a_key_belongs_to_one_question_only() -> None:
    definition = _one()
    definition.sections.append(definition.sections[0].model_copy(deep=True))
    assert _codes(definition) == {"sections.1.questions.0.key": "double_key"}


def test_a_title_and_a_question_are_the_least() -> None:
    assert _codes(Definition()) == {"title": "missing", "sections": "no_questions"}


def test_the_hash_is_that_of_the_canonical_text() -> None:
    definition = _one()
    plain = json.dumps(definition.model_dump(mode="json"), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert hash_of(definition) == hashlib.sha256(plain.encode()).hexdigest()
    assert hash_of(Definition.model_validate(json.loads(plain))) == hash_of(definition)
    assert hash_of(_one(weight=2)) != hash_of(definition)


def test_points_of_the_five_point_scale_are_the_index_of_the_field() -> None:
    points = [o.points for o in five_point_scale() if o.valid]
    assert points == [round(100 * (mean - 1) / 4) for mean in (5, 4, 3, 2, 1)]
    assert [o.key for o in five_point_scale() if o.satisfied] == ["5", "4"]


@pytest.mark.parametrize(
    "bad", [{"key": "A"}, {"key": "1a"}, {"key": "a.b"}, {"key": ""}, {"weight": -1}, {"label": "x" * 501}]
)
def test_the_model_refuses_what_no_draft_may_hold(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(bad))):
        Question(**{"key": "ok", **bad})
