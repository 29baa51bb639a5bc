"""Papers of a request: seen by those who see it, changed while it is open, and fixed once it is paid."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assistance.fund import relief, states
from app.assistance.fund.models import State
from app.attachments import owners
from app.attachments.owners import OwnerRecord
from app.core.errors import Forbidden, NotFound
from app.core.i18n import gettext as _
from app.households.scope import is_outsider

KIND = "relief"


def _read(s: Session, who: Principal | None, relief_id: UUID) -> OwnerRecord | None:
    """Only inside the community: a receipt carries a name."""
    if who is None or not who.may("fund:read") or is_outsider(who):
        return None
    try:
        found = relief.find(s, who, relief_id)
    except NotFound:
        return None
    return OwnerRecord(found.community_id, f"/fund/relief/{found.id}")


def _write(s: Session, who: Principal, relief_id: UUID) -> OwnerRecord | None:
    record = _read(s, who, relief_id)
    if record is None:
        return None
    if not who.may("fund:write"):
        raise Forbidden(_("您的角色没有这项权限。"))
    found = relief.held(s, who, relief_id) if s.info.get("write") else relief.find(s, who, relief_id)
    if found.entry_id is not None or State(found.state) not in states.OPEN:
        raise states.refuse(found, _("签收单和其他材料不能再改。"))
    return record


def register() -> None:
    owners.register(KIND, read=_read, write=_write)
