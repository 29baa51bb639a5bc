"""The lines of work (条线) of a community: its own rows, or the usual ones where nobody has chosen any."""

from __future__ import annotations

from uuid import NAMESPACE_URL, UUID, uuid5

from sqlalchemy import select
from sqlmodel import Session, col

from app.activities.models import LineOfWork

# Names are stored as data and are the same in every language, like those of branches and groups.
DEFAULTS: dict[str, str] = {
    "party": "党建",
    "women": "妇联",
    "labour": "劳动社会保障",
    "civilization": "文明创建",
    "affairs": "居务和自治",
    "civil": "民政和养老",
    "education": "教育和未成年人",
    "culture": "文化体育",
    "health": "卫生和计生",
    "security": "综治和调解",
    "environment": "城管和环保",
}


def line_id(community_id: UUID, key: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"qinlian:line-of-work:{community_id}:{key}")


def default(community_id: UUID, key: str) -> LineOfWork:
    position = list(DEFAULTS).index(key)
    return LineOfWork(
        id=line_id(community_id, key), community_id=community_id, key=key, name=DEFAULTS[key], position=position
    )


def of(s: Session, community_id: UUID) -> list[LineOfWork]:
    """In their order; the usual ones (not added to the session) where none is stored."""
    stored = list(
        s.scalars(
            select(LineOfWork)
            .where(col(LineOfWork.community_id) == community_id)
            .order_by(col(LineOfWork.position), col(LineOfWork.name))
        )
    )
    return stored or [default(community_id, key) for key in DEFAULTS]


def names(s: Session, community_id: UUID) -> dict[str, str]:
    return {line.key: line.name for line in of(s, community_id)}
