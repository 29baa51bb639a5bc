"""An assembly against a plain model: whatever is pressed in whatever order, states, presence and quorum agree."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from app.assemblies.meetings import agenda, attendance, conduct, notices, presence, record
from app.assemblies.meetings.models import Assembly, Attendance
from app.core.db import Database
from app.core.errors import Conflict
from tests.assemblies.meetings.helpers import WEEK, WHO, House, house, noon, planned
from tests.cast import Cast

SEATS, ITEMS = 5, 3
NEEDED = SEATS // 2 + 1
seat = st.integers(0, SEATS - 1)


@contextlib.contextmanager
def allowed(so: bool) -> Iterator[None]:
    if so:
        yield
    else:
        with pytest.raises(Conflict):
            yield


class Meeting(RuleBasedStateMachine):
    home: House

    @initialize()
    def prepare(self) -> None:
        self.assembly = planned(self.home, items=ITEMS)
        self.state = "draft"
        self.here: set[int] = set()
        self.past: list[tuple[Any, frozenset[int]]] = []
        self.items = ["pending"] * ITEMS
        self.at = noon()

    def _act(self, action: Any, *args: Any, at: Any = None) -> None:
        self.home.act(action, *args, at or self.at)

    def _tick(self) -> None:
        """What was true until now can be asked for ever after."""
        self.past.append((self.at, frozenset(self.here)))
        self.at += timedelta(seconds=1)

    def _quorum(self) -> bool:
        return len(self.here) >= NEEDED

    @rule()
    def notice(self) -> None:
        version = self.home.read(self.assembly).version
        with allowed(self.state == "draft"):
            self._act(notices.give, self.assembly, "paper", version, at=noon() - WEEK)
            self.state = "noticed"

    @rule(i=seat)
    def arrive(self, i: int) -> None:
        with allowed(self.state in ("noticed", "open", "suspended")):
            self._act(attendance.check_in, self.assembly, self.home.holders[i])
            self.here.add(i)
        self._tick()

    @rule(i=seat)
    def leave(self, i: int) -> None:
        with allowed(self.state in ("noticed", "open", "suspended")):
            self._act(attendance.leave, self.assembly, self.home.holders[i])
            self.here.discard(i)
            if self.state == "open" and not self._quorum():
                self.state = "suspended"
        self._tick()

    @rule()
    def open(self) -> None:
        with allowed(self.state == "open" or (self.state == "noticed" and self._quorum())):
            self._act(conduct.open_, self.assembly)
            self.state = "open"

    @rule()
    def suspend(self) -> None:
        with allowed(self.state == "open"):
            self._act(conduct.suspend, self.assembly, "休息")
            self.state = "suspended"

    @rule()
    def resume(self) -> None:
        with allowed(self.state == "open" or (self.state == "suspended" and self._quorum())):
            self._act(conduct.resume, self.assembly)
            self.state = "open"

    @rule(seen=st.booleans())
    def proceed(self, seen: bool) -> None:
        """The next item; whoever saw another item on the floor moves nothing."""
        with self.home.db.read() as s:
            here = agenda.current(s, self.assembly.id)
        known = (here.id if here else None) if seen else self.assembly.id
        with allowed(self.state == "open"):
            self._act(agenda.proceed, WHO, self.assembly, known)
            if seen:
                self.items = ["done" if item == "current" else item for item in self.items]
                if "pending" in self.items:
                    self.items[self.items.index("pending")] = "current"

    @rule()
    def take_back(self) -> None:
        with allowed(self.state in ("open", "suspended") and set(self.items) == {"pending"}):
            self._act(conduct.undo_opening, self.assembly, "误按")
            self.state = "noticed"

    def _end(self, state: str) -> None:
        self.here.clear()  # nobody is there at the instant at which it ends
        self._tick()
        self.state = state
        self.items = ["put_off" if item in ("pending", "current") else item for item in self.items]

    @rule(abandoned=st.booleans())
    def end(self, abandoned: bool) -> None:
        if self.state == "closed" and not abandoned:
            return  # pressed once more; nothing happens unless it was broken off
        with allowed(self.state in ("open", "suspended")):
            if abandoned:
                self._act(conduct.abandon, WHO, self.assembly, "停电")
            else:
                self._act(conduct.close, WHO, self.assembly)
            self._end("closed")

    @rule()
    def cancel(self) -> None:
        version = self.home.read(self.assembly).version
        with allowed(self.state in ("draft", "noticed")):
            self._act(notices.cancel, WHO, self.assembly, "改日", version)
            self._end("cancelled")

    @invariant()
    def agrees(self) -> None:
        with self.home.db.read() as s:
            found = s.get_one(Assembly, self.assembly.id)
            assert found.state == self.state
            assert [item.state for item in agenda.of(s, found.id)] == self.items
            if self.state != "cancelled":
                now_here = presence.quorum_at(s, found, self.at)
                assert now_here.present == len(self.here) and now_here.holds == self._quorum()
            assert self.state != "open" or self._quorum(), "no meeting goes on without its quorum"
            for at, here in self.past[-6:]:
                assert {p.seat_number - 1 for p in presence.present_at(s, found, at)} == here
            told = [event.seq for event in record.events(s, found.id)]
            assert told == sorted(set(told))
            spans = s.exec(select(Attendance).where(Attendance.assembly_id == found.id)).all()
            still = [span.seat_of_id for span in spans if span.out_at is None]
            assert sorted(still) == sorted(self.home.holders[i] for i in self.here)


def test_any_order_of_presses(db: Database, cast: Cast) -> None:
    Meeting.home = house(db, cast, SEATS)
    run_state_machine_as_test(
        Meeting,
        settings=settings(
            max_examples=8, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
