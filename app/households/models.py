"""Buildings and households. A household is a dwelling and the people in it; a vacant one is a household too."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from app.core.models import Ascii, Identified, new_id


class Tenure(StrEnum):
    """How a dwelling is used: 空置, 自住, 出租."""

    vacant = "vacant"
    owner_occupied = "owner_occupied"
    rented = "rented"


class Building(Identified, table=True):
    """幢: belongs to one grid area; `walk_order` is the order in which its area is walked."""

    __tablename__ = "building"
    __table_args__ = (UniqueConstraint("community_id", "number"),)

    community_id: UUID = Field(foreign_key="community.id", index=True)
    grid_area_id: UUID = Field(foreign_key="grid_area.id", index=True)
    number: str = Field(max_length=20)
    address: str = Field(default="", max_length=200)
    walk_order: int = 0


class Household(Identified, table=True):
    """户: `label` is building-unit-room, such as 12-1-302; unique in a community.

    `tenure` is the present one; `HouseholdTenure` holds every period. `walk_key` sorts by walking order: building
    order, unit, room, padded so that text sorts as people count.
    """

    __tablename__ = "household"
    __table_args__ = (
        UniqueConstraint("community_id", "label"),
        Index("ix_household_walk", "community_id", "walk_key"),
        CheckConstraint("tenure IN ('vacant', 'owner_occupied', 'rented')", name="tenure_known"),
    )

    community_id: UUID = Field(foreign_key="community.id")
    building_id: UUID = Field(foreign_key="building.id", index=True)
    grid_area_id: UUID = Field(foreign_key="grid_area.id", index=True)
    unit: str = Field(max_length=20)
    room: str = Field(max_length=20)
    label: str = Field(max_length=62, sa_type=Ascii)
    walk_key: str = Field(max_length=80, sa_type=Ascii)
    tenure: str = Field(default=Tenure.vacant, max_length=20)
    floor_area_cm2: int | None = Field(default=None, description="integer of 0.01 m²")
    note: str = Field(default="", max_length=4000, sa_column_kwargs={"info": {"audit": "text"}})
    closed_on: date | None = None


class HouseholdTenure(SQLModel, table=True):
    """How a dwelling was used from a day until the day before the next period."""

    __tablename__ = "household_tenure"
    __audit__ = False
    __table_args__ = (
        UniqueConstraint("household_id", "from_on"),
        CheckConstraint("to_on IS NULL OR to_on >= from_on", name="order"),
        Index(
            "uq_household_tenure_open",
            "household_id",
            unique=True,
            sqlite_where=text("to_on IS NULL"),
            postgresql_where=text("to_on IS NULL"),
        ),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    community_id: UUID = Field(foreign_key="community.id", index=True)
    household_id: UUID = Field(foreign_key="household.id", ondelete="CASCADE")
    tenure: str = Field(max_length=20)
    from_on: date
    to_on: date | None = Field(default=None, description="last day of the period; null while it lasts")
