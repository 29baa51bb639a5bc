"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={"document": N_("章程和制度"), "document_version": N_("文件版本")},
        fields={
            "document_id": N_("文件"),
            "adopted_on": N_("通过日期"),
            "effective_on": N_("生效日期"),
        },
    )
