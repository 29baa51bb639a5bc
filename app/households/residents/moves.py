"""Moving in, moving out, dying: the periods in which a person lives in a household.

Both days of a period count. A person is in one household on any day and has at most one open period, so that the
people of any past day can be counted.
"""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import today
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, publish
from app.core.i18n import gettext as _
from app.households import service as households
from app.households.models import Household
from app.households.residents import service
from app.households.residents.models import CareRecord, Relation, Residency, Resident
from app.households.residents.schemas import Death, MoveIn, MoveOut, ResidencyUpdate

_DAY = timedelta(days=1)


def periods(s: Session, resident_id: UUID) -> list[Residency]:
    """Every period of a person, the latest first."""
    wanted = select(Residency).where(col(Residency.resident_id) == resident_id)
    return list(s.scalars(wanted.order_by(col(Residency.from_on).desc(), col(Residency.id))))


def get(s: Session, who: Principal, resident_id: UUID, residency_id: UUID) -> Residency:
    """One period; a worker reaches those in the worker's own areas."""
    resident = service.get(s, who, resident_id)
    found = s.get(Residency, residency_id)
    if found is None or found.resident_id != resident.id:
        raise NotFound()
    households.get(s, who, found.household_id)
    return found


def move_out(s: Session, who: Principal, resident_id: UUID, data: MoveOut) -> Resident:
    """Ends the present period; `data.on` is its last day."""
    resident = service.get(s, who, resident_id)
    home = service.open_residency(s, resident.id)
    if home is None:
        raise Conflict(_("%(name)s现在不住在任何一户。", name=resident.name), code="not_living_here")
    _end(s, home, data.on, data.reason, "on")
    touch(resident)
    s.add(resident)
    publish(s, HouseholdsChanged((home.household_id,)))
    return resident


def _end(s: Session, home: Residency, last: date, reason: str, field: str) -> None:
    if last < home.from_on:
        raise Invalid(_("不能早于入住日期 %(day)s。", day=home.from_on.isoformat()), code="date_order", field=field)
    home.to_on = last
    home.reason = reason or home.reason
    touch(home)
    s.add(home)
    s.flush()  # closed before another may be open


def move_in(s: Session, who: Principal, resident_id: UUID, data: MoveIn) -> Resident:
    """Begins a period in a household; the present period, if any, ends the day before."""
    resident = service.get(s, who, resident_id)
    if resident.died_on is not None:
        raise Conflict(_("%(name)s已登记去世。", name=resident.name), code="person_died")
    household = _destination(s, who, data)
    households.check_open(household)
    if household.community_id != resident.community_id:
        raise Invalid(_("只能迁到本社区的住户。"), code="other_community", field="room")
    from_on = data.from_on or today()
    before = service.open_residency(s, resident.id)
    if before is not None:
        _leave(s, before, household, from_on)
    made = Residency(
        community_id=resident.community_id,
        household_id=household.id,
        resident_id=resident.id,
        relation=Relation(data.relation),
        from_on=from_on,
        reason=data.reason,
    )
    check_period(s, resident, made)
    s.add(made)
    touch(resident)
    s.add(resident)
    s.flush()
    affected = {household.id} | ({before.household_id} if before else set())
    publish(s, HouseholdsChanged(tuple(affected)))
    return resident


def _leave(s: Session, before: Residency, household: Household, from_on: date) -> None:
    if before.household_id == household.id:
        raise Conflict(_("已经住在这一户。"), code="already_here", field="room")
    if from_on <= before.from_on:
        day = before.from_on.isoformat()
        raise Invalid(_("须晚于现住处的入住日期 %(day)s。", day=day), code="date_order", field="from_on")
    _end(s, before, from_on - _DAY, "", "from_on")


def _destination(s: Session, who: Principal, data: MoveIn) -> Household:
    if data.household_id is not None:
        try:
            return households.get(s, who, data.household_id)
        except NotFound:
            raise Invalid(_("没有这一户。"), code="no_such_household", field="household_id") from None
    if data.room:
        return households.find_label(s, who, data.room)
    raise Invalid(_("请填写迁入的房号。"), code="missing", field="room")


def check_period(s: Session, resident: Resident, wanted: Residency) -> None:
    """Refuses a period that overlaps another of the same person, or lies outside the person's life."""
    if resident.birth_on is not None and wanted.from_on < resident.birth_on:
        raise Invalid(_("入住日期早于出生日期。"), code="before_birth", field="from_on")
    if resident.died_on is not None and (wanted.to_on is None or wanted.to_on > resident.died_on):
        raise Conflict(_("%(name)s已登记去世。", name=resident.name), code="person_died", field="to_on")
    with s.no_autoflush:
        others = [p for p in periods(s, resident.id) if p.id != wanted.id]
    for other in others:
        starts_within = other.to_on is None or wanted.from_on <= other.to_on
        if starts_within and (wanted.to_on is None or other.from_on <= wanted.to_on):
            raise Conflict(
                _("与另一段居住（%(day)s 起）重叠。", day=other.from_on.isoformat()),
                code="residency_overlap",
                field="from_on",
            )


def died(s: Session, who: Principal, resident_id: UUID, data: Death) -> Resident:
    """Records a death: the present residency and all care end that day."""
    resident = service.get(s, who, resident_id)
    if resident.died_on is not None:
        raise Conflict(_("%(name)s已登记去世。", name=resident.name), code="person_died")
    if resident.birth_on is not None and data.died_on < resident.birth_on:
        raise Invalid(_("不能早于出生日期。"), code="date_order", field="died_on")
    home = service.open_residency(s, resident.id)
    if home is not None:
        _end(s, home, data.died_on, _("去世"), "died_on")
    for record in s.scalars(select(CareRecord).where(col(CareRecord.resident_id) == resident.id)):
        if record.to_on is None:
            record.to_on = max(data.died_on, record.from_on)
            touch(record)
            s.add(record)
    resident.died_on = data.died_on
    touch(resident)
    s.add(resident)
    publish(s, HouseholdsChanged(tuple(service.homes_of(s, resident.id))))
    return resident


def correct(
    s: Session, who: Principal, resident_id: UUID, residency_id: UUID, data: ResidencyUpdate, version: int | None
) -> Residency:
    """Corrects a period that was entered wrongly; a `to_on` of null opens it again."""
    resident = service.get(s, who, resident_id)
    found = get(s, who, resident.id, residency_id)
    check_version(found, version)
    # Compared before it is written, so that a refusal finds nothing to undo in the session.
    wanted = Residency(**found.model_dump())
    for name in data.model_fields_set:
        value = getattr(data, name)
        if value is not None or name == "to_on":
            setattr(wanted, name, value)
    if wanted.to_on is not None and wanted.to_on < wanted.from_on:
        raise Invalid(_("结束日期不能早于开始日期。"), code="date_order", field="to_on")
    check_period(s, resident, wanted)
    found.relation, found.reason = wanted.relation, wanted.reason
    found.from_on, found.to_on = wanted.from_on, wanted.to_on
    touch(found)
    s.add(found)
    touch(resident)
    s.add(resident)
    s.flush()
    publish(s, HouseholdsChanged((found.household_id,)))
    return found
