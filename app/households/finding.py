"""A search box sends what was typed in its body, and is sent on to the list.

A whole telephone or identity number would stand in the address of that list, and so in the browser's history. In its
place stands the search itself, sealed and good for a while.
"""

from __future__ import annotations

import base64
import re
import time
import unicodedata
from urllib.parse import urlencode

from starlette.responses import RedirectResponse

from app.core import crypto
from app.core.errors import Invalid
from app.core.i18n import gettext as _
from app.core.schemas import Body, Search

MINUTES = 30
LONGEST = 400
_NUMBER = re.compile(r"[0-9]{7}")
_BETWEEN = re.compile(r"[\s()（）.\-–—]")


class Find(Body):
    """What is typed, and how the list is narrowed meanwhile."""

    q: Search = ""
    community_id: Search = ""
    grid_area_id: Search = ""
    building_id: Search = ""
    tenure: Search = ""
    care: Search = ""
    occupied: Search = ""
    closed: Search = ""
    sex: Search = ""
    state: Search = ""


def sent_on(path: str, wanted: Find) -> RedirectResponse:
    """The way to the list."""
    query = {name: value for name, value in wanted.model_dump().items() if value}
    if holds_number(wanted.q):
        query["find"] = _sealed(query.pop("q"))
    return RedirectResponse(f"{path}?{urlencode(query)}" if query else path, 303)


def holds_number(q: str) -> bool:
    """Whether so many digits stand together that they may be somebody's number."""
    return _NUMBER.search(_BETWEEN.sub("", unicodedata.normalize("NFKC", q))) is not None


def _sealed(q: str) -> str:
    until = int(time.time()) + MINUTES * 60
    return f"{until:x}." + base64.urlsafe_b64encode(crypto.seal(q, _address(until))).decode().rstrip("=")


def _address(until: int) -> str:
    return f"search until {until}"


def opened(find: str) -> str:
    """What was searched for; nothing if nothing was sealed."""
    if not find:
        return ""
    until_text, _dot, sealed = find.partition(".")
    try:
        until = int(until_text, 16)
        if until > time.time():
            return crypto.unseal(base64.urlsafe_b64decode(sealed + "=" * (-len(sealed) % 4)), _address(until))
    except ValueError:
        pass
    raise Invalid(_("这次查找已经过期，请重新输入。"), code="search_expired", field="find")
