"""Freezing the frame, committing the seed, drawing, redrawing, and replacing whoever moved or died. Never commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from app.core import audit, crypto
from app.core.errors import Conflict, NotFound
from app.core.i18n import gettext as _
from app.surveys.rounds import draw, states
from app.surveys.rounds.models import Absence, DrawPick, FrameEntry, Role, Round, RoundDraw, State
from app.surveys.rounds.panels import Person
from app.surveys.schedules.models import Method, Schedule

_AT_ONCE = 5000
_entry = FrameEntry.__table__  # type: ignore[attr-defined]
_pick = DrawPick.__table__  # type: ignore[attr-defined]
INVITED = (Role.drawn, Role.replacement)


def freeze(s: Session, round_: Round, people: Sequence[Person], at: datetime, by: UUID | None) -> list[draw.Unit]:
    """Writes the frame under new opaque ids. From here on nobody is added."""
    ids = draw.opaque_ids(len(people), draw.ID_DIGITS)
    homes = {p.household_id for p in people if p.household_id is not None}
    clusters = dict(zip(homes, draw.opaque_ids(len(homes), draw.CLUSTER_DIGITS), strict=True))
    units = [
        draw.Unit(i, clusters[p.household_id] if p.household_id is not None else "", p.stratum)
        for i, p in zip(ids, people, strict=True)
    ]
    by_id = sorted(zip(units, people, strict=True), key=lambda pair: pair[0].id)  # as the table is ordered
    _write(s, insert(_entry), by_id, lambda pair: _row(round_.id, *pair))
    round_.population = len(people)
    round_.frame_hash = draw.frame_hash(ids)
    round_.framed_at, round_.framed_by = at, by
    return units


def _row(round_id: UUID, unit: draw.Unit, person: Person) -> dict[str, Any]:
    return {
        "round_id": round_id,
        "public_id": unit.id,
        "person_kind": person.kind,
        "person_id": person.id,
        "cluster": unit.cluster,
        "stratum": unit.stratum,
    }


def _write(s: Session, statement: Any, items: Iterable[Any], row_of: Callable[[Any], dict[str, Any]]) -> None:
    """In slices, so that a frame of 400,000 needs no second copy of itself."""
    rows: list[dict[str, Any]] = []
    for item in items:
        rows.append(row_of(item))
        if len(rows) == _AT_ONCE:
            s.execute(statement, rows)
            rows = []
    if rows:
        s.execute(statement, rows)


def units_of(s: Session, round_id: UUID) -> list[draw.Unit]:
    """The frame as it was frozen, by opaque id."""
    wanted = select(_entry.c.public_id, _entry.c.cluster, _entry.c.stratum).where(_entry.c.round_id == round_id)
    found = s.execute(wanted.order_by(_entry.c.public_id).execution_options(yield_per=_AT_ONCE))
    return list(map(draw.Unit._make, found))


def commit_seed(
    s: Session, round_: Round, schedule: Schedule, units: Iterable[draw.Unit], at: datetime, number: int = 1
) -> RoundDraw:
    """Makes a seed that nobody sees, and publishes its commitment."""
    units = list(units)
    seed = draw.new_seed()
    made = RoundDraw(
        community_id=round_.community_id,
        round_id=round_.id,
        number=number,
        frame_hash=round_.frame_hash,
        table_hash=draw.table_hash(units),
        commit=draw.commit_of(seed, round_.frame_hash),
        committed_at=at,
        waits=schedule.public_number,
        source_text=schedule.public_number_source,
        announced_at=at if schedule.public_number and schedule.public_number_source else None,
        size=schedule.sample_size,
        reserves=schedule.reserves,
    )
    made.seed_sealed = crypto.seal(seed, crypto.cell("round_draw", "seed", made.id))
    s.add(made)
    s.flush()
    return made


def execute(s: Session, drawn: RoundDraw, units: Sequence[draw.Unit], public: str, at: datetime) -> None:
    """Draws: opens the seed, keeps the picks and the allocation."""
    if drawn.seed_sealed is None:
        raise Conflict(_("这次抽取已经完成。"), code="already_drawn")
    seed = crypto.unseal(drawn.seed_sealed, crypto.cell("round_draw", "seed", drawn.id))
    shares = draw.shares_of(units, drawn.size, drawn.reserves)
    picks = draw.picks(units, draw.key_of(seed, public, drawn.frame_hash), shares)
    drawn.seed, drawn.seed_sealed = seed, None
    drawn.public_number, drawn.drawn_at = public, at
    drawn.allocation = [
        {"stratum": x.stratum, "people": x.people, "size": x.size, "reserves": x.reserves} for x in shares
    ]
    _write(
        s,
        insert(_pick),
        picks,
        lambda p: {
            "draw_id": drawn.id,
            "public_id": p.id,
            "stratum": p.stratum,
            "position": p.position,
            "role": Role.reserve if p.reserve else Role.drawn,
            "replaces": "",
            "reason": "",
        },
    )
    s.add(drawn)
    s.flush()


def draws_of(s: Session, round_id: UUID) -> list[RoundDraw]:
    wanted = select(RoundDraw).where(col(RoundDraw.round_id) == round_id).order_by(col(RoundDraw.number))
    return list(s.scalars(wanted))


def current(s: Session, round_id: UUID) -> RoundDraw | None:
    """The draw that counts: the last one, unless it was voided."""
    found = draws_of(s, round_id)
    return found[-1] if found and found[-1].voided_at is None else None


def picks_of(s: Session, draw_id: UUID) -> list[DrawPick]:
    wanted = select(DrawPick).where(col(DrawPick.draw_id) == draw_id)
    return list(s.scalars(wanted.order_by(col(DrawPick.stratum), col(DrawPick.position))))


def invited_entries(s: Session, round_: Round) -> list[Any]:
    """Rows of the frame that are asked: everybody in a census, else the drawn and those who took their places."""
    wanted = select(_entry).where(_entry.c.round_id == round_.id)
    if round_.method == Method.sample:
        chosen = current(s, round_.id)
        if chosen is None:
            return []
        wanted = wanted.join(_pick, _pick.c.public_id == _entry.c.public_id).where(
            _pick.c.draw_id == chosen.id, _pick.c.role.in_(INVITED)
        )
    return list(s.execute(wanted.order_by(_entry.c.public_id)))


def redraw(s: Session, round_: Round, schedule: Schedule, reason: str, at: datetime) -> RoundDraw:
    """Voids the draw with its reason and commits a new seed over the same frame; both stay on the public page."""
    states.require(round_, State.framed, rule=_("只有开放之前才能作废重抽。"))
    old = current(s, round_.id)
    if old is None:
        raise Conflict(_("本轮没有可以作废的抽取。"), code="no_draw")
    old.voided_at, old.void_reason = at, reason
    s.add(old)
    made = commit_seed(s, round_, schedule, units_of(s, round_.id), at, old.number + 1)
    made.source_text, made.announced_at, made.announced_by = "", None, None  # the old number is known: name another
    return made


def replace(s: Session, round_: Round, public_id: str, why: Absence) -> DrawPick:
    """The next reserve of the stratum takes the place of somebody who moved or died. A refusal is never replaced."""
    states.require(round_, State.framed, rule=_("名单在开放时定下，此后只能把搬走或去世的人记为不能参加，不再补人。"))
    chosen = current(s, round_.id)
    if chosen is None or chosen.drawn_at is None:
        raise Conflict(_("还没有抽取。"), code="not_drawn")
    _entry_of, gone = invited_pick(s, round_, public_id)
    following = _next_reserve(s, chosen.id, gone.stratum)
    if following is None:
        raise Conflict(_("这一层的候补已经用完。"), code="no_reserve")
    gone.role = Role.replaced
    following.role, following.replaces = Role.replacement, gone.public_id
    s.add(following)
    note_absence(s, round_, gone, why, instead=following.public_id)
    return following


def note_absence(s: Session, round_: Round, gone: DrawPick, why: Absence, **details: str) -> None:
    """Keeps why somebody drawn cannot take part; the audit log says it by opaque id."""
    gone.reason = why
    s.add(gone)
    details |= {"public_id": gone.public_id, "reason": str(why)}
    audit.note(s, "round.replace", "evaluation_round", round_.id, round_.community_id, **details)
    s.flush()


def invited_pick(s: Session, round_: Round, public_id: str) -> tuple[FrameEntry, DrawPick]:
    """An invited person of a sample by opaque id."""
    chosen = current(s, round_.id)
    pick = s.get(DrawPick, (chosen.id, public_id)) if chosen else None
    entry = s.get(FrameEntry, (round_.id, public_id))
    if pick is None or entry is None:
        raise NotFound()
    if pick.role not in INVITED:
        raise Conflict(_("这个编号不在应邀名单中。"), code="not_invited")
    return entry, pick


def _next_reserve(s: Session, draw_id: UUID, stratum: str) -> DrawPick | None:
    wanted = select(DrawPick).where(
        col(DrawPick.draw_id) == draw_id, col(DrawPick.stratum) == stratum, col(DrawPick.role) == Role.reserve
    )
    return s.scalars(wanted.order_by(col(DrawPick.position)).limit(1)).first()


def frame_size(s: Session, round_id: UUID) -> int:
    return s.scalar(select(func.count()).select_from(_entry).where(_entry.c.round_id == round_id)) or 0
