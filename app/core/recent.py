"""What this process asked the database a moment ago, for answers that are wanted thousands of times a second.

Something remembered is half a second old at most, and never older than the last commit of this process: what another
process writes shows here within half a second, what this one writes at once. Only for reading: whoever writes asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

SECONDS = 0.5
MOST = 4096
T = TypeVar("T")


class Recent:
    """Bounded: when it is full, it begins anew."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Any]] = {}

    def get(self, key: Hashable) -> Any | None:
        """What is remembered under the key, if it is still fresh."""
        found = self._kept.get(key)
        return found[1] if found is not None and time.monotonic() < found[0] else None

    def remember(self, key: Hashable, find: Callable[[], T]) -> T:
        """Finds it now and keeps it; nothing is kept of a search that a commit has overtaken, or that failed."""
        kept, until = self._kept, time.monotonic() + SECONDS
        found = find()
        if len(kept) >= MOST:
            kept.clear()
        kept[key] = until, found
        return found

    def forget(self) -> None:
        """A commit puts another memory in the place of this one, so that a search under way fills the old one."""
        self._kept = {}
