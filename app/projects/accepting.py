"""Acceptance: representatives look at the finished work. The committee never accepts its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.assemblies.models import TermBody
from app.assemblies.rosters import Sitting, sitting
from app.core.clock import local_date
from app.core.errors import Conflict, Forbidden, Invalid
from app.core.i18n import gettext as _
from app.projects import evaluation, ledger, states
from app.projects.models import Acceptance, AcceptanceSigner, EventKind, Project, Result, State
from app.projects.schemas import AcceptanceCreate

FEWEST = 2  # one representative alone accepts nothing


def representatives(s: Session, community_id: UUID, on: date) -> list[Sitting]:
    return sitting(s, community_id, TermBody.representative_assembly, on)


def accept(s: Session, who: Principal, project_id: UUID, data: AcceptanceCreate, at: datetime) -> Acceptance:
    """Records what representatives found: the work is accepted, or goes on until the defects are mended.

    One of them records it. An accepted project is evaluated by the residents concerned 60 days later.
    """
    project = ledger.held(s, who, project_id)
    states.check(project, State.accepted)
    on = data.on or local_date(at)
    present = _present(s, who, project, data.holder_ids, on)
    return settle(s, who, project, data, present, on, at)


def settle(
    s: Session,
    who: Principal,
    project: Project,
    data: AcceptanceCreate,
    present: Sequence[Sitting],
    on: date,
    at: datetime,
) -> Acceptance:
    """The same of a past whose representatives had no accounts: `present` are those who took part."""
    states.check(project, State.accepted)
    ledger.not_before(on, ledger.last_move(s, project), _("开工"))
    if data.result == Result.rejected and not data.defects:
        raise Invalid(_("请写明存在哪些问题。"), code="missing", field="defects")
    if data.result == Result.accepted:
        _require_finished(s, project, on)
    made = _record(s, project, data, present, on, at)
    happened = ledger.instant_of(data.on, at)
    if data.result == Result.rejected:
        said = data.defects[:500]
        ledger.add_event(s, project, who, EventKind.rejected, happened, said, representatives=len(present))
        return made
    project.accepted_on = on
    said = data.note[:500]
    ledger.add_event(
        s, project, who, EventKind.accepted, happened, said, to=State.accepted, representatives=len(present)
    )
    evaluation.plan(s, project)
    return made


def _present(s: Session, who: Principal, project: Project, ids: Sequence[UUID], on: date) -> list[Sitting]:
    """Those named, each in office on that day, whoever records it among them."""
    in_office = {p.id: p for p in representatives(s, project.community_id, on)}
    if any(holder_id not in in_office for holder_id in ids):
        raise Invalid(_("有人当天不是在任的居民代表。"), code="not_in_office", field="holder_ids")
    present = [p for p in in_office.values() if p.id in set(ids)]
    if not any(p.user_id == who.id for p in present):
        raise Forbidden(_("验收由参加的居民代表本人登记：您当天须是在任代表，并在参加人之中。"), code="not_present")
    if len(present) < FEWEST:
        text = _("至少 %(n)s 名居民代表共同验收。", n=FEWEST)
        raise Conflict(text, code="too_few_representatives", field="holder_ids")
    return present


def _require_finished(s: Session, project: Project, on: date) -> None:
    unfinished = [m for m in ledger.milestones_of(s, project.id) if m.done_on is None or m.done_on > on]
    if unfinished:
        named = _("、").join(m.title for m in unfinished)
        raise Conflict(_("还有节点没有完成：%(what)s。", what=named), code="unfinished")


def _record(
    s: Session, project: Project, data: AcceptanceCreate, present: Sequence[Sitting], on: date, at: datetime
) -> Acceptance:
    earlier = select(func.count()).select_from(Acceptance).where(col(Acceptance.project_id) == project.id)
    made = Acceptance(
        community_id=project.community_id,
        project_id=project.id,
        number=(s.scalar(earlier) or 0) + 1,
        result=data.result,
        defects=data.defects if data.result == Result.rejected else "",
        note=data.note,
        accepted_on=on,
        at=at,
    )
    s.add(made)
    s.flush()
    s.add_all(
        AcceptanceSigner(community_id=project.community_id, acceptance_id=made.id, holder_id=p.id, name=p.name)
        for p in present
    )
    s.flush()
    return made
