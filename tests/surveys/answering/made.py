"""A round that is open now, its slips, and answers as people give them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlmodel import col, select, update

from app.assemblies.models import SeatHolder
from app.ballots import service as ballots
from app.ballots.models import AnswerDraft, BallotBox
from app.core.clock import now, today
from app.core.db import Database
from app.surveys.rounds import publishing, running
from app.surveys.rounds import service as rounds
from app.surveys.rounds.models import Round
from tests.cast import Cast
from tests.surveys.rounds import helpers

ITEMS = ["cleaning", "security", "greening", "repairs", "service_desk", "fee_disclosure"]
REFUSED = "现在不能使用"


def begin(db: Database, cast: Cast, *, count: int = 12, **schedule: Any) -> Round:
    """Opened just now, for five days, asking twelve representatives about the property company."""
    wanted: dict[str, Any] = {
        "publish": "manual",
        "opens_day": today().day,
        "opens_hour": 0,
        "starts_on": today().replace(day=1),
        "catch_up": 0,
        **schedule,
    }
    helpers.ready(db, cast.community, count=count, **wanted)
    running.run_due(db, None, None)
    made = helpers.the_round(db)
    assert made.state == "open"
    return made


def slips(db: Database, round_: Round) -> list[ballots.Slip]:
    """Of a secret round new ones: those before become void."""
    with db.write() as s:
        box = publishing.box_of(s, round_)
        return ballots.renew_slips(s, box) if box.secrecy == "secret" else ballots.slips(s, box)


def token(db: Database, round_: Round) -> str:
    return slips(db, round_)[0].token


def rated(option: str = "satisfied", **more: Any) -> dict[str, Any]:
    """The answers of the JSON door."""
    return {"property": {"items": dict.fromkeys(ITEMS, option), "overall": option, **more}}


def ticked(option: str = "satisfied", **more: str) -> dict[str, str]:
    """The same as the form of a page sends it."""
    fields = {f"a.property.items.{item}": option for item in ITEMS} | {"a.property.overall": option}
    return fields | {f"a.property.{name}": text for name, text in more.items()}


def pass_the_hour(db: Database, round_: Round) -> None:
    """The closing hour has come and no run has closed the round yet."""
    with db.write() as s:
        s.execute(
            update(Round)
            .where(col(Round.id) == round_.id)
            .values(opens_at=now() - timedelta(days=6), closes_at=now() - timedelta(seconds=1))
        )


def finish(db: Database, round_: Round, *, publish: bool = True) -> None:
    with db.write() as s:
        found = s.get_one(Round, round_.id)
        publishing.close(s, found, now())
        if publish:
            publishing.publish(s, found, now())
    if round_.box_id:
        ballots.after_close(db, round_.box_id)


def turnout(db: Database, round_: Round) -> tuple[int, int]:
    with db.read() as s:
        found = ballots.turnout(s, s.get_one(BallotBox, round_.box_id))
        return found.answered, found.on_paper


def drafts(db: Database) -> int:
    with db.read() as s:
        return len(s.exec(select(AnswerDraft)).all())


def texts(db: Database, round_: Round) -> list[tuple[str, str]]:
    with db.read() as s:
        return ballots.texts(s, publishing.box_of(s, s.get_one(Round, round_.id)))


def is_answerable(db: Database, round_: Round) -> bool:
    with db.read() as s:
        return rounds.is_answerable(s.get_one(Round, round_.id))


def seat(db: Database, cast: Cast, account: str, holder: str = "代表1") -> None:
    """Links an account to a seat."""
    with db.write() as s:
        found = s.exec(select(SeatHolder).where(SeatHolder.name == holder)).one()
        found.user_id = cast.users[account]
        s.add(found)
