"""Answers against a definition. Whatever is sent, the only way to say no is `Invalid`, with a message per field.

Raw answers are `{subject_key: {question_key: value}}`, the general section under "". A value is an option key, a list
of option keys (or, as forms send it, `{option: "on"}`), `{row: option key}`, a number, or text. Nothing answered is
null, "" or an empty list or object.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import TypeAdapter, ValidationError

from app.core.errors import FieldError, Invalid
from app.core.i18n import gettext as _
from app.core.schemas import Prose
from app.surveys.instruments.definition import LARGEST_NUMBER, LARGEST_TEXT, Definition, Kind, Question
from app.surveys.instruments.subjects import GENERAL, Subject

_PROSE: TypeAdapter[str] = TypeAdapter(Prose)
_MOST_ERRORS = 100
_LONGEST_NUMBER = 30
_TICKED = ("on", "true", "1", True)


@dataclass(frozen=True)
class Checked:
    """Answers in one form: ratings, choices and numbers by subject; texts apart under "subject_key.question_key"."""

    ratings: dict[str, dict[str, Any]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def answered(self) -> bool:
        return any(self.ratings.values()) or bool(self.texts)


def field_name(subject_key: str, question_key: str, row: str = "") -> str:
    """What a control of this question is called in a form and in errors."""
    return f"a.{subject_key}.{question_key}" + (f".{row}" if row else "")


def asked(definition: Definition, subjects: Sequence[Subject]) -> Iterator[tuple[str, Question]]:
    """Every question as often as it is asked, in order, with the key of its subject ("" for the general sections)."""
    for section in definition.sections:
        keys = [s.key for s in subjects if s.kind == section.subject_kind] if section.subject_kind else [GENERAL]
        for key in keys:
            for question in section.questions:
                yield key, question


def check(definition: Definition, subjects: Sequence[Subject], raw: Any, *, final: bool) -> Checked:
    """The answers, or `Invalid` naming each field at fault. Unless `final`, required questions may still be open."""
    errors = _Errors()
    given = _by_subject(definition, subjects, raw, errors)
    checked = Checked()
    for key, question in asked(definition, subjects):
        value = _READERS[question.kind](question, given.get(key, {}).get(question.key), errors.at(key, question.key))
        if value is None:
            continue
        if isinstance(value, str) and question.kind == Kind.text:
            checked.texts[f"{key}.{question.key}"] = value
        else:
            checked.ratings.setdefault(key, {})[question.key] = value
    if final:
        _require(definition, subjects, checked, errors)
    errors.raise_if_any()
    return checked


class _Errors:
    """Messages by field, the first of each; a flood of them is cut."""

    def __init__(self) -> None:
        self.found: dict[str, FieldError] = {}

    def add(self, name: str, message: str, code: str) -> None:
        if name not in self.found and len(self.found) < _MOST_ERRORS:
            self.found[name] = {"field": name, "message": message, "code": code}

    def at(self, subject: str, question: str) -> _At:
        def add(message: str, code: str, row: str = "") -> None:
            self.add(field_name(subject, question, row), message, code)

        return add

    def raise_if_any(self) -> None:
        if self.found:
            raise Invalid(_("有些回答需要改正。"), code="answers_invalid", errors=list(self.found.values()))


_At = Callable[..., None]


def _name_of(key: object) -> str:
    """A key that somebody made up, short and printable, for an error message's address."""
    text = key if isinstance(key, str) else type(key).__name__
    return "".join(c for c in text[:40] if c.isprintable() and c.isascii()) or "?"


def _by_subject(
    definition: Definition, subjects: Sequence[Subject], raw: Any, errors: _Errors
) -> Mapping[str, Mapping[str, Any]]:
    if raw is None:
        return {}
    if not isinstance(raw, Mapping):
        errors.add("a", _("回答的格式不对。"), "answers_format")
        return {}
    known: dict[str, set[str]] = {}
    for key, question in asked(definition, subjects):
        known.setdefault(key, set()).add(question.key)
    given: dict[str, Mapping[str, Any]] = {}
    for key, answers in raw.items():
        if not isinstance(key, str) or key not in known:
            errors.add(f"a.{_name_of(key)}", _("没有这个评议对象。"), "unknown_subject")
        elif not isinstance(answers, Mapping):
            errors.add(f"a.{key}", _("回答的格式不对。"), "answers_format")
        else:
            given[key] = answers
            for name in answers:
                if not isinstance(name, str) or name not in known[key]:
                    errors.add(field_name(key, _name_of(name)), _("没有这道题。"), "unknown_question")
    return given


