"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={"consultation": N_("恳谈会"), "opinion": N_("居民意见")},
        fields={
            "topic": N_("主题"),
            "notice": N_("通知"),
            "held_at": N_("召开时间"),
            "place": N_("地点"),
            "host": N_("主持"),
            "attendance": N_("出席人数"),
            "attendees": N_("出席人"),
            "summary": N_("小结"),
            "consultation_id": N_("恳谈会"),
            "speaker": N_("提出人"),
            "raised_at": N_("提出时间"),
            "assignee_id": N_("承办人"),
            "due_on": N_("答复期限"),
            "promised_on": N_("首次承诺期限"),
            "answer": N_("答复"),
            "answered_at": N_("答复时间"),
            "first_answered_on": N_("首次答复"),
            "public": N_("公开"),
            "public_text": N_("公开的意见"),
            "satisfaction": N_("满意度"),
            "closed_as": N_("办结方式"),
            "code_mark": N_("查询码"),
            "motion_id": N_("议案"),
            "need_id": N_("帮扶需求"),
        },
    )
