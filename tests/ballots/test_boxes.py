"""A box is prepared for exactly its voters, its slips are made, and it is opened."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import func, select, text
from sqlmodel import col

from app.ballots import codes, service
from app.ballots.models import BallotBox, BallotPass, Invitation, Secrecy
from app.core.audit import AuditEntry
from app.core.db import Database
from app.core.errors import Conflict
from app.migrate import migrate
from tests.ballots import helpers
from tests.ballots.helpers import SEALED, SECRECIES, do, prepared, press, see
from tests.cast import Cast

DERIVED = [Secrecy.named, Secrecy.confidential]


def _invitations(db: Database, box: helpers.Box) -> list[Invitation]:
    return see(db, box, lambda s, b: s.scalars(select(Invitation).where(col(Invitation.box_id) == b.id)).all())


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_everybody_has_an_invitation_and_a_slip(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = prepared(db, cast, secrecy, 7)
    assert {i.voter_id for i in _invitations(db, box)} == {v.id for v in box.voters}
    assert len({slip.token for slip in box.slips}) == len({slip.serial for slip in box.slips}) == 7
    assert all(codes.is_serial(slip.serial) for slip in box.slips)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_nobody_is_invited_twice_and_no_box_is_empty(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    people = helpers.voters(2)
    for wrong in ([], [*people, people[0]]):
        with pytest.raises(Conflict), db.write() as s:
            service.prepare(s, cast.community, "round", secrecy, wrong)


@pytest.mark.parametrize("secrecy", DERIVED)
def test_letters_are_printed_again_until_closing(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = helpers.opened(db, cast, secrecy)
    assert {slip.name for slip in box.slips} == {v.name for v in box.voters}
    assert do(db, box, service.slips) == box.slips
    helpers.closed(db, box)
    with pytest.raises(Conflict):
        do(db, box, service.slips)


def test_secret_slips_have_no_names_and_are_made_once(db: Database, cast: Cast) -> None:
    box = prepared(db, cast, Secrecy.secret)
    assert {slip.name for slip in box.slips} == {None}
    assert {i.serial for i in _invitations(db, box)} == {None}
    with pytest.raises(Conflict):
        do(db, box, service.slips)
    do(db, box, service.open_box)
    with pytest.raises(Conflict):
        do(db, box, service.slips)


def test_secret_slips_are_not_in_the_order_of_the_people(db: Database, cast: Cast) -> None:
    """Strata stand on the slips; were they in the order of the invitations, so would be the slips."""
    box = prepared(db, cast, Secrecy.secret, 60, strata=["一", "二"])
    assert [slip.stratum for slip in box.slips] != [v.stratum for v in box.voters]
    assert sorted(slip.stratum for slip in box.slips) == sorted(v.stratum for v in box.voters)


def test_secret_slips_are_renewed_before_the_first_is_used(db: Database, cast: Cast) -> None:
    box = helpers.opened(db, cast, Secrecy.secret)
    fresh = do(db, box, service.renew_slips)
    assert not {s.token for s in fresh} & {s.token for s in box.slips} and len(fresh) == 6
    assert press(db, box.slips[0].token) is None
    assert press(db, fresh[0].token)
    with pytest.raises(Conflict):
        do(db, box, service.renew_slips)
    with db.read() as s:
        entries = s.scalars(select(AuditEntry).where(col(AuditEntry.object_id) == box.id)).all()
    assert [e.action for e in entries] == [
        "ballot_box.create",
        "ballot_box.make_slips",
        "ballot_box.update",
        "ballot_box.renew_slips",
    ]
    assert not any(slip.token in e.changes or slip.serial in e.changes for e in entries for slip in fresh)


@pytest.mark.parametrize("secrecy", DERIVED)
def test_other_slips_need_no_renewal(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = prepared(db, cast, secrecy)
    with pytest.raises(Conflict):
        do(db, box, service.renew_slips)


def test_a_secret_box_opens_only_with_slips(db: Database, cast: Cast) -> None:
    with db.write() as s:
        box = service.prepare(s, cast.community, "vote", Secrecy.secret, helpers.voters(3))
        with pytest.raises(Conflict):
            service.open_box(s, box)
        service.slips(s, box)
        service.open_box(s, box)
        service.open_box(s, box)
        assert box.state == "open"


@pytest.mark.parametrize("secrecy", SEALED)
def test_a_small_stratum_stands_on_no_pass(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = prepared(db, cast, secrecy, 13, strata=["一", "二", "二", "二"])  # 4 and 9
    assert {slip.stratum for slip in box.slips} == {""}
    assert {i.stratum for i in _invitations(db, box)} == {"一", "二"}


def test_named_strata_stay(db: Database, cast: Cast) -> None:
    assert {slip.stratum for slip in prepared(db, cast, Secrecy.named, 4, strata=["一", "二"]).slips} == {"一", "二"}


def test_passes_lie_in_the_order_of_their_hashes(db: Database, cast: Cast) -> None:
    box = prepared(db, cast, Secrecy.secret, 40)
    order = "" if db.is_sqlite else " ORDER BY ctid"
    with db.read() as s:
        laid = s.execute(text(f"SELECT token_hash FROM ballot_pass{order}")).scalars().all()
    assert [bytes(h) for h in laid] == sorted(codes.token_hash(slip.token) for slip in box.slips)


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_no_token_is_stored(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = helpers.opened(db, cast, secrecy)
    with db.read() as s:
        kept = s.execute(select(BallotPass.__table__)).all()  # type: ignore[attr-defined]
    for slip in box.slips:
        assert slip.token not in repr(kept) and slip.serial not in repr(kept)


def test_whoever_moved_away_is_reminded_no_more(db: Database, cast: Cast) -> None:
    box = helpers.opened(db, cast, Secrecy.named, 3)
    with db.write() as s:
        service.mark_ineligible(s, s.scalars(select(Invitation)).first())
    assert len(see(db, box, service.to_remind)) == 2


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_a_void_box_is_destroyed_unread(db: Database, cast: Cast, secrecy: Secrecy) -> None:
    box = helpers.opened(db, cast, secrecy)
    assert press(db, box.slips[0].token, texts={"committee.why": "好"})
    do(db, box, service.void_box)
    do(db, box, service.void_box)
    assert service.after_close(db, box.id)
    assert press(db, box.slips[1].token) is None
    tables = ("ballot_pass", "sealed_sheet", "sealed_text", "named_sheet", "ballot_receipt", "answer_draft")
    with db.read() as s:
        assert {t: s.execute(text(f"SELECT count(*) FROM {t}")).scalar_one() for t in tables} == dict.fromkeys(
            tables, 0
        )
        assert s.get_one(BallotBox, box.id).key_sealed is None
        assert not s.scalar(select(func.count()).select_from(Invitation).where(col(Invitation.answered)))
    for refused in (service.open_box, service.close_box, service.slips):
        with pytest.raises(Conflict):
            do(db, box, refused)


def test_a_closed_box_is_not_voided(db: Database, cast: Cast) -> None:
    box = helpers.opened(db, cast, Secrecy.secret)
    helpers.closed(db, box)
    for refused in (service.void_box, service.open_box, service.renew_slips):
        with pytest.raises(Conflict):
            do(db, box, refused)


def test_secret_tables_have_no_row_number_on_sqlite(tmp_path: Path) -> None:
    fresh = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
    migrate(fresh)
    with fresh.glance() as connection:
        for table in ("ballot_pass", "sealed_sheet", "sealed_text", "ballot_receipt", "answer_draft"):
            sql = connection.execute(text("SELECT sql FROM sqlite_master WHERE name = :t"), {"t": table}).scalar_one()
            assert sql.rstrip().endswith("WITHOUT ROWID"), table
    fresh.close()


@pytest.mark.parametrize("secrecy", SECRECIES)
def test_each_level_says_what_it_promises(secrecy: Secrecy) -> None:
    others = [s for s in SECRECIES if s != secrecy]
    assert service.claim(secrecy) not in [service.claim(other) for other in others]
    assert service.label(secrecy) in ("实名", "保密", "无记名")
