"""What the audit log calls the records of activities."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "activity": N_("活动"),
            "activity_event": N_("活动记事"),
            "line_of_work": N_("条线"),
            "venue": N_("场地"),
        },
        actions={},
        fields={
            "line": N_("条线"),
            "starts_at": N_("开始时间"),
            "ends_at": N_("结束时间"),
            "venue_id": N_("场地"),
            "place": N_("地点"),
            "audience": N_("对象"),
            "capacity": N_("名额"),
            "headcount": N_("到场人数"),
            "summary": N_("总结"),
            "host": N_("主持人"),
            "cancelled_reason": N_("取消原因"),
            "activity_id": N_("活动"),
        },
    )
