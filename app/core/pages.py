"""The Jinja environment: templates see typed models, translated strings and nothing undefined."""

from __future__ import annotations

import base64
import hashlib
import json
import time
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request

from app.core import clock, i18n, navigation
from app.core.config import ROOT

STATIC = Path(__file__).resolve().parents[1] / "static"
FLASH_COOKIE = "flash"
_LONGEST_FLASH = 600


def _babel_locale() -> str:
    return "zh_Hans_CN" if i18n.get_locale() == i18n.CHINESE else "en"


def show_date(value: date | datetime | None) -> str:
    """2012年6月3日 周日 / Sun 3 June 2012; an instant is shown as the community's local day."""
    if value is None:
        return ""
    day = clock.local_date(value) if isinstance(value, datetime) else value
    if i18n.get_locale() == i18n.CHINESE:
        return format_date(day, "y年M月d日 EEE", locale="zh_Hans_CN")
    return format_date(day, "EEE d MMMM y", locale="en")


def show_short_date(value: date | datetime | None) -> str:
    """2012年6月3日 / 3 Jun 2012, for tables and spans, where the day of the week says nothing."""
    if value is None:
        return ""
    day = clock.local_date(value) if isinstance(value, datetime) else value
    if i18n.get_locale() == i18n.CHINESE:
        return format_date(day, "y年M月d日", locale="zh_Hans_CN")
    return format_date(day, "d MMM y", locale="en")


def show_datetime(value: datetime | None) -> str:
    if value is None:
        return ""
    pattern = "y年M月d日 EEE HH:mm" if i18n.get_locale() == i18n.CHINESE else "EEE d MMMM y HH:mm"
    return format_datetime(value, pattern, tzinfo=clock.zone(), locale=_babel_locale())


def show_number(value: float | None) -> str:
    return "" if value is None else format_decimal(value, locale=_babel_locale())


def show_percent(value: float | None) -> str:
    return "" if value is None else format_percent(value, "0.#%", locale=_babel_locale())


def days_from_today(day: date) -> int:
    """How many days ahead (positive) or overdue (negative) a day is."""
    return (day - clock.today()).days


@lru_cache(maxsize=256)
def _fingerprint(path: Path, _changed: float) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12]


@lru_cache(maxsize=128)
def _address(name: str, _minute: int) -> str:
    path = STATIC / name
    return f"/static/{name}?v={_fingerprint(path, path.stat().st_mtime)}"


def static(name: str) -> str:
    """The address of a static file, with its fingerprint so that browsers may keep it for ever.

    The file is looked at once a minute: a page names dozens of icons.
    """
    return _address(name, int(time.monotonic() // 60))


@lru_cache(maxsize=8192)
def _said(_locale: str, message: str) -> Markup:
    """A message without values, ready for a page. `%%` stands for a percent sign, as in all translated texts."""
    return Markup(i18n.gettext(message)) % {}


def _gettext(message: str, **values: Any) -> Markup:
    if not values:
        return _said(i18n.get_locale(), message)
    return Markup(i18n.gettext(message)) % values


def _ngettext(singular: str, plural: str, n: int, **values: Any) -> Markup:
    return Markup(i18n.plain_ngettext(singular, plural, n)) % {"num": n, **values}


def _pgettext(context: str, message: str, **values: Any) -> Markup:
    return Markup(i18n.pgettext(context, message)) % values


@lru_cache(maxsize=1)
def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    env.globals.update(_=_gettext, gettext=_gettext, ngettext=_ngettext, pgettext=_pgettext)
    env.filters.update(
        date=show_date,
        shortdate=show_short_date,
        datetime=show_datetime,
        number=show_number,
        percent=show_percent,
        days=days_from_today,
    )
    env.globals.update(static=static, today=clock.today)
    return env


def plain_link(address: str | None) -> str:
    """The page address of an API address: `next` links point at /api/v1, pages live without it."""
    return (address or "").removeprefix("/api/v1")


def render(request: Request, template: str, *, fragment: bool = False, **context: Any) -> str:
    """A template with everything that every page may use. `data` is always a typed model or None."""
    who = getattr(request.state, "principal", None)
    values = {
        "data": None,
        "extra": {},
        "errors": {},
        "error": None,
        "values": {},
        "who": who,
        "path": request.scope["path"],
        "query": dict(request.query_params),
        "locale": i18n.get_locale(),
        "layout": "layout/fragment.html" if fragment else "layout/page.html",
        "csrf": getattr(request.state, "csrf", ""),
        "nonce": getattr(request.state, "nonce", ""),
        "flash": read_flash(request),
        "nav": navigation.menu(who, request.scope["path"]),
        "plain_link": plain_link,
        **context,
    }
    return environment().get_template(template).render(values)


def flash_cookie(tone: str, text: str) -> str:
    """The value of a cookie that says one sentence on the next page."""
    return base64.urlsafe_b64encode(json.dumps([tone, text]).encode()).decode()


def read_flash(request: Request) -> list[tuple[str, str]]:
    raw = request.cookies.get(FLASH_COOKIE, "")
    if not raw or len(raw) > _LONGEST_FLASH:
        return []
    try:
        tone, text = json.loads(base64.urlsafe_b64decode(raw))
    except (ValueError, TypeError):
        return []
    return [(str(tone), str(text))] if tone in ("good", "warn", "bad", "") else []
