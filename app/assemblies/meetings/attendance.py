"""Checking in and out, and carrying somebody's seat by proxy where the rules allow it. Never commits.

Each of these pressed at two tablets at once has the effect of one press.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.meetings import conduct, packs, states
from app.assemblies.meetings.models import Assembly, Attendance, Channel, EventKind, State
from app.assemblies.meetings.presence import Entitled, entitled, meeting_day
from app.assemblies.meetings.record import hold, log
from app.assemblies.models import SeatHolder
from app.core.clock import local_date
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _

BEFORE_AND_DURING = (State.noticed, State.open, State.suspended)


def check_in(
    s: Session, assembly: Assembly, holder_id: UUID, at: datetime, channel: Channel = Channel.list
) -> Attendance:
    """Somebody sits down. Whoever carried this seat no longer does. Who is there already stays there."""
    hold(s, assembly)
    _require_day(assembly, at)
    seat = seat_of(s, assembly, holder_id)
    here = _open(s, assembly.id, holder_id)
    if here is not None and here.proxy_for_id is None:
        return here
    if here is not None:
        _end(s, assembly, here, EventKind.proxy_ended, seat.name, at)
    return _begin(s, _interval(assembly, holder_id, None, at, channel), assembly, EventKind.arrived, seat.name)


def _require_day(assembly: Assembly, at: datetime) -> None:
    states.require(assembly, *BEFORE_AND_DURING, rule=_("只有已通知或进行中的会议才能签到、签退。"))
    if assembly.state == State.noticed and local_date(at) != meeting_day(assembly):
        text = _("会议定在 %(day)s，当天才能签到。", day=meeting_day(assembly).isoformat())
        raise Conflict(text, code="wrong_day")


def seat_of(s: Session, assembly: Assembly, holder_id: UUID) -> Entitled:
    """The entitled seat of a holder; whoever gave it up before the meeting's day is told who sits there now."""
    seats = entitled(s, assembly)
    found = next((seat for seat in seats if seat.holder_id == holder_id), None)
    if found is not None:
        return found
    former = s.get(SeatHolder, holder_id)
    if former is None or former.community_id != assembly.community_id:
        raise Invalid(_("没有这位代表。"), code="no_such_holder", field="holder_id")
    now_there = next((seat.name for seat in seats if seat.seat_id == former.seat_id), "")
    if now_there:
        text = _("%(name)s 在开会那天已经不是代表，该席位现由 %(now)s 担任。", name=former.name, now=now_there)
    else:
        text = _("%(name)s 在开会那天不是在任代表，不能签到。", name=former.name)
    raise Conflict(text, code="not_entitled", field="holder_id")


def _open(s: Session, assembly_id: UUID, holder_id: UUID) -> Attendance | None:
    """The open interval of a seat, in person or carried."""
    wanted = select(Attendance).where(
        col(Attendance.assembly_id) == assembly_id,
        col(Attendance.seat_of_id) == holder_id,
        col(Attendance.out_at).is_(None),
    )
    found: Attendance | None = s.scalars(wanted).one_or_none()
    return found


def _interval(
    assembly: Assembly, holder_id: UUID, proxy_for_id: UUID | None, at: datetime, channel: Channel
) -> Attendance:
    return Attendance(
        community_id=assembly.community_id,
        assembly_id=assembly.id,
        holder_id=holder_id,
        proxy_for_id=proxy_for_id,
        seat_of_id=proxy_for_id or holder_id,
        in_at=at,
        channel=channel,
    )


def _begin(s: Session, interval: Attendance, assembly: Assembly, kind: str, name: str) -> Attendance:
    s.add(interval)
    s.flush()
    log(s, assembly, kind, name, _who(interval), interval.in_at)
    return interval


def _end(s: Session, assembly: Assembly, interval: Attendance, kind: str, name: str, at: datetime) -> None:
    interval.out_at = max(at, interval.in_at)
    s.flush()
    log(s, assembly, kind, name, _who(interval), at)


