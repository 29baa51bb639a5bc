"""Invariants that `qinlian check` verifies. A room registers its own; each says what it found broken."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import islice

from app.core.db import Database

Check = Callable[[Database], Iterable[str]]
MOST_FINDINGS = 20

_checks: dict[str, Check] = {}


def register_check(name: str, check: Check) -> None:
    """`check` yields a sentence for everything that is wrong, and nothing where all is well. It changes nothing."""
    _checks[name] = check


def run_checks(db: Database, *, most: int = MOST_FINDINGS) -> dict[str, list[str]]:
    """What each check found, at most `most` findings each, in the order in which they were registered."""
    return {name: list(islice(check(db), most)) for name, check in _checks.items()}
