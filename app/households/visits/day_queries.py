"""The statements of Today over plain tables, built once for each scope: building them costs more than running them."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    String,
    Uuid,
    and_,
    bindparam,
    case,
    distinct,
    func,
    literal,
    null,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)

from app.accounts.permissions import Principal
from app.core.models import UtcDateTime
from app.households.models import Household
from app.households.residents.models import CareRecord, Residency, Resident
from app.households.scope import areas_of, communities_of, is_outsider
from app.households.visits.due import TIERS
from app.households.visits.models import EventKind, Need, NeedState, Outcome, Visit, VisitDue, VisitEvent

NOTE_SHOWN = 80
_NOBODY = UUID(int=0)
_home, _due, _visit = Household.__table__.c, VisitDue.__table__.c, Visit.__table__.c  # type: ignore[attr-defined]
_event, _need = VisitEvent.__table__.c, Need.__table__.c  # type: ignore[attr-defined]
_stay, _person, _care = Residency.__table__.c, Resident.__table__.c, CareRecord.__table__.c  # type: ignore[attr-defined]
_models: tuple[Any, ...] = (Household, Visit, Resident, CareRecord)
_tables: dict[str, Any] = {model.__tablename__: model.__table__ for model in _models}


def reach(who: Principal) -> Principal:
    """What of a principal decides which rows are seen, without the person: the key under which statements are kept."""
    kind = "client" if who.kind == "client" else "reach"
    return Principal(
        kind, _NOBODY, "", "", frozenset(), who.district_id, who.community_id, who.grid_area_ids, restricted=""
    )


def scope(who: Principal, community: Any, area: Any, chosen: UUID | None) -> list[ColumnElement[bool]]:
    """The rows of one's own areas, or of the one chosen."""
    conditions = [communities_of(who, community), *areas_of(who, area)]
    return conditions if chosen is None else [*conditions, area == chosen]


def _day(name: str) -> Any:
    return bindparam(name, type_=Date())


@lru_cache(maxsize=512)
def figures(who: Principal, chosen: UUID | None) -> Any:
    """What was done on a day, and what waits. Parameters: day, start, end."""
    visits = and_(
        _visit.household_id == _home.id,
        _visit.visited_at >= bindparam("start", type_=UtcDateTime()),
        _visit.visited_at < bindparam("end", type_=UtcDateTime()),
        *scope(who, _visit.community_id, _home.grid_area_id, chosen),
    )
    paid = _visit.outcome != Outcome.not_home
    homes = func.count(distinct(_visit.household_id))
    waiting = and_(_due.due_on <= _day("day"), *scope(who, _due.community_id, _due.grid_area_id, chosen))
    late = _due.owed_on < _day("day")
    counted = func.count(_due.household_id)
    return select(
        select(homes).where(visits, paid).scalar_subquery().label("done"),
        select(homes).where(visits, ~paid).scalar_subquery().label("attempts"),
        select(counted).where(waiting, late).scalar_subquery().label("overdue"),
        select(counted).where(waiting, ~late).scalar_subquery().label("due"),
        select(_due.household_id)
        .where(_due.refresh_on <= _day("day"), *scope(who, _due.community_id, _due.grid_area_id, None))
        .limit(1)
        .scalar_subquery()
        .label("stale"),
    )


@lru_cache(maxsize=1)
def due_columns() -> Any:
    """What a line about a due household needs: its place, its standing, and its last visit."""
    household, visit = _tables["household"], _tables["visit"]
    return (
        select(
            _due.household_id,
            _home.label.label("household_label"),
            _home.walk_key,
            _due.grid_area_id,
            _due.tier,
            _due.categories,
            _due.last_visit_on,
            _due.last_attempt_on,
            _due.owed_on,
            _due.due_on,
            _visit.outcome,
            func.substr(_visit.note, 1, NOTE_SHOWN).label("note"),
        )
        .join(household, _home.id == _due.household_id)
        .outerjoin(visit, _visit.id == _due.last_visit_id)
    )


@lru_cache(maxsize=512)
def due(who: Principal, chosen: UUID | None) -> Any:
    """Households due until a day, the most pressing first. Parameters: day, until, most."""
    rank = case({tier: place for place, tier in enumerate(TIERS)}, value=_due.tier, else_=len(TIERS))
    return (
        due_columns()
        .where(_due.due_on <= _day("until"), *scope(who, _due.community_id, _due.grid_area_id, chosen))
        .order_by(_due.due_on > _day("day"), rank, _due.due_on, _home.walk_key)
        .limit(bindparam("most"))
    )


@lru_cache(maxsize=1)
def people() -> Any:
    """Who lives in some households on a day, a row for each care category that holds. Parameters: homes, day."""
    return (
        select(_stay.household_id, _stay.relation, _person.id, _person.name, _person.birth_on, _care.category)
        .join(_tables["resident"], _person.id == _stay.resident_id)
        .outerjoin(_tables["care_record"], and_(_care.resident_id == _person.id, _covers(_care)))
        .where(_stay.household_id.in_(bindparam("homes", expanding=True)), _covers(_stay), _person.died_on.is_(None))
        .order_by(_care.from_on)
    )


def _covers(columns: Any) -> ColumnElement[bool]:
    return and_(columns.from_on <= _day("day"), or_(columns.to_on.is_(None), columns.to_on >= _day("day")))


@lru_cache(maxsize=512)
def matters(who: Principal, chosen: UUID | None) -> Any:
    """Open events and urgent open needs, the most pressing first. Parameter: most."""
    household = _tables["household"]
    outside = is_outsider(who) or who.kind == "client"
    events: Any = (
        select(
            literal("event").label("what"),
            _event.id.label("id"),
            _event.household_id.label("household_id"),
            _home.label.label("household_label"),
            _event.kind.label("kind"),
            _event.detail.label("detail"),
            _event.due_at.label("at"),
            type_coerce(null(), String).label("serial"),
            type_coerce(null(), Uuid).label("visit_id"),
        )
        .join(household, _home.id == _event.household_id)
        .where(
            _event.done_visit_id.is_(None),
            _event.kind != EventKind.child_harm if outside else true(),
            *scope(who, _event.community_id, _home.grid_area_id, chosen),
        )
    )
    urgent: Any = (
        select(
            literal("need"),
            _need.id,
            _need.household_id,
            _home.label,
            _need.category,
            _need.detail,
            _need.raised_at,
            _need.serial,
            _need.visit_id,
        )
        .join(household, _home.id == _need.household_id)
        .where(
            _need.urgent == true(),
            _need.state == NeedState.open,
            *scope(who, _need.community_id, _home.grid_area_id, chosen),
        )
    )
    both = union_all(events, urgent).subquery()
    return select(both).order_by(both.c.what, both.c.at).limit(bindparam("most"))


@lru_cache(maxsize=512)
def following(who: Principal) -> Any:
    """The next household of a walk. Parameters: day, area, here (the walk key passed), household (the one left)."""
    ahead = _home.walk_key > bindparam("here", type_=String())
    late = _due.owed_on < _day("day")
    return (
        select(_due.household_id)
        .join(_tables["household"], _home.id == _due.household_id)
        .where(
            _due.due_on <= _day("day"),
            _due.grid_area_id == bindparam("area", type_=Uuid()),
            _due.household_id != bindparam("household", type_=Uuid()),
            *scope(who, _due.community_id, _due.grid_area_id, None),
        )
        .order_by(~ahead, ~late, _home.walk_key)
        .limit(1)
    )
