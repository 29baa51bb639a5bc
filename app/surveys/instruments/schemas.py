"""What is sent and shown about instruments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from app.core.schemas import Body, Line, LineOrEmpty, Read
from app.surveys.instruments.definition import (
    MOST_OPTIONS,
    MOST_QUESTIONS,
    MOST_SECTIONS,
    Definition,
    NameKey,
    Option,
    Question,
    Section,
)

Counts = Literal["top", "satisfied", "other", "invalid"]
Step = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(:[0-9.]{1,12})?(:[a-z0-9_]+)?$", max_length=60)]


class InstrumentCreate(Body):
    """A new questionnaire; without a key it gets the next free one."""

    title: Line
    title_en: LineOrEmpty = ""
    key: NameKey | None = None
    community_id: UUID | None = None


class InstrumentCopy(Body):
    """What a copy is called; by default as the original, and a free key."""

    title: Line | None = None
    key: NameKey | None = None
    community_id: UUID | None = None


class DraftOption(Option):
    """An option as the editor sends it: `counts` says in one word what three marks say."""

    counts: Counts | None = None

    @model_validator(mode="after")
    def _marks(self) -> DraftOption:
        if self.counts is not None:
            self.strict = self.counts == "top"
            self.satisfied = self.counts in ("top", "satisfied")
            self.valid = self.counts != "invalid"
        return self


class DraftQuestion(Question):
    """A question as the editor sends it."""

    options: list[DraftOption] = Field(default_factory=list, max_length=MOST_OPTIONS)  # type: ignore[assignment]


class DraftSection(Section):
    """A section as the editor sends it. `place` says that it is there, though nothing is in it yet."""

    place: Annotated[int, Field(ge=1, le=MOST_SECTIONS)] | None = None
    questions: list[DraftQuestion] = Field(default_factory=list, max_length=MOST_QUESTIONS)  # type: ignore[assignment]


class DraftWrite(Definition):
    """The whole draft, and what to do with it: `save`, `publish`, or a step such as `add:0:rating` or `up:0.2`."""

    sections: list[DraftSection] = Field(default_factory=list, max_length=MOST_SECTIONS)  # type: ignore[assignment]
    op: Step = "save"

    def definition(self) -> Definition:
        only_sent: Any = {"__all__": {"place": True, "questions": {"__all__": {"options": {"__all__": {"counts"}}}}}}
        return Definition.model_validate(self.model_dump(exclude={"op": True, "sections": only_sent}))


class VersionRead(Read):
    """A version of an instrument."""

    id: UUID
    number: int
    state: str
    hash: str
    published_at: datetime | None


class InstrumentRead(Read):
    """A questionnaire. `community_id` null: built in. `published_number` null: never published."""

    id: UUID
    community_id: UUID | None
    community_name: str
    key: str
    title: str
    title_en: str
    retired_at: datetime | None
    published_number: int | None
    has_draft: bool
    questions: int
    subject_kinds: list[str]
    version: int


class InstrumentDetail(InstrumentRead):
    """A questionnaire with its versions, the latest first, and what the newest asks."""

    versions: list[VersionRead]
    definition: Definition
    editable: bool


class VersionDetail(VersionRead):
    """What one version asks."""

    instrument_id: UUID
    instrument_key: str
    instrument_title: str
    definition: Definition


class DraftRead(VersionDetail):
    """The version that is being edited. `version` is what `If-Match` names.

    `focus` is the part of the page where the last step happened, `control` what gets the cursor there.
    """

    version: int
    focus: str = ""
    control: str = ""


class PreviewRead(Read):
    """What a person who answers will see."""

    instrument_id: UUID
    title: str
    number: int
    state: str
    definition: Definition
    step: int


class UnusedRow(Read):
    """A row of an imported form that could not be used, or not wholly."""

    sheet: str
    row: int
    message: str


class ImportedForm(Read):
    """What came of an imported XLSForm."""

    instrument: InstrumentRead
    unused: list[UnusedRow]
