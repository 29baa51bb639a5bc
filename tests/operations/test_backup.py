"""Backup and restore on both engines: complete, verified, atomic, and a new life afterwards."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlmodel import col

from app.communities.models import Community, District
from app.core import audit, crypto, instance
from app.core.checks import run_checks
from app.core.config import get_settings
from app.core.db import Database
from app.core.models import new_id
from app.households.residents.models import Resident
from app.operations import archive, invariants
from app.operations import backup as backups
from app.operations import restore as restores
from app.operations.errors import OperatorError


@pytest.fixture
def saved(db: Database, tmp_path: Path) -> Path:
    """A backup of the cast's database, which nobody uses any more."""
    target = tmp_path / "cast.backup"
    backups.backup(db, target)
    db.close()
    return target


def _districts(db: Database) -> set[str]:
    with db.read() as s:
        return set(s.scalars(select(col(District.code))))


def _add(db: Database, code: str) -> None:
    with db.write() as s:
        s.add(District(name=code, code=code))


def test_manifest_says_what_is_inside(db: Database, saved: Path) -> None:
    manifest = archive.read_manifest(saved)
    with db.read() as s:
        assert manifest["audit_head"]["hash"] == audit.head(s)["hash"]
        assert manifest["schema_revision"] == instance.schema_revision(s)
    assert manifest["counts"]["community"] == 2
    assert saved.stat().st_mode & 0o077 == 0
    assert not list(saved.parent.glob(".*unfinished*"))


def test_restore_brings_everything_back_under_a_new_epoch(db: Database, database_url: str, saved: Path) -> None:
    earlier = Database(database_url)
    with earlier.read() as s:
        before = instance.epoch(s)
    _add(earlier, "999001")
    earlier.close()
    made = restores.restore(db, saved, force=True)
    assert _districts(db) == {"320594"}
    with db.read() as s:
        after = instance.epoch(s)
        actions = list(s.scalars(select(col(audit.AuditEntry.action)).order_by(col(audit.AuditEntry.seq))))
        assert audit.verify(s) is None
    assert after != before
    assert str(after) == made["new_epoch"]
    assert actions[-1] == "instance.restore"
    invariants.register()
    found = run_checks(db)
    assert not found["audit"] + found["storage"] + found["sealed"] + found["schema"]
    _add(db, "999002")  # and it can be written


def test_data_is_replaced_only_by_force(db: Database, saved: Path) -> None:
    with pytest.raises(OperatorError, match="--force"):
        restores.restore(db, saved)
    assert _districts(db) == {"320594"}


def test_a_running_server_is_not_overwritten(db: Database, database_url: str, saved: Path) -> None:
    server = Database(database_url)
    with server.engine.connect() as connection:
        connection.execute(select(col(Community.id))).all()
        with pytest.raises(OperatorError, match="stop it first"):
            restores.restore(db, saved, force=True)
    server.close()


def test_an_existing_backup_is_kept(db: Database, saved: Path) -> None:
    before = saved.read_bytes()
    with pytest.raises(OperatorError, match="--force"):
        backups.backup(db, saved)
    assert saved.read_bytes() == before
    backups.backup(db, saved, force=True)
    with pytest.raises(OperatorError, match="no directory"):
        backups.backup(db, saved.parent / "nowhere" / "x.backup")


def _rewrite(path: Path, change: Callable[[str, bytes], bytes]) -> None:
    with zipfile.ZipFile(path) as source:
        parts = {name: change(name, source.read(name)) for name in source.namelist()}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in parts.items():
            target.writestr(name, content)


def _flip(name: str, content: bytes) -> bytes:
    if name == archive.MANIFEST:
        return content
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def _lie(name: str, content: bytes) -> bytes:
    if name != archive.MANIFEST:
        return content
    told: dict[str, Any] = json.loads(content)
    told["counts"]["resident"] = 0
    return json.dumps(told).encode()


@pytest.mark.parametrize(("change", "said"), [(_flip, "checksum"), (_lie, "manifest")])
def test_a_tampered_backup_is_refused(
    db: Database, saved: Path, change: Callable[[str, bytes], bytes], said: str
) -> None:
    _rewrite(saved, change)
    with pytest.raises(OperatorError, match=said):
        restores.restore(db, saved, force=True)
    assert _districts(db) == {"320594"}


