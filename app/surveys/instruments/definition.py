"""What a version of an instrument asks and how each answer counts. A published definition never changes.

A draft may be unfinished: the models only bound it. `lint.problems` says what keeps it from being published.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints
from pydantic_core import PydanticCustomError

from app.core import i18n
from app.core.schemas import Body, LineOrEmpty, LongLineOrEmpty, Prose
from app.surveys.instruments.subjects import SubjectKind

SMALLEST_CELL = 5
MOST_SECTIONS, MOST_QUESTIONS, MOST_OPTIONS, MOST_ROWS = 12, 60, 20, 30
LARGEST_NUMBER = 1_000_000_000
LARGEST_TEXT = 2000
# The editor's form carries every field of every question; the server reads so many fields of a form, not more.
MOST_FIELDS = 2700
_FIELDS = {"question": 12, "option": 6, "row": 3, "section": 4}

NameKey = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_]*$", max_length=40)]
OptionKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$", max_length=40)]


class Kind(StrEnum):
    """How a question is answered."""

    rating = "rating"
    single = "single"
    multiple = "multiple"
    matrix = "matrix"
    number = "number"
    text = "text"


CHOICES = frozenset({Kind.rating, Kind.single, Kind.multiple, Kind.matrix})
SCORED = frozenset({Kind.rating, Kind.matrix})


class Option(Body):
    """A possible answer. `points` 0–100; `strict` is the top of the scale; not `valid` means it is no vote at all."""

    key: OptionKey
    label: LineOrEmpty = ""
    label_en: LineOrEmpty = ""
    points: Annotated[int, Field(ge=0, le=100)] | None = None
    satisfied: bool = False
    strict: bool = False
    valid: bool = True


class Row(Body):
    """A line of a matrix: an item that is rated on the matrix's scale."""

    key: NameKey
    label: LineOrEmpty = ""
    label_en: LineOrEmpty = ""


def _finite(value: float) -> float:
    if not abs(value) <= LARGEST_NUMBER:
        raise PydanticCustomError("less_than_equal", "too large", {"le": LARGEST_NUMBER})
    return value


Bound = Annotated[float, AfterValidator(_finite)]


class Question(Body):
    """One question; its key is its own in the whole instrument."""

    key: NameKey
    kind: Kind = Kind.rating
    label: LongLineOrEmpty = ""
    label_en: LongLineOrEmpty = ""
    required: bool = False
    options: list[Option] = Field(default_factory=list, max_length=MOST_OPTIONS)
    rows: list[Row] = Field(default_factory=list, max_length=MOST_ROWS)
    minimum: Bound | None = None
    maximum: Bound | None = None
    decimals: bool = False
    weight: Annotated[int, Field(ge=0, le=1000)] = 1
    scored: bool = False


class Section(Body):
    """Questions about each subject of one kind in the round, or (`subject_kind` empty) asked once."""

    subject_kind: SubjectKind | Literal[""] = ""
    title: LineOrEmpty = ""
    title_en: LineOrEmpty = ""
    questions: list[Question] = Field(default_factory=list, max_length=MOST_QUESTIONS)


class Definition(Body):
    """An instrument as it is put before people."""

    title: LineOrEmpty = ""
    title_en: LineOrEmpty = ""
    intro: Prose = ""
    intro_en: Prose = ""
    sections: list[Section] = Field(default_factory=list, max_length=MOST_SECTIONS)
    smallest_cell: Annotated[int, Field(ge=SMALLEST_CELL, le=50)] = SMALLEST_CELL
    method: Literal["satisfied-v1"] = "satisfied-v1"

    def questions(self) -> Iterator[tuple[Section, Question]]:
        for section in self.sections:
            for question in section.questions:
                yield section, question

    def subject_kinds(self) -> list[str]:
        """The kinds of subjects that are judged, in the order of the sections."""
        return list(dict.fromkeys(s.subject_kind for s in self.sections if s.subject_kind))

    def fields(self) -> int:
        """How many fields the editor's form has."""
        total = len(self.sections) * _FIELDS["section"]
        for _section, q in self.questions():
            total += _FIELDS["question"] + len(q.options) * _FIELDS["option"] + len(q.rows) * _FIELDS["row"]
        return total


def canonical(definition: Definition) -> str:
    """One text for one definition: keys sorted, no spaces, UTF-8."""
    plain = definition.model_dump(mode="json")
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def hash_of(definition: Definition) -> str:
    return hashlib.sha256(canonical(definition).encode()).hexdigest()


def label(item: Option | Row | Question) -> str:
    """In the reader's language, where the author gave one."""
    return item.label_en if i18n.get_locale() == i18n.ENGLISH and item.label_en else item.label


def title(item: Section | Definition) -> str:
    return item.title_en if i18n.get_locale() == i18n.ENGLISH and item.title_en else item.title


def intro(definition: Definition) -> str:
    return definition.intro_en if i18n.get_locale() == i18n.ENGLISH and definition.intro_en else definition.intro
