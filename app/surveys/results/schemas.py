"""What everybody may see of rounds: the year's calendar, and a published round with its figures and its proof."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from app.core.pagination import Page
from app.core.schemas import Read
from app.surveys.scores.schemas import AreaRead, ChangeRead, FigureRead, ItemRead, RevisionRead


class CalendarRound(Read):
    """A round that there is, or (`round_id` null) one that the schedule will open."""

    round_id: UUID | None
    period: str
    state: str
    opens_at: datetime


class CalendarMonth(Read):
    month: int
    rounds: list[CalendarRound]


class CalendarRow(Read):
    """A schedule with its rounds of the year, by the month in which they open."""

    schedule_id: UUID
    community_name: str
    title: str
    cadence: str
    paused: bool
    months: list[CalendarMonth]


class CalendarRead(Read):
    year: int
    community_id: UUID | None
    rows: list[CalendarRow]


class SubjectResult(Read):
    """One subject's score as it stands, with every revision."""

    score_id: UUID
    subject_kind: str
    subject_name: str
    figure: FigureRead
    items: list[ItemRead]
    areas: list[AreaRead]
    change: ChangeRead | None
    revisions: list[RevisionRead]


class ResultRead(Read):
    """A published round: its figures, how they came about, and where each step can be recomputed."""

    round_id: UUID
    community_code: str
    community_name: str
    title: str
    instrument_key: str
    period: str
    panel: str
    method: str
    secrecy: str
    opened_at: datetime
    closed_at: datetime
    published_at: datetime
    revision: int
    population: int
    invited: int
    answered: int
    on_paper: int
    frame_hash: str
    bundle_sha256: str
    verifier_sha256: str
    audit_head: str
    subjects: list[SubjectResult]


class PublishedRound(Read):
    """A published round in a community's public list."""

    id: UUID
    title: str
    period: str
    published_at: datetime
    invited: int
    answered: int


class PublishedPage(Page[PublishedRound]):
    community_code: str
    community_name: str


class ReceiptRead(Read):
    code: str


class ReceiptsPage(Page[ReceiptRead]):
    """The receipts of the counted ballots of a published round, sorted: their order says nothing."""

    round_id: UUID
    title: str
    period: str


class CommentRead(Read):
    """A free text, apart from the ratings of whoever wrote it."""

    subject_name: str
    question: str
    text: str


class CommentsRead(Read):
    """Free texts in random order; none where fewer than `fewest` ballots came back."""

    round_id: UUID
    title: str
    period: str
    fewest: int
    enough: bool
    comments: list[CommentRead]
