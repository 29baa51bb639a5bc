"""Schedules: which instrument, how often, who answers, who is judged, and how secret."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index
from sqlmodel import Field

from app.ballots.models import Secrecy as Secrecy
from app.core.models import Identified


class Cadence(StrEnum):
    """How often a round opens."""

    monthly = "monthly"
    quarterly = "quarterly"
    halfyearly = "halfyearly"
    yearly = "yearly"
    once = "once"


class Panel(StrEnum):
    """Who answers."""

    representatives = "representatives"
    directly_managed = "directly_managed"
    members = "members"
    residents = "residents"
    staff = "staff"


class Method(StrEnum):
    """Everybody of the panel, or a random sample of it."""

    census = "census"
    sample = "sample"


class Stratify(StrEnum):
    """By what a sample is spread evenly."""

    none = "none"
    grid_area = "grid_area"
    tenure = "tenure"


class Publish(StrEnum):
    """Whether results are published by themselves or by a person."""

    auto = "auto"
    manual = "manual"


def _one_of(column: str, kind: type[StrEnum]) -> CheckConstraint:
    words = ", ".join(f"'{word}'" for word in kind)
    return CheckConstraint(f"{column} IN ({words})", name=f"{column}_known")


class Schedule(Identified, table=True):
    """A standing order for rounds. Days and hours are the community's own.

    `grid_area_ids` narrows the residents' panel to some grid areas; empty means the whole community.
    """

    __tablename__ = "schedule"
    __table_args__ = (
        _one_of("cadence", Cadence),
        _one_of("panel", Panel),
        _one_of("method", Method),
        _one_of("stratify", Stratify),
        _one_of("secrecy", Secrecy),
        _one_of("publish", Publish),
        CheckConstraint(
            "opens_month BETWEEN 1 AND 12 AND opens_day BETWEEN 1 AND 31 AND opens_hour BETWEEN 0 AND 23",
            name="opens_sensible",
        ),
        CheckConstraint("open_days BETWEEN 1 AND 60", name="open_days_sensible"),
        CheckConstraint("ends_on IS NULL OR ends_on >= starts_on", name="ends_after_start"),
        Index("ix_schedule_list", "community_id", "title", "id"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    instrument_id: UUID = Field(foreign_key="instrument.id", index=True)
    title: str = Field(max_length=120)
    cadence: str = Field(max_length=12)
    opens_month: int = 1
    opens_day: int = 1
    opens_hour: int = 9
    open_days: int = 5
    reminder_days: list[int] = Field(default_factory=list, sa_type=JSON)
    panel: str = Field(max_length=20)
    method: str = Field(default=Method.census, max_length=10)
    sample_size: int = 0
    reserves: int = 0
    stratify: str = Field(default=Stratify.none, max_length=12)
    public_number: bool = False
    public_number_source: str = Field(default="", max_length=500)
    secrecy: str = Field(default=Secrecy.secret, max_length=12)
    subject_kinds: list[str] = Field(default_factory=list, sa_type=JSON)
    property_company: str = Field(default="", max_length=120)
    publish: str = Field(default=Publish.manual, max_length=10)
    starts_on: date
    ends_on: date | None = None
    paused: bool = False
    catch_up: int = 1
    grid_area_ids: list[str] = Field(default_factory=list, sa_type=JSON)
