"""One assembly as it is shown, the proof of its notice, who was there, and the plan of a year."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, calling, codes, listing, notices, packs, presence, record, words, year
from app.assemblies.meetings.models import AgendaItem, Assembly, Attendance, Kind, NoticeRecipient, State
from app.assemblies.meetings.presence import Entitled, Present, Quorum
from app.assemblies.meetings.schemas import (
    AssemblyRead,
    AssemblyRow,
    AttendanceRead,
    AttendeeRead,
    EventRead,
    ItemRead,
    NoticesRead,
    PackRead,
    QuarterRead,
    QuorumRead,
    RecipientRead,
    SignerRead,
    StepRead,
    YearRead,
)
from app.assemblies.models import Seat, SeatHolder
from app.assemblies.motions import related
from app.assemblies.motions.models import Motion
from app.assemblies.rules import service as rules
from app.assemblies.rules.models import RulePack
from app.assemblies.shown import community_for
from app.core.clock import local_date
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.masking import mask_name
from app.households.scope import is_outsider


def row(s: Session, assembly: Assembly) -> AssemblyRow:
    return listing.rows(s, [assembly])[0]


def items(s: Session, assembly_id: UUID) -> list[ItemRead]:
    """The agenda with the numbers of its motions."""
    found = agenda.of(s, assembly_id)
    return [item_of(item, numbers) for numbers in [_numbers(s, found)] for item in found]


def _numbers(s: Session, found: Sequence[AgendaItem]) -> dict[UUID, str]:
    wanted = select(Motion).where(col(Motion.id).in_([x.motion_id for x in found]))
    return {motion.id: motion.number for motion in s.scalars(wanted)}


def item_of(item: AgendaItem, numbers: dict[UUID, str]) -> ItemRead:
    number = numbers.get(item.motion_id) if item.motion_id else None
    return ItemRead.model_validate({**item.model_dump(), "motion_number": number})


def one_item(s: Session, item: AgendaItem) -> ItemRead:
    return item_of(item, _numbers(s, [item]))


def quorum(found: Quorum) -> QuorumRead:
    return QuorumRead.model_validate(found)


def pack(s: Session, assembly: Assembly) -> PackRead | None:
    """The rules that hold for an assembly; None where none do."""
    try:
        version = packs.version_of(s, assembly)
        found = rules.rules_of(version, assembly.body)
    except Conflict:
        return None
    return PackRead(
        version_id=version.id,
        pack_id=version.pack_id,
        title=s.get_one(RulePack, version.pack_id).title,
        number=version.number,
        citation=version.citation,
        example=rules.definition_of(version).example,
        notice_days=found.notice_days,
        late_item=found.late_item,
        proxy_allowed=found.proxy.allowed,
        proxy_per_holder=found.proxy.per_holder,
    )


def one(s: Session, who: Principal, assembly: Assembly, at: datetime) -> AssemblyRead:
    """An assembly with its agenda, what is still to be done before it, and what happened in it."""
    rule_pack, seats = pack(s, assembly), presence.entitled(s, assembly)
    told = {x.holder_id for x in notices.recipients(s, assembly)}
    listed = items(s, assembly.id)
    return AssemblyRead(
        **listing.row_of(assembly, listing.community_names(s, [assembly])[assembly.community_id]),
        meeting_day=presence.meeting_day(assembly),
        earliest_on=notices.earliest_day(rule_pack.notice_days, local_date(at)) if rule_pack else None,
        told=len(told),
        untold=sum(seat.holder_id not in told for seat in seats) if told else 0,
        items=listed,
        signers=_signers(s, who, assembly),
        signing=calling.tested(s, assembly, local_date(assembly.noticed_at or at)),
        quorum=quorum(presence.quorum_at(s, assembly, presence.shown_instant(assembly, at))),
        pack=rule_pack,
        steps=_steps(s, assembly, rule_pack, bool(listed), at),
        events=_events(s, who, assembly),
        related=related.of(s, who, "assembly", assembly.id),
    )


def _signers(s: Session, who: Principal, assembly: Assembly) -> list[SignerRead]:
    names = _names(s, who, calling.signers(s, assembly.id))
    return [SignerRead(holder_id=holder_id, name=name) for holder_id, name in names.items()]


def _names(s: Session, who: Principal, holder_ids: Sequence[UUID]) -> dict[UUID, str]:
    hidden = is_outsider(who)
    wanted = select(col(SeatHolder.id), col(SeatHolder.name)).where(col(SeatHolder.id).in_(holder_ids))
    found = {holder_id: mask_name(name) if hidden else name for holder_id, name in s.execute(wanted)}
    return {holder_id: found[holder_id] for holder_id in holder_ids}


def _steps(s: Session, assembly: Assembly, pack: PackRead | None, has_items: bool, at: datetime) -> list[StepRead]:
    """What a draft still needs before its notice may go out."""
    if assembly.state != State.draft:
        return []
    first = notices.earliest_day(pack.notice_days if pack else None, local_date(at))
    days = pack.notice_days or 0 if pack else 0
    steps = [
        StepRead(key="rules", words=_("有生效的规则包"), met=pack is not None),
        StepRead(key="agenda", words=_("写好议程"), met=has_items),
        StepRead(
            key="period",
            words=_("离开会还有至少 %(n)s 天（最早 %(day)s 开）", n=days, day=first.isoformat()),
            met=local_date(assembly.scheduled_at) >= first and assembly.scheduled_at > at,
        ),
    ]
    if assembly.kind == Kind.extraordinary:
        steps.append(StepRead(key="call", words=_("有权召集，并写明理由"), met=_may_call(s, assembly, at)))
    return steps


def _may_call(s: Session, assembly: Assembly, at: datetime) -> bool:
    try:
        calling.require(s, assembly, at)
    except Conflict:
        return False
    return True


def _events(s: Session, who: Principal, assembly: Assembly) -> list[EventRead]:
    """The log. Outsiders see no names: what happened, but not who came and went."""
    hidden = is_outsider(who)
    return [
        EventRead(
            seq=event.seq,
            kind=event.kind,
            at=event.at,
            actor_name=mask_name(event.actor_name) if hidden else event.actor_name,
            text="" if hidden else event.text,
            words=words.sentence(event),
        )
        for event in record.events(s, assembly.id)
        if not (hidden and event.kind in words.OF_PERSONS)
    ]


def notice_proof(s: Session, who: Principal, assembly: Assembly) -> NoticesRead:
    """Everybody who was told, and whoever is entitled and was not."""
    seats = {seat.holder_id: seat for seat in presence.entitled(s, assembly)}
    told = {x.holder_id: x for x in notices.recipients(s, assembly)}
    former = _former(s, [holder_id for holder_id in told if holder_id not in seats])
    listed = sorted([*seats.values(), *former], key=lambda seat: (seat.seat_number, seat.holder_id not in seats))
    return NoticesRead(
        assembly=row(s, assembly),
        noticed_at=assembly.noticed_at,
        notice_number=assembly.notice_number,
        recipients=[
            _recipient(who, assembly, seat, told.get(seat.holder_id), seat.holder_id not in seats) for seat in listed
        ],
    )


def _former(s: Session, holder_ids: list[UUID]) -> list[Entitled]:
    """Those who were told and gave their seat up before the meeting's day."""
    wanted = select(SeatHolder, Seat).join(Seat, col(Seat.id) == col(SeatHolder.seat_id))
    found = s.execute(wanted.where(col(SeatHolder.id).in_(holder_ids)))
    return [Entitled(h.id, h.name, seat.id, seat.number, None, seat.post, h.user_id) for h, seat in found]


