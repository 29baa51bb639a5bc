"""Opinions: who sees which, taking one down, correcting it, and the code by which the speaker follows it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.ballots import codes
from app.communities.models import Community, GridArea
from app.consultations.models import (
    Consultation,
    ConsultationState,
    Opinion,
    OpinionEvent,
    OpinionState,
    Source,
)
from app.consultations.schemas import OpinionCreate, OpinionSubmit, OpinionUpdate
from app.consultations.states import OWED
from app.core import audit, crypto
from app.core.clock import local_date, now, today
from app.core.db import check_version, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import ResidentsMerged, subscribe
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.households import service as households
from app.households.models import Household
from app.households.residents.service import people_of
from app.households.scope import communities_of
from app.households.visits import locks
from app.members.personal import reveal, seal_phone
from app.members.service import own_community

TABLE = "opinion"
CODE_LENGTH = 12  # 59 bits; guesses are slowed down (throttle.py)


@dataclass(frozen=True)
class Speaker:
    """Whoever writes without signing in: nobody that the history or the audit log could name."""

    kind: str = "resident"
    id: UUID | None = None
    name: str = ""


def visible(who: Principal) -> Select[Opinion]:
    """A worker sees the opinions of the worker's areas, those of no area, and those that the worker is to answer."""
    found = select(Opinion).where(communities_of(who, col(Opinion.community_id)))
    if who.grid_area_ids is None:
        return found
    area = col(Opinion.grid_area_id)
    return found.where(or_(area.is_(None), area.in_(sorted(who.grid_area_ids)), col(Opinion.assignee_id) == who.id))


