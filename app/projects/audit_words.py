"""What the audit log calls the records of projects."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "project": N_("实事项目"),
            "project_milestone": N_("项目节点"),
            "milestone_delay": N_("节点延期"),
            "project_cost": N_("项目费用"),
            "project_acceptance": N_("项目验收"),
            "project_acceptance_signer": N_("验收代表"),
            "project_event": N_("项目记事"),
        },
        actions={},
        fields={
            "motion_id": N_("议案"),
            "vote_id": N_("表决"),
            "owner": N_("责任人"),
            "owner_user_id": N_("责任人账户"),
            "contractor": N_("施工（承办）单位"),
            "budget_fen": N_("预算（分）"),
            "budget_source": N_("资金来源"),
            "promised_on": N_("承诺日期"),
            "accepted_on": N_("验收日期"),
            "evaluated_on": N_("评议日期"),
            "stopped_on": N_("停止日期"),
            "stopped_reason": N_("停止原因"),
            "evaluation_panel": N_("评议人群"),
            "evaluation_sample": N_("评议抽样人数"),
            "events": N_("记事数"),
            "project_id": N_("实事项目"),
            "position": N_("次序"),
            "weight": N_("权重"),
            "due_on": N_("期限"),
            "done_on": N_("完成日期"),
            "progress": N_("进度"),
            "milestone_id": N_("节点"),
            "new_due_on": N_("新的期限"),
            "by_name": N_("登记人"),
            "by_user_id": N_("登记人账户"),
            "amount_fen": N_("金额（分）"),
            "spent_on": N_("支出日期"),
            "what": N_("用途"),
            "payee": N_("收款单位"),
            "reverses_id": N_("冲销"),
            "result": N_("结果"),
            "defects": N_("存在的问题"),
            "acceptance_id": N_("验收"),
            "holder_id": N_("居民代表"),
            "seq": N_("序号"),
            "from_state": N_("原状态"),
            "to_state": N_("新状态"),
            "at": N_("时间"),
            "text": N_("内容"),
            "data": N_("详情"),
        },
    )
