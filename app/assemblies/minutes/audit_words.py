"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "minutes": N_("会议记录"),
            "minutes_signature": N_("会议记录签字"),
            "minutes_note": N_("会议记录更正说明"),
        },
        actions={"minutes.confirm": N_("会议记录签字锁定")},
        fields={
            "remarks": N_("补充文字"),
            "drawn_at": N_("读取时间"),
            "confirmed_at": N_("确认时间"),
            "minutes_id": N_("会议记录"),
        },
    )
