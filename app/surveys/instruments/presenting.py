"""Putting a definition before somebody who answers: which questions, for which subjects, one by one or all at once.

`templates/surveys/answer/questions.html` shows what is prepared here; the preview and the real page use the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from app.core.i18n import gettext as _
from app.surveys.instruments import definition as definitions
from app.surveys.instruments.answers import field_name
from app.surveys.instruments.definition import Definition, Option, Question, Row, Section
from app.surveys.instruments.subjects import EXAMPLES, GENERAL, Subject


def _written(item: Option | Row | Question) -> str:
    """The label, or that there is none yet: a draft is looked at before it is finished."""
    return definitions.label(item) or _("（还没有写）")


@dataclass(frozen=True)
class Asked:
    """A question as it is put about one subject. `name` is that of its form control; `value` what was answered."""

    name: str
    question: Question
    value: Any
    subject_name: str = ""

    @property
    def kind(self) -> str:
        return self.question.kind

    @property
    def label(self) -> str:
        return _written(self.question)

    @property
    def options(self) -> list[tuple[str, str]]:
        return [(option.key, _written(option)) for option in self.question.options]

    @property
    def rows(self) -> list[tuple[str, str, str]]:
        """Name of the control, label, and what was answered."""
        given = self.value if isinstance(self.value, Mapping) else {}
        return [(f"{self.name}.{row.key}", _written(row), given.get(row.key, "")) for row in self.question.rows]

    @property
    def chosen(self) -> list[str]:
        """The keys of the chosen options, of whichever form the answer has."""
        if isinstance(self.value, Mapping):
            return [key for key, ticked in self.value.items() if ticked]
        if isinstance(self.value, list | tuple):
            return [str(key) for key in self.value]
        return [] if self.value in (None, "") else [str(self.value)]


@dataclass(frozen=True)
class Part:
    """A section as it is put about one subject."""

    title: str
    subject: Subject | None
    questions: list[Asked]


def parts(definition: Definition, subjects: Sequence[Subject], answers: Mapping[str, Any] | None = None) -> list[Part]:
    """Every section as often as it is asked, in order, with what was answered before."""
    return list(_parts(definition, subjects, answers or {}))


def _parts(definition: Definition, subjects: Sequence[Subject], answers: Mapping[str, Any]) -> Iterator[Part]:
    for section in definition.sections:
        about: list[Subject | None] = [s for s in subjects if s.kind == section.subject_kind]
        for subject in about if section.subject_kind else [None]:
            yield _part(section, subject, answers)


def _part(section: Section, subject: Subject | None, answers: Mapping[str, Any]) -> Part:
    key = subject.key if subject else GENERAL
    given = answers.get(key)
    given = given if isinstance(given, Mapping) else {}
    asked = [
        Asked(field_name(key, q.key), q, given.get(q.key), subject.name if subject else "") for q in section.questions
    ]
    return Part(definitions.title(section), subject, asked)


def steps(found: Sequence[Part]) -> list[Asked]:
    """The same, one question after the other, for one question a screen."""
    return [asked for part in found for asked in part.questions]


def examples(definition: Definition) -> list[Subject]:
    """Made-up subjects, for a preview."""
    return [
        Subject(f"{kind}_{number}", kind, _(name))
        for kind in definition.subject_kinds()
        for number, name in enumerate(EXAMPLES[kind], 1)
    ]
