"""The list of residents: filters, search, one page of it, all of it as a table, and counts of any day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Depends, Query
from sqlalchemy import Select, and_, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.areas import service as areas
from app.communities.models import GridArea
from app.core import crypto
from app.core.clock import add_months, age_on, today
from app.core.i18n import gettext as _
from app.core.masking import mask_id_number, mask_name, mask_phone
from app.core.pagination import Paging, paginate
from app.core.schemas import Search
from app.households import finding
from app.households.models import Household
from app.households.residents.models import CareCategory, CareRecord, Relation, Residency, Resident, Sex
from app.households.residents.personal import TABLE
from app.households.residents.service import ELDER, cares_on, lives_on, seen_by
from app.households.scope import Choice, areas_of, communities_of, is_outsider
from app.households.search import residents_matching
from app.households.words import CARE, RELATIONS, SEXES

CareFilter = CareCategory | Literal["any", "elder"]
State = Literal["living", "left", "died", "all"]
_EXPORT_AT_ONCE = 500


@dataclass(frozen=True)
class Filters:
    """What a list of residents is narrowed to."""

    q: str = ""
    community_id: UUID | None = None
    grid_area_id: UUID | None = None
    building_id: UUID | None = None
    sex: Sex | None = None
    care: CareFilter | None = None
    state: State = "living"


async def _filters(
    q: Annotated[Search, Query(description="part of a name, initials, room, phone ending; or a whole number")] = "",
    community_id: Annotated[Choice[UUID], Query()] = None,
    grid_area_id: Annotated[Choice[UUID], Query()] = None,
    building_id: Annotated[Choice[UUID], Query()] = None,
    sex: Annotated[Choice[Sex], Query()] = None,
    care: Annotated[Choice[CareFilter], Query()] = None,
    state: Annotated[Choice[State], Query(description="living here now (the default), left, died, or all")] = None,
    find: Annotated[str, Query(max_length=finding.LONGEST, description="of `POST /residents/find`, for `q`")] = "",
) -> Filters:
    return Filters(finding.opened(find) or q, community_id, grid_area_id, building_id, sex, care, state or "living")


FiltersDep = Annotated[Filters, Depends(_filters)]


def _conditions(who: Principal, wanted: Filters) -> list[Any]:
    found: list[Any] = [*seen_by(who), col(Resident.merged_into_id).is_(None)]
    home, died = col(Residency.id), col(Resident.died_on)
    found += {
        "living": [home.is_not(None)],
        "left": [home.is_(None), died.is_(None)],
        "died": [died.is_not(None)],
        "all": [],
    }[wanted.state]
    for column, value in (
        (col(Resident.community_id), wanted.community_id),
        (col(Household.grid_area_id), wanted.grid_area_id),
        (col(Household.building_id), wanted.building_id),
        (col(Resident.sex), wanted.sex),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.care == "elder":
        found.append(col(Resident.birth_on) <= add_months(today(), -12 * ELDER))
    elif wanted.care is not None:
        needing = select(col(CareRecord.resident_id)).where(
            communities_of(who, col(CareRecord.community_id)), cares_on(today())
        )
        needing = needing if wanted.care == "any" else needing.where(col(CareRecord.category) == wanted.care)
        found.append(col(Resident.id).in_(needing))
    if wanted.q:
        found.extend(residents_matching(who, wanted.q))
    return found


def _from(statement: Select[Any], wanted: Filters) -> Select[Any]:
    """Joins the household that the person lives in now, if any."""
    home = and_(col(Residency.resident_id) == col(Resident.id), col(Residency.to_on).is_(None))
    return (
        statement.select_from(Resident)
        .join(Residency, home, isouter=wanted.state != "living")
        .join(Household, col(Household.id) == col(Residency.household_id), isouter=wanted.state != "living")
    )


def _statement(who: Principal, wanted: Filters) -> Select[Any]:
    wanted_columns: Any = select(
        col(Resident.id),
        col(Resident.sort_key),
        col(Resident.name),
        col(Resident.sex),
        col(Resident.birth_on),
        col(Resident.phone_sealed),
        col(Resident.id_number_sealed),
        col(Resident.died_on),
        col(Residency.household_id),
        col(Residency.relation),
        col(Residency.from_on),
        col(Household.label),
    )
    return _from(wanted_columns, wanted).where(*_conditions(who, wanted))


def page(s: Session, who: Principal, wanted: Filters, paging: Paging) -> dict[str, Any]:
    """One page in the order of pinyin."""
    statement, place = _statement(who, wanted), (col(Resident.sort_key), col(Resident.id))
    if wanted.q and s.get_bind().dialect.name == "postgresql":
        statement, place = _hits_first(who, wanted)
    keys: list[Any] = [(place[0], str), (place[1], UUID)]
    found = paginate(s, statement, paging, keys, scalars=False, count=False)
    found["items"] = _items(s, who, found["items"])
    if not paging.cursor and not (wanted.q and found["next"]):  # counting every hit costs more than finding a page
        found["total"] = _total(s, who, wanted) if found["next"] else len(found["items"])
    return found


def _hits_first(who: Principal, wanted: Filters) -> tuple[Select[Any], Any]:
    """Whoever a search finds, put in order and then looked at one by one until the page is full.

    PostgreSQL stops there; left to itself it joins all hits with their homes. SQLite sorts everything either way.
    """
    place = (col(Resident.sort_key), col(Resident.id))
    hits: Any = select(*place).where(*residents_matching(who, wanted.q)).order_by(*place).offset(0).subquery("hits")
    statement = _statement(who, replace(wanted, q="")).join(hits, hits.c.id == col(Resident.id))
    return statement, (hits.c.sort_key, hits.c.id)


def _total(s: Session, who: Principal, wanted: Filters) -> int:
    """Of everybody who lives here, as most often, the open residencies are counted: one index."""
    if wanted == Filters(community_id=wanted.community_id) and who.grid_area_ids is None:
        community = col(Residency.community_id)
        here = select(func.count()).where(communities_of(who, community), col(Residency.to_on).is_(None))
        return s.scalar(here if wanted.community_id is None else here.where(community == wanted.community_id)) or 0
    return s.scalar(_from(select(func.count()), wanted).where(*_conditions(who, wanted))) or 0


def _items(s: Session, who: Principal, rows: Sequence[Any]) -> list[dict[str, Any]]:
    hidden, day = is_outsider(who), today()
    care: dict[UUID, list[str]] = {}
    wanted = select(col(CareRecord.resident_id), col(CareRecord.category)).where(
        col(CareRecord.resident_id).in_([row.id for row in rows]), cares_on(day)
    )
    for resident, category in s.execute(wanted):
        care.setdefault(resident, []).append(category)
    return [_item(row, care.get(row.id, []), hidden, day) for row in rows]


def _item(row: Any, care: list[str], hidden: bool, day: date) -> dict[str, Any]:
    age = age_on(row.birth_on, row.died_on or day) if row.birth_on else None
    values = dict(row._mapping)
    return {
        **values,
        "name": mask_name(row.name) if hidden else row.name,
        "birth_on": None if hidden else row.birth_on,
        "age": age,
        "elder": age is not None and age >= ELDER,
        "phone": _masked(row.phone_sealed, "phone", row.id),
        "care": care,
    }


def _masked(sealed: bytes | None, column: str, resident_id: UUID) -> str | None:
    if sealed is None:
        return None
    value = crypto.unseal(sealed, crypto.cell(TABLE, column, resident_id))
    return mask_phone(value) if column == "phone" else mask_id_number(value)


def columns() -> list[str]:
    return [
        _("姓名"),
        _("性别"),
        _("出生日期"),
        _("年龄"),
        _("房号"),
        _("与户主关系"),
        _("入住日期"),
        _("身份证号"),
        _("电话"),
        _("关爱类别"),
        _("去世日期"),
    ]


def rows(s: Session, who: Principal, wanted: Filters) -> Iterator[list[Any]]:
    """Every resident of the list, masked as on the page, for an export."""
    ordered = _statement(who, wanted).order_by(col(Resident.sort_key), col(Resident.id))
    everything = s.execute(ordered).all()
    for at in range(0, len(everything), _EXPORT_AT_ONCE):
        for item in _items(s, who, everything[at : at + _EXPORT_AT_ONCE]):
            yield [
                item["name"],
                _(SEXES[Sex(item["sex"])]),
                item["birth_on"],
                item["age"],
                item["label"],
                _(RELATIONS[Relation(item["relation"])]) if item["relation"] else None,
                item["from_on"],
                _masked(item["id_number_sealed"], "id_number", item["id"]),
                item["phone"],
                "、".join(_(CARE[CareCategory(category)]) for category in item["care"]),
                item["died_on"],
            ]


def counts(s: Session, who: Principal, as_of: date) -> dict[str, Any]:
    """How many people lived here on a day, who came and went in the year before it, and where they lived."""
    area = col(Household.grid_area_id)
    scope = [communities_of(who, col(Household.community_id)), *areas_of(who, area)]

    def periods(*what: Any) -> Select[Any]:
        return select(*what).join(Household, col(Household.id) == col(Residency.household_id)).where(*scope)

    people, homes = (
        func.count(col(Residency.resident_id).distinct()),
        func.count(col(Residency.household_id).distinct()),
    )
    year_ago = add_months(as_of, -12)
    came = periods(people).where(col(Residency.from_on) > year_ago, col(Residency.from_on) <= as_of)
    went = periods(people).where(col(Residency.to_on) > year_ago, col(Residency.to_on) <= as_of)
    living = periods(area, people, homes).where(lives_on(as_of)).group_by(area)
    by_area = {row[0]: (row[1], row[2]) for row in s.execute(living)}
    listed = s.scalars(areas.visible(who).order_by(col(GridArea.community_id), col(GridArea.number))).all()
    return {
        "as_of": as_of,
        "residents": sum(found[0] for found in by_area.values()),
        "households": sum(found[1] for found in by_area.values()),
        "moved_in": s.scalar(came),
        "moved_out": s.scalar(went),
        "areas": [
            {
                "grid_area_id": a.id,
                "number": a.number,
                "name": a.name,
                "residents": by_area.get(a.id, (0, 0))[0],
                "households": by_area.get(a.id, (0, 0))[1],
            }
            for a in listed
        ],
    }
