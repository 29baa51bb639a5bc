"""Who is told of events by an outgoing call, and every call that is to be made or was made."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, Index, LargeBinary, Text
from sqlmodel import Field, SQLModel

from app.core.clock import now
from app.core.models import Identified, UtcDateTime, new_id


class DeliveryState(StrEnum):
    """`pending` is tried again, `failed` was given up, `dropped` because its endpoint was switched off."""

    pending = "pending"
    delivered = "delivered"
    failed = "failed"
    dropped = "dropped"


class WebhookEndpoint(Identified, table=True):
    """An address that is told of events of one community or of every community of a district."""

    __tablename__ = "webhook_endpoint"
    __table_args__ = (CheckConstraint("(district_id IS NULL) <> (community_id IS NULL)", name="one_owner"),)

    district_id: UUID | None = Field(default=None, foreign_key="district.id", index=True)
    community_id: UUID | None = Field(default=None, foreign_key="community.id", index=True)
    url: str = Field(max_length=500)
    description: str = Field(default="", max_length=120)
    events: list[str] = Field(sa_type=JSON)
    secret: bytes = Field(sa_type=LargeBinary, sa_column_kwargs={"info": {"audit": "secret"}})
    old_secret: bytes | None = Field(default=None, sa_type=LargeBinary, sa_column_kwargs={"info": {"audit": "secret"}})
    old_secret_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    disabled_why: str = Field(default="", max_length=20)


class WebhookDelivery(SQLModel, table=True):
    """One message to one endpoint: written in the transaction of its event, sent afterwards, tried until it arrives."""

    __tablename__ = "webhook_delivery"
    __audit__ = False
    __table_args__ = (
        CheckConstraint("state IN ('pending', 'delivered', 'failed', 'dropped')", name="state_known"),
        Index("ix_webhook_delivery_due", "state", "next_at"),
    )

    id: UUID = Field(default_factory=new_id, primary_key=True)
    endpoint_id: UUID = Field(foreign_key="webhook_endpoint.id", index=True, ondelete="CASCADE")
    event: str = Field(max_length=40)
    body: str = Field(sa_type=Text)
    state: str = Field(default=DeliveryState.pending, max_length=10)
    created_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    next_at: datetime = Field(default_factory=now, sa_type=UtcDateTime)
    attempts: int = 0
    last_status: int | None = None
    last_problem: str = Field(default="", max_length=40)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
