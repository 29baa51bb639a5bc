"""What the page behind a QR code shows and takes, letters, and paper ballots."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from app.ballots.schemas import Once
from app.core.schemas import Body, Code, Read
from app.surveys.instruments.definition import Definition

MOST_STEPS = 2000


class SubjectRead(Read):
    """Somebody or something that is judged."""

    key: str
    kind: str
    name: str


class AnswerForm(Read):
    """A questionnaire as the holder of a token sees it; `answers` is what was kept before sending."""

    action: str
    title: str
    community_name: str
    period: str
    closes_at: datetime
    secrecy: str
    claim: str
    definition: Definition
    subjects: list[SubjectRead]
    answers: dict[str, dict[str, Any]] = Field(default_factory=dict)
    once: str


class AnswersSend(Body):
    """Answers by subject and question. `keep` keeps them unsent and goes on at question `step`; `send` puts them in."""

    once: Once
    then: Literal["send", "keep"] = "send"
    step: Annotated[int, Field(ge=1, le=MOST_STEPS)] | None = None
    a: dict[str, Any] = Field(default_factory=dict)


class AnswersSent(Read):
    """`receipt` stands in the published list of counted ballots and says nothing about the answer."""

    kept: bool
    receipt: str = ""
    receipts_href: str = ""
    back: str = ""


class PaperBallot(Body):
    """A paper ballot: the serial number printed on it, and what is ticked."""

    serial: Code
    a: dict[str, Any] = Field(default_factory=dict)


class PaperForm(Read):
    """The questionnaire for entering paper ballots, and how many came back so far."""

    action: str
    round_id: UUID
    title: str
    period: str
    definition: Definition
    subjects: list[SubjectRead]
    invited: int
    answered: int | None
    on_paper: int | None


class PaperEntered(Read):
    """The receipt may be handed to the voter; it says nothing about the answer."""

    receipt: str


class OwnRound(Read):
    """An open round in which the asker is invited. Of a secret one nobody knows who has answered."""

    round_id: UUID
    title: str
    period: str
    closes_at: datetime
    secrecy: str
    claim: str
    answered: bool | None


class PublishedRead(Read):
    round_id: UUID
    title: str
    period: str
    published_at: datetime
    invited: int
    answered: int


class OwnRounds(Read):
    """What a representative is asked now, and what became of the latest rounds."""

    open: list[OwnRound]
    published: list[PublishedRead]
    all_published_href: str


class OwnQuestionnaire(Read):
    """Where the questionnaire stands."""

    href: str


class Letter(Read):
    """One slip or letter. `name` is null where nobody may know whose pass it is."""

    serial: str
    code: str
    name: str | None
    address: str = ""
    href: str
    picture: str


class Letters(Read):
    """Slips to print, A4, with a QR code each; of a secret round also whom they are handed to, not which to whom."""

    round_id: UUID
    title: str
    period: str
    community_name: str
    secrecy: str
    claim: str
    closes_at: datetime
    is_open: bool
    may_print: bool
    invited: int
    letters: list[Letter]
    recipients: list[str] = Field(default_factory=list)
