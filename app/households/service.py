"""Dwellings: who may see them, and the rules of registering, changing and closing one."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import Select, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import today
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, publish
from app.core.i18n import gettext as _
from app.households.labels import make_label, make_walk_key, plain_label
from app.households.models import Building, Household, HouseholdTenure, Tenure
from app.households.residents.models import Residency
from app.households.schemas import HouseholdCreate, HouseholdUpdate
from app.households.scope import areas_of, communities_of

__all__ = [
    "close",
    "create",
    "find_label",
    "get",
    "make_label",
    "make_walk_key",
    "reopen",
    "set_tenure",
    "tenures",
    "update",
    "visible",
]


def visible(who: Principal) -> Select[Household]:
    """Every household that somebody may see, closed ones too."""
    return select(Household).where(
        communities_of(who, col(Household.community_id)), *areas_of(who, col(Household.grid_area_id))
    )


def get(s: Session, who: Principal, household_id: UUID) -> Household:
    found = s.scalars(visible(who).where(col(Household.id) == household_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def find_label(s: Session, who: Principal, text: str) -> Household:
    """The open household with this room number, however it is written."""
    wanted = visible(who).where(col(Household.label) == plain_label(text), col(Household.closed_on).is_(None))
    found = s.scalars(wanted.limit(2)).all()
    if len(found) != 1:
        raise Invalid(_("没有这个房号，请按“幢-单元-室”填写，如 12-1-302。"), code="no_such_room", field="room")
    return found[0]


def get_building(s: Session, who: Principal, building_id: UUID) -> Building:
    """A building in which this person may register dwellings."""
    wanted = select(Building).where(
        col(Building.id) == building_id,
        communities_of(who, col(Building.community_id)),
        *areas_of(who, col(Building.grid_area_id)),
    )
    found = s.scalars(wanted).one_or_none()
    if found is None:
        raise Invalid(_("没有这幢楼，或者不在您的网格内。"), code="no_such_building", field="building_id")
    return found


def create(s: Session, who: Principal, data: HouseholdCreate) -> Household:
    """Registers a dwelling; its tenure is known from `tenure_from_on` (today by default)."""
    building = get_building(s, who, data.building_id)
    household = Household(
        community_id=building.community_id,
        building_id=building.id,
        grid_area_id=building.grid_area_id,
        unit=data.unit,
        room=data.room,
        label="",
        walk_key="",
        floor_area_cm2=_floor_area(data),
        note=data.note,
    )
    _name(s, household, building)
    s.add(household)
    s.flush()
    set_tenure(s, household, data.tenure, data.tenure_from_on or today())
    publish(s, HouseholdsChanged((household.id,)))
    return household


def _floor_area(data: HouseholdCreate | HouseholdUpdate) -> int | None:
    """In 0.01 m², whichever unit was sent."""
    return data.floor_area_cm2 if data.floor_area_m2 is None else int(data.floor_area_m2 * 100)


def _name(s: Session, household: Household, building: Building) -> None:
    """Gives a dwelling its label and its place in the walk; a label is given once in a community."""
    household.label = make_label(building.number, household.unit, household.room)
    household.walk_key = make_walk_key(building.walk_order, building.number, household.unit, household.room)
    taken = select(col(Household.id)).where(
        col(Household.community_id) == building.community_id,
        col(Household.label) == household.label,
        col(Household.id) != household.id,
    )
    with s.no_autoflush:
        if s.scalar(taken) is not None:
            raise Conflict(_("%(label)s 已经登记。", label=household.label), code="room_taken", field="room")


def check_open(household: Household) -> None:
    """A closed dwelling keeps its history and takes nothing new."""
    if household.closed_on is not None:
        raise Conflict(_("这一户已于 %(day)s 注销。", day=household.closed_on.isoformat()), code="household_closed")


def update(s: Session, who: Principal, household_id: UUID, data: HouseholdUpdate, version: int | None) -> Household:
    """Changes what is named in `data`; a change of tenure begins a new period on `tenure_from_on`."""
    household = get(s, who, household_id)
    check_version(household, version)
    check_open(household)
    sent = data.model_fields_set
    if {"unit", "room"} & sent:
        household.unit = household.unit if data.unit is None else data.unit
        household.room = data.room or household.room
        building = s.get_one(Building, household.building_id)
        _name(s, household, building)
    if {"floor_area_cm2", "floor_area_m2"} & sent:
        household.floor_area_cm2 = _floor_area(data)
    if data.note is not None:
        household.note = data.note
    if data.tenure is not None and data.tenure != household.tenure:
        set_tenure(s, household, data.tenure, data.tenure_from_on or today())
    touch(household)
    s.add(household)
    publish(s, HouseholdsChanged((household.id,)))
    return household


def tenures(s: Session, household_id: UUID) -> list[HouseholdTenure]:
    """Every period, the latest first."""
    wanted = select(HouseholdTenure).where(col(HouseholdTenure.household_id) == household_id)
    return list(s.scalars(wanted.order_by(col(HouseholdTenure.from_on).desc())))


def set_tenure(s: Session, household: Household, tenure: Tenure, from_on: date) -> None:
    """Says how a dwelling is used from a day on; the period before it ends the day before.

    History is not rewritten: a day before the present period's first is refused, its first day amends that period.
    """
    if from_on > today():
        raise Invalid(_("日期不能晚于今天。"), code="date_in_future", field="tenure_from_on")
    wanted = select(HouseholdTenure).where(
        col(HouseholdTenure.household_id) == household.id, col(HouseholdTenure.to_on).is_(None)
    )
    present = s.scalars(wanted).one_or_none()
    if present is not None and from_on < present.from_on:
        raise Invalid(
            _("现在的使用情况从 %(day)s 起，新的不能早于这一天。", day=present.from_on.isoformat()),
            code="tenure_order",
            field="tenure_from_on",
        )
    household.tenure = Tenure(tenure)
    s.add(household)
    if present is not None and (present.from_on == from_on or present.tenure == tenure):
        present.tenure = Tenure(tenure)
        s.add(present)
        return
    if present is not None:
        present.to_on = from_on - timedelta(days=1)
        s.add(present)
        s.flush()  # the period must be closed before another may be open
    s.add(
        HouseholdTenure(
            community_id=household.community_id, household_id=household.id, tenure=Tenure(tenure), from_on=from_on
        )
    )
    s.flush()


def close(s: Session, who: Principal, household_id: UUID, closed_on: date, version: int | None) -> Household:
    """Takes a dwelling out of the register from a day on; refused while somebody lives in it."""
    household = get(s, who, household_id)
    check_version(household, version)
    check_open(household)
    later = select(col(Residency.id)).where(
        col(Residency.household_id) == household.id,
        (col(Residency.to_on).is_(None)) | (col(Residency.to_on) >= closed_on),
    )
    if s.scalar(later.limit(1)) is not None:
        raise Conflict(_("这一户还有人居住，请先办理迁出。"), code="household_inhabited", field="closed_on")
    household.closed_on = closed_on
    touch(household)
    s.add(household)
    publish(s, HouseholdsChanged((household.id,)))
    return household


def reopen(s: Session, who: Principal, household_id: UUID, version: int | None) -> Household:
    """Puts a closed dwelling back into the register."""
    household = get(s, who, household_id)
    check_version(household, version)
    household.closed_on = None
    touch(household)
    s.add(household)
    publish(s, HouseholdsChanged((household.id,)))
    return household
