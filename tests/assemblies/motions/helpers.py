"""Representatives in office and motions in any state, for the tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.models import Seat, SeatHolder, Term
from app.assemblies.motions import handling, proposing, service
from app.assemblies.motions.models import Motion, MotionState, ProposerKind
from app.assemblies.motions.schemas import MotionCreate
from app.core.clock import now
from app.core.db import Database
from app.core.models import new_id
from tests.cast import Cast
from tests.visitor import Visitor

# The way of a motion to the floor, after it was handed in.
WAY = [MotionState.submitted, MotionState.admitted, MotionState.scheduled, MotionState.debated, MotionState.voting]


@dataclass(frozen=True)
class Seats:
    """Four representatives; 周代表 holds the first seat with her own account."""

    holders: list[UUID]

    @property
    def zhou(self) -> UUID:
        return self.holders[0]


def person(s: Session, name: str) -> Principal:
    return principal_for(s, s.exec(select(User).where(User.display_name == name)).one())


def seat_representatives(db: Database, cast: Cast) -> Seats:
    with db.write() as s:
        own: dict[str, Any] = {"community_id": cast.community}
        term = Term(
            **own, body="representative_assembly", name="本届", starts_on=date(2010, 1, 1), ends_on=date(2100, 1, 1)
        )
        s.add(term)
        s.flush()
        holders = []
        for number, name in enumerate(("周代表", "吴建平", "郑丽君", "冯国强"), start=1):
            seat = Seat(**own, term_id=term.id, number=number, post="representative")
            s.add(seat)
            s.flush()
            user_id = cast.users[name] if number == 1 else None
            holder = SeatHolder(**own, seat_id=seat.id, name=name, from_on=date(2010, 1, 1), user_id=user_id)
            s.add(holder)
            s.flush()
            holders.append(holder.id)
        return Seats(holders)


def bring(s: Session, title: str = "健身场地铺设安全地垫", **changes: Any) -> Motion:
    """The committee's motion, handed in."""
    wanted = {
        "title": title,
        "text": "请会议审议。",
        "proposer_kind": ProposerKind.committee,
        "submit": True,
        **changes,
    }
    at: datetime = wanted.pop("at", now())
    return proposing.create(s, person(s, "王站长"), MotionCreate.model_validate(wanted), at)


def to_state(s: Session, motion: Motion, state: MotionState, assembly_id: UUID | None = None) -> Motion:
    """Takes a motion that was handed in along the graph as far as asked."""
    who, at = person(s, "王站长"), now()
    for step in WAY[1 : WAY.index(state) + 1]:
        if step == MotionState.admitted:
            handling.admit(s, who, motion, at)
        elif step == MotionState.scheduled:
            service.schedule(s, who, motion, assembly_id or new_id(), at)
        elif step == MotionState.debated:
            service.to_debate(s, who, motion, at)
        else:
            service.to_voting(s, who, motion, at, new_id())
    return motion


def made(db: Database, state: MotionState = MotionState.submitted, **changes: Any) -> str:
    """The address of a motion in a state."""
    with db.write() as s:
        return f"/motions/{to_state(s, bring(s, **changes), state).id}"


def history(visitor: Visitor, path: str) -> list[tuple[str, str]]:
    return [(e["from_state"], e["to_state"]) for e in visitor.get(path).json()["events"]]
