"""A meeting as it stands now: what every tablet in the room, and the wall, shows."""

from __future__ import annotations

import hashlib
from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.floor.schemas import FloorRead
from app.assemblies.meetings import business, codes, conduct, notices, packs, presence, reading
from app.assemblies.meetings.models import Assembly, ItemState, State
from app.assemblies.meetings.presence import Quorum
from app.assemblies.meetings.schemas import RoomCodeRead, StepRead
from app.assemblies.votes import panels
from app.assemblies.votes import service as votes
from app.assemblies.votes.models import State as VoteState
from app.core import i18n
from app.core.clock import local_date
from app.core.i18n import gettext as _

_UNDECIDED = (VoteState.open, VoteState.closed)


def mark(s: Session, who: Principal, assembly: Assembly, at: datetime) -> str:
    """Changes whenever the screen would, for whoever asks and in his language. Cheap: asked every few seconds."""
    asked = [
        str(assembly.id), str(assembly.pulse), str(assembly.version), assembly.state, panels.mark(s, assembly.id),
        str(who.id), i18n.get_locale(), local_date(at).isoformat(),
    ]  # fmt: skip
    return hashlib.sha256("|".join(asked).encode()).hexdigest()[:24]


def floor(s: Session, who: Principal, assembly: Assembly, at: datetime) -> FloorRead:
    """Everything of the meeting at this instant."""
    attendance = reading.attendance(s, who, assembly, at)
    items = reading.items(s, assembly.id)
    rules = packs.rules_shown(s, assembly)
    return FloorRead(
        mark=mark(s, who, assembly, at),
        assembly=attendance.assembly,
        opened_at=assembly.opened_at,
        suspended_reason=assembly.suspended_reason,
        quorum=attendance.quorum,
        ready=_ready(s, assembly, presence.quorum_at(s, assembly, at), at),
        seats=attendance.attendees,
        items=items,
        current=next((item for item in items if item.state == ItemState.current), None),
        following=next((item for item in items if item.state == ItemState.pending), None),
        untold=len(notices.untold(s, assembly)) if assembly.notice_number else 0,
        proxy_allowed=rules.proxy.allowed,
        panel=panels.panel(s, who, assembly),
    )


def _ready(s: Session, assembly: Assembly, quorum: Quorum, at: datetime) -> list[StepRead]:
    """What must be so before a noticed meeting opens."""
    if assembly.state != State.noticed or assembly.noticed_at is None:
        return []
    days = packs.rules_shown(s, assembly).notice_days
    first = notices.earliest_day(days, local_date(assembly.noticed_at))
    day = presence.meeting_day(assembly)
    return [
        StepRead(key="day", words=_("会议日是今天"), met=local_date(at) == day),
        StepRead(key="period", words=_("已提前 %(n)s 天通知", n=days or 0), met=day >= first),
        StepRead(key="quorum", words=_quorum_words(quorum), met=quorum.holds),
    ]


def _quorum_words(quorum: Quorum) -> str:
    if not quorum.tested:
        return _("规则包没有写明到会人数的条件")
    if quorum.holds:
        return _("到会人数已够（至少 %(n)s 人）", n=quorum.needed)
    return conduct.quorum_words(quorum)


def room(s: Session, assembly: Assembly, base: str, at: datetime) -> RoomCodeRead:
    """The code to show in the room."""
    code, seconds = codes.room_code(assembly, at)
    return RoomCodeRead(
        assembly=reading.row(s, assembly),
        code=code,
        address=f"{base}/assemblies/{assembly.id}/arrive?room={code}",
        seconds=seconds,
        quorum=reading.quorum(presence.quorum_at(s, assembly, at)),
    )


def undecided(s: Session, assembly_id: UUID, item_id: UUID | None) -> list[str]:
    """Votes that are open, or closed and not declared: neither the item nor the meeting ends before them."""
    return [
        vote.question
        for vote in votes.of_assembly(s, assembly_id)
        if vote.state in _UNDECIDED and item_id in (None, vote.agenda_item_id)
    ]


business.register(undecided)