def _who(interval: Attendance) -> dict[str, object]:
    carried = str(interval.proxy_for_id) if interval.proxy_for_id else None
    return {"holder": str(interval.holder_id), "proxy_for": carried, "channel": str(interval.channel)}


def leave(s: Session, assembly: Assembly, holder_id: UUID, at: datetime, *, mistaken: bool = False) -> None:
    """Somebody goes, and seats that he carries count no longer; or the check-in was a mistake and never counted.

    Without quorum the assembly is suspended.
    """
    hold(s, assembly)
    states.require(assembly, *BEFORE_AND_DURING, rule=_("只有已通知或进行中的会议才能签到、签退。"))
    here = _open(s, assembly.id, holder_id)
    if here is None or here.proxy_for_id is not None:
        return
    here.mistaken = mistaken
    name = s.get_one(SeatHolder, holder_id).name
    _end(s, assembly, here, EventKind.arrival_undone if mistaken else EventKind.left, name, at)
    conduct.watch_quorum(s, assembly, at)


def give_proxy(s: Session, assembly: Assembly, holder_id: UUID, proxy_for_id: UUID, at: datetime) -> Attendance:
    """A present representative carries an absent one's seat, if the rules allow it and as many as they allow."""
    hold(s, assembly)
    _require_day(assembly, at)
    carrier, absent = seat_of(s, assembly, holder_id), seat_of(s, assembly, proxy_for_id)
    if holder_id == proxy_for_id:
        raise Invalid(_("不能委托自己。"), code="same", field="proxy_for_id")
    here = _open(s, assembly.id, proxy_for_id)
    if here is not None:
        if here.holder_id == holder_id:
            return here
        raise Conflict(
            _("%(name)s 已经到会，或者已经委托别人。", name=absent.name), code="present", field="proxy_for_id"
        )
    _require_allowed(s, assembly, carrier)
    interval = _interval(assembly, holder_id, proxy_for_id, at, Channel.proxy)
    names = _("%(name)s 受 %(absent)s 委托", name=carrier.name, absent=absent.name)
    return _begin(s, interval, assembly, EventKind.proxy_given, names)


def _require_allowed(s: Session, assembly: Assembly, carrier: Entitled) -> None:
    version, rules = packs.version_of(s, assembly), packs.rules_of(s, assembly)
    source = rules.sources.proxy
    if not rules.proxy.allowed:
        raise packs.refusal(_("规则没有允许委托他人出席。"), "proxy_not_allowed", version, source)
    here = _open(s, assembly.id, carrier.holder_id)
    if here is None or here.proxy_for_id is not None:
        raise Conflict(_("%(name)s 本人还没有到会。", name=carrier.name), code="not_present", field="holder_id")
    carried = [x for x in proxies(s, assembly.id) if x.holder_id == carrier.holder_id]
    if len(carried) >= rules.proxy.per_holder:
        text = _("每人最多接受 %(n)s 份委托。", n=rules.proxy.per_holder)
        raise packs.refusal(text, "too_many_proxies", version, source)


def end_proxy(s: Session, assembly: Assembly, proxy_for_id: UUID, at: datetime) -> None:
    """The seat is carried no longer."""
    hold(s, assembly)
    states.require(assembly, *BEFORE_AND_DURING, rule=_("只有已通知或进行中的会议才能签到、签退。"))
    here = _open(s, assembly.id, proxy_for_id)
    if here is None or here.proxy_for_id is None:
        return
    _end(s, assembly, here, EventKind.proxy_ended, s.get_one(SeatHolder, proxy_for_id).name, at)
    conduct.watch_quorum(s, assembly, at)


def proxies(s: Session, assembly_id: UUID) -> list[Attendance]:
    """The proxies that hold now, in the order in which they were given; the list is public in the community."""
    wanted = select(Attendance).where(
        col(Attendance.assembly_id) == assembly_id,
        col(Attendance.proxy_for_id).is_not(None),
        col(Attendance.out_at).is_(None),
    )
    return list(s.scalars(wanted.order_by(col(Attendance.in_at), col(Attendance.id))))
