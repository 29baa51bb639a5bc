"""What is remembered for a moment: fresh, bounded, and never older than this process's own last commit."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from app.core import recent
from app.core.db import Database
from app.core.recent import Recent


def test_it_is_asked_again_after_half_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, memory = [100.0], Recent()
    monkeypatch.setattr(recent, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    memory.remember("key", lambda: "found")
    clock[0] += 0.49
    assert memory.get("key") == "found"
    clock[0] += 0.02
    assert memory.get("key") is None


def test_a_slow_search_is_as_old_as_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, memory = [100.0], Recent()
    monkeypatch.setattr(recent, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def find() -> str:
        clock[0] += 0.4
        return "found"

    assert memory.remember("key", find) == "found"
    clock[0] += 0.2
    assert memory.get("key") is None


def test_a_commit_ends_what_is_remembered_and_what_is_being_found(db: Database) -> None:
    db.recent.remember("before", lambda: 1)

    def overtaken() -> int:
        with db.write():
            pass
        return 2

    assert db.recent.remember("overtaken", overtaken) == 2
    assert db.recent.get("before") is db.recent.get("overtaken") is None


def test_it_never_grows_past_its_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recent, "MOST", 3)
    memory = Recent()
    for n in range(10):
        assert memory.remember(n, lambda n=n: n * n) == n * n
        assert memory.get(n) == n * n and len(memory._kept) <= 3
