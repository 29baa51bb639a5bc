"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "residents_group": N_("居民小组"),
            "body_term": N_("届次"),
            "seat": N_("席位"),
            "seat_holder": N_("席位上的人"),
            "staff_post": N_("社区工作岗位"),
        },
        fields={
            "buildings": N_("所辖楼栋"),
            "body": N_("组织"),
            "starts_on": N_("开始日期"),
            "ends_on": N_("结束日期"),
            "term_id": N_("届次"),
            "group_id": N_("居民小组"),
            "post": N_("职务"),
            "position": N_("岗位"),
            "seat_id": N_("席位"),
            "how": N_("产生方式"),
            "end_reason": N_("离任原因"),
        },
    )
