"""What the audit log calls files."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={"attachment": N_("附件")},
        actions={},
        fields={
            "owner_kind": N_("所属记录的种类"),
            "owner_id": N_("所属记录"),
            "media_type": N_("文件类型"),
            "sha256": N_("文件哈希"),
            "width": N_("宽"),
            "height": N_("高"),
            "caption": N_("说明"),
            "moment": N_("实施前后"),
            "uploaded_by": N_("上传人"),
        },
    )
