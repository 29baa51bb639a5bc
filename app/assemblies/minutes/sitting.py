"""Who was told, who came and went, and who was represented by whom, as the minutes say it."""

from __future__ import annotations

from collections import defaultdict
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.assemblies.meetings import presence
from app.assemblies.meetings.models import Assembly, Attendance, NoticeRecipient
from app.assemblies.minutes.shapes import Part, Table, clock


def told(s: Session, assembly: Assembly) -> set[UUID]:
    """The representatives who were given the notice that counts."""
    wanted = select(col(NoticeRecipient.holder_id)).where(
        col(NoticeRecipient.assembly_id) == assembly.id, col(NoticeRecipient.number) == assembly.notice_number
    )
    return set(s.scalars(wanted))


def part(s: Session, assembly: Assembly) -> Part:
    """Counts at the opening, who sat there throughout and who was absent; of all others, when they sat there."""
    seats = presence.entitled(s, assembly)
    sat: dict[UUID, list[Attendance]] = defaultdict(list)
    for interval in presence.intervals(s, assembly.id):
        sat[interval.seat_of_id].append(interval)
    names = {seat.holder_id: seat.name for seat in seats}
    throughout = [x.name for x in seats if _throughout(assembly, sat[x.holder_id])]
    absent = [x.name for x in seats if not sat[x.holder_id]]
    rows = [
        [str(x.seat_number), x.name, _times(sat[x.holder_id], names)]
        for x in seats
        if sat[x.holder_id] and not _throughout(assembly, sat[x.holder_id])
    ]
    lines = [_quorum(s, assembly)] if assembly.opened_at else [f"应到 {len(seats)} 人。"]
    lines += [_listed("全程出席", throughout), _listed("缺席", absent)]
    return Part(
        key="attendance",
        title="出席情况",
        lines=lines,
        table=Table(columns=["席位", "代表", "在场时间"], rows=rows) if rows else None,
    )


def _listed(what: str, names: list[str]) -> str:
    return f"{what} {len(names)} 人" + (f"：{'、'.join(names)}。" if names else "。")


def _throughout(assembly: Assembly, intervals: list[Attendance]) -> bool:
    """In person, from before the opening until the end."""
    if len(intervals) != 1 or intervals[0].proxy_for_id or assembly.opened_at is None:
        return False
    came, left, ended = intervals[0].in_at, intervals[0].out_at, assembly.closed_at
    return came <= assembly.opened_at and (left is None or (ended is not None and left >= ended))


def _times(intervals: list[Attendance], names: dict[UUID, str]) -> str:
    return "；".join(
        f"{clock(x.in_at, '%H:%M')}–{clock(x.out_at, '%H:%M')}"
        + (f"（委托{names.get(x.holder_id, '')}）" if x.proxy_for_id else "")
        for x in intervals
    )


def _quorum(s: Session, assembly: Assembly) -> str:
    """应到 60 人，开会时到会 41 人；法定人数 31 人，符合。"""
    found = presence.quorum_at(s, assembly, assembly.opened_at or assembly.scheduled_at)
    holds = "符合" if found.holds else "不足"
    return f"应到 {found.entitled} 人，开会时到会 {found.present} 人；法定人数 {found.needed} 人，{holds}。"
