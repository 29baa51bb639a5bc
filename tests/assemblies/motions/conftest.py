"""What is carried becomes a project in a room above; here it is only heard."""

from __future__ import annotations

import pytest

from app.core import events
from app.core.events import MotionCarried


@pytest.fixture(autouse=True)
def heard(monkeypatch: pytest.MonkeyPatch) -> list[MotionCarried]:
    told: list[MotionCarried] = []
    monkeypatch.setitem(events._handlers, MotionCarried, [lambda _s, happened: told.append(happened)])
    return told
