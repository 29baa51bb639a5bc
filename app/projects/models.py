"""The promise ledger: what was promised, when it was due, what it cost, who accepted it, and what residents say of it.

What happened is only ever added: events, delays, lines of cost and acceptances have no update and no delete.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, BigInteger, CheckConstraint, Index, Text, UniqueConstraint
from sqlmodel import Field

from app.core.models import Identified, instant

_NAME = {"info": {"audit": "name"}}


class State(StrEnum):
    """`planned -> funded -> contracted -> works -> accepted -> evaluated`; `stopped` until accepted, and for good."""

    planned = "planned"
    funded = "funded"
    contracted = "contracted"
    works = "works"
    accepted = "accepted"
    evaluated = "evaluated"
    stopped = "stopped"


class EventKind(StrEnum):
    """What an event of a project tells."""

    created = "created"
    moved = "moved"
    milestone = "milestone"
    progress = "progress"
    delayed = "delayed"
    cost = "cost"
    accepted = "accepted"
    rejected = "rejected"
    evaluated = "evaluated"
    stopped = "stopped"


class Result(StrEnum):
    """What representatives found."""

    accepted = "accepted"
    rejected = "rejected"


class Project(Identified, table=True):
    """A promise. `promised_on` is the day that was first named and never moves; `due_on` is the day that holds now.

    Who is asked 60 days after acceptance: a panel, a sample of it (0 asks everybody), and for residents the grid areas
    that the project concerns (none named: the whole community).
    """

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint(
            "state IN ('planned', 'funded', 'contracted', 'works', 'accepted', 'evaluated', 'stopped')",
            name="state_known",
        ),
        CheckConstraint("budget_fen >= 0", name="budget_not_negative"),
        CheckConstraint("evaluation_sample >= 0", name="sample_not_negative"),
        CheckConstraint("(state = 'stopped') = (stopped_on IS NOT NULL)", name="stopped_with_day"),
        CheckConstraint("state <> 'stopped' OR stopped_reason <> ''", name="stopped_with_reason"),
        CheckConstraint("state NOT IN ('accepted', 'evaluated') OR accepted_on IS NOT NULL", name="accepted_with_day"),
        UniqueConstraint("community_id", "number"),
        Index("ix_project_list", "community_id", "state", "number"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    number: str = Field(max_length=20)
    title: str = Field(max_length=120)
    text: str = Field(default="", sa_type=Text)
    source: str = Field(default="", max_length=500)
    motion_id: UUID | None = Field(default=None, foreign_key="motion.id", unique=True)
    vote_id: UUID | None = Field(default=None, foreign_key="vote.id", unique=True)
    owner: str = Field(default="", max_length=120)
    owner_user_id: UUID | None = Field(default=None, foreign_key="user_account.id", index=True)
    contractor: str = Field(default="", max_length=120)
    budget_fen: int = Field(default=0, sa_type=BigInteger)
    budget_source: str = Field(default="", max_length=200)
    promised_on: date | None = None
    state: str = Field(default=State.planned, max_length=12)
    accepted_on: date | None = None
    evaluated_on: date | None = None
    stopped_on: date | None = None
    stopped_reason: str = Field(default="", max_length=500)
    evaluation_panel: str = Field(default="residents", max_length=20)
    evaluation_sample: int = 120
    grid_area_ids: list[str] = Field(default_factory=list, sa_type=JSON)
    schedule_id: UUID | None = Field(default=None, foreign_key="schedule.id", unique=True)
    events: int = 0


class Milestone(Identified, table=True):
    """A step of a project. `promised_on` is the first day named and counts for the on-time rate; `due_on` holds now."""

    __tablename__ = "project_milestone"
    __table_args__ = (
        CheckConstraint("weight > 0", name="weight_positive"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="progress_percent"),
        CheckConstraint("(done_on IS NOT NULL) = (progress = 100)", name="done_means_whole"),
        CheckConstraint("due_on >= promised_on", name="due_not_before_promise"),
        UniqueConstraint("project_id", "position"),
        Index("ix_project_milestone_promise", "community_id", "promised_on", "id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    project_id: UUID = Field(foreign_key="project.id")
    position: int
    title: str = Field(max_length=120)
    weight: int = 1
    promised_on: date
    due_on: date
    done_on: date | None = None
    progress: int = 0


class MilestoneDelay(Identified, table=True):
    """A day that was not kept: from which day to which, and why. Only added."""

    __tablename__ = "milestone_delay"
    __table_args__ = (CheckConstraint("new_due_on > from_on", name="later"),)

    community_id: UUID = Field(foreign_key="community.id")
    project_id: UUID = Field(foreign_key="project.id", index=True)
    milestone_id: UUID = Field(foreign_key="project_milestone.id", index=True)
    from_on: date
    new_due_on: date
    reason: str = Field(max_length=500)
    at: datetime = instant()
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)


class ProjectCost(Identified, table=True):
    """A line of cost. A wrong one is reversed by a line of the opposite sign, once; none is ever changed."""

    __tablename__ = "project_cost"
    __table_args__ = (
        CheckConstraint("amount_fen <> 0", name="amount_not_zero"),
        CheckConstraint("(amount_fen < 0) = (reverses_id IS NOT NULL)", name="negative_only_reverses"),
        UniqueConstraint("reverses_id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    project_id: UUID = Field(foreign_key="project.id", index=True)
    amount_fen: int = Field(sa_type=BigInteger)
    spent_on: date
    what: str = Field(max_length=200)
    payee: str = Field(default="", max_length=120)
    reverses_id: UUID | None = Field(default=None, foreign_key="project_cost.id")
    reason: str = Field(default="", max_length=500)
    at: datetime = instant()
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)


class Acceptance(Identified, table=True):
    """Representatives looked at the finished work and accepted it, or found defects."""

    __tablename__ = "project_acceptance"
    __table_args__ = (
        CheckConstraint("result IN ('accepted', 'rejected')", name="result_known"),
        CheckConstraint("result <> 'rejected' OR defects <> ''", name="rejected_with_defects"),
        UniqueConstraint("project_id", "number"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    project_id: UUID = Field(foreign_key="project.id")
    number: int
    result: str = Field(max_length=10)
    defects: str = Field(default="", max_length=2000)
    note: str = Field(default="", max_length=2000)
    accepted_on: date
    at: datetime = instant()


class AcceptanceSigner(Identified, table=True):
    """A representative who took part, with the name of that day."""

    __tablename__ = "project_acceptance_signer"
    __table_args__ = (UniqueConstraint("acceptance_id", "holder_id"),)

    community_id: UUID = Field(foreign_key="community.id")
    acceptance_id: UUID = Field(foreign_key="project_acceptance.id")
    holder_id: UUID = Field(foreign_key="seat_holder.id", index=True)
    name: str = Field(max_length=120, sa_column_kwargs=_NAME)


class ProjectEvent(Identified, table=True):
    """What happened to a project, in order. Only added. `at` is when it happened, `created_at` when it was recorded."""

    __tablename__ = "project_event"
    __table_args__ = (UniqueConstraint("project_id", "seq"),)

    community_id: UUID = Field(foreign_key="community.id")
    project_id: UUID = Field(foreign_key="project.id")
    seq: int
    kind: str = Field(max_length=12)
    from_state: str = Field(default="", max_length=12)
    to_state: str = Field(default="", max_length=12)
    at: datetime = instant()
    by_user_id: UUID | None = Field(default=None, foreign_key="user_account.id")
    by_name: str = Field(default="", max_length=120, sa_column_kwargs=_NAME)
    text: str = Field(default="", max_length=500)
    data: dict[str, object] = Field(default_factory=dict, sa_type=JSON)
