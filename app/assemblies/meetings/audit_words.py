"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "assembly": N_("会议"),
            "agenda_item": N_("议程"),
            "call_signer": N_("联名代表"),
            "notice_recipient": N_("会议通知"),
            "attendance": N_("签到"),
            "calendar_feed": N_("日历订阅"),
        },
        fields={
            "scheduled_at": N_("开会时间"),
            "place": N_("地点"),
            "quarter": N_("季度"),
            "called_by": N_("召集人"),
            "ground": N_("召集理由"),
            "noticed_at": N_("通知时间"),
            "notice_channel": N_("通知方式"),
            "notice_number": N_("第几次通知"),
            "pack_version_id": N_("规则版本"),
            "suspended_reason": N_("中止原因"),
            "cancelled_reason": N_("取消原因"),
            "merged_into_id": N_("并入的会议"),
            "abandoned": N_("已终止"),
            "assembly_id": N_("会议"),
            "motion_id": N_("议案"),
            "late_reason": N_("增加议程的理由"),
            "taken_up_at": N_("开始审议"),
            "ended_at": N_("结束审议"),
            "holder_id": N_("代表"),
            "proxy_for_id": N_("受谁委托"),
            "seat_of_id": N_("席位上的代表"),
            "in_at": N_("到会时间"),
            "out_at": N_("离会时间"),
            "mistaken": N_("误签"),
            "notified_at": N_("通知时间"),
            "revoked_at": N_("停用时间"),
        },
    )
