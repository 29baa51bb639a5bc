"""Accounts, their sessions and failed attempts, and the API clients of other systems."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, CheckConstraint, LargeBinary
from sqlmodel import Field, SQLModel

from app.core.models import Identified, UtcDateTime, new_id


class Role(StrEnum):
    """What a person does here. Scope (district, community, grid areas) is stored beside it."""

    director = "director"
    worker = "worker"
    finance = "finance"
    representative = "representative"
    supervisor = "supervisor"
    admin = "admin"


class User(Identified, table=True):
    """Somebody who can sign in. `admin` has no community; `supervisor` reads a district; all others one community."""

    __tablename__ = "user_account"
    __table_args__ = (
        CheckConstraint("role <> 'supervisor' OR district_id IS NOT NULL", name="supervisor_has_district"),
        CheckConstraint("role IN ('supervisor', 'admin') OR community_id IS NOT NULL", name="role_has_community"),
    )

    username: str = Field(max_length=40, unique=True)
    display_name: str = Field(max_length=120)
    role: str = Field(max_length=20)
    district_id: UUID | None = Field(default=None, foreign_key="district.id", index=True)
    community_id: UUID | None = Field(default=None, foreign_key="community.id", index=True)
    password_hash: str = Field(max_length=200, sa_column_kwargs={"info": {"audit": "secret"}})
    is_active: bool = True
    must_change_password: bool = False
    locale: str = Field(default="zh-CN", max_length=10)
    totp_secret: bytes | None = Field(default=None, sa_type=LargeBinary)
    totp_confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    totp_last_step: int | None = Field(default=None, sa_column_kwargs={"info": {"audit": "skip"}})
    last_sign_in_at: datetime | None = Field(
        default=None, sa_type=UtcDateTime, sa_column_kwargs={"info": {"audit": "skip"}}
    )


class UserGridArea(SQLModel, table=True):
    """A grid area that a worker is responsible for."""

    __tablename__ = "user_grid_area"

    id: UUID = Field(default_factory=new_id, primary_key=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    grid_area_id: UUID = Field(foreign_key="grid_area.id", index=True, ondelete="CASCADE")


class UserSession(SQLModel, table=True):
    """A signed-in browser. Only the hash of its token is stored."""

    __tablename__ = "user_session"
    __audit__ = False

    id: UUID = Field(default_factory=new_id, primary_key=True)
    token_hash: str = Field(max_length=64, unique=True)
    user_id: UUID = Field(foreign_key="user_account.id", index=True, ondelete="CASCADE")
    created_at: datetime = Field(sa_type=UtcDateTime)
    last_seen_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    device: str = Field(default="", max_length=120)


class FailedSignIn(SQLModel, table=True):
    """How often sign-in failed lately for one keyed mark (a name from one network, or a network)."""

    __tablename__ = "failed_sign_in"
    __audit__ = False

    mark: str = Field(primary_key=True, max_length=64)
    failures: int
    last_at: datetime = Field(sa_type=UtcDateTime)
    blocked_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class ApiClient(Identified, table=True):
    """Another system that calls with an opaque token; only the token's hash is stored."""

    __tablename__ = "api_client"

    name: str = Field(max_length=120)
    token_hash: str = Field(max_length=64, unique=True, sa_column_kwargs={"info": {"audit": "secret"}})
    token_hint: str = Field(max_length=12)
    scopes: list[str] = Field(sa_type=JSON)
    district_id: UUID | None = Field(default=None, foreign_key="district.id", index=True)
    community_id: UUID | None = Field(default=None, foreign_key="community.id", index=True)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
