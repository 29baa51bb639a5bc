"""What the audit log calls the records of year plans."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={"year_plan": N_("年度计划"), "plan_task": N_("计划任务"), "plan_task_event": N_("任务记事")},
        actions={},
        fields={
            "year": N_("年度"),
            "line": N_("条线"),
            "published_on": N_("公开日期"),
            "plan_id": N_("年度计划"),
            "task_id": N_("计划任务"),
            "target": N_("目标次数"),
            "target_kind": N_("活动类型"),
            "dropped_on": N_("取消日期"),
            "dropped_reason": N_("取消原因"),
            "on_day": N_("日期"),
            "from_on": N_("原来的期限"),
        },
    )
