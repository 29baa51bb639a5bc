"""One person as the page shows them: masked particulars, where they lived, what care they need."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.models import User
from app.accounts.permissions import Principal
from app.core import audit
from app.core.clock import age_on, today
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.models import Household
from app.households.queries import pairs
from app.households.residents import care, identity, moves, personal, service
from app.households.residents.models import CareRecord, Residency, Resident, Sex
from app.households.residents.schemas import CareRead, ResidencyRead, ResidentRead, Reveal, Revealed
from app.households.scope import is_outsider


def detail(s: Session, who: Principal, resident_id: UUID) -> ResidentRead:
    return of(s, who, service.get(s, who, resident_id))


def of(s: Session, who: Principal, resident: Resident) -> ResidentRead:
    hidden = is_outsider(who)
    until = resident.died_on or today()
    age = age_on(resident.birth_on, until) if resident.birth_on else None
    merged = select(col(Resident.id)).where(col(Resident.merged_into_id) == resident.id)
    number = personal.id_number_of(resident)
    return ResidentRead.model_validate(
        {
            **resident.model_dump(exclude={"id_number_sealed", "phone_sealed"}),
            "name": mask_name(resident.name) if hidden else resident.name,
            "birth_on": None if hidden else resident.birth_on,
            "note": "" if hidden else resident.note,
            "age": age,
            "elder": age is not None and age >= service.ELDER,
            "id_number": personal.masked_id_number(resident),
            "phone": personal.masked_phone(resident),
            "merged_ids": list(s.scalars(merged)),
            "warnings": warnings(resident, number),
            "residencies": _residencies(s, who, resident.id),
            "care": _care(s, who, resident.id),
        }
    )


def warnings(resident: Resident, number: str | None) -> list[str]:
    """Where the record disagrees with the identity number; a warning, since records do disagree."""
    if number is None:
        return []
    found = []
    if resident.sex != Sex.unknown and resident.sex != identity.sex_of(number):
        found.append("sex_differs")
    if resident.birth_on is not None and resident.birth_on != identity.birth_of(number):
        found.append("birth_differs")
    return found


def _residencies(s: Session, who: Principal, resident_id: UUID) -> list[ResidencyRead]:
    rows = moves.periods(s, resident_id)
    labels = _labels(s, rows)
    return [residency(row, labels[row.household_id], who) for row in rows]


def _labels(s: Session, rows: list[Residency]) -> dict[UUID, str]:
    wanted = select(col(Household.id), col(Household.label)).where(
        col(Household.id).in_([row.household_id for row in rows])
    )
    return pairs(s, wanted)


def residency(row: Residency, label: str, who: Principal) -> ResidencyRead:
    values = {**row.model_dump(), "label": label}
    if is_outsider(who):
        values["reason"] = ""
    return ResidencyRead.model_validate(values)


def one_residency(s: Session, who: Principal, row: Residency) -> ResidencyRead:
    return residency(row, _labels(s, [row])[row.household_id], who)


def _care(s: Session, who: Principal, resident_id: UUID) -> list[CareRead]:
    rows = care.records(s, resident_id)
    names = _reviewers(s, rows)
    return [care_record(row, names, who) for row in rows]


def _reviewers(s: Session, rows: list[CareRecord]) -> dict[UUID, str]:
    wanted = select(col(User.id), col(User.display_name)).where(
        col(User.id).in_({row.reviewed_by for row in rows if row.reviewed_by})
    )
    return pairs(s, wanted)


def care_record(row: CareRecord, names: dict[UUID, str], who: Principal) -> CareRead:
    values: dict[str, Any] = {**row.model_dump(), "reviewer": names.get(row.reviewed_by) if row.reviewed_by else None}
    if is_outsider(who):
        values.update(detail=None, reason=None)
    return CareRead.model_validate(values)


def one_care_record(s: Session, who: Principal, row: CareRecord) -> CareRead:
    return care_record(row, _reviewers(s, [row]), who)


def reveal(s: Session, who: Principal, resident_id: UUID, data: Reveal) -> Revealed:
    """One value in full, once; who saw which field of whom, and why, stands in the audit log."""
    resident = service.get(s, who, resident_id)
    value = personal.id_number_of(resident) if data.field == "id_number" else personal.phone_of(resident)
    if value is None:
        raise Conflict(_("没有登记这一项。"), code="nothing_to_reveal", field="field")
    audit.note(
        s, "resident.reveal", "resident", resident.id, resident.community_id, field=data.field, reason=data.reason
    )
    return Revealed(resident_id=resident.id, field=data.field, value=value)
