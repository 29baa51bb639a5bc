"""One household as its page shows it: who lives there, what care they need, who left, how the dwelling was used."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import GridArea
from app.core.clock import today
from app.core.masking import mask_name
from app.households import service
from app.households.models import Building, Household, Tenure
from app.households.residents import personal
from app.households.residents import service as residents
from app.households.residents.models import CareRecord, Relation, Residency, Resident
from app.households.schemas import HouseholdDetail
from app.households.scope import is_outsider


def detail(s: Session, who: Principal, household_id: UUID) -> HouseholdDetail:
    return of(s, who, service.get(s, who, household_id))


def of(s: Session, who: Principal, household: Household) -> HouseholdDetail:
    building = s.get_one(Building, household.building_id)
    people = _people(s, who, household)
    care = dict.fromkeys(c["category"] for person in people for c in person["care"])
    return HouseholdDetail.model_validate(
        {
            **household.model_dump(),
            "note": "" if is_outsider(who) else household.note,
            "building_number": building.number,
            "address": building.address,
            "grid_area": s.get_one(GridArea, household.grid_area_id).name,
            "people": people,
            "former": _former(s, who, household),
            "tenures": [t.model_dump() for t in service.tenures(s, household.id)],
            "care": list(care),
            "warnings": _warnings(household, people),
        }
    )


def _people(s: Session, who: Principal, household: Household) -> list[dict[str, Any]]:
    living = residents.people_of(s, [household.id], today()).get(household.id, [])
    here = [person for person in living if person.to_on is None]
    ids = [person.resident_id for person in here]
    care = residents.care_of(s, ids, today())
    rows = {r.id: r for r in s.scalars(select(Resident).where(col(Resident.id).in_(ids)))}
    hidden = is_outsider(who)
    return [
        {
            "id": person.resident_id,
            "residency_id": person.residency_id,
            "name": mask_name(person.name) if hidden else person.name,
            "sex": person.sex,
            "age": person.age,
            "elder": person.elder,
            "birth_on": None if hidden else person.birth_on,
            "relation": person.relation,
            "from_on": person.from_on,
            "phone": personal.masked_phone(rows[person.resident_id]),
            "care": [_care(record) for record in care.get(person.resident_id, [])],
        }
        for person in here
    ]


def _care(record: CareRecord) -> dict[str, Any]:
    return record.model_dump(include={"category", "disability_type", "disability_level", "from_on"})


def _former(s: Session, who: Principal, household: Household) -> list[dict[str, Any]]:
    """Those who moved out or died, the last first."""
    wanted = (
        select(Residency, Resident)
        .join(Resident, col(Resident.id) == col(Residency.resident_id))
        .where(col(Residency.household_id) == household.id, col(Residency.to_on).is_not(None))
        .order_by(col(Residency.to_on).desc(), col(Residency.id))
        .limit(50)
    )
    return [
        {
            "id": resident.id,
            "name": mask_name(resident.name) if is_outsider(who) else resident.name,
            "relation": residency.relation,
            "from_on": residency.from_on,
            "to_on": residency.to_on,
            "reason": "" if is_outsider(who) else residency.reason,
            "died": resident.died_on is not None and resident.died_on == residency.to_on,
        }
        for residency, resident in s.execute(wanted)
    ]


def _warnings(household: Household, people: list[dict[str, Any]]) -> list[str]:
    """What in the register does not fit together; none of it blocks anything."""
    if household.closed_on is not None:
        return []
    heads = sum(person["relation"] == Relation.head for person in people)
    found = {
        "vacant_but_inhabited": bool(people) and household.tenure == Tenure.vacant,
        "used_but_empty": not people and household.tenure != Tenure.vacant,
        "no_head": bool(people) and heads == 0,
        "many_heads": heads > 1,
    }
    return [name for name, holds in found.items() if holds]
