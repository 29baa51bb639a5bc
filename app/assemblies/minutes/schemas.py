"""Bodies and answers about minutes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.assemblies.minutes.models import SignerRole
from app.assemblies.minutes.shapes import Table
from app.core.schemas import Body, Clean, Read, normal_text

Remark = Annotated[str, StringConstraints(max_length=8000), Clean, AfterValidator(normal_text)]
Correction = Annotated[str, StringConstraints(min_length=1, max_length=2000), Clean, AfterValidator(normal_text)]
PARTS = ("meeting", "attendance", "agenda", "votes", "elections", "resolutions", "course", "other")


class Remarks(Body):
    """What people add to each part. The facts beside them come from the record and are not edited."""

    meeting: Remark | None = None
    attendance: Remark | None = None
    agenda: Remark | None = None
    votes: Remark | None = None
    elections: Remark | None = None
    resolutions: Remark | None = None
    course: Remark | None = None
    other: Remark | None = None


class Sign(Body):
    """One's own signature: as chair or clerk, confirmed with one's password."""

    role: SignerRole
    password: Annotated[str, StringConstraints(min_length=1, max_length=128, strip_whitespace=False)]


class CorrectionNote(Body):
    text: Correction


class SignatureRead(Read):
    role: str
    name: str
    at: datetime
    sha256: str


class NoteRead(Read):
    text: str
    author_name: str
    at: datetime


class MinutesItem(Read):
    id: UUID
    assembly_id: UUID
    community_id: UUID
    title: str
    held_at: datetime
    state: str
    signatures: int
    version: int


class PartRead(Read):
    """A part: its facts, and the remark that people added."""

    key: str
    title: str
    lines: list[str]
    table: Table | None
    remark: str


class MinutesRead(MinutesItem):
    """Minutes as they are read and signed. `current_sha256` is the hash of the words as they now stand."""

    community: str
    parts: list[PartRead]
    drawn_at: datetime
    current_sha256: str
    sha256: str
    confirmed_at: datetime | None
    published_at: datetime | None
    signed: list[SignatureRead]
    notes: list[NoteRead]
    stale: bool = Field(description="the record has changed since the draft was drawn from it")
    pending: list[str] = Field(description="votes and elections of which the result is still to be declared")


class AwaitingMinutes(Read):
    """An assembly that is over and has no minutes yet."""

    assembly_id: UUID
    title: str
    held_at: datetime


PaperFormat = Literal["docx", "pdf"]
