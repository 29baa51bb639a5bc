"""A box against a plain model: whatever is done in whatever order, what was acknowledged is counted, once."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.ballots import invariants, service
from app.ballots.models import BallotBox, Secrecy
from app.core.db import Database
from app.core.errors import Conflict
from tests.ballots import helpers
from tests.ballots.helpers import SECRECIES, do, press, see, worker
from tests.cast import Cast

VOTERS = 7
who = st.integers(0, VOTERS - 1)
choice = st.sampled_from(["satisfied", "dissatisfied", "dont_know"])


@contextlib.contextmanager
def refused(expected: bool, *kinds: type[Exception]) -> Iterator[None]:
    if not expected:
        yield
        return
    with pytest.raises(kinds or (Conflict,)):
        yield


class Voting(RuleBasedStateMachine):
    db: Database
    cast: Cast

    @initialize(secrecy=st.sampled_from(SECRECIES))
    def prepare(self, secrecy: Secrecy) -> None:
        self.secrecy = secrecy
        self.box = helpers.prepared(self.db, self.cast, secrecy, VOTERS)
        self.slips = self.box.slips
        self.state = "prepared"
        self.given: dict[str, str] = {}  # token: choice
        self.receipts: dict[tuple[str, str], str] = {}  # (token, once): receipt
        self.paper: set[str] = set()

    def _do(self, action: Any, **kwargs: Any) -> Any:
        return do(self.db, self.box, action, **kwargs)

    @rule()
    def open(self) -> None:
        with refused(self.state not in ("prepared", "open")):
            self._do(service.open_box)
            self.state = "open"

    @rule(i=who, answer=choice, once=st.sampled_from("ab"))
    def press(self, i: int, answer: str, once: str) -> None:
        token = self.slips[i].token
        receipt = press(self.db, token, once, {"committee": {"overall": answer}}, {"committee.why": answer})
        if self.state == "open" and token not in self.given:
            assert receipt
            self.given[token] = answer
            self.receipts[token, once] = receipt
        assert receipt == (self.receipts.get((token, once)) if self.state != "void" else None)

    @rule(i=who, answer=choice)
    def paper(self, i: int, answer: str) -> None:
        slip = self.slips[i]
        sent = {"answers": {"committee": {"overall": answer}}, "texts": {}, "by": worker(self.cast)}
        with refused(self.state != "open" or slip.token in self.given):
            receipt = self._do(service.enter_paper, serial=slip.serial, **sent)
            self.given[slip.token] = answer
            self.receipts[slip.token, "paper"] = receipt
            self.paper.add(slip.token)

    @rule(i=who)
    def draft(self, i: int) -> None:
        token = self.slips[i].token
        with self.db.write() as s:
            found = service.find_by_token(s, token)
            assert (found is not None) == (self.state == "open" and token not in self.given)
            if found:
                service.keep_draft(s, found, token, {"a": i})
                assert service.draft_of(s, found, token) == {"a": i}

    @rule()
    def renew(self) -> None:
        possible = self.secrecy == Secrecy.secret and self.state in ("prepared", "open") and not self.given
        with refused(not possible):
            self.slips = self._do(service.renew_slips)

    @rule()
    def print_again(self) -> None:
        with refused(self.secrecy == Secrecy.secret or self.state in ("closed", "void")):
            assert self._do(service.slips) == self.slips

    @rule()
    def remind(self) -> None:
        self._do(service.mark_participation)
        known = {"named": 0, "confidential": 0, "secret": VOTERS}
        left = len(see(self.db, self.box, service.to_remind))
        assert left >= max(known[self.secrecy], VOTERS - len(self.given))

    @precondition(lambda self: self.state == "open" and len(self.given) >= 3)
    @rule()
    def close(self) -> None:
        self._do(service.close_box)
        self.state = "closed"
        assert service.after_close(self.db, self.box.id)

    @precondition(lambda self: len(self.given) >= 4)
    @rule()
    def void(self) -> None:
        with refused(self.state == "closed"):
            self._do(service.void_box)
            self.state = "void"
            self.receipts.clear()
            assert service.after_close(self.db, self.box.id)

    @invariant()
    def counts_agree(self) -> None:
        if not hasattr(self, "box"):
            return
        assert see(self.db, self.box, service.turnout) == service.Turnout(VOTERS, len(self.given), len(self.paper))
        with self.db.read() as s:
            box = s.get_one(BallotBox, self.box.id)
            assert box.state == self.state
            if self.state == "closed":
                found = sorted(sheet.answers["committee"]["overall"] for sheet in service.sheets(s, box))
                assert found == sorted(self.given.values())
                assert service.receipts(s, box) == sorted(self.receipts.values())
                assert len(service.texts(s, box)) == len(self.given) - len(self.paper)
            else:
                with pytest.raises(Conflict):
                    service.sheets(s, box)
        assert [*invariants._boxes(self.db), *invariants._orphans(self.db)] == []


def test_a_box_follows_the_model(db: Database, cast: Cast) -> None:
    machine = type("Machine", (Voting,), {"db": db, "cast": cast})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
