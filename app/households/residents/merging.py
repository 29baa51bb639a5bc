"""Two records of one person become one: nothing is lost, the old id answers with the record that lives on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core import audit
from app.core.db import lock_row, touch
from app.core.errors import Conflict, Invalid, NotFound
from app.core.events import HouseholdsChanged, ResidentsMerged, publish
from app.core.i18n import gettext as _
from app.core.models import new_id
from app.households.residents import personal, service
from app.households.residents.models import CareRecord, Education, Residency, Resident, ResidentTerm, Sex
from app.households.residents.names import plain_name

_DAY = timedelta(days=1)
_FOREVER = date.max


@dataclass(frozen=True)
class Period:
    """A period somewhere. `rank` decides between periods that begin on the same day: the smaller wins."""

    where: UUID | str
    from_on: date
    to_on: date | None
    rank: int = 0
    source: Any = None

    @property
    def last(self) -> date:
        return self.to_on or _FOREVER


def resolve(periods: Iterable[Period]) -> list[Period]:
    """One place a day: where periods overlap, the one that began last counts, and no covered day is lost.

    Pieces of the same place that touch or overlap become one.
    """
    known = sorted(periods, key=lambda p: (p.from_on, -p.rank))
    bounds = sorted({p.from_on for p in known} | {p.last + _DAY for p in known if p.to_on is not None})
    pieces: list[Period] = []
    for at, begin in enumerate(bounds):
        end = bounds[at + 1] - _DAY if at + 1 < len(bounds) else _FOREVER
        covering = [p for p in known if p.from_on <= begin and p.last >= end]
        if not covering:
            continue
        chosen = covering[-1]
        piece = replace(chosen, from_on=begin, to_on=None if end == _FOREVER else end)
        before = pieces[-1] if pieces else None
        if before is not None and before.where == piece.where and before.to_on == begin - _DAY:
            pieces[-1] = replace(before, to_on=piece.to_on)
        else:
            pieces.append(piece)
    return pieces


def merge(s: Session, who: Principal, resident_id: UUID, other_id: UUID, confirm_name: str) -> Resident:
    """Merges `other_id` into `resident_id`: residencies, care and missing particulars move over. For good."""
    kept, gone = _both(s, who, resident_id, other_id)
    if plain_name(confirm_name) != plain_name(gone.name):
        raise Invalid(_("姓名与要合并的那条记录不一致，没有合并。"), code="name_differs", field="confirm_name")
    homes = set(service.homes_of(s, kept.id)) | set(service.homes_of(s, gone.id))
    _join_residencies(s, kept, gone)
    _join_care(s, kept, gone)
    gone.merged_into_id = kept.id
    s.add(gone)
    s.flush()  # leaves the unique index of identity numbers before `kept` may take the number
    _join_particulars(kept, gone)
    _point_at(s, kept, gone)
    touch(kept)
    touch(gone)
    s.add(kept)
    s.flush()
    audit.note(s, "resident.merge", "resident", kept.id, kept.community_id, gone=gone.id)
    publish(s, ResidentsMerged(kept.id, gone.id))
    publish(s, HouseholdsChanged(tuple(homes)))
    return kept


def _both(s: Session, who: Principal, resident_id: UUID, other_id: UUID) -> tuple[Resident, Resident]:
    kept = service.get(s, who, resident_id)
    try:
        gone = service.get(s, who, other_id)
    except NotFound:
        raise Invalid(_("没有找到要合并的居民。"), code="no_such_resident", field="other_id") from None
    if kept.id == gone.id:
        raise Invalid(_("这已经是同一条记录。"), code="same_record", field="other_id")
    if kept.community_id != gone.community_id:
        raise Conflict(_("两条记录属于不同的社区，不能合并。"), code="other_community", field="other_id")
    both_known = kept.id_number_index is not None and gone.id_number_index is not None
    if both_known and kept.id_number_index != gone.id_number_index:
        raise Conflict(_("两人的身份证号不同，不能合并。"), code="id_numbers_differ", field="other_id")
    for one in sorted((kept.id, gone.id)):
        lock_row(s, Resident, one)
    return kept, gone


def _join_residencies(s: Session, kept: Resident, gone: Resident) -> None:
    """Rewrites both histories as one; rows that fall away stand in the audit with all they said."""
    wanted = select(Residency).where(col(Residency.resident_id).in_([kept.id, gone.id]))
    rows = {row.id: row for row in s.scalars(wanted)}
    periods = [Period(r.household_id, r.from_on, r.to_on, int(r.resident_id == gone.id), r.id) for r in rows.values()]
    pieces = resolve(periods)
    used = {piece.source for piece in pieces}
    for row in rows.values():
        if row.id not in used:
            s.delete(row)
    s.flush()
    # Closed periods first: at no moment may a person have two open ones.
    seen: set[UUID] = set()
    for piece in sorted(pieces, key=lambda p: (p.to_on is None, p.from_on)):
        row = rows[piece.source]
        if row.id in seen:  # a stay elsewhere parts this period in two
            row = Residency(**{**row.model_dump(), "id": new_id()})
        seen.add(piece.source)
        if (row.resident_id, row.from_on, row.to_on) != (kept.id, piece.from_on, piece.to_on):
            row.resident_id, row.from_on, row.to_on = kept.id, piece.from_on, piece.to_on
            touch(row)
        s.add(row)
        s.flush()


def _join_care(s: Session, kept: Resident, gone: Resident) -> None:
    """Care of both; overlapping records of one category become one."""
    wanted = select(CareRecord).where(col(CareRecord.resident_id).in_([kept.id, gone.id]))
    ordered = s.scalars(wanted.order_by(col(CareRecord.category), col(CareRecord.from_on), col(CareRecord.id))).all()
    groups: list[list[CareRecord]] = []
    for row in ordered:
        group = groups[-1] if groups else None
        if group and group[0].category == row.category and _reaches(group, row.from_on):
            group.append(row)
        else:
            groups.append([row])
    for absorbed in (row for _first, *rest in groups for row in rest):
        s.delete(absorbed)
    s.flush()
    for first, *rest in groups:
        _absorb(first, rest)
        first.resident_id = kept.id
        touch(first)
        s.add(first)
        s.flush()


def _reaches(group: list[CareRecord], day: date) -> bool:
    return any(row.to_on is None or day <= row.to_on for row in group)


def _absorb(into: CareRecord, rows: list[CareRecord]) -> None:
    ends = [into.to_on, *(row.to_on for row in rows)]
    into.to_on = None if None in ends else max(end for end in ends if end is not None)
    for row in rows:
        into.reason = into.reason or row.reason
        into.detail = into.detail or row.detail
        into.disability_type = into.disability_type or row.disability_type
        into.disability_level = into.disability_level or row.disability_level


def _join_particulars(kept: Resident, gone: Resident) -> None:
    """What `kept` does not know is taken from `gone`."""
    if kept.id_number_index is None:
        personal.seal_id_number(kept, personal.id_number_of(gone))
    if kept.phone_index is None:
        personal.seal_phone(kept, personal.phone_of(gone))
    kept.birth_on = kept.birth_on or gone.birth_on
    kept.died_on = kept.died_on or gone.died_on
    kept.sex = gone.sex if kept.sex == Sex.unknown else kept.sex
    kept.education = gone.education if kept.education == Education.unknown else kept.education
    if gone.note and gone.note not in kept.note:
        kept.note = f"{kept.note}\n{gone.note}".strip()[:4000]


def _point_at(s: Session, kept: Resident, gone: Resident) -> None:
    """The duplicate is no longer found by search; records merged into it earlier point at `kept` too."""
    s.execute(delete(ResidentTerm).where(col(ResidentTerm.resident_id) == gone.id))
    for earlier in s.scalars(select(Resident).where(col(Resident.merged_into_id) == gone.id)):
        earlier.merged_into_id = kept.id
        s.add(earlier)
