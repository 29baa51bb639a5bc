"""The steps of the editor, each a pure change of a draft: add, move, copy, remove. A step names its place: `up:0.2`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from app.core import forms
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.surveys.instruments.builtins import five_point_scale, grade_scale, satisfaction_scale
from app.surveys.instruments.definition import (
    CHOICES,
    MOST_OPTIONS,
    MOST_ROWS,
    MOST_SECTIONS,
    Definition,
    Kind,
    Option,
    Question,
    Row,
    Section,
)

_NUMBERED = re.compile(r"(.+?)_\d+")
# What can be added: a kind, with the scale it starts from.
TEMPLATES: dict[str, tuple[Kind, Callable[[], list[Option]]]] = {
    "rating": (Kind.rating, satisfaction_scale),
    "rating5": (Kind.rating, five_point_scale),
    "grade": (Kind.rating, grade_scale),
    "matrix": (Kind.matrix, satisfaction_scale),
    "single": (Kind.single, lambda: [Option(key="o1"), Option(key="o2")]),
    "multiple": (Kind.multiple, lambda: [Option(key="o1"), Option(key="o2")]),
    "number": (Kind.number, list),
    "text": (Kind.text, list),
}


def new_definition(title: str, title_en: str = "") -> Definition:
    """Where a new questionnaire starts: one section with one rating."""
    return Definition(title=title, title_en=title_en, sections=[Section(questions=[_new_question("rating", set())])])


def apply(definition: Definition, op: str) -> tuple[Definition, str]:
    """The draft after a step, and the id of the place on the page where it happened."""
    verb, _colon, rest = op.partition(":")
    place, _colon, kind = rest.partition(":")
    step = _STEPS.get(verb)
    if step is None:
        raise _refused()
    draft = definition.model_copy(deep=True)
    try:
        path = [int(part) for part in place.split(".")] if place else []
        focus = step(draft, path, kind)
    except (IndexError, ValueError, KeyError):
        raise _refused() from None
    return draft, focus


def _refused() -> Invalid:
    return Invalid(_("没有这一步操作。"), code="unknown_step", field="op")


def _full(message: str) -> Invalid:
    return Invalid(message, code="full", field="op")


def anchor(*path: int) -> str:
    """The id of a section (one number) or a question (two) on the editor's page."""
    return "-".join(("s" if len(path) == 1 else "q", *map(str, path)))


def _at(items: list[Any], index: int) -> int:
    if not 0 <= index < len(items):
        raise IndexError(index)
    return index


def _section(draft: Definition, path: list[int]) -> Section:
    return draft.sections[_at(draft.sections, path[0])]


def _question(draft: Definition, path: list[int]) -> Question:
    questions = _section(draft, path).questions
    return questions[_at(questions, path[1])]


def _keys(draft: Definition) -> set[str]:
    return {q.key for _section, q in draft.questions()}


def free_key(wanted: str, taken: set[str]) -> str:
    """`wanted`, else with the next number: overall, overall_2, overall_3."""
    if wanted not in taken:
        return wanted
    found = _NUMBERED.fullmatch(wanted)
    base = (found[1] if found else wanted)[:34] or "q"
    number = 2
    while f"{base}_{number}" in taken:
        number += 1
    return f"{base}_{number}"


def _next_key(letter: str, taken: set[str]) -> str:
    number = 1
    while f"{letter}{number}" in taken:
        number += 1
    return f"{letter}{number}"


def _new_question(template: str, taken: set[str]) -> Question:
    kind, scale = TEMPLATES[template]
    return Question(
        key=_next_key("q", taken),
        kind=kind,
        required=kind in (Kind.rating, Kind.matrix),
        options=scale(),
        rows=[Row(key="r1"), Row(key="r2")] if kind == Kind.matrix else [],
        scored=kind in (Kind.rating, Kind.matrix),
    )


def _add(draft: Definition, path: list[int], kind: str) -> str:
    section = _section(draft, path)
    section.questions.append(_new_question(kind, _keys(draft)))
    return anchor(path[0], len(section.questions) - 1)


def _copy(draft: Definition, path: list[int], _kind: str) -> str:
    question = _question(draft, path).model_copy(deep=True)
    question.key = free_key(question.key, _keys(draft))
    _section(draft, path).questions.insert(path[1] + 1, question)
    return anchor(path[0], path[1] + 1)


def _remove(draft: Definition, path: list[int], _kind: str) -> str:
    _question(draft, path)
    del _section(draft, path).questions[path[1]]
    return anchor(path[0])


def _up(draft: Definition, path: list[int], _kind: str) -> str:
    """One place up; from the top of a section to the end of the one before."""
    question, (i, j) = _question(draft, path), path
    del draft.sections[i].questions[j]
    if j == 0 and i > 0:
        draft.sections[i - 1].questions.append(question)
        return anchor(i - 1, len(draft.sections[i - 1].questions) - 1)
    draft.sections[i].questions.insert(max(j - 1, 0), question)
    return anchor(i, max(j - 1, 0))


