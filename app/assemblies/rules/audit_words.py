"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={
            "rule_pack": N_("规则包"),
            "rule_pack_version": N_("规则包版本"),
            "pack_choice": N_("选用的规则包"),
        },
        fields={
            "pack_id": N_("规则包"),
            "citation": N_("出处"),
            "source_url": N_("原文网址"),
            "effective_from": N_("生效日期"),
            "effective_to": N_("失效日期"),
        },
    )
