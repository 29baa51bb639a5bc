"""The public board: what a community is doing and what it did, each line with the address of its proof."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from app.assemblies.documents.schemas import PublicDocument
from app.consultations.schemas import PublicAnswer, PublicMeeting
from app.core.pagination import Page
from app.core.promises import RatioRead
from app.core.schemas import Read
from app.projects.schemas import ProjectRead
from app.surveys.scores.schemas import FigureRead


class Officer(Read):
    """Somebody in office today. Names of elected bodies are public; nothing else of a person is."""

    body: str
    post: str
    name: str


class ComingAssembly(Read):
    """An assembly that was called, with its agenda."""

    title: str
    scheduled_at: datetime
    place: str
    agenda: list[str]


class BoardDecision(Read):
    """What was put to a vote, why it was carried or not, and the project that came of it."""

    vote_id: UUID
    question: str
    resolution_number: str | None
    resolution_text: str
    outcome: str
    explanation: str
    declared_at: datetime
    project_id: UUID | None = None
    project_state: str | None = None


class BoardPromises(Read):
    """The promise ledger in short; `on_time` of the promises that fell due."""

    projects: int
    finished: int
    overdue: int
    on_time: RatioRead
    shown: list[ProjectRead]


class BoardOpinions(Read):
    """How this year's opinions were answered."""

    year: int
    received: int
    answered: int
    in_time: int
    due: int
    meetings: list[PublicMeeting]
    answers: list[PublicAnswer]


class BoardResult(Read):
    """A subject's published score."""

    round_id: UUID
    title: str
    period: str
    subject_name: str
    published_at: datetime
    figure: FigureRead


class BoardElection(Read):
    """An election whose result was declared."""

    election_id: UUID
    title: str
    declared_at: datetime


class BoardHead(Read):
    """The audit log's signed head: whoever keeps it can show later that nothing before it was changed."""

    size: int
    hash: str
    signed_at: datetime


class BoardRead(Read):
    community_code: str
    community_name: str
    as_of: date
    representatives: int
    officers: list[Officer]
    assemblies: list[ComingAssembly]
    decisions: list[BoardDecision]
    decisions_total: int
    promises: BoardPromises
    opinions: BoardOpinions
    results: list[BoardResult]
    elections: list[BoardElection]
    documents: list[PublicDocument]
    head: BoardHead


class DecisionsPage(Page[BoardDecision]):
    """One page of what was decided, the latest first."""

    community_code: str
    community_name: str
