"""Records that may be of one person: the same identity number, the same name and birth date, or nearly so.

People whose identity numbers are all known and all different are not duplicates, however alike their names are.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.masking import mask_name
from app.households.models import Household
from app.households.residents import personal, service
from app.households.residents.models import Resident
from app.households.scope import is_outsider

Kind = Literal["same_id_number", "same_name_birth", "similar"]
KINDS: tuple[Kind, ...] = ("same_id_number", "same_name_birth", "similar")
MOST = 100


def groups(s: Session, who: Principal, kinds: tuple[Kind, ...] = KINDS) -> list[dict[str, Any]]:
    """At most `MOST` groups of each kind, the surest kind first; in a group first the record that is best to keep."""
    found: list[dict[str, Any]] = []
    seen: set[frozenset[UUID]] = set()
    for kind in kinds:
        for members in _members(s, who, kind):
            ids = frozenset(member.id for member in members)
            if ids not in seen:
                seen.add(ids)
                found.append({"kind": kind, "residents": [_item(s, member, who) for member in members]})
    return found


def _keys(kind: Kind) -> list[Any]:
    if kind == "same_id_number":
        return [col(Resident.id_number_index)]
    if kind == "same_name_birth":
        return [col(Resident.community_id), col(Resident.name), col(Resident.birth_on)]
    # The sort key is the reading of the name and then the name: without the name, people who sound alike are equal.
    reading = func.substr(
        col(Resident.sort_key), 1, func.length(col(Resident.sort_key)) - func.length(col(Resident.name))
    )
    return [col(Resident.community_id), reading, col(Resident.birth_on)]


def _alike(who: Principal, kind: Kind) -> Select[Any]:
    keys = _keys(kind)
    known = col(Resident.id_number_index)
    wanted = select(*keys).where(*service.seen_by(who), col(Resident.merged_into_id).is_(None))
    wanted = wanted.where(keys[-1].is_not(None)).group_by(*keys).having(func.count() > 1)
    if kind != "same_id_number":
        wanted = wanted.having(func.count(known.distinct()) < func.count())
    if kind == "similar":
        wanted = wanted.having(func.count(col(Resident.name).distinct()) > 1)
    return wanted.limit(MOST)


def _members(s: Session, who: Principal, kind: Kind) -> list[list[Resident]]:
    keys = _keys(kind)
    alike = _alike(who, kind).subquery()
    joined = and_(*[key == column for key, column in zip(keys, alike.c, strict=True)])
    wanted = (
        select(Resident, *keys)
        .join(alike, joined)
        .where(*service.seen_by(who), col(Resident.merged_into_id).is_(None))
        .order_by(col(Resident.id_number_index).is_(None), col(Resident.created_at), col(Resident.id))
    )
    gathered: dict[tuple[Any, ...], list[Resident]] = {}
    for resident, *key in s.execute(wanted):
        gathered.setdefault(tuple(key), []).append(resident)
    return sorted(gathered.values(), key=lambda members: members[0].sort_key)


def _item(s: Session, resident: Resident, who: Principal) -> dict[str, Any]:
    home = service.open_residency(s, resident.id)
    label = s.scalar(select(col(Household.label)).where(col(Household.id) == home.household_id)) if home else None
    hidden = is_outsider(who)
    return {
        "id": resident.id,
        "community_id": resident.community_id,
        "name": mask_name(resident.name) if hidden else resident.name,
        "sex": resident.sex,
        "birth_on": None if hidden else resident.birth_on,
        "id_number": personal.masked_id_number(resident),
        "phone": personal.masked_phone(resident),
        "label": label,
        "from_on": home.from_on if home else None,
    }
