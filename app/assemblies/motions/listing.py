"""The list of motions: narrowed, paged, exported."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, or_
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.motions import service, shown, states
from app.assemblies.motions.models import Motion, MotionProposer, MotionSecond, MotionState
from app.assemblies.motions.schemas import MotionRead
from app.assemblies.rules.definition import Matter
from app.assemblies.rules.words import MATTERS
from app.core.i18n import gettext as _
from app.core.pagination import Page, Paging, paginate
from app.core.xlsx import Cell

_CHUNK = 500


@dataclass(frozen=True)
class Wanted:
    """The filters of the list. `mine`: proposed by me. `waiting`: handed in, and I may still second it."""

    q: str = ""
    state: MotionState | None = None
    matter: Matter | None = None
    year: int | None = None
    community_id: UUID | None = None
    assembly_id: UUID | None = None
    mine: bool = False
    waiting: bool = False


def statement(who: Principal, wanted: Wanted) -> Select[Any]:
    found = service.visible(who)
    if wanted.q:
        like = [col(c).icontains(wanted.q, autoescape=True) for c in (Motion.title, Motion.text, Motion.number)]
        found = found.where(or_(*like))
    for column, value in (
        (Motion.state, wanted.state),
        (Motion.matter, wanted.matter),
        (Motion.year, wanted.year),
        (Motion.community_id, wanted.community_id),
        (Motion.assembly_id, wanted.assembly_id),
    ):
        if value is not None:
            found = found.where(col(column) == value)
    brought = service.of_person(who, MotionProposer)
    if wanted.mine:
        found = found.where(or_(col(Motion.created_by) == who.id, col(Motion.id).in_(brought)))
    if wanted.waiting:
        seconded = service.of_person(who, MotionSecond)
        found = found.where(
            col(Motion.state) == MotionState.submitted,
            col(Motion.id).not_in(brought),
            col(Motion.id).not_in(seconded),
        )
    return found


def page(s: Session, who: Principal, wanted: Wanted, paging: Paging) -> Page[MotionRead]:
    """Motions, the latest number first."""
    keys: list[Any] = [(col(Motion.year), int), (col(Motion.ordinal), int), (col(Motion.id), UUID)]
    found = paginate(s, statement(who, wanted), paging, keys, descending=True)
    return Page[MotionRead](**{**found, "items": shown.reads(s, who, found["items"])})


def columns() -> list[str]:
    return [_("编号"), _("标题"), _("提出人"), _("事项"), _("附议"), _("状态"), _("提出时间"), _("内容")]


def rows(s: Session, who: Principal, wanted: Wanted) -> Iterator[list[Cell]]:
    """All of the list, in its order."""
    found = statement(who, wanted).order_by(col(Motion.year).desc(), col(Motion.ordinal).desc(), col(Motion.id).desc())
    for part in s.scalars(found.execution_options(yield_per=_CHUNK)).partitions():
        motions = list(part)
        for motion, read in zip(motions, shown.reads(s, who, motions), strict=True):
            yield [
                read.number,
                read.title,
                _("、").join(read.proposers),
                _(MATTERS[read.matter]),
                read.seconds,
                _(states.LABELS[read.state]),
                shown.local(motion.proposed_at),
                motion.text,
            ]
