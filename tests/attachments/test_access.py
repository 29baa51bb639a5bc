"""Who may see, change and remove files; what the disk holds; what the operator's check finds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest

from app.attachments import checks, service
from app.attachments.models import Attachment
from app.core.config import get_settings
from app.core.db import Database
from app.operations.backup import backup
from app.operations.errors import OperatorError
from app.operations.restore import restore
from tests.attachments import made
from tests.attachments.conftest import send
from tests.cast import bearer
from tests.visitor import Visitor

Visit = Callable[[str | None], Visitor]


def test_only_those_who_may_see_the_record_see_its_files(visit_as: Visit, home: UUID) -> None:
    address = send(visit_as("李网格"), made.jpeg(), "a.jpg", home).headers["location"]
    public = send(visit_as("李网格"), made.jpeg(), "b.jpg", home, "notice").headers["location"]
    stranger, far = visit_as(None), visit_as("外主任")
    for path in (address, f"{address}/thumbnail"):
        assert visit_as("王站长").get(path).status_code == 200
        for who in (stranger, far, visit_as("系统员")):
            assert who.get(path).status_code == 404
        assert stranger.get(f"/api/v1{path}", headers=bearer("区平台")).status_code == 404
    listed = f"/attachments?owner_kind=household&owner_id={home}"
    assert (stranger.get(listed).status_code, far.get(listed).status_code) == (401, 404)
    assert visit_as("王站长").get(f"/attachments?owner_kind=nothing&owner_id={home}").status_code == 404
    for who in (stranger, far, visit_as("系统员")):
        seen = who.get(public)
        assert (seen.status_code, seen.headers["cache-control"]) == (200, "public, max-age=600")


def test_only_those_who_may_change_the_record_change_its_files(visit_as: Visit, home: UUID) -> None:
    address = send(visit_as("李网格"), made.jpeg(), "a.jpg", home).headers["location"]
    version = {"If-Match": '"1"'}
    for who, status in (("周代表", 403), ("赵网格", 403), ("外主任", 404), (None, 401)):
        visitor = visit_as(who)
        assert send(visitor, made.jpeg(), "x.jpg", home).status_code == status, who
        assert visitor.patch(address, json={"caption": "x"}, headers=version).status_code == status, who
        assert visitor.delete(address, headers=version).status_code == status, who
    wang = visit_as("王站长")
    assert wang.patch(address, json={"caption": "x"}).status_code == 428
    changed = wang.patch(address, json={"caption": "南门", "moment": "after"}, headers=version)
    assert (changed.json()["caption"], changed.json()["moment"], changed.json()["version"]) == ("南门", "after", 2)
    assert wang.patch(address, json={"caption": "x"}, headers=version).status_code == 412
    assert wang.patch(address, json={"filename": "x"}, headers={"If-Match": '"2"'}).status_code == 422


def test_removing_takes_the_file_from_the_disk_and_a_refusal_does_not(visit_as: Visit, home: UUID, root: Path) -> None:
    wang = visit_as("王站长")
    kept = send(wang, made.jpeg(), "a.jpg", home)
    address = kept.headers["location"]
    assert len(list(root.glob("??/*"))) == 2
    page = wang.page(f"{address}/edit").text
    assert f'action="{address}?_method=delete"' in page
    assert wang.submit(f"{address}?_method=delete", {"_version": "7"}).status_code == 412
    assert wang.get(address).status_code == 200
    done = wang.submit(f"{address}?_method=delete", {"_version": "1"})
    assert (done.status_code, done.headers["location"]) == (303, f"/households/{home}")
    assert wang.get(address).status_code == 404
    assert not list(root.glob("??/*"))


def _age(path: Path, seconds: float) -> None:
    os.utime(path, (time.time() - seconds,) * 2)


def test_check_and_sweep(visit_as: Visit, home: UUID, root: Path, db: Database) -> None:
    li = visit_as("李网格")
    kept = [send(li, made.jpeg(), "a.jpg", home).json()["id"] for _ in range(3)]
    assert list(checks.files(db)) == []
    with db.read() as s:
        keys = [s.get_one(Attachment, UUID(name)).storage_key for name in kept]
    paths = [root / key[:2] / key for key in keys]
    secret = paths[1].read_bytes()
    paths[0].unlink()
    paths[1].write_bytes(paths[2].read_bytes())  # a sealed file that was copied to another's place does not open
    stray = root / "ab" / ("ab" + "0" * 38)
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(secret)
    half = root / "ab" / (".ab" + "1" * 38 + ".unfinished")
    half.write_bytes(b"half")
    foreign = root / "ab" / "readme"
    foreign.write_bytes(b"not ours")
    found = list(checks.files(db))
    assert found == [f"attachment {kept[0]}: its file is missing", f"attachment {kept[1]}: its file was altered"]
    assert [li.get(f"/attachments/{name}").status_code for name in kept] == [404, 404, 200]
    assert service.sweep(db) == 0  # too young: a request may be about to name it
    for path in (stray, half, paths[2]):
        _age(path, service.UNCLAIMED.total_seconds() + 60)
    assert sum("belongs to no attachment" in line for line in checks.files(db)) == 2
    assert service.sweep(db) == 2
    assert paths[2].exists() and not stray.exists() and foreign.exists()


def test_a_backup_brings_the_files_back(
    visit_as: Visit, home: UUID, root: Path, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("APP_DATA_DIR", str(tmp_path))
    get_settings.cache_clear()
    li = visit_as("李网格")
    first = send(li, made.jpeg(), "a.jpg", home).json()["id"]
    lost = send(li, made.pdf(), "b.pdf", home).json()["id"]
    with db.read() as s:
        key = s.get_one(Attachment, UUID(lost)).storage_key
    (root / key[:2] / key).unlink()
    before = li.get(f"/attachments/{first}").content
    file = tmp_path / "x.backup"
    said = backup(db, file)
    assert (said["files"], said["files_missing"]) == (2, 1)
    assert b"JFIF" not in file.read_bytes()
    li.delete(f"/attachments/{first}", headers={"If-Match": '"1"'})
    later = send(li, made.jpeg(), "c.jpg", home).json()["id"]
    db.close()
    restore(db, file, force=True)
    with db.read() as s:
        rows = {str(row.id): row for row in service.of(s, "household", home)}
    assert set(rows) == {first, lost} and later not in rows
    assert service.content(rows[first]) == before
    assert list(checks.files(db)) == [f"attachment {lost}: its file is missing"]
    content = bytearray(file.read_bytes())
    at = content.index(b"files/") + 200
    content[at] ^= 1
    file.write_bytes(content)
    with pytest.raises(OperatorError):
        restore(db, file, force=True)
    assert service.content(rows[first]) == before
    get_settings.cache_clear()
