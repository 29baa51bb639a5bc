"""District, community, and the grid areas (网格, 分片包干) that a community is divided into."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlmodel import Field, SQLModel

from app.core.models import Identified, new_id


class District(Identified, table=True):
    """区: supervises communities."""

    __tablename__ = "district"

    name: str = Field(max_length=120)
    code: str = Field(max_length=12, unique=True)


class Community(Identified, table=True):
    """社区. `code` is its 12-digit statistical code, or an installation's own where that is not known."""

    __tablename__ = "community"

    district_id: UUID = Field(foreign_key="district.id", index=True)
    name: str = Field(max_length=120)
    name_en: str = Field(default="", max_length=120)
    subdistrict: str = Field(default="", max_length=120)
    code: str = Field(max_length=12, unique=True)
    founded_on: date | None = None
    description: str = Field(default="", max_length=4000)


class ReportedFigure(Identified, table=True):
    """A figure that was reported upward or published, with its date: kept beside what the register counts.

    `key` is one of `service.FIGURES` (planned_households, occupied_households, residents, owner_occupied_share …).
    """

    __tablename__ = "reported_figure"
    __table_args__ = (UniqueConstraint("community_id", "key", "as_of"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    key: str = Field(max_length=40)
    value: float
    as_of: date
    source: str = Field(default="", max_length=500)


class GridArea(Identified, table=True):
    """网格: a set of buildings with a worker responsible for it."""

    __tablename__ = "grid_area"
    __table_args__ = (
        UniqueConstraint("community_id", "number"),
        CheckConstraint("number > 0", name="number_positive"),
    )

    community_id: UUID = Field(foreign_key="community.id", index=True)
    number: int
    name: str = Field(max_length=120)


class GridAssignment(SQLModel, table=True):
    """Who was responsible for a grid area from when to when; at most one primary worker at a time."""

    __tablename__ = "grid_assignment"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    grid_area_id: UUID = Field(foreign_key="grid_area.id", index=True, ondelete="CASCADE")
    user_id: UUID = Field(foreign_key="user_account.id", index=True)
    is_primary: bool = True
    from_on: date
    to_on: date | None = None
