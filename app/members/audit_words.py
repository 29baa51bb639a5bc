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
            "joining_event": N_("入党过程记事"),
            "joining_request": N_("破例或更正申请"),
            "member_transfer": N_("组织关系转接"),
        },
        actions={
            "roster.import": N_("导入名册"),
            "joining.override_asked": N_("申请破例"),
            "joining.override_confirmed": N_("确认破例"),
            "joining.override_refused": N_("不予破例"),
            "joining.correction_asked": N_("提出更正阶段"),
            "joining.correction_confirmed": N_("确认更正阶段"),
            "joining.correction_refused": N_("不予更正阶段"),
            "joining.removal_asked": N_("提出撤销阶段"),
            "joining.removal_confirmed": N_("确认撤销阶段"),
            "joining.removal_refused": N_("不予撤销阶段"),
        },
        fields={
            "dissolved_on": N_("撤销日期"),
            "affiliation": N_("组织关系"),
            "branch_id": N_("支部"),
            "home_branch": N_("所在支部"),
            "member_id": N_("党员"),
            "stage": N_("阶段"),
            "to_reason": N_("转出原因"),
            "to_kind": N_("离开原因"),
            "what": N_("事项"),
            "on_day": N_("日期"),
            "months": N_("月数"),
            "was_stage": N_("原阶段"),
            "was_on": N_("原日期"),
            "stage_id": N_("阶段"),
            "event_id": N_("撤回的登记"),
            "against": N_("不符之处"),
            "direction": N_("方向"),
            "organisation": N_("对方党组织"),
            "paper_number": N_("文号"),
            "leaves": N_("离开名册"),
            "changed": N_("改变了归属"),
            "was_affiliation": N_("原组织关系"),
            "was_branch_id": N_("原支部"),
            "was_home_branch": N_("原所在支部"),
            "probation_until": N_("预备期满"),
            "undone_at": N_("撤回时间"),
            "undone_by": N_("撤回人"),
            "undone_reason": N_("撤回理由"),
            "target_id": N_("导入到"),
            "filename": N_("文件名"),
            "size": N_("大小"),
            "requested_by": N_("上传人"),
            "committed_at": N_("写入时间"),
        },
    )
