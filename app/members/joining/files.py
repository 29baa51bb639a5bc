"""Papers of the stages of joining: whoever may read the register sees them, whoever keeps it adds them."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.attachments import owners
from app.attachments.owners import OwnerRecord
from app.core.errors import Forbidden
from app.core.i18n import gettext as _
from app.members import service as members
from app.members.joining.requests import OWNER_KIND
from app.members.models import Member, MemberStage


def _read(s: Session, who: Principal | None, stage_id: UUID) -> OwnerRecord | None:
    """None for a stranger, and for whoever may not read the register: party papers are never public."""
    if who is None or not who.may("members:read"):
        return None
    wanted = members.visible(who).join(MemberStage, col(MemberStage.member_id) == col(Member.id))
    member = s.scalars(wanted.where(col(MemberStage.id) == stage_id)).one_or_none()
    return OwnerRecord(member.community_id, f"/members/{member.id}/joining") if member is not None else None


def _write(s: Session, who: Principal, stage_id: UUID) -> OwnerRecord | None:
    record = _read(s, who, stage_id)
    if record is not None and not who.may("members:write"):
        raise Forbidden(_("您的角色没有这项权限。"))
    return record


def register() -> None:
    owners.register(OWNER_KIND, read=_read, write=_write)
