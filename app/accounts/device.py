"""The key under which a tablet keeps a person's unsent work; docs/offline.md says what it protects from."""

from __future__ import annotations

import base64
from uuid import UUID

from app.accounts.permissions import OwnAccount
from app.core import crypto
from app.core.hypermedia import APIRouter
from app.core.schemas import Read

KEY_VERSION = 1

router = APIRouter(tags=["account"])


class DeviceKey(Read):
    """An AES-256 key in base64, the same for this person on every device."""

    user_id: UUID
    key_version: int
    key: str


@router.get("/account/device-key")
def read_device_key(who: OwnAccount) -> DeviceKey:
    """The key that this person's browsers encrypt drafts and unsent visits with."""
    key = crypto.derive(f"device key {KEY_VERSION} {who.id}")
    return DeviceKey(user_id=who.id, key_version=KEY_VERSION, key=base64.b64encode(key).decode())
