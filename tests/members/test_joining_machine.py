"""Somebody's way towards joining against a plain model: lists of days, and a ledger of what was confirmed."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import Session, select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.accounts.permissions import Principal
from app.core.clock import add_months, now
from app.core.db import Database
from app.core.errors import DomainError
from app.members import rosters, service
from app.members.joining import checks, courses, requests
from app.members.joining import service as joining
from app.members.joining.models import EventKind, Fact, JoiningEvent, JoiningRequest, RequestState
from app.members.joining.schemas import CorrectionAsk, FactCreate, OverrideAsk
from app.members.models import Affiliation, Branch, Stage
from app.members.schemas import BranchCreate, MemberCreate, StageCreate
from tests.cast import Cast

ENTERED = date(2015, 1, 31)
ORDER = list(Stage)
days = st.integers(0, 84).map(lambda n: add_months(ENTERED, n))
stages = st.sampled_from(ORDER)
FACTS = [fact for fact in Fact if fact != Fact.extension]
OF = {
    Fact.talk: Stage.applicant,
    Fact.review: Stage.activist,
    Fact.training: Stage.development_target,
    Fact.political_review: Stage.development_target,
    Fact.approval: Stage.probationary,
}


class Way(RuleBasedStateMachine):
    db: Database
    cast: Cast

    @initialize()
    def enter(self) -> None:
        with self.db.write() as s:
            director, worker = (principal_for(s, s.get_one(User, self.cast.users[n])) for n in ("王站长", "李网格"))
            self.people = (director, worker)
            branch = s.exec(select(Branch)).first() or service.create_branch(
                s, director, BranchCreate(name="支部", founded_on=date(2010, 7, 1))
            )
            made = service.create(
                s,
                director,
                MemberCreate(
                    name="某人",
                    affiliation=Affiliation.direct,
                    branch_id=branch.id,
                    stage=Stage.applicant,
                    from_on=ENTERED,
                ),
            )
            self.key = made.id
        self.stages: dict[Stage, date] = {Stage.applicant: ENTERED}
        self.facts: set[tuple[Fact, date]] = set()
        self.changes = 0

    def _try(self, work: Any) -> bool:
        try:
            with self.db.write() as s:
                work(s)
        except DomainError:
            return False
        return True

    # --- the model: what the rules of 2014 say, spelled out for one person -------------------------------------

    def _fits(self, stage: Stage, on: date, known: dict[Stage, date]) -> bool:
        return stage not in known and all(
            day != on and (day < on) == (ORDER.index(other) < ORDER.index(stage)) for other, day in known.items()
        )

    def _end(self, stage: Stage) -> date:
        later = [d for d in self.stages.values() if d > self.stages[stage]]
        return min(later, default=date.max)

    def _done(self, fact: Fact, by: date, known: dict[Stage, date]) -> int:
        since = known.get(OF[fact])
        return 0 if since is None else sum(f == fact and since <= d <= by for f, d in self.facts)

    def _allowed(self, stage: Stage, on: date) -> bool:
        before = {s: d for s, d in self.stages.items() if d <= on}
        place = ORDER.index(stage)
        if place == 0 or (before and ORDER[place - 1] not in before):
            return place == 0 and self._next_in_time(stage, on)
        since = before.get(ORDER[place - 1], on)
        if stage == Stage.activist:
            ready = self._done(Fact.talk, on, before) > 0
        elif stage == Stage.development_target:
            halves = sum(add_months(since, 6 * n) <= on for n in range(1, 40))
            ready = add_months(since, 12) <= on and self._done(Fact.review, on, before) >= halves
        elif stage == Stage.probationary:
            ready = all(self._done(x, on, before) > 0 for x in (Fact.training, Fact.political_review))
        else:
            ready = add_months(since, 12) <= on and self._done(Fact.approval, on, before) > 0
        return ready and self._next_in_time(stage, on)

    def _next_in_time(self, stage: Stage, on: date) -> bool:
        place = ORDER.index(stage) + 1
        after = self.stages.get(ORDER[place]) if place < len(ORDER) else None
        waits = 12 if stage in (Stage.activist, Stage.probationary) else 0
        return after is None or add_months(on, waits) <= after

    # --- what is tried -----------------------------------------------------------------------------------------

    @rule(stage=stages, on=days)
    def reach(self, stage: Stage, on: date) -> None:
        wanted = self._fits(stage, on, self.stages) and self._allowed(stage, on)
        done = self._try(
            lambda s: joining.reach_stage(s, self.people[0], self.key, StageCreate(stage=stage, from_on=on))
        )
        assert done == wanted, (stage, on, self.stages, self.facts)
        if done:
            self.stages[stage] = on

    @rule(fact=st.sampled_from(FACTS), on=days)
    def record(self, fact: Fact, on: date) -> None:
        stage = OF[fact]
        wanted = stage in self.stages and self.stages[stage] <= on <= self._end(stage) and (fact, on) not in self.facts
        done = self._try(lambda s: joining.record_fact(s, self.people[0], self.key, FactCreate(fact=fact, on_day=on)))
        assert done == wanted, (fact, on, self.stages)
        if done:
            self.facts.add((fact, on))

    @rule(months=st.integers(12, 20), late=st.integers(0, 3))
    def go_on_by_the_rules(self, months: int, late: int) -> None:
        """The next stage with everything that it asks for, so that the later ones are reached."""
        here = max(self.stages, key=ORDER.index)
        if here == Stage.full:
            return
        since, stage = self.stages[here], ORDER[ORDER.index(here) + 1]
        on = add_months(since, months)
        for fact in [f for f in FACTS if OF[f] == here]:
            for n in range(3 if fact == Fact.review else 1):
                self._record_one(fact, add_months(since, 1 + n + late))
        if self._allowed(stage, on) and self._fits(stage, on, self.stages):
            body = StageCreate(stage=stage, from_on=on)
            assert self._try(lambda s: joining.reach_stage(s, self.people[0], self.key, body))
            self.stages[stage] = on

    def _record_one(self, fact: Fact, on: date) -> None:
        if self._try(lambda s: joining.record_fact(s, self.people[0], self.key, FactCreate(fact=fact, on_day=on))):
            self.facts.add((fact, on))

    @rule(stage=stages, on=days, by=st.integers(0, 1), confirm=st.booleans())
    def override(self, stage: Stage, on: date, by: int, confirm: bool) -> None:
        wanted = self._fits(stage, on, self.stages) and not self._allowed(stage, on)
        body = OverrideAsk(stage=stage, from_on=on, reason="档案为证")
        asked = self._try(lambda s: requests.ask_override(s, self.people[0], self.key, body, now()))
        assert asked == wanted, (stage, on, self.stages, self.facts)
        if asked and self._settle(by, confirm):
            self.stages[stage] = on

    @rule(which=stages, stage=stages, on=days, by=st.integers(0, 1), confirm=st.booleans())
    def correct(self, which: Stage, stage: Stage, on: date, by: int, confirm: bool) -> None:
        if which not in self.stages:
            return
        others = {s: d for s, d in self.stages.items() if s != which}
        same = (stage, on) == (which, self.stages[which])
        with self.db.read() as s:
            key = next(x.id for x in service.stages_of(s, self.key) if x.stage == which)
        body = CorrectionAsk(stage=stage, from_on=on, reason="录入有误")
        asked = self._try(lambda s: requests.ask_correction(s, self.people[0], self.key, key, body, now()))
        assert asked == (not same and self._fits(stage, on, others))
        if asked and self._settle(by, confirm):
            self.stages = {**others, stage: on}

    def _settle(self, by: int, confirm: bool) -> bool:
        """Whoever asked cannot decide; the other one then does. Returns whether it stands."""
        with self.db.read() as s:
            waiting = courses.pending(s, self.key)
            assert waiting is not None
            key = waiting.id

        def decide(person: Principal) -> bool:
            return self._try(lambda s: requests.settle(s, person, self.key, key, confirm=confirm))

        assert decide(self.people[by]) == (by == 1)
        assert by == 1 or decide(self.people[1])
        assert not decide(self.people[1]), "decided once"
        self.changes += confirm
        return confirm

    @invariant()
    def the_record_is_the_model(self) -> None:
        if not hasattr(self, "key"):
            return
        with self.db.read() as s:
            assert {Stage(x.stage): x.from_on for x in service.stages_of(s, self.key)} == self.stages
            events = s.exec(select(JoiningEvent).where(JoiningEvent.member_id == self.key)).all()
            assert sorted(x.seq for x in events) == list(range(1, len(events) + 1))
            assert {(Fact(x.what), x.on_day) for x in events if x.kind == EventKind.fact} == self.facts
            two = [x for x in events if x.kind in (EventKind.override, EventKind.correction)]
            assert len(two) == self.changes and all(x.second_id not in (None, x.by_user_id) for x in two)
            self._counts(s)

    def _counts(self, s: Session) -> None:
        """The stage on the first and the last day of each."""
        for stage, day in self.stages.items():
            last = max((x for x, d in self.stages.items() if d <= day), key=ORDER.index)
            at = s.scalar(
                select(rosters.stage_on(day)).select_from(service.Member).where(service.Member.id == self.key)
            )
            assert at == last == stage

    def teardown(self) -> None:
        with self.db.read() as s:
            open_ = s.exec(select(JoiningRequest).where(JoiningRequest.state == RequestState.asked)).all()
            assert open_ == []
        assert [*checks.joining(self.db)] == []


def test_nobody_skips_the_rules(db: Database, cast: Cast) -> None:
    machine = type("Machine", (Way,), {"db": db, "cast": cast})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=12, stateful_step_count=14, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
