"""Short numbers that people say to each other: 2026-0017, counted per community, series and year without a gap."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Field, Session, SQLModel

from app.core.clock import today
from app.core.db import lock_row


class SerialCounter(SQLModel, table=True):
    """The last number given in a community, a series and a year."""

    __tablename__ = "serial_counter"
    __audit__ = False

    community_id: UUID = Field(primary_key=True, foreign_key="community.id")
    series: str = Field(primary_key=True, max_length=20)
    year: int = Field(primary_key=True)
    last: int


def next_serial(s: Session, community_id: UUID, series: str, year: int | None = None) -> str:
    """The next number of the series (of this year by default); the counter's row is held until the transaction ends.

    Two first writers of a year meet at the primary key: one of them is refused as busy and asks again.
    """
    year = year or today().year
    counter = lock_row(s, SerialCounter, (community_id, series, year))
    if counter is None:
        counter = SerialCounter(community_id=community_id, series=series, year=year, last=0)
    counter.last += 1
    s.add(counter)
    s.flush()
    return f"{year}-{counter.last:04d}"
