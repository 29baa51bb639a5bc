"""What the audit log calls the records of the fund."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "fund_entry": N_("基金账目"),
            "fund_campaign": N_("募捐"),
            "fund_donation": N_("基金捐款"),
            "fund_relief": N_("救助申请"),
            "fund_check": N_("入户核实"),
            "fund_relative": N_("亲属关系申报"),
            "fund_event": N_("救助申请记事"),
        },
        actions={},
        fields={
            "booked_on": N_("记账日期"),
            "reference": N_("对应单号"),
            "goal_fen": N_("目标（分）"),
            "donor_kind": N_("捐款人类别"),
            "donor_name": N_("捐款人"),
            "anonymous": N_("匿名"),
            "received_on": N_("收款日期"),
            "campaign_id": N_("募捐"),
            "entry_id": N_("账目"),
            "urgent": N_("紧急"),
            "case_id": N_("帮扶个案"),
            "purpose": N_("事由"),
            "situation": N_("情况"),
            "reported_on": N_("上报日期"),
            "notice_from": N_("公示开始"),
            "notice_to": N_("公示结束"),
            "requester_id": N_("申请人"),
            "approver_id": N_("批准人"),
            "payer_id": N_("发放人"),
            "paid_on": N_("发放日期"),
            "receipt_id": N_("签收单"),
            "relief_id": N_("救助申请"),
            "checked_on": N_("核实日期"),
            "findings": N_("核实情况"),
            "relation": N_("关系"),
        },
    )
