"""Versions: `ETag` on the way out, `If-Match` (or a page's hidden `_version`) on the way in."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import Depends, Header

from app.core.errors import StaleVersion
from app.core.i18n import gettext as _


async def _if_match(value: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None) -> int | None:
    """None where the header is missing; a tag that this server never gave cannot match any version."""
    if value is None:
        return None
    tag = value.strip().removeprefix("W/").strip('"').split("-")[0]
    if not (tag.isascii() and tag.isdecimal() and len(tag) < 10):
        raise StaleVersion(_("您打开之后，别人已修改过这条记录。请查看最新内容后再保存。"))
    return int(tag)


def etag_of(model: Any, body: bytes) -> str | None:
    """The version that `If-Match` is compared with, and a hash of what is shown: figures and words change too."""
    version = getattr(model, "version", None)
    return None if version is None else f'"{version}-{hashlib.sha256(body).hexdigest()[:12]}"'


def is_current(if_none_match: str, etag: str) -> bool:
    """Whether the caller's copy still holds; `If-None-Match` compares weakly (RFC 9110, 13.1.2)."""
    return any(tag.strip().removeprefix("W/") in (etag, "*") for tag in if_none_match.split(","))


IfMatch = Annotated[int | None, Depends(_if_match)]
