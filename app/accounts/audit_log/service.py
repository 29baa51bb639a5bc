"""Reading the audit log: a director sees her community, a supervisor the district, an administrator everything."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Select, false, select
from sqlalchemy import column as sql_column
from sqlalchemy import table as sql_table
from sqlmodel import Session, col, or_

from app.accounts.audit_log import words
from app.accounts.audit_log.schemas import AuditEntryRead, Change
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.core.audit import AuditEntry
from app.core.clock import day_end, day_start
from app.core.i18n import gettext as _

_id_type = User.__table__.c.id.type  # type: ignore[attr-defined]
_NAMED = {
    "user_id": ("user_account", "display_name"),
    "worker_id": ("user_account", "display_name"),
    "reviewed_by": ("user_account", "display_name"),
    "community_id": ("community", "name"),
    "district_id": ("district", "name"),
    "grid_area_id": ("grid_area", "name"),
    "building_id": ("building", "number"),
    "household_id": ("household", "label"),
}
_community = sql_table("community", sql_column("id", _id_type), sql_column("district_id", _id_type))


@dataclass(frozen=True)
class Wanted:
    """The filters of the list."""

    actor: str = ""
    action: str = ""
    object_id: UUID | None = None
    from_on: date | None = None
    to_on: date | None = None


def visible(who: Principal) -> Select[Any]:
    statement = select(AuditEntry)
    if who.community_id is not None:
        return statement.where(col(AuditEntry.community_id) == who.community_id)
    if who.district_id is not None:
        of_district = select(_community.c.id).where(_community.c.district_id == who.district_id)
        return statement.where(col(AuditEntry.community_id).in_(of_district))
    return statement if who.role == "admin" else statement.where(false())


def filtered(who: Principal, wanted: Wanted) -> Select[Any]:
    """`actor` is a part of a name or an id; `action` an action, or the kind of record that it is about."""
    statement = visible(who)
    if wanted.actor:
        statement = statement.where(_by(wanted.actor))
    if wanted.action:
        begins = col(AuditEntry.action).startswith(wanted.action + ".", autoescape=True)
        statement = statement.where(or_(col(AuditEntry.action) == wanted.action, begins))
    if wanted.object_id is not None:
        statement = statement.where(col(AuditEntry.object_id) == wanted.object_id)
    if wanted.from_on is not None:
        statement = statement.where(col(AuditEntry.at) >= day_start(wanted.from_on))
    if wanted.to_on is not None:
        statement = statement.where(col(AuditEntry.at) < day_end(wanted.to_on))
    return statement


def _by(actor: str) -> Any:
    try:
        return col(AuditEntry.actor_id) == UUID(actor)
    except ValueError:
        return col(AuditEntry.actor_name).contains(actor, autoescape=True)


def shown(row: AuditEntry) -> AuditEntryRead:
    return AuditEntryRead(
        **row.model_dump(exclude={"changes"}),
        action_label=words.of_action(row.action),
        object_label=words.of_object(row.object_type),
        changes=list(_changes(row.changes)),
    )


def names(s: Session, entries: Sequence[AuditEntryRead]) -> dict[str, str]:
    """What the ids among the changes of these entries are called; residents keep their ids."""
    wanted: dict[str, set[UUID]] = defaultdict(set)
    for entry in entries:
        for change in entry.changes:
            if change.field in _NAMED:
                wanted[change.field] |= {UUID(v) for v in (change.before, change.after) if isinstance(v, str) and v}
    found: dict[str, str] = {}
    for field, ids in wanted.items():
        table_name, column = _NAMED[field]
        named = sql_table(table_name, sql_column("id", _id_type), sql_column(column))
        rows = s.execute(select(named.c.id, named.c[column]).where(named.c.id.in_(ids)))
        found |= {str(row[0]): str(row[1]) for row in rows}
    return found


def table(s: Session, who: Principal, wanted: Wanted) -> tuple[list[str], Iterator[list[str | int]]]:
    """Every entry of the list, the latest first, for an export."""
    heads = [_("序号"), _("时间"), _("谁"), _("做了什么"), _("代码"), _("记录编号"), _("改前改后"), _("校验值")]
    rows = s.scalars(filtered(who, wanted).order_by(col(AuditEntry.seq).desc()).execution_options(yield_per=1000))
    return heads, (_line(row) for row in rows)


def _line(row: AuditEntry) -> list[str | int]:
    at = row.at.isoformat()
    what = words.of_action(row.action)
    return [row.seq, at, row.actor_name, what, row.action, str(row.object_id or ""), row.changes, row.hash]


def _changes(raw: str) -> Iterator[Change]:
    kept = json.loads(raw)
    before, after = kept.get("before", {}), {**kept.get("after", {}), **kept.get("details", {})}
    for name in sorted({*before, *after}):
        yield Change(field=name, label=words.of_field(name), before=before.get(name), after=after.get(name))
