"""How often somebody may try codes or send opinions from one network: often enough for a meeting, not for a machine."""

from __future__ import annotations

from sqlmodel import Session

from app.accounts.throttle import count, network_of, wait_of
from app.core import crypto
from app.core.errors import TooManyRequests
from app.core.i18n import gettext as _

WRONG_CODES = 8
OPINIONS = 40  # a whole meeting sends from the network of one hall


def _mark(what: str, address: str) -> str:
    return crypto.blind("opinion throttle", f"{what}|{network_of(address)}")


def check(s: Session, what: str, address: str) -> None:
    """Refuses with 429 while a wait is running."""
    if seconds := wait_of(s, _mark(what, address)):
        raise TooManyRequests(_("操作太频繁，请 %(n)s 秒后再试。", n=seconds), headers={"Retry-After": str(seconds)})


def wrong_code(s: Session, address: str) -> None:
    count(s, _mark("code", address), WRONG_CODES)


def sent(s: Session, address: str) -> None:
    count(s, _mark("opinion", address), OPINIONS)
