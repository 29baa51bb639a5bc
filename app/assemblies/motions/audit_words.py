"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "motion": N_("议案"),
            "motion_proposer": N_("议案的提出人"),
            "motion_second": N_("附议"),
            "motion_note": N_("议案的讨论意见"),
            "motion_event": N_("议案的经过"),
            "motion_correction": N_("议案状态的更正"),
        },
        fields={
            "motion_id": N_("议案"),
            "matter": N_("事项"),
            "proposer_kind": N_("提出方式"),
            "proposer_names": N_("提出人"),
            "parent_id": N_("所修正的议案"),
            "merged_into_id": N_("并入的议案"),
            "opinion_id": N_("来自的意见"),
            "assembly_id": N_("会议"),
            "vote_id": N_("表决"),
            "holder_id": N_("居民代表"),
            "from_state": N_("原状态"),
            "to_state": N_("新状态"),
            "second_name": N_("第二人"),
        },
    )
