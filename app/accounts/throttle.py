"""Slows down guessing without locking anybody out for long: the longest wait is five minutes."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete
from sqlmodel import Session, col

from app.accounts.models import FailedSignIn
from app.core import crypto
from app.core.clock import now
from app.core.errors import TooManyRequests
from app.core.i18n import gettext as _

FREE_FAILURES = 5
FREE_FAILURES_OF_NETWORK = 60
LONGEST_WAIT = timedelta(minutes=5)
FORGOTTEN_AFTER = timedelta(minutes=30)


def marks(username: str, address: str) -> list[tuple[str, int]]:
    """What is counted, keyed so that the table names nobody: the name from this network, and the network."""
    network = network_of(address)
    named = crypto.blind("sign-in throttle", f"{username.lower()}|{network}")
    return [(named, FREE_FAILURES), (crypto.blind("sign-in throttle", network), FREE_FAILURES_OF_NETWORK)]


def network_of(address: str) -> str:
    return address.rsplit(".", 1)[0] if "." in address else ":".join(address.split(":")[:4])


def check(s: Session, username: str, address: str) -> None:
    """Refuses with 429 while a wait is running."""
    for mark, _free in marks(username, address):
        if seconds := wait_of(s, mark):
            raise TooManyRequests(
                _("登录失败次数较多，请 %(n)s 秒后再试。", n=seconds), headers={"Retry-After": str(seconds)}
            )


def wait_of(s: Session, mark: str) -> int:
    """How many seconds whoever has this mark must still wait; 0 when none."""
    row = s.get(FailedSignIn, mark)
    if row and row.blocked_until and row.blocked_until > now():
        return max(1, int((row.blocked_until - now()).total_seconds()) + 1)
    return 0


def failed(s: Session, username: str, address: str) -> None:
    for mark, free in marks(username, address):
        count(s, mark, free)
    s.execute(delete(FailedSignIn).where(col(FailedSignIn.last_at) < now() - timedelta(days=1)))


def count(s: Session, mark: str, free: int) -> None:
    """One more of what this mark may do `free` times before waits begin; forgotten after half an hour of rest."""
    row = s.get(FailedSignIn, mark) or FailedSignIn(mark=mark, failures=0, last_at=now())
    if now() - row.last_at > FORGOTTEN_AFTER:
        row.failures = 0
    row.failures, row.last_at = row.failures + 1, now()
    over = row.failures - free
    if over >= 0:
        row.blocked_until = now() + min(LONGEST_WAIT, timedelta(seconds=10 * 2 ** min(over, 6)))
    s.add(row)


def succeeded(s: Session, username: str, address: str) -> None:
    mark, _free = marks(username, address)[0]
    row = s.get(FailedSignIn, mark)
    if row:
        s.delete(row)