def _down(draft: Definition, path: list[int], _kind: str) -> str:
    question, (i, j) = _question(draft, path), path
    del draft.sections[i].questions[j]
    if j == len(draft.sections[i].questions) and i + 1 < len(draft.sections):
        draft.sections[i + 1].questions.insert(0, question)
        return anchor(i + 1, 0)
    draft.sections[i].questions.insert(j + 1, question)
    return anchor(i, min(j + 1, len(draft.sections[i].questions) - 1))


def _add_option(draft: Definition, path: list[int], _kind: str) -> str:
    question = _question(draft, path)
    if question.kind not in CHOICES:
        raise ValueError(question.kind)
    if len(question.options) >= MOST_OPTIONS:
        raise _full(_("最多 %(n)s 个选项。", n=MOST_OPTIONS))
    question.options.append(Option(key=_next_key("o", {o.key for o in question.options})))
    return anchor(*path[:2])


def _remove_option(draft: Definition, path: list[int], _kind: str) -> str:
    options = _question(draft, path).options
    del options[_at(options, path[2])]
    return anchor(*path[:2])


def _add_row(draft: Definition, path: list[int], _kind: str) -> str:
    question = _question(draft, path)
    if question.kind != Kind.matrix:
        raise ValueError(question.kind)
    if len(question.rows) >= MOST_ROWS:
        raise _full(_("最多 %(n)s 行。", n=MOST_ROWS))
    question.rows.append(Row(key=_next_key("r", {r.key for r in question.rows})))
    return anchor(*path[:2])


def _remove_row(draft: Definition, path: list[int], _kind: str) -> str:
    rows = _question(draft, path).rows
    del rows[_at(rows, path[2])]
    return anchor(*path[:2])


def _add_section(draft: Definition, _path: list[int], _kind: str) -> str:
    if len(draft.sections) >= MOST_SECTIONS:
        raise _full(_("最多 %(n)s 个部分。", n=MOST_SECTIONS))
    draft.sections.append(Section())
    return anchor(len(draft.sections) - 1)


def _remove_section(draft: Definition, path: list[int], _kind: str) -> str:
    _section(draft, path)
    del draft.sections[path[0]]
    return anchor(max(path[0] - 1, 0))


def _move_section(by: int) -> Callable[[Definition, list[int], str], str]:
    def move(draft: Definition, path: list[int], _kind: str) -> str:
        section = _section(draft, path)
        to = min(max(path[0] + by, 0), len(draft.sections) - 1)
        del draft.sections[path[0]]
        draft.sections.insert(to, section)
        return anchor(to)

    return move


_STEPS: dict[str, Callable[[Definition, list[int], str], str]] = {
    "save": lambda _draft, _path, _kind: "",
    "add": _add,
    "copy": _copy,
    "remove": _remove,
    "up": _up,
    "down": _down,
    "add_option": _add_option,
    "remove_option": _remove_option,
    "add_row": _add_row,
    "remove_row": _remove_row,
    "add_section": _add_section,
    "remove_section": _remove_section,
    "up_section": _move_section(-1),
    "down_section": _move_section(1),
}


def control(draft: Definition, op: str, focus: str) -> str:
    """The id of the control that a step leads to: what it added, or the same button where the part is now."""
    verb = op.partition(":")[0]
    if verb == "save":
        return "do-save"
    path = [int(number) for number in focus.split("-")[1:]]
    place = ".".join(map(str, path))
    if len(path) == 1:
        return f"do-{verb}:{place}" if verb in ("up_section", "down_section") else f"f-sections.{place}.title"
    question, at = draft.sections[path[0]].questions[path[1]], f"f-sections.{path[0]}.questions.{path[1]}"
    if verb == "add_option":
        return f"{at}.options.{len(question.options) - 1}.label"
    if verb == "add_row":
        return f"{at}.rows.{len(question.rows) - 1}.label"
    return f"{at}.label" if verb in ("add", "copy") else f"do-{verb.replace('remove', 'add')}:{place}"


def skeleton(values: Any) -> Definition | None:
    """The shape of a refused form, so that it is shown again as it was: which questions, options and rows it had.

    The texts themselves come from what was typed. None where the shape itself makes no sense.
    """
    pairs = [(name, text) for name, typed in values.items() for text in (typed if isinstance(typed, list) else [typed])]
    raw = forms.to_json([(n, t) for n, t in pairs if isinstance(t, str)], Definition)
    try:
        return Definition(sections=[_bare_section(s) for s in raw.get("sections", [])])
    except (ValueError, TypeError, AttributeError, KeyError):
        return None


def _bare_section(raw: dict[str, Any]) -> Section:
    questions = [
        Question(
            key=q["key"],
            kind=q["kind"],
            options=[Option(key=o["key"]) for o in q.get("options", [])],
            rows=[Row(key=r["key"]) for r in q.get("rows", [])],
        )
        for q in raw.get("questions", [])
    ]
    return Section(subject_kind=raw.get("subject_kind", ""), questions=questions)