def test_half_a_backup_and_nonsense_are_refused(db: Database, saved: Path) -> None:
    content = saved.read_bytes()
    for broken in (content[: len(content) // 2], b"", b"nonsense" * 50):
        saved.write_bytes(broken)
        with pytest.raises(OperatorError):
            restores.restore(db, saved, force=True)
    with pytest.raises(OperatorError, match="no file"):
        restores.restore(db, saved.with_name("missing"), force=True)
    assert _districts(db) == {"320594"}


@pytest.fixture
def another_secret(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    cached = (get_settings, crypto.derive, crypto._cipher, crypto._signer, crypto.public_key, crypto.key_id)

    def forget() -> None:
        for one in cached:
            one.cache_clear()

    def change() -> None:
        monkeypatch.setenv("APP_SECRET", "quite-another-secret-0123456789-abcdefghij")
        forget()

    yield change
    monkeypatch.undo()
    forget()


def test_another_secret_is_noticed(db: Database, saved: Path, another_secret: Callable[[], None]) -> None:
    another_secret()
    with pytest.raises(OperatorError, match="another APP_SECRET"):
        restores.restore(db, saved, force=True)


def test_check_notices_another_secret(db: Database, another_secret: Callable[[], None]) -> None:
    from app.households.residents.personal import seal_personal

    with db.write() as s:
        resident = s.scalars(select(Resident)).first()
        assert resident is not None
        seal_personal(resident, "999999198808154323", None)
        s.add(resident)
    another_secret()
    invariants.register()
    found = run_checks(db)
    assert "APP_SECRET" in found["sealed"][0]
    assert "not signed by this installation" in found["audit"][0]


def test_a_log_that_was_edited_before_the_backup_is_refused(db: Database, tmp_path: Path) -> None:
    edit = "UPDATE audit_entry SET actor_name = 'nobody' WHERE seq = 2"
    with db.write() as s:
        connection = s.connection()
        if db.is_sqlite:
            connection.exec_driver_sql("DROP TRIGGER audit_entry_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
        connection.exec_driver_sql(edit)
    target = tmp_path / "edited.backup"
    backups.backup(db, target)
    db.close()
    with pytest.raises(OperatorError, match="entry 2 was edited"):
        restores.restore(db, target, force=True)


def test_backup_while_others_write_is_consistent(db: Database, database_url: str, tmp_path: Path) -> None:
    stop = threading.Event()
    writer = Database(database_url)
    codes: list[str] = []

    def write() -> None:
        while not stop.is_set():
            code = new_id().hex[-12:]
            _add(writer, code)
            codes.append(code)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        made = []
        for number in range(4):
            before = set(codes)
            manifest = backups.backup(db, tmp_path / f"{number}.backup")
            assert manifest["counts"]["district"] >= len(before) + 1
            made.append(manifest)
    finally:
        stop.set()
        thread.join()
        writer.close()
    db.close()
    for number, manifest in enumerate(made):
        restores.restore(db, tmp_path / f"{number}.backup", force=True)
        assert len(_districts(db)) == manifest["counts"]["district"]
        with db.read() as s:
            assert audit.verify(s) is None
        db.close()


@pytest.mark.sqlite
def test_a_damaged_database_is_not_backed_up_but_can_be_replaced(db: Database, saved: Path) -> None:
    path = Path(db.url.database or "")
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    content = bytearray(path.read_bytes())
    content[4096:12288] = b"\xff" * 8192
    path.write_bytes(content)
    with pytest.raises((OperatorError, sqlite3.DatabaseError)):
        backups.backup(db, saved.with_name("damaged.backup"))
    assert not saved.with_name("damaged.backup").exists()
    db.close()
    restores.restore(db, saved, force=True)
    assert _districts(db) == {"320594"}
    kept = path.with_name("test.db.before-restore")
    assert kept.exists() and kept.stat().st_mode & 0o077 == 0


@pytest.mark.sqlite
def test_restore_into_an_empty_place(saved: Path, tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'new' / 'place.db'}")
    restores.restore(fresh, saved)
    assert _districts(fresh) == {"320594"}
    fresh.close()
    shutil.rmtree(tmp_path / "new")


@pytest.mark.sqlite
def test_a_backup_of_the_other_engine_is_refused(saved: Path) -> None:
    server = Database("postgresql://localhost:1/none")
    with pytest.raises(OperatorError, match="backup of sqlite"):
        restores.restore(server, saved, force=True)
