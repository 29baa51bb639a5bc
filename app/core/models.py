"""What every table shares: keys, times, versions, and column types that behave the same in both engines."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import uuid_utils
from sqlalchemy import DateTime, Dialect, Integer, MetaData, String, TypeDecorator
from sqlmodel import Field, SQLModel

from app.core.clock import now

SQLModel.metadata.naming_convention = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_N_label)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
).naming_convention


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): unique without asking anybody, and roughly in the order of time."""
    return UUID(int=uuid_utils.uuid7().int)


class UtcDateTime(TypeDecorator[datetime]):
    """An instant. PostgreSQL keeps the zone; SQLite keeps UTC without one and gets it back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value if dialect.name == "postgresql" else value.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Ascii(TypeDecorator[str]):
    """Text that sorts by code point in both engines (collation "C" on PostgreSQL), for keys that are ranged over."""

    impl = String
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        collation = "C" if dialect.name == "postgresql" else None
        return dialect.type_descriptor(String(collation=collation))


class Identified(SQLModel):
    """A row with a UUIDv7 that a tablet may choose, the instant it was stored, and a version for `If-Match`."""

    id: UUID = Field(default_factory=new_id, primary_key=True)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime, nullable=False)
    updated_at: datetime = Field(default_factory=now, sa_type=UtcDateTime, nullable=False)
    version: int = Field(default=1, sa_type=Integer, nullable=False)


def instant(**kwargs: Any) -> Any:
    """A column that holds an instant."""
    return Field(sa_type=UtcDateTime, **kwargs)
