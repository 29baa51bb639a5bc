"""What an opinion may become beside its answer: a motion of the representatives' assembly, or a need of a household."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlmodel import Session

from app.accounts.permissions import Principal
from app.assemblies.motions import proposing
from app.assemblies.motions.models import ProposerKind
from app.assemblies.motions.schemas import MotionCreate
from app.consultations.models import Opinion
from app.consultations.opinions import hold, log
from app.consultations.schemas import OpinionToMotion, OpinionToNeed
from app.core.clock import now
from app.core.db import touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.households import service as households
from app.households.models import Household
from app.households.residents.service import open_residency
from app.households.visits import needs
from app.households.visits.models import Need
from app.households.visits.schemas import NeedWrite


def to_motion(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionToMotion, version: int | None, at: datetime | None = None
) -> Opinion:
    """Hands in a residents' motion. It names the opinion, not the speaker, who asked for an answer and not for fame."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    if opinion.motion_id is not None:
        raise Conflict(_("这条意见已经转为议案。"), code="already_a_motion")
    told = MotionCreate(
        title=data.title,
        text=data.text,
        proposer_kind=ProposerKind.residents,
        proposer_names=f"居民意见{opinion.serial}",
        submit=True,
    )
    motion = proposing.create(s, who, told, at, opinion.id)
    opinion.motion_id = motion.id
    touch(opinion)
    s.add(opinion)
    log(s, who, opinion, "motion", at, motion.number)
    return opinion


def to_need(
    s: Session, who: Principal, opinion_id: UUID, data: OpinionToNeed, version: int | None, at: datetime | None = None
) -> tuple[Opinion, Need]:
    """Makes a need of it, which the community's workers follow at the household; the opinion is still answered."""
    opinion, at = hold(s, who, opinion_id, version), at or now()
    if opinion.need_id is not None:
        raise Conflict(_("这条意见已经转为帮扶需求。"), code="already_a_need")
    home = _home(s, who, opinion, data.room)
    told = NeedWrite(category=data.category, detail=data.detail, urgent=data.urgent)
    need = needs.raise_elsewhere(s, home, told, at)
    opinion.need_id = need.id
    touch(opinion)
    s.add(opinion)
    log(s, who, opinion, "need", at, need.serial)
    return opinion, need


def _home(s: Session, who: Principal, opinion: Opinion, room: str) -> Household:
    if room:
        return households.find_label(s, who, room)
    lives = open_residency(s, opinion.resident_id) if opinion.resident_id else None
    if lives is None:
        raise Invalid(_("请填写房号：还不知道是哪一户。"), code="which_household", field="room")
    return households.get(s, who, lives.household_id)