def find(s: Session, who: Principal, opinion_id: UUID) -> Opinion:
    found = s.scalars(visible(who).where(col(Opinion.id) == opinion_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def hold(s: Session, who: Principal, opinion_id: UUID, version: int | None) -> Opinion:
    """The opinion, locked for this transaction and still in the version that the caller saw."""
    find(s, who, opinion_id)
    opinion = cast(Opinion, lock_row(s, Opinion, opinion_id))
    check_version(opinion, version)
    return opinion


def events_of(s: Session, opinion_id: UUID) -> list[OpinionEvent]:
    wanted = select(OpinionEvent).where(col(OpinionEvent.opinion_id) == opinion_id)
    return list(s.scalars(wanted.order_by(col(OpinionEvent.at), col(OpinionEvent.id))))


def log(s: Session, who: Principal | Speaker, opinion: Opinion, kind: str, at: datetime, note: str = "") -> None:
    s.add(
        OpinionEvent(
            community_id=opinion.community_id,
            opinion_id=opinion.id,
            kind=kind,
            at=at,
            actor_id=who.id,
            actor_name=who.name,
            note=note,
        )
    )


def new_code() -> str:
    return codes.drawn(CODE_LENGTH)


def mark_of(code: str) -> str:
    """What is stored of a code: a keyed hash, by which it is found and from which it is not."""
    return crypto.blind("opinion code", codes.normalise(code))


def create(s: Session, who: Principal, data: OpinionCreate, at: datetime | None = None) -> tuple[Opinion, str]:
    """Takes an opinion down; returns it with its tracking code, which is not kept."""
    community_id = own_community(who)
    home = households.find_label(s, who, data.room) if data.room else None
    opinion = Opinion(
        community_id=community_id,
        serial="",
        source=data.source,
        consultation_id=_meeting(s, community_id, data.consultation_id),
        resident_id=_resident(s, home, data.speaker),
        grid_area_id=home.grid_area_id if home else _area(s, community_id, data.grid_area_id),
        speaker=data.speaker,
        category=data.category,
        text=data.text,
        raised_at=at or data.raised_at or now(),
        code_mark="",
    )
    if data.consultation_id is None and data.source == Source.consultation:
        raise Invalid(_("请选择是在哪一次恳谈会上提出的。"), code="which_meeting", field="consultation_id")
    return opinion, _store(s, who, opinion, data.phone, new_code())


def submit(s: Session, community: Community, data: OpinionSubmit, at: datetime | None = None) -> tuple[Opinion, str]:
    """Takes what a resident wrote by phone; the same press sent again finds what it made the first time."""
    code = codes.derived(crypto.derive("opinion code"), f"{community.id}|{data.once}".encode(), CODE_LENGTH)
    earlier = s.scalars(select(Opinion).where(col(Opinion.code_mark) == mark_of(code))).one_or_none()
    if earlier is not None:
        return earlier, code
    opinion = Opinion(
        community_id=community.id,
        serial="",
        source=Source.online,
        consultation_id=_meeting(s, community.id, data.consultation_id),
        speaker=data.speaker,
        category=data.category,
        text=data.text,
        raised_at=at or now(),
        code_mark="",
    )
    audit.set_actor(s, Speaker())
    return opinion, _store(s, Speaker(), opinion, data.phone, code)


def _store(s: Session, who: Principal | Speaker, opinion: Opinion, phone: str | None, code: str) -> str:
    locks.hold(s, f"serial:{opinion.community_id}:opinion")  # so that the first two of a year do not collide
    opinion.serial = next_serial(s, opinion.community_id, "opinion", local_date(opinion.raised_at).year)
    opinion.code_mark = mark_of(code)
    seal_phone(TABLE, opinion, phone)
    s.add(opinion)
    s.flush()
    log(s, who, opinion, "received", opinion.raised_at)
    return code


def _meeting(s: Session, community_id: UUID, consultation_id: UUID | None) -> UUID | None:
    """An opinion is raised at a meeting of the community that was not called off and is not finished."""
    if consultation_id is None:
        return None
    meeting = s.get(Consultation, consultation_id)
    if meeting is None or meeting.community_id != community_id:
        raise Invalid(_("本社区没有这次恳谈会。"), code="no_such_meeting", field="consultation_id")
    if meeting.state not in (ConsultationState.planned, ConsultationState.held):
        raise Conflict(
            _("这次恳谈会已经办结或取消，不能再登记意见。"), code="meeting_finished", field="consultation_id"
        )
    return meeting.id


def _area(s: Session, community_id: UUID, grid_area_id: UUID | None) -> UUID | None:
    if grid_area_id is None:
        return None
    area = s.get(GridArea, grid_area_id)
    if area is None or area.community_id != community_id:
        raise Invalid(_("本社区没有这个网格。"), code="no_such_area", field="grid_area_id")
    return area.id


def _resident(s: Session, home: Household | None, name: str) -> UUID | None:
    """The one person of this name who lives there today; nobody is guessed at."""
    if home is None or not name:
        return None
    people = people_of(s, [home.id], today()).get(home.id, [])
    found = [person.resident_id for person in people if person.name == name]
    return found[0] if len(found) == 1 else None


def update(s: Session, who: Principal, opinion_id: UUID, data: OpinionUpdate, version: int | None) -> Opinion:
    """Corrects how an opinion was taken down. Once it is answered, its words stand as they were answered."""
    opinion = hold(s, who, opinion_id, version)
    changes = data.model_dump(exclude_unset=True, exclude={"phone", "forget_phone"})
    if opinion.state not in OWED and {"text", "category"} & changes.keys():
        raise Conflict(_("已答复的意见不能再改写原话。"), code="opinion_answered", field="text")
    if "grid_area_id" in changes:
        changes["grid_area_id"] = _area(s, opinion.community_id, data.grid_area_id)
    for key, value in changes.items():
        if value is not None or key == "grid_area_id":
            setattr(opinion, key, value)
    if data.phone or data.forget_phone:
        seal_phone(TABLE, opinion, data.phone)
    touch(opinion)
    s.add(opinion)
    return opinion


def reveal_phone(s: Session, who: Principal, opinion_id: UUID, reason: str) -> str:
    """The speaker's number in full, once; who saw it, and why, stands in the audit log."""
    opinion = find(s, who, opinion_id)
    return reveal(s, TABLE, opinion, opinion.community_id, reason)


def renew_code(s: Session, who: Principal, opinion_id: UUID, version: int | None) -> tuple[Opinion, str]:
    """A new code for a speaker who lost the old one, which is worth nothing from now on."""
    opinion = hold(s, who, opinion_id, version)
    code = new_code()
    opinion.code_mark = mark_of(code)
    touch(opinion)
    s.add(opinion)
    log(s, who, opinion, "code", now())
    return opinion, code


def waiting(state: str) -> bool:
    """Whether an answer is owed."""
    return OpinionState(state) in OWED


def _keep_the_kept(s: Session, merged: ResidentsMerged) -> None:
    for opinion in s.scalars(select(Opinion).where(col(Opinion.resident_id) == merged.gone)):
        opinion.resident_id = merged.kept
        s.add(opinion)


subscribe(ResidentsMerged, _keep_the_kept)
