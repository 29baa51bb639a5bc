"""Languages. The message id is the Chinese text itself, so Chinese is always complete; `locales/en/*.po` holds English.

Each package keeps its own file there. They are merged at start; a test finds strings without a translation.
"""

from __future__ import annotations

from contextvars import ContextVar
from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

LOCALES = Path(__file__).resolve().parents[1] / "locales"
CHINESE = "zh-CN"
ENGLISH = "en"
SUPPORTED = (CHINESE, ENGLISH)

_current: ContextVar[str] = ContextVar("locale", default=CHINESE)


@lru_cache
def translations(locale: str) -> NullTranslations:
    """The merged catalogue of a language; Chinese needs none."""
    if locale == CHINESE:
        return NullTranslations()
    merged: Translations | None = None
    for path in sorted((LOCALES / locale).glob("*.po")):
        with path.open("rb") as source:
            catalogue = read_po(source, locale=locale)
        compiled = BytesIO()
        write_mo(compiled, catalogue)
        compiled.seek(0)
        one = Translations(compiled)
        merged = one if merged is None else merged.merge(one)
    return merged or NullTranslations()


def set_locale(locale: str) -> None:
    _current.set(locale if locale in SUPPORTED else CHINESE)


def get_locale() -> str:
    return _current.get()


def gettext(message: str, **values: object) -> str:
    """The message in the language of the request; `%(name)s` marks are filled in."""
    locale = _current.get()
    text = message if locale == CHINESE else translations(locale).ugettext(message)
    return text % values if values else text


def ngettext(singular: str, plural: str, n: int, **values: object) -> str:
    text = translations(_current.get()).ungettext(singular, plural, n)
    return text % {"n": n, **values}


def plain_ngettext(singular: str, plural: str, n: int) -> str:
    """For templates, which fill in the marks themselves."""
    return str(translations(_current.get()).ungettext(singular, plural, n))


def pgettext(context: str, message: str, **values: object) -> str:
    text = str(translations(_current.get()).upgettext(context, message))
    return text % values if values else text


def N_(message: str) -> str:  # noqa: N802 - the usual name of the mark that only collects
    """Marks a text for translation that is translated where it is shown."""
    return message


def negotiate(cookie: str | None, accept_language: str | None) -> str:
    """The person's choice, else the first supported language that the browser names, else Chinese."""
    if cookie in SUPPORTED:
        return cookie
    for part in (accept_language or "").lower().split(","):
        name = part.split(";")[0].strip()
        if name.startswith("zh"):
            return CHINESE
        if name.startswith("en"):
            return ENGLISH
    return CHINESE


_ = gettext
