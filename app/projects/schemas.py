"""What is sent and shown about projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from app.attachments.schemas import AttachmentRead
from app.core.money import LARGEST_FEN, Fen, Yuan
from app.core.promises import Kept, RatioRead
from app.core.schemas import (
    AnyDate,
    Body,
    Clean,
    Line,
    LineOrEmpty,
    LongLine,
    LongLineOrEmpty,
    PastDate,
    Prose,
    Read,
    normal_text,
)
from app.projects.models import EventKind, Result, State
from app.surveys.scores.schemas import FigureRead

Panel = Literal["residents", "representatives"]
Weight = Annotated[int, Field(ge=1, le=1000)]
Progress = Annotated[int, Field(ge=0, le=100)]
Sample = Annotated[int, Field(ge=0, le=100_000)]
What = Annotated[str, StringConstraints(min_length=1, max_length=200), Clean]
Words = Annotated[str, StringConstraints(max_length=2000), Clean, AfterValidator(normal_text)]
BudgetSource = Annotated[str, StringConstraints(max_length=200), Clean]


class ProjectUpdate(Body):
    """What the ledger says of a promise. What was promised (budget, day) is settled once money is found."""

    title: Line | None = None
    text: Prose | None = None
    source: LongLineOrEmpty | None = None
    vote_id: UUID | None = None
    owner: LineOrEmpty | None = None
    owner_user_id: UUID | None = None
    contractor: LineOrEmpty | None = None
    budget_fen: Fen | None = None
    budget_yuan: Yuan | None = Field(default=None, description="instead of budget_fen, as people write it")
    budget_source: BudgetSource | None = None
    promised_on: AnyDate | None = None
    evaluation_panel: Panel | None = None
    evaluation_sample: Sample | None = Field(default=None, description="0 asks everybody of the panel")
    grid_area_ids: list[UUID] | None = Field(
        default=None, max_length=100, description="whose residents the project concerns; none means all"
    )

    @model_validator(mode="after")
    def _one_budget(self) -> ProjectUpdate:
        if self.budget_yuan is not None:
            if self.budget_fen not in (None, self.budget_yuan):
                raise PydanticCustomError("amount_twice", "budget_fen and budget_yuan differ")
            self.budget_fen = self.budget_yuan
        return self


class ProjectCreate(ProjectUpdate):
    """A promise that comes from a resolution, named by its vote or in words."""

    title: Line
    community_id: UUID | None = Field(default=None, description="one's own where none is named")


class MilestoneCreate(Body):
    """A step with the day that is promised. Its weight is its share of the whole."""

    title: Line
    weight: Weight = 1
    promised_on: AnyDate


class MilestoneUpdate(Body):
    """A step of a plan that is not settled yet; later only its title changes."""

    title: Line | None = None
    weight: Weight | None = None
    promised_on: AnyDate | None = None


class ProgressReport(Body):
    """How far a step is. At 100 it is done, on the day named (today by default)."""

    progress: Progress
    on: PastDate | None = None
    note: LongLineOrEmpty = ""


class DelayCreate(Body):
    """A day that will not be kept, with the reason that everybody reads."""

    new_due_on: AnyDate
    reason: LongLine


class Move(Body):
    """The next step of a project, with what it needs: a contractor for the contract."""

    to: Literal[State.funded, State.contracted, State.works]
    on: PastDate | None = None
    contractor: LineOrEmpty = ""
    note: LongLineOrEmpty = ""


class Stop(Body):
    """Ends a project for good."""

    reason: LongLine
    on: PastDate | None = None


class CostCreate(Body):
    """A line of cost, in fen or in yuan."""

    amount_fen: Annotated[int, Field(ge=1, le=LARGEST_FEN)] | None = None
    amount_yuan: Yuan | None = Field(default=None, description="instead of amount_fen, as people write it")
    spent_on: PastDate
    what: What
    payee: LineOrEmpty = ""

    @model_validator(mode="after")
    def _one_amount(self) -> CostCreate:
        if self.amount_yuan is not None:
            if self.amount_fen not in (None, self.amount_yuan):
                raise PydanticCustomError("amount_twice", "amount_fen and amount_yuan differ")
            self.amount_fen = self.amount_yuan
        return self


class CostReverse(Body):
    """Takes a line back by one of the opposite sign."""

    reason: LongLine


class AcceptanceCreate(Body):
    """What representatives found when they looked at the finished work."""

    result: Result
    holder_ids: list[UUID] = Field(min_length=1, max_length=200, description="the representatives who took part")
    on: PastDate | None = None
    defects: Words = ""
    note: Words = ""


class DelayRead(Read):
    from_on: date
    new_due_on: date
    reason: str
    at: datetime


class MilestoneRead(Read):
    """A step: the day first promised, the day that holds now, what became of the promise, and its pictures."""

    id: UUID
    project_id: UUID
    position: int
    title: str
    weight: int
    promised_on: date
    due_on: date
    done_on: date | None
    progress: int
    kept: Kept
    overdue_days: int
    delays: list[DelayRead]
    files: list[AttachmentRead]
    version: int


class PromiseRead(Read):
    """A step in a list of promises, with its project."""

    id: UUID
    project_id: UUID
    project_number: str
    project_title: str
    owner: str
    title: str
    promised_on: date
    due_on: date
    done_on: date | None
    kept: Kept
    overdue_days: int


class CostRead(Read):
    """A line of cost; `reversed` tells that a later line took it back."""

    id: UUID
    amount_fen: int
    spent_on: date
    what: str
    payee: str
    reverses_id: UUID | None
    reversed: bool
    reason: str


class AcceptanceRead(Read):
    number: int
    result: Result
    accepted_on: date
    defects: str
    note: str
    names: list[str]


class EventRead(Read):
    """What happened, with the figure that belongs to it. `by` is masked for those outside the community."""

    seq: int
    kind: EventKind
    from_state: str
    to_state: str
    at: datetime
    by: str
    text: str
    amount_fen: int | None
    progress: int | None
    representatives: int | None


class EvaluationRead(Read):
    """The evaluation among the residents concerned: when it opens, its round, and what they said."""

    opens_on: date
    panel: Panel
    sample: int
    round_id: UUID | None
    round_state: str
    score_id: UUID | None
    figure: FigureRead | None


class OriginRead(Read):
    """Where a project comes from: the motion and the vote that carried it."""

    motion_id: UUID | None
    motion_number: str
    motion_title: str
    proposers: str
    vote_id: UUID | None
    resolution_number: str
    decided_at: datetime | None
    decision: str


class ProjectRead(Read):
    """A promise in a list."""

    id: UUID
    community_id: UUID
    number: str
    title: str
    state: State
    owner: str
    budget_fen: int
    cost_fen: int
    promised_on: date | None
    due_on: date | None
    accepted_on: date | None
    progress: RatioRead
    on_time: RatioRead
    overdue: int
    version: int


class ProjectDetail(ProjectRead):
    """The whole story: motion, vote, plan, milestones, cost against budget, acceptance, evaluation, and every event."""

    community_name: str
    community_code: str
    text: str
    source: str
    owner_user_id: UUID | None
    contractor: str
    budget_source: str
    evaluated_on: date | None
    stopped_on: date | None
    stopped_reason: str
    evaluation_panel: Panel
    evaluation_sample: int
    grid_area_ids: list[UUID]
    areas: list[str]
    origin: OriginRead
    milestones: list[MilestoneRead]
    costs: list[CostRead]
    acceptances: list[AcceptanceRead]
    evaluation: EvaluationRead | None
    events: list[EventRead]
    files: list[AttachmentRead]


class LedgerRead(Read):
    """The promise ledger of a community as everybody sees it."""

    community_id: UUID
    community_name: str
    community_code: str
    as_of: date
    projects: int
    finished: int
    stopped: int
    on_time: RatioRead
    overdue_count: int
    overdue: list[PromiseRead]
    items: list[ProjectRead]
    next: str | None
    total: int | None
