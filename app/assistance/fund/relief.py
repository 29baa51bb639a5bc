"""Requests for relief and condolence visits: reporting a need, mending it until somebody checks it, and who sees it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assistance.fund import ledger, states
from app.assistance.fund.models import (
    EventKind,
    FundEvent,
    FundRelative,
    FundRelief,
    ReliefKind,
    State,
)
from app.assistance.fund.schemas import ReliefCreate, ReliefUpdate
from app.communities.service import in_scope
from app.core.clock import local_date
from app.core.db import check_version, lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import ResidentsMerged, subscribe
from app.core.i18n import gettext as _
from app.core.serials import next_serial
from app.households import service as households
from app.households.models import Household
from app.households.residents.service import people_of
from app.members.service import own_community


def visible(who: Principal) -> Select[FundRelief]:
    """A worker sees the households of the own grid areas, and what concerns no household."""
    wanted = select(FundRelief).where(in_scope(who, FundRelief.community_id))
    if who.grid_area_ids is not None:
        mine = select(col(Household.id)).where(col(Household.grid_area_id).in_(sorted(who.grid_area_ids)))
        home = col(FundRelief.household_id)
        wanted = wanted.where(or_(home.is_(None), home.in_(mine)))
    return wanted


def find(s: Session, who: Principal, relief_id: UUID) -> FundRelief:
    found = s.scalars(visible(who).where(col(FundRelief.id) == relief_id)).one_or_none()
    if found is None:
        raise NotFound()
    return found


def held(s: Session, who: Principal, relief_id: UUID) -> FundRelief:
    """The request, its row held for this transaction: of two who act at once the second sees what the first did."""
    find(s, who, relief_id)
    found: FundRelief | None = lock_row(s, FundRelief, relief_id)
    if found is None:
        raise NotFound()
    return found


def report(s: Session, who: Principal, data: ReliefCreate, at: datetime) -> FundRelief:
    """Writes a need down. A household or, for a condolence visit, a purpose alone."""
    community_id, day = own_community(who), local_date(at)
    if not data.amount_fen:
        raise Invalid(_("请填写金额。"), code="missing", field="amount_yuan")
    if data.urgent and data.kind == ReliefKind.condolence:
        raise Invalid(_("慰问不走紧急程序。"), code="not_urgent", field="urgent")
    home = _home(s, who, data)
    if home is None and data.kind == ReliefKind.relief:
        raise Invalid(_("请填写是哪一户，如 12-1-302。"), code="missing", field="room")
    ledger.hold(s, community_id)  # so that the first two numbers of a year do not collide
    relief = FundRelief(
        community_id=community_id,
        number=next_serial(s, community_id, "fund_relief", day.year),
        kind=data.kind,
        urgent=data.urgent,
        case_id=data.case_id,
        household_id=home.id if home else None,
        resident_id=_resident(s, home, data, day),
        purpose=data.purpose,
        situation=data.situation,
        amount_fen=data.amount_fen,
        reported_on=day,
        requester_id=who.id,
    )
    s.add(relief)
    s.flush()
    add_event(s, relief, who, at, to=State.reported)
    return relief


def _home(s: Session, who: Principal, data: ReliefCreate) -> Household | None:
    if data.household_id is not None:
        wanted = households.visible(who).where(col(Household.id) == data.household_id)
        home = s.scalars(wanted).one_or_none()
        if home is None:
            raise Invalid(_("没有这一户。"), code="no_such_household", field="household_id")
        households.check_open(home)
        return home
    return households.find_label(s, who, data.room) if data.room else None


def _resident(s: Session, home: Household | None, data: ReliefCreate, day: date) -> UUID | None:
    """Whom it is for, among those who live there on the day."""
    if data.resident_id is None and not data.person:
        return None
    people = people_of(s, [home.id], day).get(home.id, []) if home else []
    field = "resident_id" if data.resident_id else "person"
    found = [p.resident_id for p in people if data.resident_id in (None, p.resident_id)]
    if data.resident_id is None:
        found = [p.resident_id for p in people if p.name == data.person]
    if len(found) != 1:
        raise Invalid(_("这一户现在没有叫这个名字的居民，请核对房号。"), code="not_in_room", field=field)
    return found[0]


def update(s: Session, who: Principal, relief_id: UUID, data: ReliefUpdate, version: int | None) -> FundRelief:
    """What is asked for may change until somebody has checked it."""
    relief = held(s, who, relief_id)
    check_version(relief, version)
    if State(relief.state) not in states.EDITABLE:
        raise states.refuse(relief, _("核实以后不能再改；金额有误请撤回后重新上报。"))
    changes = data.model_dump(exclude_unset=True, exclude={"amount_yuan"}, exclude_none=True)
    if data.amount_fen is not None:
        changes["amount_fen"] = data.amount_fen
    if changes.get("urgent") and relief.kind == ReliefKind.condolence:
        raise Invalid(_("慰问不走紧急程序。"), code="not_urgent", field="urgent")
    relief.sqlmodel_update(changes)
    touch(relief)
    s.add(relief)
    s.flush()
    return relief


def add_event(
    s: Session,
    relief: FundRelief,
    who: Principal,
    at: datetime,
    text: str = "",
    *,
    to: State | None = None,
    kind: EventKind = EventKind.moved,
    entry_id: UUID | None = None,
) -> None:
    """Writes down what happened; with `to` the request goes there."""
    before = relief.state if relief.events else ""
    if to is not None:
        relief.state = to
    relief.events += 1
    touch(relief)
    s.add(
        FundEvent(
            community_id=relief.community_id,
            relief_id=relief.id,
            seq=relief.events,
            kind=kind,
            from_state=before if to is not None else "",
            to_state=to or "",
            entry_id=entry_id,
            at=at,
            by_user_id=who.id,
            by_name=who.name,
            text=text,
        )
    )
    s.add(relief)
    s.flush()


def refuse_relative(s: Session, relief: FundRelief, who: Principal) -> None:
    """Whoever is related to the applicant takes no part."""
    wanted = select(col(FundRelative.id)).where(
        col(FundRelative.relief_id) == relief.id, col(FundRelative.user_id) == who.id
    )
    if s.scalar(wanted) is not None:
        text = _("您已申报与申请人有亲属关系，不能参与这项申请。")
        raise Conflict(text, code="relative_excluded")


def require_unrelated(s: Session, relief: FundRelief, who: Principal, said: bool) -> None:
    """Whoever checks, approves or pays says that there is no kinship."""
    refuse_relative(s, relief, who)
    if not said:
        text = _("请确认您与申请人没有亲属关系；有亲属关系的，请申报并由别人办理。")
        raise Conflict(text, code="relation_not_declared", field="unrelated")


def acted(s: Session, relief: FundRelief, reached: Collection[State]) -> set[UUID]:
    """Who took a request to one of these states."""
    wanted = select(col(FundEvent.by_user_id)).where(
        col(FundEvent.relief_id) == relief.id, col(FundEvent.to_state).in_([str(state) for state in reached])
    )
    return {user for user in s.scalars(wanted) if user is not None}


def _keep_the_kept(s: Session, merged: ResidentsMerged) -> None:
    for relief in s.scalars(select(FundRelief).where(col(FundRelief.resident_id) == merged.gone)):
        relief.resident_id = merged.kept
        s.add(relief)


subscribe(ResidentsMerged, _keep_the_kept)
