"""A receiver, and a development server that may be told to call its own machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.core.config import get_settings
from tests.webhooks.receiver import Receiver, listening


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with listening() as found:
        yield found


@pytest.fixture
def local(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("APP_PRIVATE_WEBHOOKS", "true")
    get_settings.cache_clear()
    yield
    monkeypatch.undo()
    get_settings.cache_clear()
