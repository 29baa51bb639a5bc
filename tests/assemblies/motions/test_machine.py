"""Motions against a plain model: whatever is done in whatever order, the state follows the graph and its events.

Both engines; a motion, amendments to it and duplicates are handled by several people at random.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, col, select

from app.accounts.permissions import Principal
from app.assemblies.motions import checks, handling, proposing, service, states
from app.assemblies.motions.models import EventKind, Motion, MotionCorrection, MotionEvent
from app.assemblies.motions.models import MotionState as S
from app.assemblies.rules.decide import Outcome
from app.core.clock import now
from app.core.db import Database
from app.core.errors import DomainError
from app.core.models import new_id
from tests.assemblies.motions.helpers import bring, person, seat_representatives
from tests.cast import Cast

MOTIONS = 5
which = st.integers(0, MOTIONS - 1)
Step = Callable[[Session, Principal, Motion], Any]


def _correct(s: Session, who: Principal, motion: Motion) -> None:
    for to in (S.submitted, S.returned, S.withdrawn, S.scheduled):
        if to in handling.correctable(motion):
            handling.ask_correction(s, who, motion, to, "记错了", now())
            return


def _settle(confirm: bool) -> Step:
    def settle(s: Session, who: Principal, motion: Motion) -> None:
        asked = handling.open_correction(s, motion.id)
        if asked:
            handling.settle_correction(s, who, motion, asked.id, now(), confirm=confirm)

    return settle


ASSEMBLY, VOTE = new_id(), new_id()
STEPS: dict[str, Step] = {
    "submit": lambda s, who, m: proposing.submit(s, who, m, now()),
    "admit": lambda s, who, m: handling.admit(s, who, m, now()),
    "return": lambda s, who, m: service.move(s, who, m, S.returned, now(), reason="请补充"),
    "withdraw": lambda s, who, m: proposing.withdraw(s, who, m, now(), "不办了"),
    "schedule": lambda s, who, m: service.schedule(s, who, m, ASSEMBLY, now()),
    "unschedule": lambda s, who, m: service.unschedule(s, who, m, now(), "改期"),
    "debate": lambda s, who, m: service.to_debate(s, who, m, now()),
    "vote": lambda s, who, m: service.to_voting(s, who, m, now(), VOTE),
    "carry": lambda s, who, m: service.decided(s, who, m, Outcome.carried, VOTE, now()),
    "reject": lambda s, who, m: service.decided(s, who, m, Outcome.tied, VOTE, now()),
    "fail": lambda s, who, m: service.decided(s, who, m, Outcome.no_quorum, VOTE, now()),
    "void": lambda s, who, m: service.decided(s, who, m, "adjourned", VOTE, now(), reason="作废"),
    "resume": lambda s, who, m: service.resume(s, who, m, ASSEMBLY, now()),
    "correct": _correct,
    "confirm": _settle(True),
    "refuse": _settle(False),
}


class Handling(RuleBasedStateMachine):
    db: Database
    cast: Cast

    @initialize()
    def prepare(self) -> None:
        with self.db.write() as s:
            first = bring(s, "甲", submit=False)
            duplicate = bring(s, "乙")
            handling.admit(s, person(s, "王站长"), duplicate, now())
            amendments = [bring(s, f"修{n}", parent_id=duplicate.id, reach=n) for n in (3, 7)]
            third = bring(s, "丙")
            self.ids = [m.id for m in (first, duplicate, *amendments, third)]
            self.people = [person(s, name) for name in ("王站长", "李网格")]
        self.model = self._read()

    def _read(self) -> dict[UUID, tuple[str, int]]:
        """State and number of events of each."""
        with self.db.read() as s:
            rows = s.exec(select(Motion).where(col(Motion.id).in_(self.ids))).all()
            last = {m.id: s.exec(select(MotionEvent.seq).where(MotionEvent.motion_id == m.id)).all() for m in rows}
            return {m.id: (m.state, len(last[m.id])) for m in rows}

    def _do(self, n: int, by: int, step: Step) -> bool:
        before = self.model
        try:
            with self.db.write() as s:
                step(s, self.people[by], s.get_one(Motion, self.ids[n]))
            done = True
        except DomainError:
            done = False
        self.model = self._read()
        if not done:
            assert self.model == before, "a refused step leaves nothing behind"
        return done

    @rule(n=which, by=st.integers(0, 1), name=st.sampled_from(sorted(STEPS)))
    def take_a_step(self, n: int, by: int, name: str) -> None:
        self._do(n, by, STEPS[name])

    @rule(n=which, way=st.integers(1, 4))
    def go_on(self, n: int, way: int) -> None:
        """Several steps in their order, so that the later states are reached."""
        for name in ("submit", "admit", "schedule", "debate", "vote")[:way]:
            self._do(n, 0, STEPS[name])

    @rule(n=which, into=which)
    def merge(self, n: int, into: int) -> None:
        self._do(n, 0, lambda s, who, m: handling.merge(s, who, m, self.ids[into], now()))

    @invariant()
    def the_events_tell_the_state(self) -> None:
        if not hasattr(self, "ids"):
            return
        with self.db.read() as s:
            for motion in s.exec(select(Motion).where(col(Motion.id).in_(self.ids))):
                events = s.exec(
                    select(MotionEvent).where(MotionEvent.motion_id == motion.id).order_by(col(MotionEvent.seq))
                ).all()
                self._follow(motion, list(events))
            for asked in s.exec(select(MotionCorrection)):
                assert asked.decided_by != asked.asked_by

    def teardown(self) -> None:
        assert [*checks.histories(self.db)] == []

    def _follow(self, motion: Motion, events: list[MotionEvent]) -> None:
        state = S.draft
        for number, event in enumerate(events, start=1):
            assert event.seq == number and event.from_state == state
            if event.kind == EventKind.move:
                assert event.to_state in states.GRAPH[state]
            else:
                assert event.second_name and event.actor_id != event.second_id and event.reason
                assert S(event.to_state) not in states.NOT_BY_CORRECTION
                assert state not in (S.carried, S.rejected, S.voting)
            state = S(event.to_state)
        assert motion.state == state
        assert (motion.merged_into_id is not None) == (state == S.merged)
        if state in (S.scheduled, S.debated, S.voting):
            assert motion.assembly_id is not None

    @invariant()
    def nothing_is_voted_on_before_its_amendments(self) -> None:
        if not hasattr(self, "ids"):
            return
        _first, parent, near, far, _third = (self.model[i][0] for i in self.ids)
        if parent in (S.carried, S.rejected):
            assert near not in (S.voting,) and far not in (S.voting,)


def test_motions_follow_the_graph(db: Database, cast: Cast) -> None:
    seat_representatives(db, cast)
    machine = type("Machine", (Handling,), {"db": db, "cast": cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
