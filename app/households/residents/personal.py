"""Sealed personal data: written sealed with a blind index, read masked, opened only by a reveal."""

from __future__ import annotations

from app.core import crypto
from app.core.masking import mask_id_number, mask_phone
from app.households.residents.models import Resident

TABLE = "resident"


def id_number_index(number: str) -> str:
    return crypto.blind("id number", number)


def phone_index(phone: str) -> str:
    return crypto.blind("phone", phone)


def phone_ending_index(ending: str) -> str:
    return crypto.blind("phone ending", ending)


def seal_personal(resident: Resident, id_number: str | None, phone: str | None) -> None:
    """Seals both values (already checked and normal) into the row, with their blind indexes; None forgets."""
    seal_id_number(resident, id_number)
    seal_phone(resident, phone)


def seal_id_number(resident: Resident, number: str | None) -> None:
    resident.id_number_sealed = crypto.seal(number, crypto.cell(TABLE, "id_number", resident.id)) if number else None
    resident.id_number_index = id_number_index(number) if number else None


def seal_phone(resident: Resident, phone: str | None) -> None:
    resident.phone_sealed = crypto.seal(phone, crypto.cell(TABLE, "phone", resident.id)) if phone else None
    resident.phone_index = phone_index(phone) if phone else None
    resident.phone_ending_index = phone_ending_index(phone[-4:]) if phone else None


def id_number_of(resident: Resident) -> str | None:
    sealed = resident.id_number_sealed
    return crypto.unseal(sealed, crypto.cell(TABLE, "id_number", resident.id)) if sealed else None


def phone_of(resident: Resident) -> str | None:
    sealed = resident.phone_sealed
    return crypto.unseal(sealed, crypto.cell(TABLE, "phone", resident.id)) if sealed else None


def masked_id_number(resident: Resident) -> str | None:
    number = id_number_of(resident)
    return mask_id_number(number) if number else None


def masked_phone(resident: Resident) -> str | None:
    phone = phone_of(resident)
    return mask_phone(phone) if phone else None
