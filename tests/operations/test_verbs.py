"""Every verb as an operator runs it: help, exit codes, JSON, and one clear line on error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlmodel import select

from app.accounts.models import User
from app.core import audit
from app.core.db import Database, sqlite_is_safe_for_many
from app.main import create_app
from tests.cast import Cast
from tests.operations.server import qinlian, qinlian_process

VERBS = (
    *("serve", "migrate", "demo", "seed", "add-user", "add-client"),
    *("backup", "restore", "verify-audit", "check", "export-openapi"),
)


def _line(done: object) -> str:
    """The one line of an expected error."""
    text: str = done.stderr.strip()  # type: ignore[attr-defined]
    assert "Traceback" not in text
    assert len(text.splitlines()) == 1, text
    return text


@pytest.mark.sqlite
def test_every_verb_has_help(database_url: str, tmp_path: Path) -> None:
    listed = qinlian_process(database_url, tmp_path, "--help").stdout
    for verb in VERBS:
        assert verb in listed
    done = qinlian(database_url, tmp_path, "backup", "--help")
    assert done.returncode == 0 and "--json" in done.stdout


@pytest.mark.sqlite
def test_unknown_words_are_refused(database_url: str, tmp_path: Path) -> None:
    done = qinlian_process(database_url, tmp_path, "nonsense")
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.sqlite
@pytest.mark.parametrize("verb", ["serve", "check", "verify-audit", "backup", "demo"])
def test_a_missing_database_is_said(tmp_path: Path, verb: str) -> None:
    words = [verb, str(tmp_path / "x.backup")] if verb == "backup" else [verb]
    run = qinlian_process if verb == "serve" else qinlian
    done = run(f"sqlite:///{tmp_path / 'none.db'}", tmp_path, *words)
    assert done.returncode == 1
    assert "run qinlian migrate" in _line(done)
    assert not (tmp_path / "none.db").exists()


def test_settings_that_are_wrong_are_said(database_url: str, tmp_path: Path) -> None:
    done = qinlian_process(database_url, tmp_path, "serve", APP_ENV="production", APP_SECRET="short")
    assert (done.returncode, "APP_SECRET" in _line(done)) == (1, True)
    done = qinlian(database_url, tmp_path, "check", PORT="many")
    assert (done.returncode, "PORT" in _line(done)) == (1, True)
    done = qinlian("mysql://localhost/x", tmp_path, "check")
    assert (done.returncode, "DATABASE_URL" in _line(done)) == (1, True)


def test_an_unreachable_server_is_said(tmp_path: Path) -> None:
    done = qinlian("postgresql://localhost:1/none", tmp_path, "check")
    assert done.returncode == 1
    assert "cannot be used" in _line(done)


def test_demo_and_production_do_not_mix(database_url: str, tmp_path: Path) -> None:
    production = {
        "APP_ENV": "production",
        "APP_SECRET": "0123456789abcdefghijklmnopqrstuvwxyz",
        "APP_ALLOWED_HOSTS": "x.example",
        "APP_BASE_URL": "https://x.example",
    }
    done = qinlian(database_url, tmp_path, "demo", **production)
    assert (done.returncode, "production" in _line(done)) == (1, True)


def test_demo_and_seed_refuse_a_database_in_use(database_url: str, tmp_path: Path) -> None:
    done = qinlian(database_url, tmp_path, "seed", "--profile", "acceptance")
    assert (done.returncode, "empty database" in _line(done)) == (1, True)


def test_add_user_makes_an_account_that_works(db: Database, database_url: str, tmp_path: Path, cast: Cast) -> None:
    words = ["add-user", "New.Worker", "--role", "worker", "--name", "新人", "--community", "320594001001"]
    done = qinlian(database_url, tmp_path, *words, "--area", "1", "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    with TestClient(create_app(database=db)) as client:
        form = {"username": made["username"], "password": made["password"]}
        assert client.post("/sign-in", json=form).status_code == 200
        me = client.get("/me").json()
    assert me["permissions"] == ["account:own"]  # until the made-up password is changed
    with db.read() as s:
        user = s.exec(select(User).where(User.username == "new.worker")).one()
        last = s.exec(select(audit.AuditEntry).where(audit.AuditEntry.object_id == user.id)).first()
    assert last is not None and last.actor_name == "qinlian add-user"
    again = qinlian(database_url, tmp_path, *words)
    assert (again.returncode, "already" in _line(again)) == (1, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["x1", "--role", "director"], "--community is missing"),
        (["x1", "--role", "director", "--community", "999"], "no community 999"),
        (["x1", "--role", "supervisor"], "--district is missing"),
        (["x1", "--role", "admin", "--district", "320594"], "no district"),
        (["x1", "--role", "worker", "--community", "320594001001", "--area", "9"], "no grid area 9"),
        (["空 格", "--role", "admin"], "letters, digits"),
    ],
)
def test_add_user_refuses(database_url: str, tmp_path: Path, words: list[str], said: str) -> None:
    done = qinlian(database_url, tmp_path, "add-user", *words)
    assert (done.returncode, said in _line(done)) == (1, True), done.stderr


def test_add_client_makes_a_token_that_works(db: Database, database_url: str, tmp_path: Path) -> None:
    done = qinlian(database_url, tmp_path, "add-client", "区平台二", "--scope", "read", "--district", "320594")
    assert done.returncode == 0, done.stderr
    with TestClient(create_app(database=db)) as client:
        answer = client.get("/api/v1/me", headers={"Authorization": f"Bearer {done.stdout.strip()}"})
    assert answer.json()["name"] == "区平台二"
    refused = qinlian(database_url, tmp_path, "add-client", "x", "--scope", "everything", "--district", "320594")
    assert (refused.returncode, "no scope" in _line(refused)) == (1, True)


def test_verify_audit_names_the_first_bad_entry(db: Database, database_url: str, tmp_path: Path) -> None:
    with db.read() as s:
        published = audit.head(s)
    head = tmp_path / "head.json"
    head.write_text(json.dumps(published, default=lambda v: v.isoformat()))
    good = qinlian(database_url, tmp_path, "verify-audit", "--head", str(head), "--json")
    assert (good.returncode, json.loads(good.stdout)["ok"]) == (0, True)
    with db.write() as s:
        connection = s.connection()
        off = "DROP TRIGGER audit_entry_no_delete" if db.is_sqlite else "ALTER TABLE audit_entry DISABLE TRIGGER ALL"
        connection.exec_driver_sql(off)
        connection.exec_driver_sql("DELETE FROM audit_entry WHERE seq = 3")
    bad = qinlian(database_url, tmp_path, "verify-audit")
    assert (bad.returncode, "entry 3 is missing" in bad.stdout) == (1, True)
    checked = qinlian(database_url, tmp_path, "check", "--json")
    assert checked.returncode == 1
    assert "entry 3 is missing" in json.loads(checked.stdout)["checks"]["audit"][0]
    head.write_text("nonsense")
    done = qinlian(database_url, tmp_path, "verify-audit", "--head", str(head))
    assert (done.returncode, "not a published head" in _line(done)) == (1, True)


def test_backup_and_restore_by_verbs(database_url: str, db: Database, tmp_path: Path) -> None:
    db.close()
    file = tmp_path / "q.backup"
    done = qinlian(database_url, tmp_path, "backup", str(file), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counts"]["community"] == 2
    refused = qinlian(database_url, tmp_path, "restore", str(file))
    assert (refused.returncode, "--force" in _line(refused)) == (1, True)
    restored = qinlian(database_url, tmp_path, "restore", str(file), "--force", "--json")
    assert restored.returncode == 0, restored.stderr
    made = json.loads(restored.stdout)
    assert made["new_epoch"] != made["instance_epoch"]


def test_export_openapi_writes_the_contract(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "openapi.json"
    assert qinlian(database_url, tmp_path, "export-openapi", str(file)).returncode == 0
    document = json.loads(file.read_text("utf-8"))
    assert document["paths"]["/me"]["get"]["x-required-permission"] == "public"


@pytest.mark.sqlite
def test_many_workers_are_refused_where_sqlite_could_corrupt(database_url: str, tmp_path: Path) -> None:
    if sqlite_is_safe_for_many():
        return
    done = qinlian_process(database_url, tmp_path, "serve", WEB_CONCURRENCY="2")
    assert done.returncode == 1
    assert "PostgreSQL" in _line(done)


def test_a_taken_port_is_said(database_url: str, tmp_path: Path) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        done = qinlian_process(database_url, tmp_path, "serve", PORT=str(taken.getsockname()[1]))
    assert (done.returncode, "cannot listen" in _line(done)) == (1, True)
