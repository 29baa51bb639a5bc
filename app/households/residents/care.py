"""Care categories (重点关爱对象): who needs which, from when to when, why, and who confirmed it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import today
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, publish
from app.core.i18n import gettext as _
from app.households.residents import personal, service
from app.households.residents.identity import read_certificate
from app.households.residents.models import CareCategory, CareRecord, Resident
from app.households.residents.schemas import CareCreate, CareUpdate


def records(s: Session, resident_id: UUID) -> list[CareRecord]:
    """Every record of a person, the latest first."""
    wanted = select(CareRecord).where(col(CareRecord.resident_id) == resident_id)
    return list(s.scalars(wanted.order_by(col(CareRecord.from_on).desc(), col(CareRecord.id))))


def get(s: Session, who: Principal, resident_id: UUID, care_record_id: UUID) -> CareRecord:
    resident = service.get(s, who, resident_id)
    record = s.get(CareRecord, care_record_id)
    if record is None or record.resident_id != resident.id:
        raise NotFound()
    return record


def add(s: Session, who: Principal, resident_id: UUID, data: CareCreate) -> CareRecord:
    """Begins a care category. Of a disability certificate only type and level are kept."""
    resident = service.get(s, who, resident_id)
    if resident.died_on is not None:
        raise Conflict(_("%(name)s已登记去世。", name=resident.name), code="person_died")
    kind, level = _disability(resident, data)
    record = CareRecord(
        community_id=resident.community_id,
        resident_id=resident.id,
        category=CareCategory(data.category),
        disability_type=kind,
        disability_level=level,
        detail=data.detail,
        reason=data.reason,
        from_on=data.from_on or today(),
        reviewed_by=who.id if who.kind == "user" else None,
    )
    _check(s, resident, record)
    s.add(record)
    _tell(s, resident)
    return record


def _disability(resident: Resident, data: CareCreate) -> tuple[int | None, int | None]:
    if data.category != CareCategory.disabled:
        if data.certificate or data.disability_type or data.disability_level:
            raise Invalid(_("只有“残疾”需要填写残疾证信息。"), code="not_disabled", field="certificate")
        return None, None
    if not data.certificate:
        return data.disability_type, data.disability_level
    certificate = read_certificate(data.certificate)
    if certificate is None:
        raise Invalid(
            _("残疾证号应为 18 位身份证号加 1 位类别、1 位等级。"), code="certificate_format", field="certificate"
        )
    number = personal.id_number_of(resident)
    if number is not None and number != certificate.id_number:
        raise Invalid(_("残疾证号与本人身份证号不符。"), code="certificate_differs", field="certificate")
    return certificate.type, certificate.level


def change(
    s: Session, who: Principal, resident_id: UUID, care_record_id: UUID, data: CareUpdate, version: int | None
) -> CareRecord:
    """Corrects a record or ends it with `to_on`, its last day."""
    resident = service.get(s, who, resident_id)
    record = get(s, who, resident.id, care_record_id)
    check_version(record, version)
    wanted = CareRecord(**record.model_dump())
    for name in data.model_fields_set:
        value = getattr(data, name)
        if value is not None or name in {"to_on", "disability_type", "disability_level"}:
            setattr(wanted, name, value)
    _check(s, resident, wanted)
    for name in data.model_fields_set:
        setattr(record, name, getattr(wanted, name))
    touch(record)
    s.add(record)
    _tell(s, resident)
    return record


def _check(s: Session, resident: Resident, wanted: CareRecord) -> None:
    """Refuses a period that is upside down, begins before birth, or overlaps one of the same category."""
    if wanted.to_on is not None and wanted.to_on < wanted.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="to_on")
    if resident.birth_on is not None and wanted.from_on < resident.birth_on:
        raise Invalid(_("不能早于出生日期。"), code="before_birth", field="from_on")
    with s.no_autoflush:
        others = records(s, resident.id)
    for other in others:
        if other.id == wanted.id or other.category != wanted.category:
            continue
        starts_within = other.to_on is None or wanted.from_on <= other.to_on
        if starts_within and (wanted.to_on is None or other.from_on <= wanted.to_on):
            raise Conflict(_("这一类别在同一时期已经登记。"), code="care_overlap", field="category")


def _tell(s: Session, resident: Resident) -> None:
    touch(resident)
    s.add(resident)
    s.flush()
    publish(s, HouseholdsChanged(tuple(service.homes_of(s, resident.id))))
