"""What this installation is: its epoch changes on restore, so that tablets send again what the backup did not hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

from app.core.clock import now
from app.core.models import UtcDateTime

_ONLY = 1


class Instance(SQLModel, table=True):
    """The single row that names this life of the database."""

    __tablename__ = "instance"
    __audit__ = False

    id: int = Field(default=_ONLY, primary_key=True)
    epoch: UUID
    began_at: datetime = Field(sa_type=UtcDateTime)


def epoch(s: Session) -> UUID | None:
    row = s.get(Instance, _ONLY)
    return row.epoch if row else None


def begin_epoch(s: Session) -> UUID:
    """Starts a new life: after the first migration and after every restore."""
    row = s.get(Instance, _ONLY) or Instance(epoch=uuid4(), began_at=now())
    row.epoch, row.began_at = uuid4(), now()
    s.add(row)
    return row.epoch


def schema_revision(s: Session) -> str | None:
    """The revision the database is migrated to, or None where it was never migrated."""
    return s.execute(text("SELECT version_num FROM alembic_version")).scalar()