def _recipient(
    who: Principal, assembly: Assembly, seat: Entitled, told: NoticeRecipient | None, replaced: bool
) -> RecipientRead:
    shows_code = told is not None and not replaced and who.may("assemblies:run")
    return RecipientRead.model_validate(
        {
            "holder_id": seat.holder_id,
            "name": mask_name(seat.name) if is_outsider(who) else seat.name,
            "seat_number": seat.seat_number,
            "group_number": seat.group_number,
            "channel": told.channel if told else None,
            "notified_at": told.notified_at if told else None,
            "replaced": replaced,
            "code": codes.own_code(assembly, seat.holder_id) if shows_code else "",
        }
    )


def attendance(s: Session, who: Principal, assembly: Assembly, at: datetime) -> AttendanceRead:
    """Every seat, whether it counts as present, and for how long it did.

    Of a meeting that is over the quorum is that of its last moment.
    """
    until = assembly.closed_at or at
    seats, spans = presence.entitled(s, assembly), presence.intervals(s, assembly.id)
    here = {x.holder_id: x for x in presence.present_of(seats, presence.intervals(s, assembly.id, at))}
    counted = quorum(presence.quorum_at(s, assembly, presence.shown_instant(assembly, at)))
    names = {seat.holder_id: mask_name(seat.name) if is_outsider(who) else seat.name for seat in seats}
    own = _by_seat(spans)
    return AttendanceRead(
        assembly=row(s, assembly),
        quorum=counted,
        attendees=[_attendee(seat, names, here.get(seat.holder_id), own[seat.holder_id], own, until) for seat in seats],
    )


