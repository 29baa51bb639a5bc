"""The minutes of an assembly, for its page."""

from __future__ import annotations

from uuid import UUID

from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.minutes import service, words
from app.assemblies.minutes.models import Minutes
from app.assemblies.motions import related
from app.assemblies.motions.schemas import RelatedRead
from app.core.i18n import gettext as _


def of_assembly(s: Session, who: Principal, assembly_id: UUID) -> list[RelatedRead]:
    wanted = service.visible(who).where(col(Minutes.assembly_id) == assembly_id)
    return [
        RelatedRead(href=f"/minutes/{minutes.id}", title=_("会议记录"), badge=_(words.STATES[minutes.state]))
        for minutes in s.scalars(wanted)
    ]


def register() -> None:
    related.register("assembly", of_assembly)
