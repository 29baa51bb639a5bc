"""Notice: its period, who was told, and moving, merging or cancelling an assembly before it is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, calling, packs, service, states
from app.assemblies.meetings.models import Assembly, EventKind, NoticeRecipient, State
from app.assemblies.meetings.presence import Entitled, all_leave, entitled
from app.assemblies.meetings.record import hold, log
from app.assemblies.meetings.schemas import AssemblyMerge, AssemblyMove
from app.assemblies.rules.models import RulePackVersion
from app.core.clock import local_date
from app.core.db import check_version, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _


def recipients(s: Session, assembly: Assembly) -> list[NoticeRecipient]:
    """Who was told by the notice that holds now, in the order of telling."""
    wanted = select(NoticeRecipient).where(
        col(NoticeRecipient.assembly_id) == assembly.id, col(NoticeRecipient.number) == assembly.notice_number
    )
    return list(s.scalars(wanted.order_by(col(NoticeRecipient.notified_at), col(NoticeRecipient.id))))


def untold(s: Session, assembly: Assembly) -> list[Entitled]:
    """Whoever sits on the meeting's day and was not told: took a seat after the notice."""
    told = {x.holder_id for x in recipients(s, assembly)}
    return [seat for seat in entitled(s, assembly) if seat.holder_id not in told]


def give(s: Session, assembly: Assembly, channel: str, version: int | None, at: datetime) -> Assembly:
    """Tells all who are entitled. From here on time, place and agenda are fixed, and the rule pack with them."""
    hold(s, assembly)
    check_version(assembly, version)
    if not agenda.of(s, assembly.id):
        raise Conflict(_("议程还是空的，先写好议程再发通知。"), code="agenda_empty")
    calling.require(s, assembly, at)
    states.move(assembly, State.noticed)
    _notify(s, assembly, channel, at)
    log(s, assembly, EventKind.noticed, data=_notice_data(s, assembly, channel), at=at)
    touch(assembly)
    s.flush()
    return assembly


def _notify(s: Session, assembly: Assembly, channel: str, at: datetime) -> None:
    """A notice under its own number: checks its period, keeps the pack, writes down everybody who is told."""
    assembly.pack_version_id = None
    _require_period(s, assembly, local_date(at), at)
    assembly.pack_version_id = packs.version_of(s, assembly).id
    assembly.notice_number += 1
    assembly.noticed_at, assembly.notice_channel = at, channel
    s.flush()
    seats = entitled(s, assembly)
    if not seats:
        raise Conflict(_("开会那天没有人在任，通知不到任何人。请先登记代表。"), code="nobody_entitled")
    _tell(s, assembly, [seat.holder_id for seat in seats], channel, at)


def _tell(s: Session, assembly: Assembly, holder_ids: Iterable[UUID], channel: str, at: datetime) -> None:
    for holder_id in holder_ids:
        s.add(
            NoticeRecipient(
                community_id=assembly.community_id,
                assembly_id=assembly.id,
                number=assembly.notice_number,
                holder_id=holder_id,
                channel=channel,
                notified_at=at,
            )
        )
    s.flush()


def _notice_data(s: Session, assembly: Assembly, channel: str) -> dict[str, object]:
    told = s.scalar(
        select(func.count()).where(
            col(NoticeRecipient.assembly_id) == assembly.id, col(NoticeRecipient.number) == assembly.notice_number
        )
    )
    return {"number": assembly.notice_number, "told": told or 0, "channel": channel, "pack": _pack(assembly)}


def _pack(assembly: Assembly) -> str:
    return str(assembly.pack_version_id or "")


def earliest_day(notice_days: int | None, noticed_on: date) -> date:
    """The first day on which a meeting may be held that was noticed on a day."""
    return noticed_on + timedelta(days=notice_days or 0)


def _require_period(s: Session, assembly: Assembly, noticed_on: date, at: datetime) -> None:
    """That the notice comes as long before the meeting as the rules want (409 with the rule)."""
    version, rules = packs.version_of(s, assembly), packs.rules_of(s, assembly)
    if assembly.scheduled_at <= at:
        raise Conflict(_("开会时间已经过去，请先改期。"), code="in_the_past", field="scheduled_at")
    require_period(assembly, noticed_on, rules.notice_days, version, rules.sources.notice_days)


def require_period(
    assembly: Assembly, noticed_on: date, notice_days: int | None, version: RulePackVersion, source: str
) -> None:
    day = local_date(assembly.scheduled_at)
    first = earliest_day(notice_days, noticed_on)
    if day < first:
        text = _(
            "通知要提前 %(n)s 天：%(noticed)s 通知的会议，最早 %(first)s 开。",
            n=notice_days or 0, noticed=noticed_on.isoformat(), first=first.isoformat(),
        )  # fmt: skip
        raise packs.refusal(text, "notice_period", version, source)