def _by_seat(spans: Sequence[Attendance]) -> dict[UUID, list[Attendance]]:
    found: dict[UUID, list[Attendance]] = defaultdict(list)
    for span in spans:
        found[span.seat_of_id].append(span)
    return found


def _attendee(
    seat: Entitled,
    names: dict[UUID, str],
    here: Present | None,
    spans: list[Attendance],
    own: dict[UUID, list[Attendance]],
    until: datetime,
) -> AttendeeRead:
    counted = [part for span in spans for part in _counted(span, own, until)]
    proxy_by = here.proxy_by if here else None
    return AttendeeRead(
        holder_id=seat.holder_id,
        name=names[seat.holder_id],
        seat_number=seat.seat_number,
        group_number=seat.group_number,
        here=here is not None,
        proxy_by=proxy_by,
        proxy_name=names.get(proxy_by) if proxy_by else None,
        first_in_at=min((first for first, _last in counted), default=None),
        last_out_at=None if here else max((last for _first, last in counted), default=None),
        minutes=int(sum((last - first).total_seconds() for first, last in counted)) // 60,
    )


def _counted(span: Attendance, own: dict[UUID, list[Attendance]], until: datetime) -> list[tuple[datetime, datetime]]:
    """The time for which an interval counts: a carried seat only while whoever carries it is there himself."""
    whole = (span.in_at, span.out_at or max(until, span.in_at))
    if span.proxy_for_id is None:
        return [whole]
    carrying = [x for x in own[span.holder_id] if x.proxy_for_id is None]
    shared = [(max(whole[0], x.in_at), min(whole[1], x.out_at or whole[1])) for x in carrying]
    return [(first, last) for first, last in shared if last > first]


def plan(s: Session, who: Principal, community_id: UUID | None, of: int, on: date) -> YearRead:
    """The four quarters of a year, and which of them still owes a regular assembly."""
    community = community_for(s, who, community_id)
    if community is None:
        return YearRead(
            year=of, community_id=None, community_name="", regular_per_year=None, held=0, owed=0,
            quarters=[], extraordinary=[],
        )  # fmt: skip
    found = year.of_year(s, community.id, of)
    held = sum(year.took_place(a) for a in found if a.kind == Kind.regular)
    wanted = year.required(s, community.id, of, on)
    return YearRead(
        year=of,
        community_id=community.id,
        community_name=community.name,
        regular_per_year=wanted,
        held=held,
        owed=year.owed(held, wanted, of, on),
        quarters=[_quarter(s, found, of, number, on) for number in year.QUARTERS],
        extraordinary=listing.rows(s, [a for a in found if a.kind == Kind.extraordinary]),
    )


def _quarter(s: Session, found: list[Assembly], of: int, number: int, on: date) -> QuarterRead:
    first, last = year.bounds(of, number)
    regular = year.regular(found, number)
    return QuarterRead(
        quarter=number,
        starts_on=first,
        ends_on=last,
        state=year.state_of(regular, of, number, on),
        assemblies=listing.rows(s, regular),
    )
