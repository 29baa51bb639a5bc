"""`If-Match`: the version that a change starts from, from the header or from a page's hidden `_version`."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header

from app.core.errors import StaleVersion
from app.core.i18n import gettext as _


async def _if_match(value: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None) -> int | None:
    """None where the header is missing; a tag that this server never gave cannot match any version."""
    if value is None:
        return None
    tag = value.strip().removeprefix("W/").strip('"').split("-")[0]
    if not (tag.isascii() and tag.isdecimal() and len(tag) < 10):
        raise StaleVersion(_("您打开之后,别人已修改过这条记录。请查看最新内容后再保存。"))
    return int(tag)


IfMatch = Annotated[int | None, Depends(_if_match)]
