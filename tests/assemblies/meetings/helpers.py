"""A community with representatives, and an assembly brought to where a test begins, through the real services."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.meetings import agenda, attendance, conduct, notices, planning, service
from app.assemblies.meetings.models import Assembly
from app.assemblies.meetings.schemas import AssemblyCreate, ItemCreate
from app.assemblies.models import Seat, SeatHolder, Term
from app.assemblies.motions.models import Motion, MotionState
from app.assemblies.rules.models import PackChoice, RulePack, RulePackVersion
from app.core import audit
from app.core.clock import day_start, now, today
from app.core.db import Database
from tests.cast import Cast

SINCE, UNTIL = date(2010, 1, 1), date(2100, 12, 31)
WEEK = timedelta(days=7)


def noon(day: date | None = None) -> datetime:
    """Midday of a day in the community's time, so that no test depends on the hour."""
    return day_start(day or today()) + timedelta(hours=12)


@dataclass
class House:
    """Who sits, by the numbers of their seats, and how to act as somebody."""

    db: Database
    cast: Cast
    holders: list[UUID]
    seats: list[UUID]

    def act(self, action: Any, *args: Any, by: str = "王站长", **kwargs: Any) -> Any:
        """One call of a service in a transaction of its own; `{who}` and assemblies are fetched anew."""
        with self.db.write() as s:
            who = person(s, by)
            audit.set_actor(s, who)
            given = [
                who if one is WHO else s.get_one(Assembly, one.id) if isinstance(one, Assembly) else one for one in args
            ]
            return action(s, *given, **kwargs)

    def read(self, assembly: Assembly) -> Assembly:
        with self.db.read() as s:
            return s.get_one(Assembly, assembly.id)

    def came(self, assembly: Assembly, count: int, at: datetime) -> None:
        """The first so many check in."""
        with self.db.write() as s:
            found = s.get_one(Assembly, assembly.id)
            for holder_id in self.holders[:count]:
                attendance.check_in(s, found, holder_id, at)

    def go(self, assembly: Assembly, numbers: list[int], at: datetime) -> None:
        with self.db.write() as s:
            found = s.get_one(Assembly, assembly.id)
            for number in numbers:
                attendance.leave(s, found, self.holders[number - 1], at)


WHO: Any = object()


def person(s: Session, name: str) -> Principal:
    return principal_for(s, s.exec(select(User).where(User.display_name == name)).one())


def house(db: Database, cast: Cast, seats: int = 10) -> House:
    """周代表 holds the first seat."""
    with db.write() as s:
        term = Term(
            community_id=cast.community, body="representative_assembly", name="本届", starts_on=SINCE, ends_on=UNTIL
        )
        s.add(term)
        s.flush()
        made = [_seat(s, cast, term, number) for number in range(1, seats + 1)]
        return House(db, cast, [holder for holder, _seat_id in made], [seat_id for _holder, seat_id in made])


def _seat(s: Session, cast: Cast, term: Term, number: int) -> tuple[UUID, UUID]:
    seat = Seat(community_id=cast.community, term_id=term.id, number=number, post="representative")
    s.add(seat)
    s.flush()
    holder = SeatHolder(
        community_id=cast.community,
        seat_id=seat.id,
        name="周代表" if number == 1 else f"代表{number:02d}",
        from_on=SINCE,
        user_id=cast.users["周代表"] if number == 1 else None,
    )
    s.add(holder)
    s.flush()
    return holder.id, seat.id


def planned(home: House, day: date | None = None, *, items: int = 2, **changes: Any) -> Assembly:
    """A regular assembly with an agenda, at midday."""
    scheduled = noon(day)
    sent = {"title": "居民代表会议", "scheduled_at": scheduled, "place": "二楼会议室", **changes}
    with home.db.write() as s:
        who = person(s, "王站长")
        audit.set_actor(s, who)
        assembly = planning.create(s, who, AssemblyCreate.model_validate(sent), scheduled - 2 * WEEK)
        for number in range(1, items + 1):
            agenda.add(s, who, assembly, ItemCreate(title=f"报告{number}"), scheduled - 2 * WEEK)
        return assembly


def noticed(home: House, day: date | None = None, **changes: Any) -> Assembly:
    """Everybody was told a week before."""
    made = planned(home, day, **changes)
    return home.act(notices.give, made, "paper", home.read(made).version, made.scheduled_at - WEEK)


def opened(home: House, present: int | None = None, day: date | None = None, **changes: Any) -> Assembly:
    """All, or the first so many, are there, and it is under way."""
    made = noticed(home, day, **changes)
    home.came(made, len(home.holders) if present is None else present, made.scheduled_at)
    return home.act(conduct.open_, made, made.scheduled_at)


def motion(home: House, number: int = 1) -> UUID:
    """An admitted motion."""
    with home.db.write() as s:
        made = Motion(
            community_id=home.cast.community,
            year=2026,
            ordinal=number,
            number=f"2026-{number:02d}",
            title=f"议案{number}",
            matter="ordinary",
            proposer_kind="committee",
            state=MotionState.admitted,
            proposed_at=now(),
        )
        s.add(made)
        s.flush()
        return made.id


def state_of(home: House, motion_id: UUID) -> str:
    with home.db.read() as s:
        return s.get_one(Motion, motion_id).state


def choose_rules(home: House, **changes: Any) -> None:
    """A pack of the community's own: the example with some rules changed."""
    with home.db.write() as s:
        example = s.exec(select(RulePack).where(RulePack.key == "example-charter")).one()
        shipped = s.exec(select(RulePackVersion).where(RulePackVersion.pack_id == example.id)).one()
        definition = {**shipped.definition, "example": False}
        definition["sets"] = [
            {**rules, **changes} if rules["body"] == "representative_assembly" else rules
            for rules in definition["sets"]
        ]
        pack = RulePack(community_id=home.cast.community, key="own", title="本社区章程")
        s.add(pack)
        s.flush()
        version = RulePackVersion(
            pack_id=pack.id, number=1, definition=definition, hash="0" * 64, citation="翰林缘社区居民自治章程",
            effective_from=SINCE, state="published", published_at=now(),
        )  # fmt: skip
        s.add(version)
        s.add(
            PackChoice(community_id=home.cast.community, body="representative_assembly", pack_id=pack.id, from_on=SINCE)
        )


def quorum(home: House, assembly: Assembly, at: datetime) -> service.Quorum:
    with home.db.read() as s:
        return service.quorum_at(s, s.get_one(Assembly, assembly.id), at)
