"""Checking in with one's own phone, by the code that the room shows: signed in, or with the code on one's notice.

A code of a notice has six of 31 characters and works only with a room's code of the last five minutes, so nobody who
is not in the room gets to try one.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.meetings import attendance, codes
from app.assemblies.meetings.models import Assembly, Channel
from app.assemblies.meetings.presence import Entitled
from app.assemblies.meetings.schemas import ArrivalRead, ArriveSelf
from app.core.errors import Invalid, NotFound
from app.core.i18n import gettext as _


def _assembly(s: Session, assembly_id: UUID) -> Assembly:
    found = s.get(Assembly, assembly_id)
    if found is None:
        raise NotFound()
    return found


def shown(s: Session, who: Principal | None, assembly_id: UUID, room: str, at: datetime) -> ArrivalRead:
    """What the phone shows; nothing of the meeting without the code of the room."""
    assembly = _assembly(s, assembly_id)
    valid = codes.is_room_code(assembly, room, at)
    seat = _own_seat(s, who, assembly) if valid else None
    return ArrivalRead(
        assembly_id=assembly.id,
        title=assembly.title if valid else "",
        room=room,
        valid=valid,
        name=seat.name if seat else None,
    )


def _own_seat(s: Session, who: Principal | None, assembly: Assembly) -> Entitled | None:
    if who is None or who.community_id != assembly.community_id:
        return None
    return codes.holder_of_user(s, assembly, who.id)


def arrive(s: Session, who: Principal | None, assembly_id: UUID, data: ArriveSelf, at: datetime) -> ArrivalRead:
    """Checks somebody in by his account, or by the code on his notice."""
    assembly = _assembly(s, assembly_id)
    if not codes.is_room_code(assembly, data.room, at):
        raise Invalid(_("会场的二维码已经更新，请重新扫码。"), code="room_code", field="room")
    seat = codes.holder_of(s, assembly, data.code) if data.code else _own_seat(s, who, assembly)
    if seat is None:
        raise Invalid(_("签到码不对，请核对通知上的六位签到码，或者到签到处签到。"), code="own_code", field="code")
    attendance.check_in(s, assembly, seat.holder_id, at, Channel.qr)
    return ArrivalRead(
        assembly_id=assembly.id, title=assembly.title, room=data.room, valid=True, name=seat.name, done=True
    )
