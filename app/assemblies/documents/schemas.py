"""Bodies and answers about documents and their versions."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints

from app.assemblies.documents.models import DocumentKind
from app.core.schemas import AnyDate, Body, Clean, Line, LongLineOrEmpty, PastDate, Read, normal_text

DocumentText = Annotated[str, StringConstraints(min_length=1, max_length=60_000), Clean, AfterValidator(normal_text)]


class DocumentCreate(Body):
    """A new document with its first draft."""

    kind: DocumentKind
    title: Line
    text: DocumentText
    note: LongLineOrEmpty = ""


class DocumentUpdate(Body):
    kind: DocumentKind | None = None
    title: Line | None = None


class VersionUpdate(Body):
    text: DocumentText | None = None
    note: LongLineOrEmpty | None = None


class Adoption(Body):
    """By which resolution a draft was adopted: a carried vote, or words that name one of before this system."""

    vote_id: UUID | None = None
    source: LongLineOrEmpty = ""
    adopted_on: PastDate | None = Field(default=None, description="the day of the vote where one is named")
    effective_on: AnyDate


class VersionItem(Read):
    """A version without its text. `standing`: draft, coming, in_force or past."""

    id: UUID
    document_id: UUID
    number: int
    note: str
    state: str
    standing: str
    vote_id: UUID | None
    resolution_number: str
    source: str
    adopted_on: date | None
    effective_on: date | None
    sha256: str
    created_at: datetime
    version: int


class VersionRead(VersionItem):
    title: str
    kind: str
    text: str


class DocumentItem(Read):
    id: UUID
    community_id: UUID
    kind: str
    title: str
    in_force: VersionItem | None
    draft: bool
    versions: int
    version: int


class DocumentRead(DocumentItem):
    """A document with the text in force (of the draft, where nothing was adopted yet) and all its versions."""

    community_code: str
    text: str
    history: list[VersionItem]


class PieceRead(Read):
    kind: str
    text: str


class BlockRead(Read):
    """A paragraph: same, inserted, deleted or changed; the pieces of a changed one are one of the first three."""

    kind: str
    pieces: list[PieceRead]


class DiffRead(Read):
    document_id: UUID
    title: str
    before: VersionItem
    after: VersionItem
    inserted: int
    deleted: int
    changed: int
    blocks: list[BlockRead]


class AdoptionForm(VersionRead):
    """The form that records an adoption; `may_cite` where words may stand for a resolution of before this system."""

    may_cite: bool
    resolutions: list[tuple[UUID, str, date]]


class PublicVersion(Read):
    number: int
    resolution_number: str
    source: str
    adopted_on: date
    effective_on: date
    sha256: str


class PublicDocument(Read):
    id: UUID
    kind: str
    title: str
    effective_on: date
    resolution_number: str


class PublicDocuments(Read):
    community_code: str
    community_name: str
    documents: list[PublicDocument]


class PublicText(PublicDocument):
    community_code: str
    community_name: str
    text: str
    sha256: str
    history: list[PublicVersion]
    changes: list[BlockRead] = Field(description="against the version before, where there is one")
