"""Bodies and answers of corrections: sheets of a published round that were forgotten, entered twice or wrongly."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from app.core.schemas import Body, Read
from app.surveys.answering.schemas import SubjectRead
from app.surveys.instruments.definition import Definition
from app.surveys.scores.schemas import FigureRead

Kind = Literal["forgotten", "twice", "wrong"]
MOST_CHANGES = 200


class SheetCorrection(Body):
    """One sheet: what was entered (`was`; nothing for a forgotten one), and what stands on paper (`should`)."""

    kind: Kind
    stratum: Annotated[str, StringConstraints(max_length=60)] = ""
    was: dict[str, Any] = Field(default_factory=dict)
    should: dict[str, Any] = Field(default_factory=dict)


class ChangeDropped(Body):
    """The place of a change in the list, from 0."""

    position: Annotated[int, Field(ge=0, lt=MOST_CHANGES)]


class CorrectionForm(Read):
    """The questionnaire without its free texts, which no correction carries; `strata` are those that are counted."""

    action: str
    round_id: UUID
    title: str
    period: str
    version: int
    kind: Kind
    published: bool
    definition: Definition
    subjects: list[SubjectRead]
    strata: list[str]


class AnswerChanged(Read):
    """One question about one subject: what was entered and what stands on paper, in words."""

    subject: str
    question: str
    was: str
    should: str


class ChangeRead(Read):
    """One sheet of a correction; of one entered wrongly only the questions that differ."""

    kind: Kind
    stratum: str
    answers: list[AnswerChanged]


class EffectRead(Read):
    """What the new revision would say of a subject, suppressed where the public would not see it either."""

    subject_key: str
    name: str
    now: FigureRead | None
    then: FigureRead
    changes: bool


class CorrectionDraftRead(Read):
    """The correction of a round that waits for its second person; without changes where there is none yet.

    `problem` says why it cannot be published as it stands, `refusal` why whoever asks may not be its second person.
    """

    round_id: UUID
    title: str
    period: str
    version: int
    published: bool
    revision: int
    invited: int
    answered: int
    answered_then: int
    smallest_cell: int
    reason: str
    proposed_by: list[str]
    changes: list[ChangeRead]
    effects: list[EffectRead]
    problem: str
    refusal: str


class CorrectionPublished(Read):
    round_id: UUID
    revision: int
    answered: int
