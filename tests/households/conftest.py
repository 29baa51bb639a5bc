"""What the tests of the register share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlmodel import Session

from app.core import events


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Callable[[type[Any]], list[Any]]:
    """`told(HouseholdsChanged)` is the list of what will be published, for this test only."""

    def listen(kind: type[Any]) -> list[Any]:
        heard: list[Any] = []

        def hear(_s: Session, happened: Any) -> None:
            heard.append(happened)

        monkeypatch.setitem(events._handlers, kind, [*events._handlers[kind], hear])
        return heard

    return listen
