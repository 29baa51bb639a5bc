"""What the audit log calls the records of votes."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "vote": N_("表决"),
            "vote_elector": N_("表决名单"),
            "vote_count": N_("计票"),
            "resolution": N_("决议"),
        },
        actions={
            "vote.cast": N_("表决"),
            "vote.correct": N_("更正表决"),
            "vote.print_slips": N_("制作表决条"),
        },
        fields={
            "question": N_("表决事项"),
            "matter": N_("事项类别"),
            "method": N_("方式"),
            "pack_version_id": N_("规则版本"),
            "pack_hash": N_("规则的哈希"),
            "entitled": N_("应到"),
            "present": N_("实到"),
            "area_entitled": N_("总面积"),
            "opened_at": N_("开始时间"),
            "opened_by": N_("开始人"),
            "closed_by": N_("截止人"),
            "declared_at": N_("宣布时间"),
            "declared_by": N_("宣布人"),
            "voided_at": N_("作废时间"),
            "voided_by": N_("作废人"),
            "outcome": N_("结果"),
            "decision": N_("决定"),
            "resolution_number": N_("决议号"),
            "resolution_text": N_("决议内容"),
            "vote_id": N_("表决"),
            "revision": N_("第几次"),
            "unreturned": N_("未收回"),
            "valid": N_("有效票"),
            "invalid": N_("无效票"),
            "votes_for": N_("赞成"),
            "votes_against": N_("反对"),
            "abstain": N_("弃权"),
            "area_participating": N_("参加表决的面积"),
            "area_for": N_("赞成面积"),
            "counted_at": N_("计票时间"),
            "entered_by": N_("录入人"),
            "confirmed_by": N_("复核人"),
            "confirmed_at": N_("复核时间"),
        },
    )
