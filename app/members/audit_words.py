"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "branch": N_("党支部"),
            "member": N_("党员"),
            "member_stage": N_("发展阶段"),
            "roster_upload": N_("名册文件"),
        },
        actions={"roster.import": N_("导入名册")},
        fields={
            "dissolved_on": N_("撤销日期"),
            "affiliation": N_("组织关系"),
            "branch_id": N_("支部"),
            "home_branch": N_("所在支部"),
            "member_id": N_("党员"),
            "stage": N_("阶段"),
            "to_reason": N_("转出原因"),
            "target_id": N_("导入到"),
            "filename": N_("文件名"),
            "size": N_("大小"),
            "requested_by": N_("上传人"),
            "committed_at": N_("写入时间"),
        },
    )
