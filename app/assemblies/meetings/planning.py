"""Making an assembly and changing it before its notice."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.meetings import states
from app.assemblies.meetings.models import Assembly, EventKind, Kind, State
from app.assemblies.meetings.record import hold, log
from app.assemblies.meetings.schemas import AssemblyCreate, AssemblyUpdate
from app.assemblies.models import TermBody
from app.communities.models import Community
from app.core.clock import local_date
from app.core.db import check_version, flush_or, lock_row, touch
from app.core.errors import Conflict, Invalid
from app.core.i18n import gettext as _
from app.members.service import own_community


def create(s: Session, who: Principal, data: AssemblyCreate, at: datetime | None = None) -> Assembly:
    """Plans an assembly. Of a regular one the quarter is that of its day unless another one is named."""
    community_id = own_community(who)
    day = local_date(data.scheduled_at)
    fields = data.model_dump(exclude={"quarter"})
    quarter = _quarter(data.kind, data.quarter, day.month)
    number = next_number(s, community_id, data.body, day.year)
    assembly = Assembly(community_id=community_id, year=day.year, quarter=quarter, number=number, **fields)
    s.add(assembly)
    flush_or(s, Conflict(_("同时有人登记了会议，请再试一次。"), code="number_taken"))
    log(s, assembly, EventKind.created, assembly.title, {"scheduled_at": assembly.scheduled_at.isoformat()}, at)
    return assembly


def _quarter(kind: str, wanted: int | None, month: int) -> int | None:
    """The quarter that a regular assembly answers for; an extraordinary one answers for none."""
    if kind != Kind.regular:
        return None
    return wanted or (month + 2) // 3


def next_number(s: Session, community_id: UUID, body: TermBody, year: int) -> int:
    """Which of the body's assemblies of the year comes next; the community's row is the lock."""
    lock_row(s, Community, community_id)
    last = s.scalar(
        select(func.max(col(Assembly.number))).where(
            col(Assembly.community_id) == community_id, col(Assembly.body) == body, col(Assembly.year) == year
        )
    )
    return (last or 0) + 1


def update(s: Session, assembly: Assembly, data: AssemblyUpdate, version: int | None) -> Assembly:
    """Changes an assembly of which nobody was told yet; afterwards it is moved, with a new notice."""
    hold(s, assembly)
    check_version(assembly, version)
    states.require(assembly, State.draft, rule=_("通知已经发出；要改时间或地点，请用“改期”，大家会得到新的通知。"))
    changes = data.model_dump(exclude_unset=True)
    quarter = changes.pop("quarter", None)
    for key, value in changes.items():
        if value is not None:
            setattr(assembly, key, value)
    day = local_date(assembly.scheduled_at)
    if day.year != assembly.year:
        raise Invalid(_("会议登记在 %(year)s 年，不能改到别的年份。", year=assembly.year), field="scheduled_at")
    assembly.quarter = _quarter(assembly.kind, quarter or assembly.quarter, day.month)
    touch(assembly)
    s.flush()
    return assembly