def _open(value: Any) -> bool:
    return value is None or (isinstance(value, str) and not value.strip()) or value in ([], {}, ())


def _option(question: Question, value: Any, add: _At, row: str = "") -> str | None:
    if isinstance(value, str) and any(option.key == value for option in question.options):
        return value
    add(_("请从给出的选项中选择。"), "unknown_option", row)
    return None


def _one(question: Question, value: Any, add: _At) -> str | None:
    return None if _open(value) else _option(question, value, add)


def _several(question: Question, value: Any, add: _At) -> list[str] | None:
    if _open(value):
        return None
    if isinstance(value, Mapping):
        chosen: list[Any] = [key for key, ticked in value.items() if _is_ticked(ticked)]
    elif isinstance(value, list | tuple):
        chosen = list(value)
    else:
        chosen = [value]
    picked = {item for item in chosen[: len(question.options) + 1] if isinstance(item, str)}
    keys = [option.key for option in question.options if option.key in picked]
    if len(keys) != len(chosen):
        add(_("请从给出的选项中选择。"), "unknown_option")
        return None
    return keys or None


def _is_ticked(value: Any) -> bool:
    return isinstance(value, str | bool) and value in _TICKED


def _rows(question: Question, value: Any, add: _At) -> dict[str, str] | None:
    if _open(value):
        return None
    if not isinstance(value, Mapping):
        add(_("回答的格式不对。"), "answers_format")
        return None
    known = {row.key for row in question.rows}
    for key in value:
        if not isinstance(key, str) or key not in known:
            add(_("没有这一项。"), "unknown_row", _name_of(key))
    chosen: dict[str, str] = {}
    for row in question.rows:
        if not _open(value.get(row.key)):
            option = _option(question, value[row.key], add, row.key)
            if option is not None:
                chosen[row.key] = option
    return chosen or None


def _number(question: Question, value: Any, add: _At) -> int | float | None:
    if _open(value):
        return None
    number = _as_number(value)
    if number is None:
        add(_("请填写数字。"), "number_format")
        return None
    if not question.decimals and number != int(number):
        add(_("请填写整数。"), "number_whole")
        return None
    if question.minimum is not None and number < question.minimum:
        add(_("不能小于 %(n)s。", n=f"{question.minimum:g}"), "number_small")
        return None
    if question.maximum is not None and number > question.maximum:
        add(_("不能大于 %(n)s。", n=f"{question.maximum:g}"), "number_large")
        return None
    return int(number) if number == int(number) else number


def _as_number(value: Any) -> float | None:
    if isinstance(value, str):
        text = value.strip()
        if len(text) > _LONGEST_NUMBER or "_" in text:
            return None
        try:
            value = float(text)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return float(value) if abs(value) <= LARGEST_NUMBER else None


def _text(_question: Question, value: Any, add: _At) -> str | None:
    if _open(value):
        return None
    if not isinstance(value, str):
        add(_("请填写文字。"), "text_format")
        return None
    try:
        text = _PROSE.validate_python(value.strip())
    except ValidationError:
        text = ""
    if not text or len(text) > LARGEST_TEXT:
        add(_("文字过长或含有不能保存的字符，最多 %(n)s 字。", n=LARGEST_TEXT), "text_invalid")
        return None
    return text


_READERS: dict[Kind, Callable[[Question, Any, _At], Any]] = {
    Kind.rating: _one,
    Kind.single: _one,
    Kind.multiple: _several,
    Kind.matrix: _rows,
    Kind.number: _number,
    Kind.text: _text,
}


def _require(definition: Definition, subjects: Sequence[Subject], checked: Checked, errors: _Errors) -> None:
    for key, question in asked(definition, subjects):
        if not question.required or field_name(key, question.key) in errors.found:
            continue
        value = checked.ratings.get(key, {}).get(question.key, checked.texts.get(f"{key}.{question.key}"))
        if question.kind == Kind.matrix:
            for row in question.rows:
                if row.key not in (value or {}):
                    errors.add(field_name(key, question.key, row.key), _("请选择一项。"), "missing")
        elif value is None:
            errors.add(field_name(key, question.key), _missing(question), "missing")


def _missing(question: Question) -> str:
    if question.kind in (Kind.number, Kind.text):
        return _("请填写此项。")
    return _("请至少选择一项。") if question.kind == Kind.multiple else _("请选择一项。")
