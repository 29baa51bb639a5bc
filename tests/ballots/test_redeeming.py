"""One press spends once; every token that opens nothing meets the same answer and the same work."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlmodel import col

from app.ballots import codes, sealing, service
from app.ballots.models import BallotReceipt, Invitation, NamedSheet, Secrecy
from app.core.audit import AuditEntry
from app.core.db import Database
from app.core.errors import Conflict, DomainError, Invalid, NotFound
from tests.ballots import helpers
from tests.ballots.helpers import GOOD, SEALED, SECRECIES, do, opened, press, see, worker
from tests.cast import Cast

THREADS = 20


@contextlib.contextmanager
def statements(db: Database) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        seen.append(statement)

    engines = {id(e): e for e in (db.engine, db.new_session(write=True).get_bind())}.values()
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield seen
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def _together(work: Callable[[int], Any]) -> list[Any]:
    """The same thing twenty times at the same moment."""
    gate = threading.Barrier(THREADS)

    def run(i: int) -> Any:
        gate.wait()
        return work(i)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(run, range(THREADS)))


def _stored(db: Database, box: helpers.Box) -> tuple[int, int, int]:
    """Passes used, sheets, receipts."""
    queries = (
        "SELECT count(*) FROM ballot_pass WHERE spent > 0 AND box_id = :b",
        "SELECT (SELECT count(*) FROM sealed_sheet WHERE box_id = :b) "
        "+ (SELECT count(*) FROM named_sheet WHERE box_id = :b)",
        "SELECT count(*) FROM ballot_receipt WHERE box_id = :b",
    )
    with db.read() as s:
        b = box.id.hex if db.is_sqlite else str(box.id)
        found = [s.execute(text(query), {"b": b}).scalar_one() for query in queries]
    return found[0], found[1], found[2]


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_press_stores_a_sheet_and_gives_a_receipt(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    receipt = press(db, box.slips[0].token)
    assert receipt and len(receipt) == 12
    assert _stored(db, box) == (1, 1, 1)
    assert see(db, box, service.turnout) == service.Turnout(6, 1, 0)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_parallel_presses_of_one_button_spend_once(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    """A double tap on a bad connection: everybody sees the same receipt, one sheet is stored."""
    box = opened(db, cast, secrecy)
    receipts = _together(lambda _i: press(db, box.slips[0].token, "form-1"))
    assert set(receipts) == {codes.receipt(box.slips[0].token, "form-1")}
    assert _stored(db, box) == (1, 1, 1)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_parallel_forms_of_one_token_spend_once(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    """The same slip on twenty devices: one gets a receipt, the others are refused like any used token."""
    box = opened(db, cast, secrecy)
    token = box.slips[0].token

    def work(i: int) -> str | None:
        try:
            return press(db, token, f"form-{i}")
        except NotFound as refused:
            assert refused.code == "token_unusable"
            return None

    assert len([r for r in _together(work) if r]) == 1
    assert _stored(db, box) == (1, 1, 1)


def test_everybody_at_once_and_the_door_closing(db: Database, cast: Cast) -> None:
    """Whoever has a receipt is counted, whoever was too late is not, and nothing lies between."""
    box = opened(db, cast, Secrecy.secret, THREADS - 1)

    def work(i: int) -> str | None:
        if i == THREADS - 1:
            do(db, box, service.close_box)
            return None
        try:
            return press(db, box.slips[i].token)
        except NotFound:
            return None

    given = {r for r in _together(work) if r}
    assert set(see(db, box, service.receipts)) == given
    assert len(see(db, box, service.sheets)) == len(given)


@pytest.mark.parametrize("secrecy", SECRECIES)
@pytest.mark.parametrize("end", [service.close_box, service.void_box])
def test_a_form_that_was_open_at_the_end_comes_too_late(db: Database, cast: Cast, secrecy: Secrecy, end: Any) -> None:
    box = opened(db, cast, secrecy)
    token = box.slips[0].token
    with db.read() as s:
        found = service.find_by_token(s, token)
    do(db, box, end)
    assert found
    with pytest.raises(NotFound), db.write() as s:
        service.submit(s, found, token, "form-1", GOOD, {})
    assert _stored(db, box) == (0, 0, 0)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_paper_and_phone_at_once_spend_once(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    slip = box.slips[0]

    def work(i: int) -> str | None:
        with contextlib.suppress(DomainError):
            if i % 2:
                return press(db, slip.token, f"form-{i}")
            return do(db, box, service.enter_paper, serial=slip.serial, answers=GOOD, texts={}, by=worker(cast))
        return None

    assert len([r for r in _together(work) if r]) == 1
    assert _stored(db, box) == (1, 1, 1)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_wrong_used_early_and_late_tokens_are_one_thing(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    early, late, box = helpers.prepared(db, cast, secrecy), opened(db, cast, secrecy), opened(db, cast, secrecy)
    helpers.closed(db, late)
    void = opened(db, cast, secrecy)
    do(db, void, service.void_box)
    used = box.slips[0].token
    assert press(db, used)
    tokens = {
        "wrong": codes.new_token(),
        "used": used,
        "early": early.slips[0].token,
        "late": late.slips[0].token,
        "void": void.slips[0].token,
        "empty": "",
        "long": "A" * 5000,
        "odd": "\ud800 ' OR 1=1 --",
    }
    work = {}
    for name, token in tokens.items():
        with statements(db) as seen, db.read() as s:
            assert service.find_by_token(s, token) is None, name
            assert service.receipt_if_sent(s, token, "another form") is None, name
        work[name] = seen
    assert len({tuple(seen) for seen in work.values()}) == 1
    assert [len(seen) for seen in work.values()] == [2] * len(tokens)


def test_a_press_is_the_same_work_for_everybody(db: Database, cast: Cast) -> None:
    """Early or late voter, whatever the answers: the same statements, on the ballot tables alone."""
    box = opened(db, cast, Secrecy.secret)
    seen_by = []
    for i, answers in enumerate(({}, GOOD, {"committee": {"overall": "dissatisfied" * 9}})):
        with statements(db) as seen:
            assert press(db, box.slips[i].token, answers=answers)
        seen_by.append([s for s in seen if "advisory" not in s])
    assert seen_by[0] == seen_by[1] == seen_by[2]
    written = [s.split("(")[0].split() for s in seen_by[0] if not s.startswith("SELECT")]
    assert [words[1] if words[0] == "UPDATE" else words[2] for words in written] == [
        "ballot_pass",
        "sealed_sheet",
        "ballot_receipt",
        "answer_draft",
    ]


def test_the_receipt_is_told_only_to_the_same_press(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.secret)
    token = box.slips[0].token
    receipt = press(db, token, "form-1")
    with db.read() as s:
        assert service.receipt_if_sent(s, codes.grouped(token).lower(), "form-1") == receipt
        assert service.receipt_if_sent(s, token, "form-2") is None
        assert service.receipt_if_sent(s, box.slips[1].token, "form-1") is None
    helpers.closed(db, box)
    with db.read() as s:
        assert service.receipt_if_sent(s, token, "form-1") == receipt


@pytest.mark.parametrize("older", [False, True])
def test_a_named_token_finds_its_invitation_by_the_serial_number(db: Database, cast: Cast, older: bool) -> None:
    """The number follows from the token. In a box prepared before that, and where two numbers met, trial finds it."""
    box = opened(db, cast, Secrecy.named, 9)
    if older:
        with db.write() as s:
            for number, invitation in enumerate(s.scalars(select(Invitation)).all()):
                invitation.serial = f"OLD{number}"
                s.add(invitation)
    for slip in box.slips:
        with db.read() as s:
            found = service.find_by_token(s, slip.token.lower())
            assert found is not None and found.invitation is not None and found.invitation.voter_name == slip.name
            numbers = list(sealing.serials_of(sealing.key_of(found.box), slip.token))
            assert (found.invitation.serial in numbers) is not older and all(map(codes.is_serial, numbers))
            assert len(set(numbers)) == 4


def test_numbers_that_meet_give_way(db: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """All tokens have the same first number here: the second person gets the next, and each finds the right one."""
    real = sealing.serials_of
    monkeypatch.setattr(sealing, "serials_of", lambda key, token: iter(["22222222", *real(key, token)]))
    box = opened(db, cast, Secrecy.named, 5)
    assert len({slip.serial for slip in box.slips}) == 5
    for slip in box.slips:
        with db.read() as s:
            found = service.find_by_token(s, slip.token)
            assert found is not None and found.invitation is not None and found.invitation.voter_name == slip.name


def test_a_named_sheet_belongs_to_its_invitation(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.named)
    with db.read() as s:
        for voter in box.voters:
            found = service.find_by_token(s, box.slip_of(voter).token)
            assert found and found.invitation and found.invitation.voter_id == voter.id
    assert press(db, box.slip_of(box.voters[3]).token, texts={"committee.why": "好"})
    with db.read() as s:
        sheet = s.scalars(select(NamedSheet)).one()
        answered = s.scalars(select(Invitation).where(col(Invitation.answered))).all()
    assert [i.voter_id for i in answered] == [box.voters[3].id]
    assert sheet.answers == GOOD and sheet.texts == {"committee.why": "好"} and not sheet.on_paper


@pytest.mark.parametrize("secrecy", SEALED)
def test_a_press_writes_to_no_invitation_and_not_to_the_box(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)

    def rows() -> list[Any]:
        hidden = "" if db.is_sqlite else ", xmin, ctid"
        with db.read() as s:
            return [s.execute(text(f"SELECT *{hidden} FROM {t}")).all() for t in ("invitation", "ballot_box")]

    before = rows()
    assert press(db, box.slips[0].token)
    assert rows() == before


# --- Paper ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_worker_enters_a_paper_ballot_by_its_serial(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    serial = codes.grouped(box.slips[0].serial).lower()
    receipt = do(db, box, service.enter_paper, serial=serial, answers=GOOD, texts={}, by=worker(cast))
    assert len(receipt) == 12 and _stored(db, box) == (1, 1, 1)
    assert see(db, box, service.turnout) == service.Turnout(6, 1, 1)
    assert press(db, box.slips[0].token) is None
    with db.read() as s:
        entry = s.scalars(select(AuditEntry).where(col(AuditEntry.action) == "ballot_box.enter_paper")).one()
    assert (
        entry.actor_name == "李网格" and box.slips[0].serial not in entry.changes and "satisfied" not in entry.changes
    )


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_why_a_paper_ballot_is_refused(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box, other = opened(db, cast, secrecy), opened(db, cast, secrecy)
    assert press(db, box.slips[0].token)
    used, good = box.slips[0].serial, box.slips[1].serial

    def enter(serial: str) -> str:
        return do(db, box, service.enter_paper, serial=serial, answers=GOOD, texts={}, by=worker(cast))

    for refusal, serial in ((Conflict, used), (NotFound, other.slips[0].serial), (Invalid, good[:-1] + "?")):
        with pytest.raises(refusal):
            enter(serial)
    assert _stored(db, box) == (1, 1, 1)
    helpers.closed(db, box)
    with pytest.raises(Conflict):
        enter(good)


# --- Drafts --------------------------------------------------------------------------------------------------


def _keep(db: Database, token: str, answers: dict[str, Any]) -> None:
    with db.write() as s:
        found = service.find_by_token(s, token)
        assert found
        service.keep_draft(s, found, token, answers)


def _draft(db: Database, token: str) -> Any:
    with db.read() as s:
        found = service.find_by_token(s, token)
        return found and service.draft_of(s, found, token)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_draft_waits_for_its_token_and_goes_when_it_is_sent(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = opened(db, cast, secrecy)
    token = box.slips[0].token
    assert _draft(db, token) is None
    for answers in ({"committee": {"overall": "satisfied"}}, {"committee": {"overall": "dissatisfied"}}):
        _keep(db, token, answers)
        assert _draft(db, codes.grouped(token).lower()) == answers
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM answer_draft")).scalar_one() == 1
        assert b"satisfied" not in bytes(s.execute(text("SELECT sealed FROM answer_draft")).scalar_one())
    assert press(db, token)
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM answer_draft")).scalar_one() == 0


def test_a_draft_that_comes_after_the_press_is_not_kept(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.secret)
    token = box.slips[0].token
    with db.read() as s:
        found = service.find_by_token(s, token)
    assert found and press(db, token)
    with db.write() as s:
        service.keep_draft(s, found, token, GOOD)
    with db.read() as s:
        assert s.execute(text("SELECT count(*) FROM answer_draft")).scalar_one() == 0


def test_a_draft_opens_for_no_other_token(db: Database, cast: Cast) -> None:
    box = opened(db, cast, Secrecy.secret)
    _keep(db, box.slips[0].token, GOOD)
    with db.read() as s:
        found = service.find_by_token(s, box.slips[0].token)
        assert found and service.draft_of(s, found, box.slips[1].token) is None


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_mass_moment(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    """Three hundred people press together. How fast that goes is measured by benchmarks/answers.py."""
    box = opened(db, cast, secrecy, 300)
    with ThreadPoolExecutor(THREADS) as pool:
        receipts = list(pool.map(lambda slip: press(db, slip.token), box.slips))
    assert len(set(receipts)) == 300 and _stored(db, box) == (300, 300, 300)
    with db.read() as s:
        assert set(s.scalars(select(col(BallotReceipt.code)))) == set(receipts)
