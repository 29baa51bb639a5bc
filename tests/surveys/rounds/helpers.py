"""A community with representatives and a schedule, and ballots put in as people do."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.accounts import authentication
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.assemblies.models import Seat, SeatHolder, StaffPost, Term, TermBody
from app.ballots import service as ballots
from app.ballots.models import BallotBox
from app.core.clock import now
from app.core.db import Database
from app.households.models import Building, Household
from app.households.residents.models import Residency, Resident
from app.surveys.instruments.answers import asked
from app.surveys.instruments.builtins import ensure_builtins
from app.surveys.instruments.definition import Kind
from app.surveys.instruments.models import Instrument
from app.surveys.rounds import publishing, running, subjects
from app.surveys.rounds.models import Round
from app.surveys.schedules.models import Schedule

LONG_AGO = date(2010, 1, 1)


def instant(text: str) -> datetime:
    """An instant in community time."""
    return datetime.fromisoformat(f"{text}+08:00")


def add_representatives(s: Session, community_id: UUID, count: int) -> None:
    term = s.exec(select(Term).where(Term.community_id == community_id)).one_or_none() or Term(
        community_id=community_id,
        body=TermBody.representative_assembly,
        name="第一届",
        starts_on=LONG_AGO,
        ends_on=date(2040, 12, 31),
    )
    s.add(term)
    s.flush()
    for number in range(1, count + 1):
        seat = Seat(community_id=community_id, term_id=term.id, number=number, post="representative")
        s.add(seat)
        s.flush()
        s.add(SeatHolder(community_id=community_id, seat_id=seat.id, name=f"代表{number}", from_on=LONG_AGO))


def add_staff(s: Session, community_id: UUID, *names: str) -> None:
    for name in names:
        s.add(StaffPost(community_id=community_id, name=name, position="社区工作者", from_on=LONG_AGO))


def add_adults(s: Session, community_id: UUID, homes: int, each: int = 2) -> None:
    """So many more households of one building, each with so many adults."""
    building = s.exec(select(Building).where(Building.community_id == community_id)).first()
    assert building is not None
    for n in range(homes):
        room = f"9{n:03d}"
        home = Household(
            community_id=community_id,
            building_id=building.id,
            grid_area_id=building.grid_area_id,
            unit="1",
            room=room,
            label=f"{building.number}-1-{room}",
            walk_key=f"{n:020d}",
            tenure="owner_occupied",
        )
        s.add(home)
        s.flush()
        for k in range(each):
            person = Resident(community_id=community_id, name=f"居民{n}之{k}", birth_on=date(1980, 1, 1))
            s.add(person)
            s.flush()
            s.add(Residency(community_id=community_id, household_id=home.id, resident_id=person.id, from_on=LONG_AGO))


def add_schedule(s: Session, community_id: UUID, instrument: str = "property_monthly", **more: Any) -> Schedule:
    ensure_builtins(s)
    found = s.exec(select(Instrument).where(Instrument.key == instrument, col(Instrument.community_id).is_(None))).one()
    wanted: dict[str, Any] = {
        "title": "物业服务评议",
        "cadence": "monthly",
        "opens_day": 25,
        "opens_hour": 9,
        "open_days": 5,
        "reminder_days": [2, 4],
        "panel": "representatives",
        "secrecy": "confidential",
        "subject_kinds": ["property_company"],
        "property_company": "安居物业",
        "publish": "auto",
        "starts_on": date(2012, 6, 1),
        **more,
    }
    made = Schedule(community_id=community_id, instrument_id=found.id, **wanted)
    s.add(made)
    s.flush()
    return made


def ready(db: Database, community_id: UUID, count: int = 12, **more: Any) -> UUID:
    """Representatives and a schedule; returns the schedule's id."""
    with db.write() as s:
        add_representatives(s, community_id, count)
        return add_schedule(s, community_id, **more).id


def sample_of_residents(db: Database, community_id: UUID, *, homes: int = 20, **more: Any) -> UUID:
    """A schedule that draws residents; with a public number unless told otherwise."""
    wanted: dict[str, Any] = {
        "panel": "residents",
        "method": "sample",
        "sample_size": 8,
        "reserves": 4,
        "public_number": True,
        "public_number_source": "",
        **more,
    }
    with db.write() as s:
        add_adults(s, community_id, homes)
        return add_schedule(s, community_id, **wanted).id


def principal(db: Database, name: str) -> Principal:
    with db.read() as s:
        return authentication.principal_for(s, s.exec(select(User).where(User.display_name == name)).one())


def run(db: Database, at: str) -> running.Done:
    return running.run_due(db, None, instant(at))


def rounds(db: Database) -> list[Round]:
    with db.read() as s:
        return list(s.exec(select(Round).order_by(col(Round.opens_at), col(Round.period))))


def the_round(db: Database) -> Round:
    (only,) = rounds(db)
    return only


def answer(db: Database, round_: Round, count: int, option: str = "satisfied", *, first: int = 0) -> None:
    """So many people put in the same answers about every subject."""
    with db.write() as s:
        box = s.get_one(BallotBox, round_.box_id)
        tokens = [slip.token for slip in _slips(s, box)][first : first + count]
        answers = filled(s, round_, option)
    for token in tokens:
        with db.write() as s:
            opened = ballots.find_by_token(s, token)
            assert opened is not None
            ballots.submit(s, opened, token, "once", answers, {})


def filled(s: Session, round_: Round, option: str) -> dict[str, dict[str, Any]]:
    """The same option everywhere, about every subject."""
    found: dict[str, dict[str, Any]] = {}
    for key, question in asked(publishing.definition_of(s, round_), subjects.of_round(s, round_.id)):
        if question.kind == Kind.rating:
            found.setdefault(key, {})[question.key] = option
        elif question.kind == Kind.matrix:
            found.setdefault(key, {})[question.key] = {row.key: option for row in question.rows}
    return found


def _slips(s: Session, box: BallotBox) -> list[ballots.Slip]:
    return ballots.renew_slips(s, box) if box.secrecy == "secret" else ballots.slips(s, box)


def minutes_from_now(minutes: int) -> str:
    return (now() + timedelta(minutes=minutes)).isoformat()
