"""The data of `seed --profile acceptance`: two small communities of one district, and one of everything in each.

`objects` names a real value for every path parameter of the OpenAPI document. A room that brings a new parameter adds
its line to `OBJECTS`; a test finds the one that is missing. What is named there is never the only one of its kind, so
that a check may change or delete it without taking the ground from under another.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

from sqlmodel import Session, col, select

from app.accounts.models import Role, User, UserGridArea
from app.accounts.passwords import hash_password, made_up
from app.communities.models import Community, District, GridArea, GridAssignment, ReportedFigure
from app.core.clock import today
from app.core.config import Settings
from app.core.db import Database
from app.core.errors import Conflict
from app.demo import (
    acceptance_activities,
    acceptance_consultations,
    acceptance_elections,
    acceptance_fund,
    acceptance_meetings,
    acceptance_motions,
    acceptance_plans,
    acceptance_projects,
    acceptance_rosters,
    acceptance_rounds,
    acceptance_scores,
    acceptance_surveys,
    acceptance_votes,
)
from app.demo.acceptance_place import ROOMS, Place, add_building, add_client, add_life
from app.households.residents.models import CareRecord, Residency
from app.households.visits import policy
from app.households.visits.models import Need, Tier

AREAS = 2
_NAMES = {"A": ("甲社区", "320594001001"), "B": ("乙社区", "320594001002")}


def _first(s: Session, model: Any, place: Place, *conditions: Any) -> Any:
    wanted = select(model).where(model.community_id == place.community.id, *conditions)
    return s.exec(wanted.order_by(model.id)).first()


def _id(model: Any, *conditions: Any) -> Callable[[Session, Place], Any]:
    return lambda s, place: getattr(_first(s, model, place, *conditions), "id", None)


# One real value for every path parameter. A's hang on grid area 1.
OBJECTS: dict[str, Callable[[Session, Place], Any]] = {
    "community_id": lambda _s, p: p.community.id,
    "community_code": lambda _s, p: p.community.code,
    "district_id": lambda _s, p: p.community.district_id,
    "figure_id": _id(ReportedFigure),
    "grid_area_id": lambda _s, p: p.areas[0].id,
    "assignment_id": lambda s, p: _first(s, GridAssignment, p, col(GridAssignment.grid_area_id) == p.areas[0].id).id,
    "user_id": lambda _s, p: p.spare_user and p.spare_user.id,
    "client_id": lambda _s, p: p.spare_client and p.spare_client.id,
    "building_id": lambda _s, p: p.homes[0].building_id,
    "household_id": lambda _s, p: p.homes[0].id,
    "resident_id": lambda _s, p: p.people[0].id,
    "residency_id": lambda s, p: _first(s, Residency, p, col(Residency.resident_id) == p.people[0].id).id,
    "care_record_id": lambda s, p: _first(s, CareRecord, p, col(CareRecord.resident_id) == p.people[0].id).id,
    "import_job_id": lambda _s, p: p.job and p.job.id,
    "visit_id": lambda _s, p: p.visit and p.visit.id,
    "need_id": _id(Need),
    "event_id": lambda _s, p: p.event_id,
    "policy_id": lambda _s, p: policy.policy_id(p.community.id, Tier.general),
    **acceptance_rosters.OBJECTS,
    **acceptance_motions.OBJECTS,
    **acceptance_meetings.OBJECTS,
    **acceptance_projects.OBJECTS,
    **acceptance_fund.OBJECTS,
    **acceptance_activities.OBJECTS,
    **acceptance_plans.OBJECTS,
    **acceptance_surveys.OBJECTS,
    **acceptance_rounds.OBJECTS,
    **acceptance_scores.OBJECTS,
    **acceptance_consultations.OBJECTS,
    **acceptance_votes.OBJECTS,
    **acceptance_elections.OBJECTS,
}


def seed(db: Database, settings: Settings) -> dict[str, Any]:
    """Fills an empty database; returns what the contract promises to print."""
    roles = _roles()
    passwords = {name: made_up() for name in roles}
    with ThreadPoolExecutor(2) as pool:
        hashes = dict(zip(roles, pool.map(hash_password, passwords.values()), strict=True))
    with db.write() as s:
        _refuse_used(s)
        district = District(name="苏州工业园区", code="320594")
        s.add(district)
        s.flush()
        places = {letter: _place(s, district, letter) for letter in _NAMES}
        users = {name: _user(s, name, role, places, district, hashes[name]) for name, role in roles.items()}
        clients = _clients(s, district)
        for letter, place in places.items():
            add_life(s, place, users[f"director_{letter.lower()}"], users[f"worker_{letter.lower()}1"])
            acceptance_rosters.add_rosters(s, place, users[f"director_{letter.lower()}"], users)
            acceptance_motions.add_rules(s, place, users[f"director_{letter.lower()}"])
            acceptance_motions.add_motions(s, place, users[f"director_{letter.lower()}"])
            acceptance_meetings.add_assemblies(s, place, users[f"director_{letter.lower()}"])
            acceptance_surveys.add_instruments_and_schedules(s, place)
            acceptance_rounds.add_rounds(s, place)
            acceptance_scores.add_webhooks(s, place)
            acceptance_projects.add_projects(s, place, users[f"director_{letter.lower()}"])
            low = letter.lower()
            acceptance_fund.add_fund(
                s, place, users[f"director_{low}"], users[f"worker_{low}1"], users.get(f"finance_{low}")
            )
            acceptance_activities.add_activities(s, place, users[f"director_{letter.lower()}"])
            acceptance_plans.add_plans(s, place, users[f"director_{letter.lower()}"])
            acceptance_consultations.add_consultations(s, place, users[f"director_{letter.lower()}"])
            acceptance_votes.add_votes(s, place, users[f"director_{letter.lower()}"])
            acceptance_elections.add_elections(s, place, users[f"director_{letter.lower()}"])
        objects = {letter: _objects(s, place) for letter, place in places.items()}
    acceptance_rounds.finish(db)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return {
        "base": settings.base_url.rstrip("/") or f"http://{host}:{settings.port}",
        "communities": {letter: {"id": p.community.id, "code": p.community.code} for letter, p in places.items()},
        "users": {n: {"username": u.username, "password": passwords[n], "id": u.id} for n, u in users.items()},
        "clients": {n: {"token": token, "scopes": scopes} for n, (token, scopes) in clients.items()},
        "objects": objects,
    }


def _roles() -> dict[str, tuple[Role, str, int]]:
    """Role, community and grid area of everybody that the contract names."""
    return {
        "director_a": (Role.director, "A", 0),
        "worker_a1": (Role.worker, "A", 1),
        "worker_a2": (Role.worker, "A", 2),
        "finance_a": (Role.finance, "A", 0),
        "representative_a": (Role.representative, "A", 0),
        "supervisor": (Role.supervisor, "", 0),
        "admin": (Role.admin, "", 0),
        "director_b": (Role.director, "B", 0),
        "worker_b1": (Role.worker, "B", 1),
    }


def _refuse_used(s: Session) -> None:
    for model in (User, Community, District):
        if s.exec(select(model)).first() is not None:
            raise Conflict("seed wants an empty database, but this one holds data")


def _place(s: Session, district: District, letter: str) -> Place:
    name, code = _NAMES[letter]
    community = Community(
        district_id=district.id, name=name, code=code, subdistrict="科教创新区", founded_on=date(2009, 8, 1)
    )
    s.add(community)
    s.flush()
    place = Place(letter, community)
    for key, value in (("residents", 12.0), ("planned_households", float(AREAS * ROOMS))):
        s.add(
            ReportedFigure(
                community_id=community.id, key=key, value=value, as_of=date(2013, 4, 7), source="工作情况汇报"
            )
        )
    for number in range(1, AREAS + 1):
        area = GridArea(community_id=community.id, number=number, name=f"第{number}网格")
        s.add(area)
        s.flush()
        place.areas.append(area)
        place.homes += add_building(s, area)
    return place


def _user(
    s: Session, name: str, role: tuple[Role, str, int], places: dict[str, Place], district: District, hashed: str
) -> User:
    kind, letter, number = role
    community = places[letter].community if letter else None
    user = User(
        username=name,
        display_name=name,
        role=kind,
        community_id=community.id if community else None,
        district_id=None if kind == Role.admin else district.id,
        password_hash=hashed,
    )
    s.add(user)
    s.flush()
    if community and number:
        area = places[letter].areas[number - 1]
        s.add(UserGridArea(user_id=user.id, grid_area_id=area.id))
        s.add(
            GridAssignment(
                community_id=community.id, grid_area_id=area.id, user_id=user.id, from_on=today() - timedelta(days=400)
            )
        )
        s.flush()
    return user


def _clients(s: Session, district: District) -> dict[str, tuple[str, list[str]]]:
    wanted = {"district_scores": "scores:read", "cron": "rounds:run", "district_read": "read", "expired": "read"}
    made: dict[str, tuple[str, list[str]]] = {}
    for name, scope in wanted.items():
        token = add_client(s, name, [scope], district_id=district.id, days=-1 if name == "expired" else 365)[0]
        made[name] = (token, [scope])
    return made


def _objects(s: Session, place: Place) -> dict[str, Any]:
    return {parameter: find(s, place) for parameter, find in OBJECTS.items()}
