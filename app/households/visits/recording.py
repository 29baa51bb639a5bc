"""`PUT /visits/{id}`: a visit recorded once, however often it is sent, and corrected with its history kept.

Whoever writes under an id first holds that id, then its household, so that parallel copies of one request wait for
each other (PostgreSQL; on SQLite writers take turns anyway).
"""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core import audit
from app.core.clock import local_date, now, today
from app.core.db import check_version, touch
from app.core.errors import Conflict, Forbidden, Invalid, NotFound, StaleVersion
from app.core.i18n import gettext as _
from app.households import service as households
from app.households.models import Household
from app.households.visits import happenings, locks, needs, put_queries, refresh, service
from app.households.visits.models import Visit, VisitRevision
from app.households.visits.schemas import VisitRead, VisitWrite


def put(s: Session, who: Principal, visit_id: UUID, data: VisitWrite, if_match: int | None) -> tuple[VisitRead, bool]:
    """The visit as it is read, and whether it is new. Repeating a request that was carried out changes nothing.

    An id that is taken where this person may not look is 404, whatever is sent: the same answer as for any other
    record of another community.
    """
    locks.hold(s, f"visit:{visit_id}")
    if s.scalar(put_queries.exists(), {"visit": visit_id}) is None:
        if if_match is not None:
            raise StaleVersion(_("这次走访还没有保存过，不能作为更正提交。"))
        return _record(s, who, visit_id, data), True
    visit = s.scalars(service.visible(who).where(col(Visit.id) == visit_id)).one_or_none()
    if visit is None:
        raise NotFound()
    digest = data.digest()
    if visit.content_hash == digest or _done_before(s, visit, digest, if_match):
        return _shown(s, who, visit), False
    if not service.may_correct(who, visit):
        raise Forbidden(_("只有记录人本人或社区主任可以更正这次走访。"))
    check_version(visit, if_match)
    _correct(s, who, visit, data)
    return _shown(s, who, visit), False


def _shown(s: Session, who: Principal, visit: Visit) -> VisitRead:
    s.flush()
    return service.read(s, who, [visit])[0]


def _done_before(s: Session, visit: Visit, digest: str, if_match: int | None) -> bool:
    """Whether exactly this request was carried out earlier: a late copy of it must not undo later corrections."""
    made = 1 if if_match is None else if_match + 1
    if made >= visit.version:
        return False
    wanted = select(VisitRevision).where(col(VisitRevision.visit_id) == visit.id, col(VisitRevision.version) == made)
    earlier = s.scalars(wanted).one_or_none()
    return earlier is not None and earlier.content.get("digest") == digest


def _record(s: Session, who: Principal, visit_id: UUID, data: VisitWrite) -> VisitRead:
    household = _lock(s, who, data.household_id)
    _check(household, data)
    people = _people(s, household.id, data)
    at = now()
    visit = Visit(
        id=visit_id,
        created_at=at,
        updated_at=at,
        community_id=household.community_id,
        worker_id=who.id,
        recorded_at=at,
        content_hash=data.digest(),
        people_met=sorted(str(p) for p in people),
        **_columns(data),
    )
    audit.insert_row(s, visit)
    heard = needs.settle(s, visit, data.needs)
    place = service.Place(household.label, household.grid_area_id, _move(s, visit, household.id))
    return service.compose(visit, place, who.name, people, heard)


def _correct(s: Session, who: Principal, visit: Visit, data: VisitWrite) -> None:
    earlier_home = visit.household_id
    household = _lock(s, who, data.household_id, earlier_home)
    if household.community_id != visit.community_id:
        raise NotFound()
    _check(household, data)
    people = _people(s, household.id, data)
    s.add(
        VisitRevision(
            community_id=visit.community_id,
            visit_id=visit.id,
            version=visit.version,
            content={**_snapshot(s, visit), "digest": visit.content_hash},
            replaced_at=now(),
            replaced_by=who.id,
        )
    )
    for name, value in _columns(data).items():
        setattr(visit, name, value)
    visit.people_met, visit.content_hash = sorted(str(p) for p in people), data.digest()
    touch(visit)
    s.add(visit)
    s.flush()
    needs.settle(s, visit, data.needs)
    for home in sorted({household.id, earlier_home}):
        _move(s, visit, home)


def _columns(data: VisitWrite) -> dict[str, Any]:
    return {
        "household_id": data.household_id,
        "visited_at": data.visited_at,
        "purpose": data.purpose,
        "outcome": data.outcome,
        "note": data.note,
        "next_due_on": data.next_due_on,
    }


def _snapshot(s: Session, visit: Visit) -> dict[str, object]:
    heard = [n for n in needs.of_visit(s, visit.id) if n.state != needs.WITHDRAWN]
    return {
        "household_id": str(visit.household_id),
        "visited_at": visit.visited_at.isoformat(),
        "purpose": visit.purpose,
        "outcome": visit.outcome,
        "note": visit.note,
        "people_met": list(visit.people_met),
        "next_due_on": visit.next_due_on.isoformat() if visit.next_due_on else None,
        "needs": [{"serial": n.serial, "category": n.category, "detail": n.detail, "urgent": n.urgent} for n in heard],
    }


def _lock(s: Session, who: Principal, household_id: UUID, other: UUID | None = None) -> Household | Row[Any]:
    """The household, held for this transaction together with `other`, always in the same order."""
    ids = [household_id] if other in (None, household_id) else [household_id, other]
    held = {row.id: row for row in s.execute(put_queries.lock(), {"homes": ids})}
    household = held.get(household_id)
    if household is None or not _in_scope(who, household):
        return households.get(s, who, household_id)  # says 404 as for every other record
    return household


def _in_scope(who: Principal, household: Row[Any]) -> bool:
    own_area = who.grid_area_ids is None or household.grid_area_id in who.grid_area_ids
    return household.community_id == who.community_id and own_area


def _check(household: Household | Row[Any], data: VisitWrite) -> None:
    day = local_date(data.visited_at)
    if household.closed_on is not None and day > household.closed_on:
        raise Conflict(_("%(label)s 已注销，不能再记录走访。", label=household.label), code="household_closed")
    if data.next_due_on is not None and data.next_due_on <= day:
        raise Invalid(_("下次走访应在这次之后。"), field="next_due_on", code="date_order")


def _people(s: Session, household_id: UUID, data: VisitWrite) -> dict[UUID, str]:
    """Whoever was met, with their names: a merged duplicate, still known to a tablet, stands for the one kept."""
    if not data.people_met:
        return {}
    wanted = {"home": household_id, "met": data.people_met, "day": local_date(data.visited_at), "today": today()}
    known = s.execute(put_queries.known_people(), wanted).all()
    if {row.told_id for row in known} != set(data.people_met):
        raise Invalid(_("见到的人不住在这一户，请重新选择。"), field="people_met", code="not_in_household")
    return {row.id: row.name for row in known}


def _move(s: Session, visit: Visit, household_id: UUID) -> date | None:
    due_on = refresh.after_visit(s, household_id)
    happenings.settle(s, household_id, visit.id)
    return due_on
