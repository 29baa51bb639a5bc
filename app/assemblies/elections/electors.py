"""The list of electors: who stands on it, objections to it, and the hash by which anybody knows it again."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, insert, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.elections import rules, service, states
from app.assemblies.elections.models import (
    Election,
    Elector,
    Electorate,
    ElectorObjection,
    EventKind,
    Ruling,
    State,
)
from app.assemblies.elections.schemas import ListFreeze, ObjectionCreate, RulingWrite
from app.assemblies.models import TermBody
from app.assemblies.rosters import sitting
from app.core.clock import local_date, now
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.core.models import new_id
from app.households.models import Household
from app.households.residents.adults import adults
from app.households.residents.models import Residency, Resident
from app.households.residents.names import sort_key_of
from app.members.people import in_room

HOLDER, RESIDENT = "holder", "resident"


@dataclass(frozen=True)
class Person:
    """Somebody entitled to elect; `place` tells two of one name apart: a group, or a room."""

    kind: str
    id: UUID
    name: str
    place: str
    sort_key: str


def entitled(s: Session, election: Election) -> list[Person]:
    """Who may elect on the day of the election, by what the rosters say now."""
    if election.electorate == Electorate.representatives:
        return [
            Person(HOLDER, x.id, x.name, _group(x.group_number), sort_key_of(x.name))
            for x in sitting(s, election.community_id, TermBody.representative_assembly, election.held_on)
        ]
    columns = (col(Resident.id), col(Resident.name), col(Household.label), col(Resident.sort_key))
    wanted = adults(election.community_id, election.held_on, *columns)
    wanted = wanted.join(Household, col(Household.id) == col(Residency.household_id))
    if election.building_ids:
        wanted = wanted.where(col(Household.building_id).in_([UUID(b) for b in election.building_ids]))
    rows = s.execute(wanted.order_by(col(Household.walk_key), col(Resident.sort_key), col(Resident.id)))
    return [Person(RESIDENT, *row) for row in rows]


def _group(number: int | None) -> str:
    return _("第%(n)s居民小组", n=number) if number else ""


def freeze(s: Session, who: Principal, election_id: UUID, data: ListFreeze, at: datetime | None = None) -> Election:
    """Publishes the list. From now on only an objection that is upheld changes it."""
    election, at = service.held(s, who, election_id), at or now()
    states.move(election, State.list_frozen)
    _check_days(s, election, local_date(at), data.objections_until)
    people = entitled(s, election)
    if not people:
        raise Conflict(_("没有可以列入名单的选民，请先登记居民代表或居民。"), code="no_electors")
    put(s, election, people)
    election.listed_at, election.objections_until = at, data.objections_until
    _number(s, election)
    touch(election)
    service.log(s, who, election, EventKind.list_frozen, _("选民 %(n)s 人", n=election.registered), at)
    return election


def _check_days(s: Session, election: Election, listed_on: date, until: date) -> None:
    """The list hangs out as long as the rules ask, and objections end before the vote."""
    version, ruled = rules.of(s, election)
    days = ruled.list_days
    if days and election.held_on - timedelta(days=days) < listed_on:
        raise rules.refusal(_("选民名单须在选举日 %(n)s 天以前公布。", n=days), "list_too_late", version, ruled.source)
    if not listed_on <= until <= election.held_on:
        raise Invalid(_("异议截止日须在名单公布之后、选举日之前。"), code="objection_day", field="objections_until")


def put(s: Session, election: Election, people: Sequence[Person], *, late: bool = False) -> None:
    """Writes people on the list under opaque ids, numbered on from the last."""
    last = s.scalar(select(func.max(col(Elector.number))).where(col(Elector.election_id) == election.id)) or 0
    rows = [
        {
            "id": new_id(),
            "community_id": election.community_id,
            "election_id": election.id,
            "public_id": secrets.token_hex(10),
            "number": number,
            "voter_kind": person.kind,
            "voter_id": person.id,
            "name": person.name,
            "sort_key": person.sort_key,
            "place": person.place,
            "late": late,
            "struck": False,
        }
        for number, person in enumerate(people, start=last + 1)
    ]
    s.execute(insert(Elector), rows)


def _number(s: Session, election: Election) -> None:
    """Counts the list anew, and takes its hash."""
    ids = public_ids(s, election.id)
    election.registered, election.electors_hash = len(ids), hash_of(ids)
    s.flush()


def public_ids(s: Session, election_id: UUID) -> list[str]:
    """The opaque ids of all who may vote, sorted."""
    wanted = select(col(Elector.public_id)).where(
        col(Elector.election_id) == election_id, col(Elector.struck).is_(False)
    )
    return sorted(s.scalars(wanted))


def hash_of(ids: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(sorted(ids)).encode()).hexdigest()


def copy(s: Session, parent: Election, election: Election) -> None:
    """The same people for a further round, under new opaque ids."""
    wanted = listed(parent.id).where(col(Elector.struck).is_(False)).order_by(col(Elector.number))
    people = [Person(x.voter_kind, x.voter_id, x.name, x.place, x.sort_key) for x in s.scalars(wanted)]
    put(s, election, people)
    _number(s, election)


def listed(election_id: UUID) -> Select[Elector]:
    return select(Elector).where(col(Elector.election_id) == election_id)


def voters(s: Session, election_id: UUID) -> list[Elector]:
    """All who may vote, by their numbers."""
    return list(s.scalars(listed(election_id).where(col(Elector.struck).is_(False)).order_by(col(Elector.number))))


def objections(election_id: UUID) -> Select[ElectorObjection]:
    return select(ElectorObjection).where(col(ElectorObjection.election_id) == election_id)


def open_objections(s: Session, election_id: UUID) -> int:
    wanted = select(func.count()).select_from(ElectorObjection)
    wanted = wanted.where(col(ElectorObjection.election_id) == election_id, col(ElectorObjection.ruling) == Ruling.open)
    return s.scalar(wanted) or 0


def find_objection(s: Session, election: Election, objection_id: UUID) -> ElectorObjection:
    found = s.scalars(objections(election.id).where(col(ElectorObjection.id) == objection_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def object_to(
    s: Session, who: Principal, election_id: UUID, data: ObjectionCreate, at: datetime | None = None
) -> ElectorObjection:
    """Writes down an objection that was brought forward in time."""
    election, at = service.held(s, who, election_id), at or now()
    states.require(election, State.list_frozen, rule=_("只有名单公布以后、候选人公布以前才能提出异议。"))
    if election.objections_until is not None and local_date(at) > election.objections_until:
        raise Conflict(_("提出异议的期限已过。"), code="objection_too_late")
    if data.elector_id is not None and _elector(s, election, data.elector_id) is None:
        raise Invalid(_("名单上没有这个人。"), code="no_such_elector", field="elector_id")
    objection = ElectorObjection(
        community_id=election.community_id, election_id=election.id, raised_at=at, **data.model_dump()
    )
    s.add(objection)
    s.flush()
    service.log(s, who, election, EventKind.objection, "", at)
    return objection


def _elector(s: Session, election: Election, elector_id: UUID) -> Elector | None:
    found: Elector | None = s.scalars(listed(election.id).where(col(Elector.id) == elector_id)).one_or_none()
    return found


def rule(
    s: Session,
    who: Principal,
    election_id: UUID,
    objection_id: UUID,
    data: RulingWrite,
    version: int | None,
    at: datetime | None = None,
) -> ElectorObjection:
    """Answers an objection, once; what it changes on the list is marked there."""
    election, at = service.held(s, who, election_id), at or now()
    objection = find_objection(s, election, objection_id)
    check_version(objection, version)
    states.require(election, State.list_frozen, rule=_("候选人公布以后，名单不再改动。"))
    if objection.ruling != Ruling.open:
        raise Conflict(_("这条异议已经答复。"), code="ruled_already")
    _RULED[data.ruling](s, who, election, objection, data)
    objection.ruling, objection.grounds = data.ruling, data.grounds
    objection.ruled_at, objection.ruled_by = at, who.id
    touch(objection)
    _number(s, election)
    touch(election)
    service.log(s, who, election, EventKind.ruling, _("选民 %(n)s 人", n=election.registered), at)
    return objection


def _strike(s: Session, _who: Principal, election: Election, objection: ElectorObjection, _data: RulingWrite) -> None:
    elector = _elector(s, election, objection.elector_id) if objection.elector_id else None
    if elector is None:
        raise Invalid(_("异议没有写明是名单上的哪个人，不能除名。"), code="nobody_named", field="ruling")
    elector.struck = True
    s.add(elector)
    s.flush()


def _admit(s: Session, who: Principal, election: Election, _objection: ElectorObjection, data: RulingWrite) -> None:
    person = _somebody(s, who, election, data)
    there = s.scalars(listed(election.id).where(col(Elector.voter_id) == person.id)).one_or_none()
    if there is not None and not there.struck:
        raise Conflict(_("这个人已在名单上。"), code="on_the_list", field="name")
    if there is not None:
        there.struck, there.late = False, True
        s.add(there)
        return
    put(s, election, [person], late=True)


def _somebody(s: Session, who: Principal, election: Election, data: RulingWrite) -> Person:
    if election.electorate == Electorate.representatives:
        for x in sitting(s, election.community_id, TermBody.representative_assembly, election.held_on):
            if x.id == data.holder_id:
                return Person(HOLDER, x.id, x.name, _group(x.group_number), sort_key_of(x.name))
        raise Invalid(_("选举日在任的居民代表里没有这个人。"), code="not_sitting", field="holder_id")
    if not data.name or not data.room:
        raise Invalid(_("补入名单要写明姓名和房号。"), code="nobody_named", field="name")
    resident = in_room(s, who, data.name, data.room)
    return Person(RESIDENT, resident.id, resident.name, data.room, resident.sort_key)


def _leave(_s: Session, _who: Principal, _e: Election, _o: ElectorObjection, _data: RulingWrite) -> None:
    """Nothing changes on the list."""


def _undecided(_s: Session, _who: Principal, _e: Election, _o: ElectorObjection, _data: RulingWrite) -> None:
    raise Invalid(_("请选择怎样答复。"), code="no_ruling", field="ruling")


_RULED: dict[Ruling, Any] = {
    Ruling.added: _admit,
    Ruling.removed: _strike,
    Ruling.dismissed: _leave,
    Ruling.open: _undecided,
}