def tell(s: Session, assembly: Assembly, holder_ids: Sequence[UUID], channel: str, at: datetime) -> Assembly:
    """Tells representatives who took a seat after the notice. Who was told already is not told twice."""
    hold(s, assembly)
    states.require(assembly, State.noticed, *states.RUNNING, rule=_("先发出会议通知，才能补通知；会议结束后不再补。"))
    missing = {seat.holder_id: seat.name for seat in untold(s, assembly)}
    told = {x.holder_id for x in recipients(s, assembly)}
    if not set(holder_ids) <= missing.keys() | told:
        raise Invalid(_("有人在开会那天不是在任代表。"), code="not_sitting", field="holder_ids")
    wanted = [holder_id for holder_id in dict.fromkeys(holder_ids) if holder_id in missing]
    if wanted:
        _tell(s, assembly, wanted, channel, at)
        names = [missing[holder_id] for holder_id in wanted]
        log(s, assembly, EventKind.told, _("、").join(names), {"channel": channel, "holders": _plain(wanted)}, at)
    return assembly


def _plain(ids: Iterable[UUID]) -> list[str]:
    return [str(one) for one in ids]


def move(s: Session, assembly: Assembly, data: AssemblyMove, version: int | None, at: datetime) -> Assembly:
    """Another time or place for a noticed assembly: everybody is told anew, and the notice period runs anew."""
    hold(s, assembly)
    check_version(assembly, version)
    states.require(assembly, State.noticed, rule=_("只有已通知的会议才要改期；筹备中的会议直接修改即可。"))
    before = {"scheduled_at": assembly.scheduled_at.isoformat(), "place": assembly.place}
    assembly.scheduled_at, assembly.place = data.scheduled_at, data.place
    _notify(s, assembly, data.channel, at)
    after = {"scheduled_at": data.scheduled_at.isoformat(), "place": data.place}
    kept = {"before": before, "after": after, **_notice_data(s, assembly, data.channel)}
    log(s, assembly, EventKind.moved, data.reason, kept, at)
    touch(assembly)
    s.flush()
    return assembly


def cancel(s: Session, who: Principal, assembly: Assembly, reason: str, version: int | None, at: datetime) -> Assembly:
    """Calls an assembly off before it is held; motions on its agenda wait for another one."""
    hold(s, assembly)
    check_version(assembly, version)
    states.move(assembly, State.cancelled)
    assembly.cancelled_reason = reason
    agenda.release(s, who, assembly, reason, at)
    all_leave(s, assembly, at)
    log(s, assembly, EventKind.cancelled, reason, at=at)
    touch(assembly)
    s.flush()
    return assembly


def merge(
    s: Session, who: Principal, assembly: Assembly, data: AssemblyMerge, version: int | None, at: datetime
) -> Assembly:
    """Holds two assemblies as one: the agenda moves over, this one ends. A noticed target is noticed anew."""
    into = s.scalars(service.visible(who).where(col(Assembly.id) == data.into_id)).one_or_none()
    if into is None:
        raise Invalid(_("没有这次会议。"), code="unknown_assembly", field="into_id")
    for one in sorted((assembly, into), key=lambda a: a.id):
        hold(s, one)
    check_version(assembly, version)
    _require_mergeable(assembly, into)
    states.move(assembly, State.cancelled)
    assembly.cancelled_reason, assembly.merged_into_id = data.reason, into.id
    moved = agenda.hand_over(s, who, assembly, into, data.reason, at)
    all_leave(s, assembly, at)
    if into.state == State.noticed:
        _notify(s, into, data.channel, at)
    log(s, assembly, EventKind.merged, data.reason, {"into": str(into.id), "title": into.title, "items": moved}, at)
    taken = {"from": str(assembly.id), "title": assembly.title, "items": moved}
    log(s, into, EventKind.merged, data.reason, {**taken, **_notice_data(s, into, data.channel)}, at)
    touch(assembly)
    touch(into)
    s.flush()
    return into


def _require_mergeable(assembly: Assembly, into: Assembly) -> None:
    if into.id == assembly.id:
        raise Invalid(_("会议不能并入自己。"), code="same", field="into_id")
    if (into.community_id, into.body) != (assembly.community_id, assembly.body):
        raise Conflict(_("只能并入本社区同一组织的会议。"), code="other_body", field="into_id")
    states.require(into, State.draft, State.noticed, rule=_("只能并入还没有召开的会议。"))
