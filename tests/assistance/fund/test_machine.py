"""The fund against a plain model: whatever is done by whom in whatever order, not a fen is lost, no rule is bent.

Both engines. The model is a dict of requests and a list of amounts; the statement has to agree with it every time.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, select

from app.accounts.permissions import Principal
from app.assistance.fund import ledger, statements, steps
from app.assistance.fund.models import FundDonation, FundRelief, State
from app.assistance.fund.schemas import Approval, Rejection
from app.communities.models import Community
from app.core.clock import local_date
from app.core.db import Database
from app.core.errors import Conflict
from tests.assistance.fund.helpers import (
    ASKS,
    DECIDES,
    LONG_AGO,
    PAYS,
    ask,
    give,
    move,
    payment,
    receipt,
    sound,
)
from tests.cast import Cast
from tests.surveys.rounds.helpers import principal

MOST = 6
place = st.integers(0, MOST - 1)
amount = st.sampled_from([1, 99, 100, 101, 5000])
person = st.sampled_from([ASKS, DECIDES, PAYS])


@dataclass
class Request:
    """What the model remembers of a request."""

    key: UUID
    fen: int
    by: str
    state: State = State.applied
    approver: str = ""
    entry: UUID | None = None


@dataclass
class Gift:
    fen: int
    entry: UUID
    back: bool = False


class Fund(RuleBasedStateMachine):
    db: Database
    community: UUID
    people: dict[str, Principal]

    @initialize()
    def begin(self) -> None:
        with self.db.read() as s:
            self.opening = ledger.balance(s, self.community)
            self.before = self._statement(s)
        self.at = LONG_AGO
        self.requests: list[Request] = []
        self.gifts: list[Gift] = []
        self.gained = self.lost = 0

    @property
    def has(self) -> int:
        return self.opening + self.gained - self.lost

    def _statement(self, s: Session) -> Any:
        return statements.statement(s, s.get_one(Community, self.community), "2012", "/e", "/s")

    def _do(self, allowed: bool, work: Any) -> Any:
        """Does it in a transaction of its own; what the model forbids has to be refused, and only that."""
        self.at += timedelta(hours=1)
        if allowed:
            with self.db.write() as s:
                return work(s)
        with pytest.raises(Conflict), self.db.write() as s:
            work(s)
        return None

    @rule(fen=amount)
    def donate(self, fen: int) -> None:
        made: FundDonation = self._do(True, lambda s: give(s, self.people[PAYS], fen, self.at))
        self.gifts.append(Gift(fen, made.entry_id))
        self.gained += fen

    @rule(fen=amount, by=person, condolence=st.booleans())
    def request(self, fen: int, by: str, condolence: bool) -> None:
        who = self.people[by]
        more = {"kind": "condolence"} if condolence else {"urgent": True}

        def work(s: Session) -> FundRelief:
            found = ask(s, who, fen, self.at, **more)
            move(s, who, found.id, State.applied, self.at)
            if condolence:
                move(s, who, found.id, State.opined, self.at)
            receipt(s, found)
            return found

        if len(self.requests) < MOST:
            self.requests.append(Request(self._do(True, work).id, fen, by))

    def _at(self, i: int) -> Request | None:
        return self.requests[i] if i < len(self.requests) else None

    @rule(i=place, by=person)
    def approve(self, i: int, by: str) -> None:
        if one := self._at(i):
            fits = one.state == State.applied and by != one.by
            who = self.people[by]
            self._do(fits, lambda s: steps.approve(s, who, one.key, Approval(unrelated=True), self.at))
            if fits:
                one.state, one.approver = State.approved, by

    @rule(i=place, by=person)
    def pay(self, i: int, by: str) -> None:
        if one := self._at(i):
            fits = one.state == State.approved and by not in (one.by, one.approver) and one.fen <= self.has
            who = self.people[by]
            paid = self._do(fits, lambda s: steps.pay(s, who, one.key, payment(s, one.key), self.at))
            if fits:
                one.state, one.entry = State.paid, paid.entry_id
                self.lost += one.fen

    @rule()
    def pay_all_at_once(self) -> None:
        """Everything that is approved, each pressed twice at the same moment: once paid, or the fund is too short."""
        waiting = [one for one in self.requests if one.state == State.approved]

        def press(one: Request) -> FundRelief | None:
            try:
                with self.db.write() as s:
                    return steps.pay(s, self.people[PAYS], one.key, payment(s, one.key), self.at)
            except Conflict:
                return None

        with ThreadPoolExecutor(4) as pool:
            twice = list(pool.map(press, waiting + waiting))
        for one, first, second in zip(waiting, twice, twice[len(waiting) :], strict=False):
            assert first is None or second is None
            if paid := first or second:
                one.state, one.entry = State.paid, paid.entry_id
                self.lost += one.fen
                assert PAYS not in (one.by, one.approver)
        for one in waiting:
            assert one.state == State.paid or PAYS in (one.by, one.approver) or one.fen > self.has

    @rule(i=place)
    def payment_comes_back(self, i: int) -> None:
        one = self._at(i)
        if one and one.entry:
            entry, fits = one.entry, one.state == State.paid
            self._do(fits, lambda s: steps.take_back(s, self.people[PAYS], entry, "退回", self.at))
            if fits:
                one.state = State.approved
                self.lost -= one.fen

    @rule(i=place)
    def donation_bounces(self, i: int) -> None:
        if i < len(self.gifts):
            gift = self.gifts[i]
            fits = not gift.back and gift.fen <= self.has
            self._do(fits, lambda s: steps.take_back(s, self.people[PAYS], gift.entry, "退票", self.at))
            if fits:
                gift.back = True
                self.gained -= gift.fen

    @rule(i=place, rejected=st.booleans())
    def end(self, i: int, rejected: bool) -> None:
        if one := self._at(i):
            fits = one.state == State.applied or (one.state == State.approved and not rejected)
            act = steps.reject if rejected else steps.withdraw
            self._do(fits, lambda s: act(s, self.people[DECIDES], one.key, Rejection(reason="不办"), self.at))
            if fits:
                one.state = State.rejected if rejected else State.withdrawn

    @invariant()
    def agrees(self) -> None:
        with self.db.read() as s:
            assert ledger.balance(s, self.community) == self.has >= 0
            told = self._statement(s)
            assert told.opening_fen + told.in_fen - told.out_fen == told.closing_fen == self.has
            assert told.in_fen - self.before.in_fen == self.gained
            assert told.out_fen - self.before.out_fen == self.lost
            assert [m.opening_fen for m in told.months[1:]] == [m.closing_fen for m in told.months[:-1]]
            assert told.months[-1].closing_fen == told.closing_fen
            for one in self.requests:
                state = s.exec(select(FundRelief.state).where(FundRelief.id == one.key)).one()
                assert state == (State.opined if state == State.opined and one.state == State.applied else one.state)

    def teardown(self) -> None:
        assert sound(self.db)
        assert local_date(self.at).year == LONG_AGO.year


def test_any_order_of_acts(db: Database, cast: Cast) -> None:
    Fund.db, Fund.community = db, cast.community
    Fund.people = {name: principal(db, name) for name in (ASKS, DECIDES, PAYS)}
    run_state_machine_as_test(
        Fund,
        settings=settings(
            max_examples=16, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
