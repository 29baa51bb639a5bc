"""Telephone numbers in rosters: sealed with a blind index like those of residents, shown masked, opened by a reveal."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

from sqlmodel import Session

from app.core import audit, crypto
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.masking import mask_phone
from app.households.residents.personal import phone_index


class HasPhone(Protocol):
    """A row of a roster with a sealed telephone number."""

    id: UUID
    phone_sealed: bytes | None
    phone_index: str | None


def _cell(table: str, row: HasPhone) -> str:
    return crypto.cell(table, "phone", row.id)


def seal_phone(table: str, row: HasPhone, phone: str | None) -> None:
    """Seals a number (already checked and normal) into the row of `table`; None forgets."""
    row.phone_sealed = crypto.seal(phone, _cell(table, row)) if phone else None
    row.phone_index = phone_index(phone) if phone else None


def phone_of(table: str, row: HasPhone) -> str | None:
    return crypto.unseal(row.phone_sealed, _cell(table, row)) if row.phone_sealed else None


def masked_phone(table: str, row: HasPhone) -> str | None:
    phone = phone_of(table, row)
    return mask_phone(phone) if phone else None


def reveal(s: Session, table: str, row: HasPhone, community_id: UUID, reason: str) -> str:
    """The number in full, once; who saw it, and why, stands in the audit log."""
    phone = phone_of(table, row)
    if phone is None:
        raise Conflict(_("没有登记电话。"), code="nothing_to_reveal")
    audit.note(s, f"{table}.reveal", table, row.id, community_id, field="phone", reason=reason)
    return phone
