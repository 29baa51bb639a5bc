"""What must hold in every database, whatever happened: registered here for the rooms built so far."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

from sqlalchemy import Row, func, select, text
from sqlmodel import Session, col

from app.assemblies import checks as rosters
from app.assemblies.elections import checks as elections
from app.assemblies.motions import checks as motions
from app.assemblies.rules import checks as rules
from app.assemblies.votes import checks as votes
from app.assistance.fund import checks as fund
from app.attachments import checks as attachments
from app.ballots import invariants as ballots
from app.core import audit, crypto, instance
from app.core.checks import register_check
from app.core.clock import today
from app.core.db import Database
from app.core.serials import SerialCounter
from app.households.models import Household, HouseholdTenure
from app.households.residents.models import Residency, Resident
from app.households.residents.personal import id_number_index, id_number_of, phone_index, phone_of
from app.households.visits import refresh
from app.households.visits.models import Need, VisitDue
from app.members.joining import checks as joining
from app.operations.backup import check_sqlite
from app.operations.errors import OperatorError
from app.operations.schema import newest
from app.projects import checks as projects
from app.surveys.rounds import checks as rounds

_CHUNK = 2000


def _schema(db: Database) -> Iterator[str]:
    with db.read() as s:
        present = instance.schema_revision(s)
    if present != newest():
        yield f"the schema is at revision {present}, this version wants {newest()}: run qinlian migrate"


def _storage(db: Database) -> Iterator[str]:
    if not db.is_sqlite:
        yield from _unvalidated(db)
        return
    try:
        check_sqlite(Path(db.url.database or ""))
    except OperatorError as broken:
        yield str(broken)


def _unvalidated(db: Database) -> Iterator[str]:
    """PostgreSQL checks foreign keys itself, unless somebody added one without checking what was there."""
    with db.read() as s:
        for (name,) in s.execute(text("SELECT conname FROM pg_constraint WHERE NOT convalidated")):
            yield f"constraint {name} was never checked"


def _audit(db: Database) -> Iterator[str]:
    with db.read() as s:
        broken = audit.verify(s)
    if broken:
        yield broken


def _sealed(db: Database) -> Iterator[str]:
    """Every sealed value opens under this secret and has the blind index of its content."""
    with db.read() as s:
        found = s.scalars(select(Resident).order_by(col(Resident.id)).execution_options(yield_per=_CHUNK))
        for resident in found:
            try:
                number, phone = id_number_of(resident), phone_of(resident)
            except crypto.SealBroken as broken:
                yield f"{broken} does not open: another APP_SECRET, or it was changed"
                continue
            if number and id_number_index(number) != resident.id_number_index:
                yield f"resident {resident.id} has the index of another identity number"
            if phone and phone_index(phone) != resident.phone_index:
                yield f"resident {resident.id} has the index of another telephone number"


def _residencies(db: Database) -> Iterator[str]:
    """Nobody lives in two places at once, the dead and the merged live nowhere."""
    wanted = (
        select(
            col(Residency.resident_id),
            col(Residency.from_on),
            col(Residency.to_on),
            col(Resident.died_on),
            col(Resident.merged_into_id),
        )
        .join(Resident, col(Resident.id) == col(Residency.resident_id))
        .order_by(col(Residency.resident_id), col(Residency.from_on))
    )
    with db.read() as s:
        rows = s.execute(wanted).all()
    for row in rows:
        if row.to_on is None and (row.died_on or row.merged_into_id):
            yield f"resident {row.resident_id} is dead or merged and still lives in a household"
    for earlier, later in pairwise(rows):
        if earlier.resident_id == later.resident_id and _overlap(earlier, later):
            yield f"resident {later.resident_id} lives in two places on {later.from_on}"


def _overlap(earlier: Row[Any], later: Row[Any]) -> bool:
    return earlier.to_on is None or bool(earlier.to_on >= later.from_on)


def _tenures(db: Database) -> Iterator[str]:
    """Each dwelling is used in one way at a time, without a gap, and its present use is that of its open period."""
    wanted: Any = (
        select(
            col(Household.id),
            col(Household.label),
            col(Household.tenure).label("present"),
            col(HouseholdTenure.tenure),
            col(HouseholdTenure.from_on),
            col(HouseholdTenure.to_on),
        )
        .join(HouseholdTenure, col(HouseholdTenure.household_id) == col(Household.id))
        .order_by(col(Household.id), col(HouseholdTenure.from_on))
    )
    with db.read() as s:
        rows = s.execute(wanted).all()
    for row in rows:
        if row.to_on is None and row.tenure != row.present:
            yield f"household {row.label} is {row.present}, but its open period says {row.tenure}"
    for earlier, later in pairwise(rows):
        if earlier.id == later.id and (earlier.to_on is None or later.from_on != earlier.to_on + timedelta(days=1)):
            yield f"household {later.label} has a gap or an overlap before {later.from_on}"


_DERIVED = ("tier", "categories", "start_on", "tier_since", "last_visit_on", "last_attempt_on", "owed_on", "due_on")


def _visits_due(db: Database) -> Iterator[str]:
    """The kept due dates are those that a recomputation gives; what a birthday moved today is caught up by itself."""
    findings: list[str] = []
    with db.turn(), db.new_session(write=True) as s:
        before = _due_rows(s)
        for community_id in s.scalars(select(col(Household.community_id)).distinct()).all():
            refresh.refresh_community(s, community_id)
        after = _due_rows(s)
        s.rollback()
    for household_id in sorted(before.keys() | after.keys()):
        kept, wanted = before.get(household_id), after.get(household_id)
        if kept and kept["refresh_on"] and kept["refresh_on"] <= today():
            continue
        if kept is None or wanted is None or any(kept[c] != wanted[c] for c in _DERIVED):
            findings.append(f"household {household_id} is kept as due {_day(kept)}, recomputed it is {_day(wanted)}")
    yield from findings


def _due_rows(s: Session) -> dict[Any, dict[str, Any]]:
    table = VisitDue.__table__  # type: ignore[attr-defined]
    return {row["household_id"]: dict(row) for row in s.execute(select(table)).mappings()}


def _day(row: dict[str, Any] | None) -> str:
    return f"{row['due_on']} ({row['tier']})" if row else "never"


def _need_serials(db: Database) -> Iterator[str]:
    """Serials of a year run from 1 to the counter's last, each once."""
    with db.read() as s:
        counters: Sequence[SerialCounter] = s.scalars(
            select(SerialCounter).where(col(SerialCounter.series) == "need")
        ).all()
        for counter in counters:
            found = s.scalar(
                select(func.count())
                .select_from(Need)
                .where(col(Need.community_id) == counter.community_id, col(Need.serial).like(f"{counter.year}-%"))
            )
            if found != counter.last:
                yield f"needs of {counter.year} number {found}, but serials were given up to {counter.last}"


def register() -> None:
    """Registers the checks, in the order in which an operator wants to read them."""
    register_check("schema", _schema)
    register_check("storage", _storage)
    register_check("audit", _audit)
    register_check("sealed", _sealed)
    register_check("attachments", attachments.files)
    register_check("residencies", _residencies)
    register_check("tenures", _tenures)
    register_check("visits_due", _visits_due)
    register_check("need_serials", _need_serials)
    register_check("roster_seats", rosters.seats)
    register_check("roster_members", rosters.members)
    register_check("roster_phones", rosters.phones)
    register_check("joining", joining.joining)
    register_check("rules", rules.versions)
    register_check("motions", motions.histories)
    ballots.register()
    rounds.register()
    register_check("projects", projects.ledgers)
    register_check("fund", fund.ledgers)
    votes.register()
    elections.register()
