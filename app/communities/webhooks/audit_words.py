"""What the audit log calls the records of this room."""

from __future__ import annotations

from app.accounts.audit_log import words
from app.core.i18n import N_


def register() -> None:
    words.add(
        objects={"webhook_endpoint": N_("推送接收地址")},
        fields={
            "url": N_("网址"),
            "events": N_("通知什么"),
            "secret": N_("签名密钥"),
            "old_secret": N_("旧签名密钥"),
            "old_secret_until": N_("旧密钥用到"),
            "disabled_at": N_("停用时间"),
            "disabled_why": N_("停用原因"),
        },
    )
