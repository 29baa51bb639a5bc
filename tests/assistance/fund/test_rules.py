"""What the fund refuses, and with which rule: bad days have a defined outcome, on both engines."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session, col, select

from app.assistance.fund import checks, donations, ledger, relief, states, steps
from app.assistance.fund.capitals import capitals
from app.assistance.fund.models import (
    AccountKey,
    EntryKind,
    FundCampaign,
    FundDonation,
    FundEntry,
    FundEvent,
    FundLine,
    FundRelief,
    State,
    account_id,
)
from app.assistance.fund.schemas import (
    Approval,
    CampaignCreate,
    CheckCreate,
    Payment,
    Rejection,
    RelativeCreate,
    ReliefUpdate,
)
from app.core.db import Database
from app.core.errors import Conflict, DomainError, Invalid, NotFound
from app.core.models import new_id
from tests.assistance.fund.helpers import (
    ASKS,
    DECIDES,
    LONG_AGO,
    OTHER,
    PAYS,
    approved,
    ask,
    balance,
    checked,
    days,
    give,
    move,
    pay,
    payment,
    receipt,
    shown,
    sound,
)
from tests.cast import Cast
from tests.surveys.rounds.helpers import principal

UNRELATED = Approval(unrelated=True)


@contextmanager
def refused(db: Database, code: str, kind: type[DomainError] = Conflict, says: str = "") -> Iterator[Session]:
    """A write that is refused with this code and leaves nothing behind."""
    before = _written(db)
    with pytest.raises(kind) as refusal, db.write() as s:
        yield s
    assert refusal.value.code == code and says in refusal.value.message, refusal.value.message
    assert _written(db) == before


def _written(db: Database) -> list[int]:
    with db.read() as s:
        return [len(s.exec(select(table)).all()) for table in (FundEntry, FundLine, FundEvent, FundDonation)]


def _state(db: Database, relief_id: UUID) -> str:
    with db.read() as s:
        return s.get_one(FundRelief, relief_id).state


def test_ordinary_relief_from_the_report_to_the_end(db: Database, cast: Cast) -> None:
    """Every step in its order; every other step is refused on the way."""
    asks, decides, pays = (principal(db, name) for name in (ASKS, DECIDES, PAYS))
    with db.write() as s:
        give(s, decides, 100_000, LONG_AGO)
        found = ask(s, asks, 60_000, LONG_AGO)
    acts: dict[State, Callable[[Session], Any]] = {
        to: (lambda s, to=to: move(s, asks, found.id, to, days(LONG_AGO, 9))) for to in states.BY_HAND
    }
    acts[State.checked] = lambda s: checked(s, found.id, (asks, decides), LONG_AGO)
    acts[State.approved] = lambda s: steps.approve(s, decides, found.id, UNRELATED, days(LONG_AGO, 10))
    acts[State.paid] = lambda s: steps.pay(s, pays, found.id, payment(s, found.id), days(LONG_AGO, 11))
    for to in states.RELIEF[1:]:
        for wrong in set(acts) - {to}:
            with refused(db, "relief_state") as s:
                acts[wrong](s)
        with db.write() as s:
            if to == State.paid:
                receipt(s, s.get_one(FundRelief, found.id))
            acts[to](s) if to != State.closed else move(s, asks, found.id, to, days(LONG_AGO, 20))
        assert _state(db, found.id) == to
    assert balance(db, cast.community) == 40_000 and sound(db)
    for act in (steps.reject, steps.withdraw):
        with refused(db, "relief_state") as s:
            act(s, decides, found.id, Rejection(reason="太晚"), days(LONG_AGO, 30))


@pytest.mark.parametrize(("kind", "path"), [("urgent", states.URGENT), ("condolence", states.CONDOLENCE)])
def test_shorter_paths(db: Database, cast: Cast, kind: str, path: tuple[State, ...]) -> None:
    """Urgent relief is paid first and shown after; a condolence visit needs no household and no notice."""
    more = {} if kind == "urgent" else {"kind": "condolence", "room": "", "person": "", "purpose": "春节慰问敬老院"}
    with db.write() as s:
        give(s, principal(db, DECIDES), 500, LONG_AGO)
    key = approved(db, 500, **more)
    pay(db, key)
    asks = principal(db, ASKS)
    for to in path[path.index(State.paid) + 1 :]:
        if to == State.closed and kind == "urgent":
            with refused(db, "notice_running") as s:
                move(s, asks, key, to, LONG_AGO)
        with db.write() as s:
            move(s, asks, key, to, days(LONG_AGO, 3) if to == State.closed else LONG_AGO)
    with db.read() as s:
        reached = s.exec(select(FundEvent.to_state).where(FundEvent.relief_id == key).order_by(col(FundEvent.seq)))
        assert tuple(reached) == path
    assert balance(db, cast.community) == 0 and sound(db)


def test_asking_approving_and_paying_take_three_people(db: Database, cast: Cast) -> None:
    wang, qian = principal(db, DECIDES), principal(db, PAYS)
    with db.write() as s:
        give(s, wang, 1000, LONG_AGO)
        own = ask(s, wang, 100, LONG_AGO, urgent=True)
        move(s, wang, own.id, State.applied, LONG_AGO)
        taken = ask(s, qian, 100, LONG_AGO, urgent=True)
        move(s, qian, taken.id, State.applied, LONG_AGO)
        steps.approve(s, wang, taken.id, UNRELATED, LONG_AGO)
        receipt(s, taken)
        handed = ask(s, principal(db, ASKS), 100, LONG_AGO, urgent=True)
        move(s, wang, handed.id, State.applied, LONG_AGO)
    with refused(db, "own_request") as s:
        steps.approve(s, wang, own.id, UNRELATED, LONG_AGO)
    with refused(db, "own_request") as s:  # who handed the application in has asked too
        steps.approve(s, wang, handed.id, UNRELATED, LONG_AGO)
    with refused(db, "third_person") as s:
        steps.pay(s, qian, taken.id, payment(s, taken.id), LONG_AGO)
    with refused(db, "third_person") as s:
        steps.pay(s, wang, taken.id, payment(s, taken.id), LONG_AGO)


def test_relatives_take_no_part(db: Database, cast: Cast) -> None:
    asks, wang = principal(db, ASKS), principal(db, DECIDES)
    key = shown(db, 100)
    late = days(LONG_AGO, 5)
    with refused(db, "relation_not_declared") as s:
        steps.approve(s, wang, key, Approval(), late)
    with db.write() as s:
        steps.declare(s, asks, key, RelativeCreate(user_id=wang.id, relation="儿子"), late)
    for act in (
        lambda s: steps.approve(s, wang, key, UNRELATED, late),
        lambda s: steps.reject(s, wang, key, Rejection(reason="不"), late),
        lambda s: move(s, wang, key, State.noticed, late),
    ):
        with refused(db, "relative_excluded") as s:
            act(s)
    with refused(db, "declared_already") as s:
        steps.declare(s, asks, key, RelativeCreate(user_id=wang.id, relation="再说"), late)
    with refused(db, "no_such_user", Invalid) as s:
        steps.declare(s, asks, key, RelativeCreate(user_id=cast.users["外主任"], relation="友"), late)


def test_two_people_look_and_the_notice_runs_its_days(db: Database, cast: Cast) -> None:
    asks, wang = principal(db, ASKS), principal(db, DECIDES)
    with db.write() as s:
        found = ask(s, asks, 100, LONG_AGO)
        move(s, asks, found.id, State.applied, LONG_AGO)
        steps.check(s, asks, found.id, CheckCreate(findings="困难", unrelated=True), LONG_AGO)
    assert _state(db, found.id) == State.applied
    with refused(db, "checked_already") as s:
        steps.check(s, asks, found.id, CheckCreate(findings="再看", unrelated=True), LONG_AGO)
    with refused(db, "relation_not_declared") as s:
        steps.check(s, wang, found.id, CheckCreate(findings="困难"), LONG_AGO)
    with pytest.raises(NotFound), db.write() as s:  # another grid area's household is nobody's
        steps.check(s, principal(db, OTHER), found.id, CheckCreate(findings="困难", unrelated=True), LONG_AGO)
    key = shown(db, 100)
    with refused(db, "notice_running") as s:
        steps.approve(s, wang, key, UNRELATED, LONG_AGO)
    with refused(db, "relief_state") as s:
        relief.update(s, asks, key, ReliefUpdate(amount_fen=99_999), s.get_one(FundRelief, key).version)


def test_no_payment_without_the_receipt_of_this_request(db: Database, cast: Cast) -> None:
    with db.write() as s:
        give(s, principal(db, DECIDES), 1000, LONG_AGO)
    key, other = approved(db, 100), approved(db, 100)
    pays = principal(db, PAYS)
    with db.read() as s:
        foreign = payment(s, other)
    for data in (Payment(unrelated=True), Payment(receipt_id=new_id(), unrelated=True), foreign):
        with refused(db, "receipt_missing") as s:
            steps.pay(s, pays, key, data, LONG_AGO)
    with refused(db, "relation_not_declared") as s:
        steps.pay(s, pays, key, payment(s, key).model_copy(update={"unrelated": False}), LONG_AGO)


def test_short_by_one_fen(db: Database, cast: Cast) -> None:
    wang, pays = principal(db, DECIDES), principal(db, PAYS)
    with db.write() as s:
        give(s, wang, 99_999, LONG_AGO)
    key = approved(db, 100_000)
    with refused(db, "fund_short", says="基金余额 999.99 元，还差 0.01 元") as s:
        steps.pay(s, pays, key, payment(s, key), LONG_AGO)
    assert _state(db, key) == State.approved
    with db.write() as s:
        give(s, wang, 1, LONG_AGO)
    pay(db, key)
    assert balance(db, cast.community) == 0 and sound(db)


def test_a_donation_bounces_before_and_after_it_was_spent(db: Database, cast: Cast) -> None:
    wang, pays = principal(db, DECIDES), principal(db, PAYS)
    with db.write() as s:
        first, second = give(s, wang, 700, LONG_AGO), give(s, wang, 300, LONG_AGO)
        steps.take_back(s, pays, second.entry_id, "支票退票", LONG_AGO)
    for entry, code in ((second.entry_id, "reversed_already"), (_reversal(db, second), "is_a_reversal")):
        with refused(db, code) as s:
            steps.take_back(s, pays, entry, "再退", LONG_AGO)
    key = approved(db, 500)
    pay(db, key)
    with refused(db, "fund_short", says="还差 5.00 元") as s:  # 200 left, 700 would have to go
        steps.take_back(s, pays, first.entry_id, "支票退票", LONG_AGO)
    assert balance(db, cast.community) == 200 and sound(db)


def _reversal(db: Database, gift: FundDonation) -> UUID:
    with db.read() as s:
        found = ledger.reversal_of(s, gift.entry_id)
    assert found is not None and found.amount_fen == -gift.amount_fen and found.reference
    return found.id


def test_a_payment_that_comes_back_is_paid_again(db: Database, cast: Cast) -> None:
    with db.write() as s:
        give(s, principal(db, DECIDES), 500, LONG_AGO)
    key = approved(db, 500)
    paid = pay(db, key)
    with db.write() as s:
        steps.take_back(s, principal(db, PAYS), paid.entry_id, "卡号有误，款项退回", LONG_AGO)
    with db.read() as s:
        found = s.get_one(FundRelief, key)
        assert (found.state, found.entry_id, found.payer_id, found.paid_on) == (State.approved, None, None, None)
    assert balance(db, cast.community) == 500
    again = pay(db, key)
    assert again.entry_id != paid.entry_id and balance(db, cast.community) == 0 and sound(db)


@pytest.mark.parametrize(
    "more",
    [{"voluntary": False}, {"note": "三月党费"}, {"donor_name": "补缴党费"}],
)
def test_membership_dues_never_enter(db: Database, cast: Cast, more: dict[str, Any]) -> None:
    with refused(db, "membership_dues") as s:
        give(s, principal(db, DECIDES), 100, LONG_AGO, **more)


def test_what_a_donation_needs(db: Database, cast: Cast) -> None:
    wang = principal(db, DECIDES)
    with db.write() as s:
        data = CampaignCreate.model_validate({"name": "七一", "starts_on": "2012-06-25", "ends_on": "2012-07-05"})
        call = donations.call(s, wang, data, LONG_AGO)
    for more, code, kind in (
        ({"donor_name": ""}, "missing", Invalid),
        ({"received_on": "2012-03-02"}, "date_in_future", Invalid),
        ({"campaign_id": new_id()}, "no_such_campaign", Invalid),
        ({"campaign_id": call.id}, "campaign_over", Conflict),
    ):
        with refused(db, code, kind) as s:
            give(s, wang, 100, LONG_AGO, **more)
    with db.write() as s:
        gift = give(s, wang, 100, days(LONG_AGO, 120), campaign_id=call.id, donor_name="", anonymous=True)
        assert (gift.number, gift.donor_name) == ("2012-0001", "")
    with refused(db, "campaign_taken") as s:
        donations.call(s, wang, data, LONG_AGO)
    with refused(db, "date_order", Invalid) as s:
        backwards = data.model_copy(update={"name": "八一", "ends_on": data.starts_on.replace(year=2011)})
        donations.call(s, wang, backwards, LONG_AGO)
    with db.read() as s:
        assert len(s.exec(select(FundCampaign)).all()) == 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"room": "", "person": ""}, "missing"),
        ({"room": "9-9-999"}, "no_such_room"),
        ({"person": "王小明"}, "not_in_room"),
        ({"kind": "condolence", "urgent": True}, "not_urgent"),
        ({"room": "", "household_id": new_id()}, "no_such_household"),
    ],
)
def test_what_a_request_needs(db: Database, cast: Cast, more: dict[str, Any], code: str) -> None:
    with refused(db, code, Invalid) as s:
        ask(s, principal(db, DECIDES), 100, LONG_AGO, **more)


def test_what_was_booked_stays_whoever_writes(db: Database, cast: Cast) -> None:
    """The database itself refuses: changing, deleting, adding a line, an entry that does not add up, overspending."""
    with db.write() as s:
        give(s, principal(db, DECIDES), 500, LONG_AGO)
    pay(db, approved(db, 100))
    for table, column in (
        ("fund_entry", "amount_fen"),
        ("fund_line", "amount_fen"),
        ("fund_donation", "amount_fen"),
        ("fund_event", "seq"),
    ):
        for statement in (f"UPDATE {table} SET {column} = {column} + 1", f"DELETE FROM {table}"):
            with pytest.raises(DBAPIError), db.write() as s:
                s.execute(text(statement))
    fund, gifts = (account_id(cast.community, key) for key in (AccountKey.fund, AccountKey.donations))
    with pytest.raises(DBAPIError, match="no more lines"), db.write() as s:
        sealed = s.exec(select(FundEntry.id)).first()
        s.add(FundLine(entry_id=sealed, account_id=gifts, amount_fen=1))
        s.flush()
    for sides in ([(fund, 5)], [(fund, 5), (gifts, -4)], [(gifts, 5), (fund, -5)], []):
        with pytest.raises(DBAPIError, match="do not add up"), db.write() as s:
            _raw(s, cast.community, 5, sides)
    with pytest.raises(DBAPIError, match="never_overspent"), db.write() as s:
        _raw(s, cast.community, -401, [(fund, -401), (gifts, 401)])
    with pytest.raises(DBAPIError), db.write() as s:  # lines that no entry ever seals
        s.add(FundLine(entry_id=new_id(), account_id=fund, amount_fen=5))
    assert balance(db, cast.community) == 400 and sound(db)


def _raw(s: Session, community_id: UUID, fen: int, sides: list[tuple[UUID, int]]) -> None:
    entry = FundEntry(
        community_id=community_id, number="9", kind=EntryKind.donation if fen > 0 else EntryKind.relief,
        booked_on=LONG_AGO.date(), amount_fen=fen, at=LONG_AGO,
    )  # fmt: skip
    s.add_all([FundLine(entry_id=entry.id, account_id=key, amount_fen=side) for key, side in sides])
    s.flush()
    s.add(entry)
    s.flush()


def test_the_check_names_what_was_tampered_with(db: Database, cast: Cast) -> None:
    with db.write() as s:
        give(s, principal(db, DECIDES), 500, LONG_AGO)
    key = approved(db, 100)
    with db.write() as s:
        s.execute(text("UPDATE fund_account SET balance_fen = 499 WHERE key = 'fund'"))
        s.execute(text("UPDATE fund_relief SET state = 'paid'"))
    found = list(checks.ledgers(db))
    number = f"{LONG_AGO.year}-0001"
    assert [line for line in found if "shows 499, its ledger 500" in line]
    assert f"relief {number} is paid, its events left it approved" in found
    assert f"relief {number} is paid, which does not agree with its payment" in found
    assert len(found) == 3 and key


@pytest.mark.parametrize(
    ("fen", "said"),
    [
        (1, "壹分"), (10, "壹角整"), (105, "壹元零伍分"), (110, "壹元壹角整"), (100_000, "壹仟元整"),
        (101_000, "壹仟零壹拾元整"), (2_000_300, "贰万零叁元整"), (123_456_789, "壹佰贰拾叁万肆仟伍佰陆拾柒元捌角玖分"),
        (10_000_000_000, "壹亿元整"), (1_000_000_500, "壹仟万零伍元整"),
    ],
)  # fmt: skip
def test_capital_figures(fen: int, said: str) -> None:
    assert capitals(fen) == f"人民币{said}"


def _at_once(works: list[Callable[[], Any]]) -> list[str]:
    """All of them pressed together: the code of each refusal, or nothing where it went through."""

    def press(work: Callable[[], Any]) -> str:
        try:
            work()
        except DomainError as refusal:
            return refusal.code
        return ""

    with ThreadPoolExecutor(len(works)) as pool:
        return list(pool.map(press, works))


def test_two_approvers_press_together(db: Database, cast: Cast) -> None:
    """One of them approves; the other is told that it is done."""
    key, wang = shown(db, 100), principal(db, DECIDES)

    def press() -> None:
        with db.write() as s:
            steps.approve(s, wang, key, UNRELATED, days(LONG_AGO, 2))

    assert sorted(_at_once([press, press])) == ["", "relief_state"]
    with db.read() as s:
        reached = s.exec(select(FundEvent.to_state).where(FundEvent.relief_id == key)).all()
    assert list(reached).count("approved") == 1 and sound(db)


def test_forty_payments_never_overspend(db: Database, cast: Cast) -> None:
    """Forty requests of 10.00 yuan and one fen too little for the twenty-sixth; and one request pressed four times."""
    with db.write() as s:
        give(s, principal(db, DECIDES), 25_999, LONG_AGO)
    keys = [approved(db, 1000) for _ in range(40)]
    said = _at_once([lambda key=key: pay(db, key) for key in keys])
    assert (said.count(""), said.count("fund_short")) == (25, 15)
    assert balance(db, cast.community) == 999 and sound(db)
    with db.write() as s:
        give(s, principal(db, DECIDES), 5000, LONG_AGO)
    left = keys[said.index("fund_short")]
    assert sorted(_at_once([lambda: pay(db, left)] * 4)) == ["", "relief_state", "relief_state", "relief_state"]
    assert balance(db, cast.community) == 4999 and sound(db)


def test_two_first_donations_of_a_community(db: Database, cast: Cast) -> None:
    wang = principal(db, DECIDES)

    def press() -> None:
        with db.write() as s:
            give(s, wang, 100, LONG_AGO)

    assert _at_once([press] * 6) == [""] * 6
    with db.read() as s:
        numbers = sorted(s.exec(select(FundDonation.number)).all())
    assert numbers == [f"2012-{n:04d}" for n in range(1, 7)] and balance(db, cast.community) == 600
