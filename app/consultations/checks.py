"""What `qinlian check` verifies of opinions."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select
from sqlmodel import col

from app.consultations.models import Opinion, OpinionEvent
from app.consultations.states import GRAPH
from app.core import crypto
from app.core.checks import register_check
from app.core.db import Database
from app.members.personal import phone_of

_CHUNK = 1000


def histories(db: Database) -> Iterator[str]:
    """Every opinion stands where its last step left it."""
    states = [str(state) for state in GRAPH]
    with db.read() as s:
        last: dict[object, str] = {}
        steps = select(col(OpinionEvent.opinion_id), col(OpinionEvent.kind)).where(col(OpinionEvent.kind).in_(states))
        for opinion_id, kind in s.execute(steps.order_by(col(OpinionEvent.at), col(OpinionEvent.id))):
            last[opinion_id] = kind
        for opinion_id, serial, state in s.execute(select(col(Opinion.id), col(Opinion.serial), col(Opinion.state))):
            if last.get(opinion_id) != state:
                yield f"opinion {serial} ({opinion_id}) is {state}, its history says {last.get(opinion_id)}"


def phones(db: Database) -> Iterator[str]:
    """Every sealed number opens under this secret."""
    with db.read() as s:
        sealed = select(Opinion).where(col(Opinion.phone_sealed).is_not(None))
        for opinion in s.scalars(sealed.execution_options(yield_per=_CHUNK)):
            try:
                phone_of("opinion", opinion)
            except crypto.SealBroken as broken:
                yield f"{broken} does not open: another APP_SECRET, or it was changed"


def register() -> None:
    register_check("opinions", histories)
    register_check("opinion phones", phones)
