"""Which resident somebody in a roster is: by the room that was named, or by a name and phone or birth that agree."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.errors import Invalid
from app.core.events import ResidentsMerged, subscribe
from app.core.i18n import gettext as _
from app.households import service as households
from app.households.residents import service as residents
from app.households.residents.models import Residency, Resident
from app.households.residents.personal import phone_index
from app.members.models import Member

_CHUNK = 2000


def in_room(s: Session, who: Principal, name: str, room: str) -> Resident:
    """The resident of that name who lives in the room."""
    home = households.find_label(s, who, room)
    wanted = (
        select(Resident)
        .join(Residency, col(Residency.resident_id) == col(Resident.id))
        .where(
            col(Residency.household_id) == home.id,
            col(Residency.to_on).is_(None),
            col(Resident.name) == name,
            col(Resident.merged_into_id).is_(None),
        )
    )
    found = s.scalars(wanted.limit(2)).all()
    if len(found) != 1:
        raise Invalid(_("这一户现在没有叫这个名字的居民，请核对房号。"), code="not_in_room", field="room")
    return found[0]


def resident_of(s: Session, who: Principal, name: str, resident_id: UUID | None, room: str | None) -> Resident | None:
    """Whom a form means: by id, or by room; None where it names neither."""
    if resident_id is not None:
        wanted = residents.visible(who).where(col(Resident.id) == resident_id)
        found = s.scalars(wanted).one_or_none()
        if found is None:
            raise Invalid(_("没有这位居民。"), code="no_such_resident", field="resident_id")
        return found
    return in_room(s, who, name, room) if room else None


def _keep_the_kept(s: Session, merged: ResidentsMerged) -> None:
    """The register follows the record that stays. Where both are registered, the other entry stays, unlinked."""
    linked = select(Member).where(col(Member.resident_id) == merged.gone)
    taken = s.scalar(
        select(col(Member.id)).where(col(Member.resident_id) == merged.kept, col(Member.to_on).is_(None)).limit(1)
    )
    for member in s.scalars(linked):
        member.resident_id = merged.kept if member.to_on is not None or taken is None else None
        s.add(member)
    s.flush()


subscribe(ResidentsMerged, _keep_the_kept)


class Known:
    """Residents of a community by name, to find who a line of a file is without asking for each."""

    def __init__(self, s: Session, community_id: UUID, names: Collection[str]) -> None:
        self._by_name: dict[str, list[Any]] = {}
        listed = sorted(set(names))
        for at in range(0, len(listed), _CHUNK):
            wanted = select(
                col(Resident.id), col(Resident.name), col(Resident.birth_on), col(Resident.phone_index)
            ).where(
                col(Resident.community_id) == community_id,
                col(Resident.name).in_(listed[at : at + _CHUNK]),
                col(Resident.merged_into_id).is_(None),
            )
            for row in s.execute(wanted):
                self._by_name.setdefault(row.name, []).append(row)

    def find(self, name: str, birth_on: date | None, phone: str | None) -> UUID | None:
        """The only resident of that name whose phone or date of birth agrees and contradicts nothing."""
        mark = phone_index(phone) if phone else None
        found = [row for row in self._by_name.get(name, ()) if agrees(row.birth_on, row.phone_index, birth_on, mark)]
        return found[0].id if len(found) == 1 else None


def agrees(birth_on: date | None, phone: str | None, other_birth: date | None, other_phone: str | None) -> bool:
    """Whether two people of one name are surely the same: something agrees, and the date of birth does not differ."""
    same_birth = birth_on is not None and birth_on == other_birth
    differs = birth_on is not None and other_birth is not None and birth_on != other_birth
    same_phone = phone is not None and phone == other_phone
    return not differs and (same_birth or same_phone)
