"""Closing counts, makes anonymous, and erases; nothing is seen before, and everything after, in no order."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlmodel import col

from app.ballots import closing, service
from app.ballots.models import BallotBox, Invitation, Secrecy
from app.core.db import Database
from app.core.errors import Conflict
from tests.ballots import helpers
from tests.ballots.helpers import GOOD, SEALED, SECRECIES, closed, do, opened, press, see, worker
from tests.cast import Cast

RESULTS = (service.sheets, service.texts, service.receipts)


def _answer(db: Database, box: helpers.Box, n: int) -> None:
    for i, slip in enumerate(box.slips[:n]):
        assert press(db, slip.token, answers={"committee": {"overall": f"o{i}"}}, texts={"committee.why": f"t{i}"})


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_nothing_is_seen_before_closing(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    _answer(db, box, 3)
    for question in RESULTS:
        with pytest.raises(Conflict):
            see(db, box, question)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_what_was_put_in_comes_out(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy, 8)
    _answer(db, box, 5)
    paper = do(db, box, service.enter_paper, serial=box.slips[6].serial, answers=GOOD, texts={}, by=worker(cast))
    closed(db, box)
    sheets = see(db, box, service.sheets)
    wanted = [{"committee": {"overall": f"o{i}"}} for i in range(5)] + [GOOD]
    assert sorted(map(repr, (sheet.answers for sheet in sheets))) == sorted(map(repr, wanted))
    assert sorted(see(db, box, service.texts)) == [("committee.why", f"t{i}") for i in range(5)]
    receipts = see(db, box, service.receipts)
    assert paper in receipts and receipts == sorted(receipts) and len(receipts) == 6
    assert see(db, box, service.turnout) == service.Turnout(8, 6, 1)
    kept = see(db, box, lambda _s, b: (b.state, b.issued, b.returned, b.on_paper, b.key_sealed, b.swept))
    assert kept == ("closed", 8, 6, 1, None, True)


def test_named_sheets_say_who_and_the_others_do_not(db: Database, cast: Cast) -> None:
    for secrecy in SECRECIES:
        box = opened(db, cast, secrecy)
        _answer(db, box, 6)
        closed(db, box)
        who = {sheet.voter_id for sheet in see(db, box, service.sheets)}
        assert who == ({v.id for v in box.voters} if secrecy == Secrecy.named else {None})


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_second_closing_changes_nothing(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    _answer(db, box, 5)
    closed(db, box)
    before = see(db, box, lambda s, b: (b.version, b.closed_at, service.sheets(s, b), service.receipts(s, b)))
    closed(db, box)
    assert see(db, box, lambda s, b: (b.version, b.closed_at, service.sheets(s, b), service.receipts(s, b))) == before


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_an_empty_box_closes(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    closed(db, box)
    assert see(db, box, service.sheets) == see(db, box, service.receipts) == see(db, box, service.texts) == []


def test_a_box_that_never_opened_does_not_close(db: Database, cast: Cast) -> None:
    box = helpers.prepared(db, cast, Secrecy.named)
    with pytest.raises(Conflict):
        do(db, box, service.close_box)
    assert not service.after_close(db, box.id)


@pytest.mark.parametrize("secrecy", SECRECIES)
@pytest.mark.parametrize("table", ["ballot_receipt", "sheet"])
def test_what_does_not_reconcile_is_not_declared(db: Database, cast: Cast, secrecy: Secrecy, table: str) -> None:
    box = opened(db, cast, secrecy)
    _answer(db, box, 3)
    if table == "sheet":
        table = "named_sheet" if secrecy == Secrecy.named else "sealed_sheet"
    with db.write() as s:
        s.execute(text(f"DELETE FROM {table}"))
    with pytest.raises(Conflict) as refused:
        do(db, box, service.close_box)
    assert refused.value.code == "ballots_do_not_reconcile"
    assert see(db, box, lambda _s, b: (b.state, b.returned)) == ("open", None)


@pytest.mark.parametrize("secrecy", SEALED)
def test_strata_with_few_answers_are_counted_together(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    """Both strata were large enough to invite; of the second only two answered."""
    box = opened(db, cast, secrecy, 24, strata=["一", "二"])
    by_stratum = {name: [slip for slip in box.slips if slip.stratum == name] for name in ("一", "二")}
    for slip in by_stratum["一"][:8] + by_stratum["二"][:2]:
        assert press(db, slip.token)
    closed(db, box)
    assert Counter(sheet.stratum for sheet in see(db, box, service.sheets)) == {"": 10}


def test_canonical_answers_say_nothing_about_the_device(db: Database, cast: Cast) -> None:
    """The same answers in another order of fields are the same bytes."""
    box = opened(db, cast, Secrecy.secret)
    for slip, answers in zip(
        box.slips, ({"a": {"x": 1, "y": 2}, "b": {}}, {"b": {}, "a": {"y": 2, "x": 1}}), strict=False
    ):
        assert press(db, slip.token, answers=answers)
    closed(db, box)
    with db.read() as s:
        assert len(set(s.execute(text("SELECT answers FROM sealed_sheet")).scalars())) == 1


# --- Participation -------------------------------------------------------------------------------------------


def _marked(db: Database, box: helpers.Box) -> set[Any]:
    wanted = select(col(Invitation.voter_name)).where(col(Invitation.box_id) == box.id, col(Invitation.answered))
    return see(db, box, lambda s, _b: set(s.scalars(wanted)))


def test_participation_is_marked_in_batches(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.confidential, 12)
    _answer(db, box, 4)
    assert do(db, box, service.mark_participation) == 0 and _marked(db, box) == set()
    assert press(db, box.slips[4].token)
    assert do(db, box, service.mark_participation) == 5
    assert _marked(db, box) == {slip.name for slip in box.slips[:5]}
    assert {i.voter_name for i in see(db, box, service.to_remind)} == {slip.name for slip in box.slips[5:]}
    assert press(db, box.slips[5].token)
    assert do(db, box, service.mark_participation) == 0
    closed(db, box)
    assert _marked(db, box) == {slip.name for slip in box.slips[:6]}


def test_fewer_than_five_are_never_marked(db: Database, cast: Cast) -> None:
    """Beside the sheets, the names of four who answered would say what they answered."""
    box = opened(db, cast, Secrecy.confidential, 12)
    _answer(db, box, 4)
    closed(db, box)
    assert _marked(db, box) == set() and len(see(db, box, service.sheets)) == 4


def test_a_secret_box_never_knows_who_answered(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.secret, 12)
    _answer(db, box, 8)
    assert do(db, box, service.mark_participation) == 0
    assert len(see(db, box, service.to_remind)) == 12
    closed(db, box)
    assert _marked(db, box) == set()


def test_named_answers_are_marked_at_once(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.named)
    _answer(db, box, 2)
    assert do(db, box, service.mark_participation) == 0
    assert len(_marked(db, box)) == 2 and len(see(db, box, service.to_remind)) == 4


def test_batches_cannot_be_told_apart_after_closing(db: Database, cast: Cast) -> None:
    """On PostgreSQL every row says which transaction wrote it; at closing all are written by one. No row has a time."""
    box = opened(db, cast, Secrecy.confidential, 20)
    times = text("SELECT id, updated_at, version FROM invitation ORDER BY id")
    before = see(db, box, lambda s, _b: s.execute(times).all())
    for start in (0, 5, 10):
        for slip in box.slips[start : start + 5]:
            assert press(db, slip.token)
        assert do(db, box, service.mark_participation) == 5
    closed(db, box)
    assert see(db, box, lambda s, _b: s.execute(times).all()) == before
    if not db.is_sqlite:
        writers = see(db, box, lambda s, _b: s.execute(text("SELECT xmin::text FROM invitation")).scalars().all())
        assert len(writers) == 20 and len(set(writers)) == 1


# --- The disk ------------------------------------------------------------------------------------------------


def test_a_busy_database_is_swept_later(db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    box = opened(db, cast, Secrecy.secret)
    do(db, box, service.close_box)
    with monkeypatch.context() as busy:
        for clear in ("_clear_sqlite", "_clear_postgresql"):
            busy.setattr(closing, clear, lambda _db: False)
        assert not service.after_close(db, box.id)
        assert service.sweep(db) == 1
    assert not see(db, box, lambda _s, b: b.swept)
    assert service.sweep(db) == 0
    assert see(db, box, lambda _s, b: b.swept)


def test_a_reader_in_the_way_delays_the_sweep_and_breaks_nothing(
    db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = opened(db, cast, Secrecy.secret)
    monkeypatch.setattr(closing, "_LOCK_TIMEOUT", "200ms")
    monkeypatch.setattr(closing, "_BUSY_MILLISECONDS", 200)
    with db.read() as reader:
        reader.execute(text("SELECT count(*) FROM sealed_sheet")).scalar_one()
        do(db, box, service.close_box)
        assert not service.after_close(db, box.id)
    assert service.after_close(db, box.id)
    assert see(db, box, lambda _s, b: b.state) == "closed"


def test_an_unknown_box_is_not_swept(db: Database, cast: Cast) -> None:
    assert not service.after_close(db, cast.community)
    with db.read() as s:
        assert s.get(BallotBox, cast.community) is None
