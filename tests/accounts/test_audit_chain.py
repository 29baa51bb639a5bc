"""The audit log holds: nothing in it can be changed quietly, in either engine."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import select

from app.communities.models import District
from app.core import audit
from app.core.audit import AuditEntry
from app.core.db import Database

TRIGGERS = {
    "sqlite": ["DROP TRIGGER audit_entry_no_update", "DROP TRIGGER audit_entry_no_delete"],
    "postgresql": [
        "DROP TRIGGER audit_entry_append_only ON audit_entry",
        "DROP TRIGGER audit_entry_no_truncate ON audit_entry",
    ],
}


@pytest.fixture
def log(db: Database) -> Database:
    """A log with some entries of known content at its end."""
    for n in range(4):
        with db.write() as s:
            s.add(District(name=f"第{n}区", code=f"99900{n}"))
    return db


def tamper(db: Database, *statements: str, **values: Any) -> None:
    """What somebody with the database in hand could do."""
    with db.engine.execution_options(write=True).begin() as connection:
        for drop in TRIGGERS["sqlite" if db.is_sqlite else "postgresql"]:
            connection.execute(text(drop))
        for statement in statements:
            connection.execute(text(statement), values)


def finding(db: Database, published: dict[str, Any] | None = None) -> str | None:
    with db.read() as s:
        return audit.verify(s, published)


def head(db: Database) -> dict[str, Any]:
    with db.read() as s:
        found = audit.head(s)
    return {**found, "signed_at": found["signed_at"].isoformat().replace("+00:00", "Z")}


def test_an_honest_log_holds(log: Database) -> None:
    assert finding(log) is None
    assert finding(log, head(log)) is None


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses(log: Database, statement: str) -> None:
    with pytest.raises(DBAPIError, match="append-only"), log.write() as s:
        s.execute(text(statement))
    assert finding(log) is None


@pytest.mark.parametrize(
    "change",
    [
        "actor_name = 'x'",
        "action = 'district.delete'",
        "changes = '{}'",
        "object_type = 'x'",
        "request_id = 'x'",
        "object_id = NULL",
        "actor_kind = 'user'",
    ],
)
def test_an_edit_shows(log: Database, change: str) -> None:
    size = head(log)["size"]
    tamper(log, f"UPDATE audit_entry SET {change} WHERE seq = :seq", seq=size - 1)
    assert finding(log) == f"entry {size - 1} was edited"


def test_an_edit_with_a_fresh_hash_shows(log: Database) -> None:
    size = head(log)["size"]
    with log.read() as s:
        row = s.exec(select(AuditEntry).where(AuditEntry.seq == size - 1)).one().model_dump()
    row["actor_name"] = "somebody else"
    fresh = audit.entry_hash(row)
    tamper(
        log, "UPDATE audit_entry SET actor_name = :n, hash = :h WHERE seq = :s", n="somebody else", h=fresh, s=size - 1
    )
    assert finding(log) == f"entry {size} does not follow the entry before it"


def test_a_deletion_shows(log: Database) -> None:
    size = head(log)["size"]
    tamper(log, "DELETE FROM audit_entry WHERE seq = :s", s=size - 2)
    assert finding(log) == f"entry {size - 2} is missing (the next one found is {size - 1})"


def test_a_deletion_that_closes_the_gap_shows(log: Database) -> None:
    size = head(log)["size"]
    tamper(
        log,
        "DELETE FROM audit_entry WHERE seq = :s",
        "UPDATE audit_entry SET seq = seq - 1 WHERE seq = :s + 1",
        "UPDATE audit_entry SET seq = seq - 1 WHERE seq = :s + 2",
        s=size - 2,
    )
    assert finding(log) == f"entry {size - 2} does not follow the entry before it"


def test_an_insertion_shows(log: Database) -> None:
    size = head(log)["size"]
    with log.read() as s:
        last = s.exec(select(AuditEntry).where(AuditEntry.seq == size)).one().model_dump()
    forged = {**last, "seq": size + 1, "previous_hash": last["hash"], "action": "forged"}
    forged["hash"] = audit.entry_hash(forged)
    with log.engine.execution_options(write=True).begin() as connection:
        connection.execute(audit._entries.insert(), forged)
    assert finding(log) == f"entry {size + 1} was added behind the signed head"


def test_a_new_order_shows(log: Database) -> None:
    size = head(log)["size"]
    tamper(
        log,
        "UPDATE audit_entry SET seq = -1 WHERE seq = :a",
        "UPDATE audit_entry SET seq = :a WHERE seq = :b",
        "UPDATE audit_entry SET seq = :b WHERE seq = -1",
        a=size - 2,
        b=size - 1,
    )
    assert finding(log) == f"entry {size - 2} does not follow the entry before it"


def test_a_cut_tail_shows(log: Database) -> None:
    size = head(log)["size"]
    tamper(log, "DELETE FROM audit_entry WHERE seq > :s", s=size - 2)
    assert finding(log) == f"entry {size - 1} is missing: the signed head counts {size} entries"


def test_a_cut_tail_with_a_forged_head_shows(log: Database) -> None:
    kept = head(log)
    size = kept["size"]
    with log.read() as s:
        at = s.exec(select(AuditEntry).where(AuditEntry.seq == size - 2)).one().hash
    tamper(
        log,
        "DELETE FROM audit_entry WHERE seq > :s",
        "UPDATE audit_head SET size = :s, hash = :h",
        s=size - 2,
        h=at,
    )
    assert finding(log) == f"the head is not signed by this installation (entry {size - 2})"


def test_a_published_head_convicts_even_who_holds_the_key(log: Database) -> None:
    """Whoever has the secret can sign a shorter log; a head kept by somebody else still tells."""
    kept = head(log)
    size = kept["size"]
    with log.read() as s:
        row = s.exec(select(AuditEntry).where(AuditEntry.seq == size - 2)).one()
    signature = audit.crypto.sign(audit.head_message(size - 2, row.hash, row.at))
    tamper(log, "DELETE FROM audit_entry WHERE seq > :s", s=size - 2)
    with log.engine.execution_options(write=True).begin() as connection:
        shorter = {"size": size - 2, "hash": row.hash, "signed_at": row.at, "signature": signature}
        connection.execute(audit._head.update().values(**shorter))
    assert finding(log) is None
    assert finding(log, kept) == f"entry {size - 1} is missing: a published head counts {size} entries"


@pytest.mark.parametrize("broken", [{"hash": "0" * 64}, {"signature": "AAAA"}, {"size": 1}, {"signed_at": "yesterday"}])
def test_a_forged_published_head_is_told(log: Database, broken: dict[str, Any]) -> None:
    assert finding(log, {**head(log), **broken}) == "the published head was not signed by this installation"


def test_a_refused_write_leaves_no_entry(log: Database) -> None:
    before = head(log)["size"]
    with pytest.raises(DBAPIError), log.write() as s:
        s.add(District(name="同一代码", code="999000"))
    assert head(log)["size"] == before and finding(log) is None


def test_secrets_and_personal_data_stay_out(log: Database) -> None:
    with log.read() as s:
        everything = " ".join(s.exec(select(AuditEntry.changes)).all())
    assert "argon2" not in everything and "张桂英" not in everything
    assert "***" in everything and "张*英" in everything


def test_writers_at_once_make_one_chain(log: Database) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def write(_n: int) -> None:
        with log.write() as s:
            s.add(District(name="并行", code=uuid4().hex[:12]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(40)))
    assert finding(log) is None
