"""What a project costs: lines that are only added. A wrong one is taken back once, by a line of the opposite sign."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlmodel import Session, col

from app.accounts.permissions import Principal
from app.core.clock import local_date
from app.core.db import flush_or
from app.core.errors import Conflict, Invalid, NotFound
from app.core.i18n import gettext as _
from app.projects import ledger, states
from app.projects.models import EventKind, ProjectCost, State
from app.projects.schemas import CostCreate, CostReverse

MOST = 1000
OPEN_IN = (State.funded, State.contracted, State.works, State.accepted)


def add(s: Session, who: Principal, project_id: UUID, data: CostCreate, at: datetime) -> ProjectCost:
    """Money is spent from the day that it was found on; bills may still come after the acceptance."""
    project = ledger.held(s, who, project_id)
    rule = _("资金落实以后才能登记费用；评议或停止以后不再登记。")
    states.require(project, *OPEN_IN, rule=rule)
    if not data.amount_fen:
        raise Invalid(_("请填写金额。"), code="missing", field="amount_yuan")
    if data.spent_on > local_date(at):
        raise Invalid(_("日期不能晚于今天。"), code="date_in_future", field="spent_on")
    lines = select(func.count()).select_from(ProjectCost).where(col(ProjectCost.project_id) == project.id)
    if (s.scalar(lines) or 0) >= MOST:
        raise Conflict(_("一个项目最多 %(n)s 笔费用。", n=MOST), code="too_many_costs")
    line = ProjectCost(
        community_id=project.community_id,
        project_id=project.id,
        amount_fen=data.amount_fen,
        spent_on=data.spent_on,
        what=data.what,
        payee=data.payee,
        at=at,
        by_name=who.name,
    )
    s.add(line)
    s.flush()
    ledger.add_event(s, project, who, EventKind.cost, at, line.what, amount_fen=line.amount_fen)
    return line


def reverse(
    s: Session, who: Principal, project_id: UUID, cost_id: UUID, data: CostReverse, at: datetime
) -> ProjectCost:
    project = ledger.held(s, who, project_id)
    wrong = s.get(ProjectCost, cost_id)
    if wrong is None or wrong.project_id != project.id:
        raise NotFound()
    if wrong.reverses_id is not None:
        raise Conflict(_("冲销的一笔不能再冲销。"), code="is_a_reversal")
    line = ProjectCost(
        community_id=project.community_id,
        project_id=project.id,
        amount_fen=-wrong.amount_fen,
        spent_on=local_date(at),
        what=wrong.what,
        payee=wrong.payee,
        reverses_id=wrong.id,
        reason=data.reason,
        at=at,
        by_name=who.name,
    )
    s.add(line)
    flush_or(s, Conflict(_("这一笔已经冲销过了。"), code="reversed_already"))
    text = f"{line.what}：{data.reason}"[:500]
    ledger.add_event(s, project, who, EventKind.cost, at, text, amount_fen=line.amount_fen)
    return line
