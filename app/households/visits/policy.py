"""Visit policies: each community's interval per tier, with the conditions and the source they come from.

A community starts with the defaults below; they are stored when its households are first looked at, so that a later
version of the software never changes a community's rules by itself. Ids follow from community and tier.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.communities.models import Community
from app.core import audit
from app.core.db import check_version, touch
from app.core.errors import NotFound
from app.core.i18n import N_
from app.households.residents.models import CareCategory
from app.households.scope import communities_of
from app.households.visits.due import TIERS, Condition, Rule
from app.households.visits.models import Tier, Unit, VisitPolicy
from app.households.visits.plan_schemas import PolicyUpdate

_OPINION = N_("参照内蒙古自治区2022年特殊困难老年人探访关爱服务实施意见；可由社区按本地规定修改。")
_CUSTOM = N_("社区惯例，可由社区按本地规定修改。")

_policy = VisitPolicy.__table__  # type: ignore[attr-defined]

DEFAULTS: dict[str, dict[str, Any]] = {
    Tier.high: {
        "every": 1,
        "unit": Unit.week,
        "conditions": [
            {"categories": ["living_alone", "empty_nest", "left_behind"], "min_age": 80},
            {"categories": ["incapacitated_elder", "severe_ill"]},
        ],
        "source": _OPINION,
    },
    Tier.key: {
        "every": 1,
        "unit": Unit.month,
        "conditions": [
            {"categories": ["disabled", "special_family_planning"], "min_age": 60},
            {"categories": ["extreme_hardship", "orphan", "child_in_hardship"]},
        ],
        "source": _OPINION,
    },
    Tier.general: {
        "every": 3,
        "unit": Unit.month,
        "conditions": [{"categories": [str(c) for c in CareCategory]}],
        "source": _OPINION,
    },
    Tier.routine: {"every": 6, "unit": Unit.month, "conditions": [], "source": _CUSTOM},
}


def policy_id(community_id: UUID, tier: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"qinlian:visit-policy:{community_id}:{tier}")


def default(community_id: UUID, tier: str) -> VisitPolicy:
    return VisitPolicy(id=policy_id(community_id, tier), community_id=community_id, tier=tier, **DEFAULTS[tier])


def rule_of(policy: Any) -> Rule:
    """The rule of a stored policy, or of a row with its columns."""
    conditions = tuple(_condition(c) for c in policy.conditions)
    return Rule(policy.tier, policy.every, policy.unit, policy.retry_days, conditions)


def _condition(stored: Mapping[str, Any]) -> Condition:
    return Condition(
        frozenset(stored.get("categories") or ()), frozenset(stored.get("all_of") or ()), stored.get("min_age")
    )


def stored(s: Session, community_ids: Collection[UUID]) -> dict[UUID, dict[str, VisitPolicy]]:
    """The policies of these communities by tier, a default where none is stored yet (not added to the session)."""
    found: dict[UUID, dict[str, VisitPolicy]] = {c: {} for c in community_ids}
    for row in s.scalars(select(VisitPolicy).where(col(VisitPolicy.community_id).in_(list(community_ids)))):
        found[row.community_id][row.tier] = row
    return {c: {t: tiers.get(t) or default(c, t) for t in TIERS} for c, tiers in found.items()}


def rules(s: Session, community_ids: Collection[UUID]) -> dict[UUID, dict[str, Rule]]:
    """The rules of these communities by tier, for a session that writes: defaults are stored on the way."""
    ensure(s, community_ids)
    return {c: {t: rule_of(p) for t, p in tiers.items()} for c, tiers in stored(s, community_ids).items()}


def ensure(s: Session, community_ids: Iterable[UUID]) -> None:
    """Stores the defaults of a community that has none; two who do so at once meet in peace."""
    wanted = list(community_ids)
    known = set(s.scalars(select(col(VisitPolicy.id)).where(col(VisitPolicy.community_id).in_(wanted))))
    for community_id in wanted:
        missing = [t for t in TIERS if policy_id(community_id, t) not in known]
        if not missing:
            continue
        make = postgresql.insert if s.get_bind().dialect.name == "postgresql" else sqlite.insert
        rows = [default(community_id, tier).model_dump() for tier in missing]
        s.execute(make(_policy).on_conflict_do_nothing(), rows)
        audit.note(s, "visit_policy.defaults", "visit_policy", None, community_id, tiers=missing)


def of_community(s: Session, who: Principal, community_id: UUID | None) -> list[VisitPolicy]:
    """The policies of a community within reach, one's own by default; of a district's, all."""
    found = select(col(Community.id)).where(communities_of(who, col(Community.id))).order_by(col(Community.code))
    if community_id is not None:
        found = found.where(col(Community.id) == community_id)
    ids = s.scalars(found).all()
    if not ids and community_id is not None:
        raise NotFound()
    known = stored(s, ids)
    return [known[c][t] for c in ids for t in TIERS]


def get(s: Session, who: Principal, wanted: UUID) -> VisitPolicy:
    """A stored policy, or a community's own default that nobody has touched."""
    row = s.scalars(
        select(VisitPolicy).where(col(VisitPolicy.id) == wanted, communities_of(who, col(VisitPolicy.community_id)))
    ).one_or_none()
    if row is not None:
        return row
    for community_id in s.scalars(select(col(Community.id)).where(communities_of(who, col(Community.id)))):
        for tier in TIERS:
            if policy_id(community_id, tier) == wanted:
                return default(community_id, tier)
    raise NotFound()


def update(s: Session, who: Principal, wanted: UUID, data: PolicyUpdate, version: int | None) -> VisitPolicy:
    """Changes a rule; the caller recomputes the community's due dates."""
    policy = get(s, who, wanted)
    ensure(s, [policy.community_id])
    row = s.get_one(VisitPolicy, wanted, populate_existing=True, with_for_update={"key_share": True})
    check_version(row, version)
    conditions = [] if row.tier == Tier.routine else [c.stored() for c in data.conditions]
    row.every, row.unit, row.retry_days, row.event_hours = data.every, data.unit, data.retry_days, data.event_hours
    row.conditions, row.source = conditions, data.source
    touch(row)
    s.add(row)
    s.flush()
    return row
