"""Files may hang on the items of an agenda: whoever sees the assembly sees them."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import states
from app.assemblies.meetings.models import AgendaItem, Assembly, State
from app.attachments import owners
from app.core.errors import Forbidden
from app.core.i18n import gettext as _
from app.households.scope import communities_of

KIND = "agenda_item"


def _read(s: Session, who: Principal | None, item_id: UUID) -> owners.OwnerRecord | None:
    if who is None:
        return None
    wanted = select(AgendaItem).where(communities_of(who, col(AgendaItem.community_id)), col(AgendaItem.id) == item_id)
    item = s.scalars(wanted).one_or_none()
    if item is None or not who.may("assemblies:read"):
        return None
    return owners.OwnerRecord(item.community_id, f"/assemblies/{item.assembly_id}/agenda/{item.id}")


def _write(s: Session, who: Principal, item_id: UUID) -> owners.OwnerRecord | None:
    """Files come and go until the assembly is over; afterwards they belong to the record."""
    found = _read(s, who, item_id)
    if found is None:
        return None
    if not who.may("assemblies:write"):
        raise Forbidden(_("您的角色没有这项权限。"))
    item = s.get_one(AgendaItem, item_id)
    rule = _("会议结束或取消以后，议程的附件不能再改。")
    states.require(s.get_one(Assembly, item.assembly_id), State.draft, State.noticed, *states.RUNNING, rule=rule)
    return found


def register() -> None:
    owners.register(KIND, read=_read, write=_write)
