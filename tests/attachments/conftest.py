"""Two kinds of records that own files: a household, for its community's workers, and a notice, for everybody."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlmodel import Session

from app.accounts.permissions import Principal
from app.attachments import owners, storage
from app.core.errors import Forbidden
from app.households.models import Household
from tests.cast import Cast
from tests.visitor import Visitor


def _household(s: Session, who: Principal | None, household_id: UUID) -> owners.OwnerRecord | None:
    found = s.get(Household, household_id)
    if found is None or who is None or found.community_id != who.community_id:
        return None
    return owners.OwnerRecord(found.community_id, f"/households/{found.id}")


def _write_household(s: Session, who: Principal, household_id: UUID) -> owners.OwnerRecord | None:
    found = _household(s, who, household_id)
    if found and who.display_name == "赵网格":
        raise Forbidden("not yours")
    return found


def _notice(s: Session, _who: Principal | None, household_id: UUID) -> owners.OwnerRecord | None:
    found = s.get(Household, household_id)
    return owners.OwnerRecord(found.community_id, "/", public=True) if found else None


@pytest.fixture(autouse=True)
def kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(owners._kinds, "household", owners._Kind(_household, _write_household))
    monkeypatch.setitem(owners._kinds, "notice", owners._Kind(_notice, _notice))


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A storage of the test's own."""
    own = storage.FileStorage(tmp_path / "attachments")
    for module in ("service", "checks"):
        monkeypatch.setattr(f"app.attachments.{module}.storage", lambda: own)
    monkeypatch.setattr("app.operations.files.storage", lambda: own)
    yield own.root


@pytest.fixture
def home(cast: Cast) -> UUID:
    return cast.households["1-1-101"]


def send(visitor: Visitor, content: bytes, name: str, owner: UUID, kind: str = "household", **said: str) -> object:
    """Uploads as a program does."""
    data = {"owner_kind": kind, "owner_id": str(owner), **said}
    headers = {"Accept": "application/json"}
    return visitor.post("/attachments", data=data, files={"file": (name, content)}, headers=headers)
