"""What is shown of the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from app.core.schemas import Read


class Change(Read):
    """One field before and after; personal data is masked, secrets are `***`."""

    field: str
    label: str
    before: Any = None
    after: Any = None


class AuditEntryRead(Read):
    """Who did what, when, and what it changed."""

    seq: int
    at: datetime
    actor_kind: str
    actor_id: UUID | None
    actor_name: str
    community_id: UUID | None
    action: str
    action_label: str
    object_type: str
    object_label: str
    object_id: UUID | None
    changes: list[Change]
    request_id: str
    previous_hash: str
    hash: str


class AuditHeadRead(Read):
    """How many entries there are, the last one's hash, and the installation's signature over both."""

    size: int
    hash: str
    signed_at: datetime
    signature: str
    key_id: str


class AuditKeyRead(Read):
    """The public key (Ed25519, base64) that checks signatures of heads.

    The signed text is `qinlian-audit-head|size|hash|signed_at`, the time in ISO 8601 with `+00:00`.
    """

    key_id: str
    algorithm: str = "Ed25519"
    public_key: str
