"""Who may vote, frozen at the instant of opening: a seat of an assembly each, or a dwelling each with its area."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, insert, or_, select
from sqlmodel import Session, col

from app.assemblies.meetings import service as meetings
from app.assemblies.meetings.models import Assembly
from app.assemblies.votes.models import Vote, VoteElector
from app.core.clock import local_date
from app.core.errors import Conflict
from app.core.i18n import gettext as _
from app.core.i18n import ngettext
from app.households.models import Household

REPRESENTATIVE, DWELLING = "representative", "household"


def freeze_seats(s: Session, vote: Vote, assembly: Assembly, at: datetime) -> None:
    """Those in office on the meeting day, and who of them was there at this instant, in person or by proxy."""
    present = {one.holder_id: one.proxy_by for one in meetings.present_at(s, assembly, at)}
    rows = [
        VoteElector(
            community_id=vote.community_id,
            vote_id=vote.id,
            kind=REPRESENTATIVE,
            voter_id=seat.holder_id,
            seat_id=seat.seat_id,
            position=seat.seat_number,
            name=seat.name,
            user_id=seat.user_id,
            present=seat.holder_id in present,
            proxy_id=present.get(seat.holder_id),
        )
        for seat in meetings.entitled(s, assembly)
    ]
    vote.entitled, vote.present = len(rows), len(present)
    _store(s, rows)


def freeze_dwellings(s: Session, vote: Vote, at: datetime) -> None:
    """Every dwelling that was not closed on that day. None may lack its area: the result would lean on a guess."""
    day = local_date(at)
    wanted = select(Household).where(
        col(Household.community_id) == vote.community_id,
        or_(col(Household.closed_on).is_(None), col(Household.closed_on) > day),
    )
    homes = list(s.scalars(wanted.order_by(col(Household.walk_key), col(Household.id))))
    lacking = sum(not home.floor_area_cm2 for home in homes)
    if lacking:
        text = ngettext(
            "还有 %(n)s 套房屋没有登记建筑面积，业主表决要按面积计算，请先补登。",
            "还有 %(n)s 套房屋没有登记建筑面积，业主表决要按面积计算，请先补登。",
            lacking,
        )
        raise Conflict(text, code="areas_missing")
    rows = [
        VoteElector(
            community_id=vote.community_id,
            vote_id=vote.id,
            kind=DWELLING,
            voter_id=home.id,
            position=position,
            name=home.label,
            present=True,
            area=home.floor_area_cm2 or 0,
        )
        for position, home in enumerate(homes, 1)
    ]
    vote.entitled, vote.area_entitled = len(rows), sum(row.area for row in rows)
    _store(s, rows)


def _store(s: Session, rows: list[VoteElector]) -> None:
    if not rows:
        raise Conflict(_("没有有表决权的人，不能开始表决。"), code="nobody_entitled")
    s.flush()
    s.execute(insert(VoteElector), [row.model_dump() for row in rows])


def of_vote(vote_id: UUID) -> Select[Any]:
    return select(VoteElector).where(col(VoteElector.vote_id) == vote_id)


def electors(s: Session, vote_id: UUID) -> list[VoteElector]:
    """The frozen list in the order of seats or dwellings."""
    return list(s.scalars(of_vote(vote_id).order_by(col(VoteElector.position), col(VoteElector.id))))


def present(s: Session, vote_id: UUID) -> list[VoteElector]:
    return [elector for elector in electors(s, vote_id) if elector.present]


def returned(s: Session, vote_id: UUID) -> int:
    """How many named votes have come in."""
    wanted = select(func.count()).select_from(VoteElector)
    found: int | None = s.scalar(
        wanted.where(col(VoteElector.vote_id) == vote_id, col(VoteElector.choice).is_not(None))
    )
    return found or 0


def own(s: Session, vote_id: UUID, user_id: UUID) -> list[VoteElector]:
    """The seats that an account votes for: its own where the holder was there himself, and those that he carried."""
    seats = of_vote(vote_id).where(col(VoteElector.user_id) == user_id, col(VoteElector.present))
    here = list(s.scalars(seats.where(col(VoteElector.proxy_id).is_(None))))
    carried = of_vote(vote_id).where(col(VoteElector.proxy_id).in_([elector.voter_id for elector in here]))
    found = s.scalars(carried.order_by(col(VoteElector.position))).all() if here else []
    return [*here, *found]
