"""QR codes as image addresses, and where they lead."""

from __future__ import annotations

import segno
from starlette.requests import Request

from app.core.config import get_settings


def base(request: Request) -> str:
    """How this installation is reached from outside: as it is set, else as it was asked just now."""
    return get_settings().base_url.rstrip("/") or str(request.base_url).rstrip("/")


def picture(text: str) -> str:
    """For `<img src>`. Level M survives a crease in the paper."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#000", light="#fff"))
