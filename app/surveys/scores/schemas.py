"""What is shown of published scores: the item of the feed as the contract has it, and figures with all they need."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from app.core.pagination import Page
from app.core.schemas import Read

IntervalKind = Literal["wilson", "bounds"]
Verdict = Literal["up", "down", "none", "unknown"]


class ScoreRead(Read):
    """A published score. Rates are fractions with four decimals; figures are null where they are suppressed."""

    id: UUID
    community_code: str
    community_name: str
    instrument: str
    subject_kind: str
    subject_name: str
    period: str
    invited: int
    responses: int
    valid: int | None
    satisfied: int | None
    satisfaction_rate: float | None
    strict_rate: float | None
    interval_low: float | None
    interval_high: float | None
    interval_kind: IntervalKind
    mean_score: float | None
    response_rate: float | None
    method: str
    suppressed: bool
    published_at: datetime
    revision: int
    supersedes: UUID | None
    reason: str
    audit_head: str


class FeedPage(Page[ScoreRead]):
    """Scores in the order of publication. `cursor` is the place of the last one: kept, it is where to go on later."""

    cursor: str | None = None


class FigureRead(Read):
    """A share and everything without which it may not be shown."""

    share: float | None
    strict: float | None
    low: float | None
    high: float | None
    interval_kind: IntervalKind
    people: int | None
    valid: int | None
    satisfied: int | None
    invited: int
    population: int
    responses: int | None
    response_rate: float | None
    mean: float | None
    method: str
    smallest_cell: int
    suppressed: str


class OptionRead(Read):
    """How often an option was chosen."""

    key: str
    label: str
    valid: bool
    count: int | None


class ItemRead(Read):
    """One rated item of a score."""

    key: str
    label: str
    weight: int
    figure: FigureRead
    options: list[OptionRead]


class AreaRead(Read):
    """One grid area's (or other stratum's) part of a score."""

    name: str
    figure: FigureRead


class ChangeRead(Read):
    """What became of the share since the round before: a word only where the interval leaves zero out."""

    period: str
    difference: float | None
    low: float | None
    high: float | None
    verdict: Verdict


class RevisionRead(Read):
    """One publication of the score of a subject in a round."""

    id: UUID
    revision: int
    published_at: datetime
    reason: str
    suppressed: str


class ScoreDetail(ScoreRead):
    """A published score with its items, areas, change and revisions."""

    community_id: UUID
    round_id: UUID
    subject_key: str
    figure: FigureRead
    items: list[ItemRead]
    areas: list[AreaRead]
    change: ChangeRead | None
    revisions: list[RevisionRead]


class TrendPoint(Read):
    """A subject's score in one period."""

    score_id: UUID
    period: str
    figure: FigureRead
    change: ChangeRead | None


class TrendLine(Read):
    """The scores of one subject, the earliest period first."""

    subject_kind: str
    subject_name: str
    points: list[TrendPoint]


class TrendRead(Read):
    """How the scores of a community under one instrument went."""

    community_id: UUID | None
    community_name: str
    instrument: str
    lines: list[TrendLine]


class ComparisonRow(Read):
    """One community's score, and which others it can be told apart from."""

    score_id: UUID
    community_id: UUID
    community_name: str
    subject_name: str
    figure: FigureRead
    higher_than: list[str]
    lower_than: list[str]


class ComparisonRead(Read):
    """Communities side by side, by name: never a ranking. `pairs` is how many comparisons share the 5 % of error."""

    instrument: str
    period: str
    pairs: int
    rows: list[ComparisonRow]
