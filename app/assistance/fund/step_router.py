"""The acts on a request: its steps, the checks at the door, kinship, the decision and the payment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.accounts.permissions import FundApprove, FundPay, FundWrite
from app.assistance.fund import reading, shown, steps
from app.assistance.fund.schemas import (
    Approval,
    CheckCreate,
    Payment,
    Rejection,
    RelativeCreate,
    ReliefDetail,
    ReliefMove,
)
from app.core.clock import now
from app.core.db import SessionDep
from app.core.hypermedia import APIRouter, html
from app.core.i18n import N_
from app.core.idempotency import IdempotencyKey

router = APIRouter(prefix="/fund/relief/{relief_id}", tags=["fund"])


def _act(done: str) -> Callable[..., Any]:
    """An act is taken on the page of its request, and shown there again with what was typed where it is refused."""
    return html(
        form="fund/relief.html", extra=shown.relief_extra, current=shown.current_relief, then=shown.home, done=done
    )


@router.post("/moves")
@_act(N_("已进入下一步。"))
def move_relief(s: SessionDep, who: FundWrite, relief_id: UUID, data: ReliefMove) -> ReliefDetail:
    """Takes a request to the next step of its path."""
    return reading.relief(s, who, steps.move(s, who, relief_id, data, now()))


@router.post("/checks")
@_act(N_("核实已登记。"))
def check_relief(s: SessionDep, who: FundWrite, relief_id: UUID, data: CheckCreate) -> ReliefDetail:
    """What one person found at the door; two people have to have looked."""
    return reading.relief(s, who, steps.check(s, who, relief_id, data, now()))


@router.post("/relatives")
@_act(N_("亲属关系已申报，此人不能再参与。"))
def declare_relative(s: SessionDep, who: FundWrite, relief_id: UUID, data: RelativeCreate) -> ReliefDetail:
    """Declares that somebody of the office is related to the applicant and takes no part from now on."""
    return reading.relief(s, who, steps.declare(s, who, relief_id, data, now()))


@router.post("/approval")
@_act(N_("已批准，等待发放。"))
def approve_relief(
    s: SessionDep, who: FundApprove, relief_id: UUID, data: Approval, idempotency_key: IdempotencyKey = None
) -> ReliefDetail:
    """Approves a request that somebody else made."""
    return reading.relief(s, who, steps.approve(s, who, relief_id, data, now()))


@router.post("/rejection")
@_act(N_("已登记：未批准。"))
def reject_relief(s: SessionDep, who: FundApprove, relief_id: UUID, data: Rejection) -> ReliefDetail:
    """Does not approve a request, with the reason; its notice is taken down."""
    return reading.relief(s, who, steps.reject(s, who, relief_id, data, now()))


@router.post("/payment")
@_act(N_("已发放并记账。"))
def pay_relief(
    s: SessionDep, who: FundPay, relief_id: UUID, data: Payment, idempotency_key: IdempotencyKey = None
) -> ReliefDetail:
    """Pays an approved request against the signed receipt, never more than the fund has."""
    return reading.relief(s, who, steps.pay(s, who, relief_id, data, now()))


@router.post("/withdrawal")
@_act(N_("申请已撤回。"))
def withdraw_relief(s: SessionDep, who: FundWrite, relief_id: UUID, data: Rejection) -> ReliefDetail:
    """Takes a request back while nothing is paid."""
    return reading.relief(s, who, steps.withdraw(s, who, relief_id, data, now()))
