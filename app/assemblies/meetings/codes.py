"""Checking in with one's own phone: a code that the room shows for a few minutes, and a code on each notice.

Neither is stored: both are derived from the installation's secret, so a copy of the database checks nobody in.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.assemblies.meetings import notices
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.presence import Entitled, entitled
from app.ballots.codes import derived, normalise
from app.core import crypto

WINDOW = 60  # seconds for which the room shows one code
HELD = 5  # that many codes, the shown one and those before it, are accepted
ROOM_LENGTH, OWN_LENGTH = 8, 6


def _room(assembly_id: UUID, window: int) -> str:
    return derived(crypto.derive("assembly room code"), f"{assembly_id}|{window}".encode(), ROOM_LENGTH)


def room_code(assembly: Assembly, at: datetime) -> tuple[str, int]:
    """The code to show now, and for how many seconds it is the shown one."""
    seconds = int(at.timestamp())
    return _room(assembly.id, seconds // WINDOW), WINDOW - seconds % WINDOW


def is_room_code(assembly: Assembly, typed: str, at: datetime) -> bool:
    """Whether somebody saw the room's code within the last minutes."""
    here, code = int(at.timestamp()) // WINDOW, normalise(typed)
    return any(crypto.same(_room(assembly.id, here - back), code) for back in range(HELD))


def own_code(assembly: Assembly, holder_id: UUID) -> str:
    """The code on somebody's notice."""
    return derived(crypto.derive("assembly notice code"), f"{assembly.id}|{holder_id}".encode(), OWN_LENGTH)


def holder_of(s: Session, assembly: Assembly, typed: str) -> Entitled | None:
    """Whose code was typed, among those entitled who were told."""
    told = {recipient.holder_id for recipient in notices.recipients(s, assembly)}
    code = normalise(typed)
    found = [
        seat
        for seat in entitled(s, assembly)
        if seat.holder_id in told and crypto.same(own_code(assembly, seat.holder_id), code)
    ]
    return found[0] if found else None


def holder_of_user(s: Session, assembly: Assembly, user_id: UUID) -> Entitled | None:
    """The seat of a signed-in representative."""
    return next((seat for seat in entitled(s, assembly) if seat.user_id == user_id), None)
