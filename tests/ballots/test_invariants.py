"""`qinlian check` finds nothing in a sound database, and every kind of damage."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.ballots import invariants, service
from app.ballots.models import Secrecy
from app.core import checks
from app.core.db import Database
from app.operations.invariants import register
from tests.ballots import helpers
from tests.ballots.helpers import SECRECIES, do, opened, press
from tests.cast import Cast

ZERO = "X'00'", "'\\x00'::bytea"


def _findings(db: Database) -> list[str]:
    return [*invariants._boxes(db), *invariants._orphans(db)]


def _damage(db: Database, statement: str) -> None:
    with db.write() as s:
        s.execute(text(statement.replace("BYTES", ZERO[0] if db.is_sqlite else ZERO[1])))


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_sound_box_gives_no_finding_at_any_time(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = helpers.prepared(db, cast, secrecy)
    assert _findings(db) == []
    do(db, box, service.open_box)
    for slip in box.slips[:5]:
        assert press(db, slip.token, texts={"committee.why": "好"})
        assert _findings(db) == []
    do(db, box, service.mark_participation)
    assert _findings(db) == []
    do(db, box, service.close_box)
    assert [f for f in _findings(db) if "disk" not in f] == []
    assert service.after_close(db, box.id) and _findings(db) == []
    void = opened(db, cast, secrecy)
    assert press(db, void.slips[0].token)
    do(db, void, service.void_box)
    assert service.after_close(db, void.id) and _findings(db) == []


ANY = [
    ("DELETE FROM ballot_receipt", "receipts for"),
    ("DELETE FROM sealed_sheet", "sheets for"),
    ("DELETE FROM named_sheet", "sheets for"),
    ("UPDATE ballot_pass SET spent = 1", "used passes"),
    ("INSERT INTO sealed_text (box_id, rid, field, text) VALUES ('00000000000000000000000000000000', BYTES, '', '')",
     "belong to no box"),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "finding"), ANY)
def test_damage_to_an_open_box_is_found(db: Database, cast: Cast, statement: str, finding: str) -> None:
    for secrecy in SECRECIES:
        assert press(db, opened(db, cast, secrecy).slips[0].token)
    assert _findings(db) == []
    _damage(db, statement)
    assert any(finding in found for found in _findings(db))


def test_people_marked_wrongly_are_found(db: Database, cast: Cast) -> None:
    for secrecy in (Secrecy.named, Secrecy.secret):
        opened(db, cast, secrecy)
    _damage(db, "UPDATE invitation SET answered = true")
    found = _findings(db)
    assert len(found) == 2 and "0 named sheets, but 6 people" in "".join(found) and "whether somebody" in "".join(found)


def test_remains_of_a_closed_box_are_found(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.secret)
    do(db, box, service.close_box)
    assert [f for f in _findings(db) if "may still be on the disk" in f]
    assert service.after_close(db, box.id)
    b = box.id.hex
    _damage(
        db,
        "INSERT INTO ballot_pass (token_hash, box_id, serial_hash, stratum, spent) "
        f"VALUES (BYTES, '{b}', BYTES, '', 0)",
    )
    assert [f for f in _findings(db) if "1 passes, 0 drafts and 0 keys were not erased" in f]


def test_the_checks_are_among_those_of_the_operator(db: Database) -> None:
    register()
    found = checks.run_checks(db)
    assert found["ballots"] == found["ballots_without_box"] == []
