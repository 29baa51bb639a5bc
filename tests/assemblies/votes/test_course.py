"""The course of a vote on bad days: closed twice, quorum lost, voided, recounted, paper that does not reconcile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from app.assemblies.meetings import attendance
from app.assemblies.meetings.models import Assembly, AssemblyEvent
from app.assemblies.motions.models import Motion
from app.assemblies.votes import casting, counting, declaring, electorate, opening, reading, service
from app.assemblies.votes.models import State, Vote, VoteCount
from app.assemblies.votes.schemas import CountEntry, VoteCreate, VoteUpdate
from app.ballots.models import BallotBox, SealedSheet
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, DomainError, Invalid
from tests.assemblies.votes.helpers import FOR, Room, choices, declared, hands, motion, person, room, tap_all, vote
from tests.assemblies.votes.test_verifier import cast_passes
from tests.cast import Cast

PAPER = {"issued": 7, "returned": 6, "unreturned": 1, "valid": 5, "invalid": 1}
SAID = {"votes_for": 4, "votes_against": 1, "abstain": 0}


def state_of(db: Database, vote_id: UUID) -> str:
    with db.read() as s:
        return s.get_one(Vote, vote_id).state


def refused(db: Database, work: Any) -> DomainError:
    with pytest.raises(DomainError) as found, db.write() as s:
        work(s)
    return found.value


def closed_paper(db: Database, cast: Cast) -> UUID:
    made = vote(db, room(db, cast, 9, 7), "secret_paper")
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
    return made


def test_two_tablets_close_and_declare_together(db: Database, cast: Cast) -> None:
    here = room(db, cast, 3, 3)
    made = vote(db, here, "roll_call")
    tap_all(db, made, choices(2, 1))

    def press(step: Any) -> Any:
        with db.write() as s:
            return step(s, person(s, "王站长"), made).state

    with ThreadPoolExecutor(6) as pool:
        assert set(pool.map(press, [counting.close] * 6)) == {"closed"}
        assert set(pool.map(press, [declaring.declare] * 6)) == {"declared"}
    with db.read() as s:
        assert len(counting.counts_of_vote(s, made)) == 1
        assert s.get_one(Vote, made).version == 4  # opened, closed, declared: once each
        steps = [e.data["step"] for e in s.exec(select(AssemblyEvent).where(AssemblyEvent.kind == "vote"))]
    assert steps == ["opened", "closed", "declared"]


def test_losing_the_quorum_voids_what_is_being_voted_on(db: Database, cast: Cast) -> None:
    here, about, at = room(db, cast, 5, 3), motion(db, cast), now()
    open_one = vote(db, here, "secret_pass", motion_id=str(about), question="")
    cast_passes(db, open_one, choices(2))
    finished = hands(db, vote(db, here, "hands"), 2).id
    waiting = vote(db, here, "hands", opened=False)
    with db.write() as s:  # the third of five goes home
        attendance.leave(s, s.get_one(Assembly, here.assembly), here.holders[2], at)
    assert [state_of(db, one) for one in (open_one, finished, waiting)] == ["void", "declared", "draft"]
    with db.read() as s:
        voided = s.get_one(Vote, open_one)
        assert voided.voided_at == at and voided.voided_by is None
        assert "法定人数" in reading.one(s, person(s, "王站长"), voided).void_reason
        assert s.get_one(Motion, about).state == "no_quorum"
        assert s.get_one(Assembly, here.assembly).state == "suspended"
        box = s.get_one(BallotBox, voided.box_id)
        assert (box.state, box.returned) == ("void", 2)
        assert s.exec(select(SealedSheet).where(SealedSheet.box_id == box.id)).first() is None


def test_a_vote_opened_by_mistake_is_voided_and_the_motion_voted_on_again(db: Database, cast: Cast) -> None:
    here, about = room(db, cast, 3, 3), motion(db, cast)
    wrong = vote(db, here, "roll_call", motion_id=str(about), question="")
    with db.write() as s:
        service.void(s, person(s, "王站长"), wrong, "选错了议案")
    again = refused(db, lambda s: service.void(s, person(s, "王站长"), wrong, "再作废一次"))
    assert again.code == "vote_state"
    with db.read() as s:
        assert s.get_one(Motion, about).state == "adjourned"
    right = vote(db, here, "hands", motion_id=str(about), question="")
    assert hands(db, right, 3).outcome == "carried"
    too_late = refused(db, lambda s: service.void(s, person(s, "王站长"), right, "不喜欢这个结果"))
    assert too_late.code == "vote_state" and "另行表决" in too_late.message


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"unreturned": 2}, "发出"),
        ({"invalid": 0}, "收回"),
        ({"votes_for": 5}, "有效"),
        ({"issued": 8, "unreturned": 2}, "多于"),
    ],
)
def test_paper_that_does_not_reconcile_is_kept_and_never_declared(
    db: Database, cast: Cast, wrong: dict[str, int], what: str
) -> None:
    made = closed_paper(db, cast)
    entry = CountEntry(**{**PAPER, **SAID, **wrong})
    with db.write() as s:
        counting.enter(s, person(s, "王站长"), made, entry)
    for step in (lambda s: counting.confirm(s, person(s, "李网格"), made),
                 lambda s: declaring.declare(s, person(s, "王站长"), made)):  # fmt: skip
        no = refused(db, step)
        assert no.code == "does_not_reconcile" and what in no.message
    with db.write() as s:
        counting.enter(s, person(s, "王站长"), made, CountEntry(**PAPER, **SAID, reason="重新清点"))
        counting.confirm(s, person(s, "李网格"), made)
        result = declaring.declare(s, person(s, "王站长"), made)
    assert result.outcome == "carried"
    with db.read() as s:
        assert [count.revision for count in counting.counts_of_vote(s, made)] == [1, 2]


def test_two_people_answer_for_paper(db: Database, cast: Cast) -> None:
    made = closed_paper(db, cast)
    assert refused(db, lambda s: declaring.declare(s, person(s, "王站长"), made)).code == "not_counted"
    assert refused(db, lambda s: counting.confirm(s, person(s, "王站长"), made)).code == "nothing_to_confirm"
    with db.write() as s:
        counting.enter(s, person(s, "王站长"), made, CountEntry(**PAPER, **SAID))
    assert refused(db, lambda s: declaring.declare(s, person(s, "李网格"), made)).code == "not_confirmed"
    assert refused(db, lambda s: counting.confirm(s, person(s, "王站长"), made)).code == "two_people"
    with db.write() as s:
        first = counting.confirm(s, person(s, "李网格"), made)
        assert counting.confirm(s, person(s, "赵网格"), made).confirmed_by == first.confirmed_by
    with db.write() as s:  # whoever counts again asks for another signature
        counting.enter(s, person(s, "赵网格"), made, CountEntry(**PAPER, **SAID, reason="再数一遍"))
    assert refused(db, lambda s: declaring.declare(s, person(s, "王站长"), made)).code == "not_confirmed"


def test_a_recount_says_why_and_a_repeated_press_is_none(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 9, 7), "hands")
    entry = CountEntry(votes_for=4, votes_against=2, abstain=0)
    too_early = refused(db, lambda s: counting.enter(s, person(s, "王站长"), made, entry))
    assert too_early.code == "vote_state"
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
        first = counting.enter(s, person(s, "王站长"), made, entry)
        assert counting.enter(s, person(s, "王站长"), made, entry).id == first.id
    other = CountEntry(votes_for=3, votes_against=3, abstain=0)
    silent = refused(db, lambda s: counting.enter(s, person(s, "王站长"), made, other))
    assert (silent.code, silent.errors[0]["field"]) == ("recount_needs_reason", "reason")
    many = CountEntry(votes_for=8, votes_against=0, abstain=0)
    assert refused(db, lambda s: counting.enter(s, person(s, "王站长"), made, many)).code == "more_than_present"
    with db.write() as s:
        counting.enter(s, person(s, "王站长"), made, other.model_copy(update={"reason": "有人举了两次"}))
        assert declaring.declare(s, person(s, "王站长"), made).outcome == "tied"


def test_what_a_count_by_hand_needs(db: Database, cast: Cast) -> None:
    made = closed_paper(db, cast)
    for missing in PAPER:
        figures = {name: value for name, value in PAPER.items() if name != missing}
        no = refused(db, lambda s, f=figures: counting.enter(s, person(s, "王站长"), made, CountEntry(**f, **SAID)))  # type: ignore[misc]
        assert isinstance(no, Invalid) and no.errors[0]["field"] == missing
    by_house = declared(db, vote(db, room_of(db, made), "roll_call")).id
    counted = refused(db, lambda s: counting.enter(s, person(s, "王站长"), by_house, CountEntry(**SAID)))
    assert counted.code == "vote_method"


def room_of(db: Database, vote_id: UUID) -> Any:
    with db.read() as s:
        return Room(s.get_one(Vote, vote_id).assembly_id or UUID(int=0), [])


def test_owners_matters_are_the_owners_own(db: Database, cast: Cast) -> None:
    here = room(db, cast, 3, 3)
    about = motion(db, cast, matter="owners")
    for changes in ({"motion_id": str(about), "question": ""}, {"matter": "owners_special"}):
        with pytest.raises(Conflict) as no:
            vote(db, here, "hands", opened=False, **changes)
        assert (no.value.code == "owners_matter" and "278" in no.value.message) or "二百七十八" in no.value.message
    with pytest.raises(Invalid):
        vote(db, here, "owners", opened=False, matter="owners")
    with pytest.raises(Invalid):
        vote(db, None, "hands", opened=False)


def test_a_draft_is_changed_and_deleted_and_nothing_else_is(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 3, 3), "hands", opened=False)
    data = VoteUpdate.model_validate({"question": "改名", "matter": "special", "method": "roll_call"})
    with db.write() as s:
        service.update(s, person(s, "王站长"), made, data, 1)
    assert refused(db, lambda s: service.update(s, person(s, "王站长"), made, data, 1)).code == "stale_version"
    with db.write() as s:
        opening.open_vote(s, person(s, "王站长"), made)
    for step in (lambda s: service.update(s, person(s, "王站长"), made, data, 3),
                 lambda s: service.remove(s, person(s, "王站长"), made, 3)):  # fmt: skip
        assert refused(db, step).code == "vote_state"


def test_the_past_is_told_as_it_was(db: Database, cast: Cast) -> None:
    """A demo tells of 2012 through the same services."""
    at = datetime(2012, 6, 30, 2, tzinfo=UTC)
    here = room(db, cast, 5, 4, at)
    with db.write() as s:
        who = person(s, "王站长")
        data = VoteCreate(assembly_id=here.assembly, question="健身地垫", method="roll_call")
        made = service.create(s, who, data, at)
        opening.open_vote(s, who, made.id, at)
        for elector in electorate.present(s, made.id):
            casting.tap(s, who, made.id, elector.id, FOR, at + timedelta(minutes=1))
        counting.close(s, who, made.id, at + timedelta(minutes=2))
        result = declaring.declare(s, who, made.id, "铺设健身地垫", at + timedelta(minutes=3))
        assert (result.resolution_number, result.resolution_text) == ("2012-0001", "铺设健身地垫")
        assert result.opened_at == at and result.outcome == "carried"


# --- any order of presses ----------------------------------------------------------------------------------------


class Course(RuleBasedStateMachine):
    """Whatever is pressed in whatever order: the graph holds, counts only grow, a declared result stays."""

    db: Database
    cast: Cast

    def __init__(self) -> None:
        super().__init__()
        with self.db.read() as s:
            here = s.exec(select(Vote.assembly_id).where(Vote.assembly_id.is_not(None))).first()  # type: ignore[union-attr]
        with self.db.write() as s:
            data = VoteCreate(assembly_id=here, question="任意次序", method="secret_paper")
            self.vote = service.create(s, person(s, "王站长"), data).id
        self.seen: list[str] = ["draft"]
        self.result: Any = None

    def _do(self, work: Any) -> None:
        try:
            with self.db.write() as s:
                work(s)
        except DomainError as no:
            assert no.status in (409, 422), no.message

    @rule()
    def opens(self) -> None:
        self._do(lambda s: opening.open_vote(s, person(s, "王站长"), self.vote))

    @rule()
    def closes(self) -> None:
        self._do(lambda s: counting.close(s, person(s, "李网格"), self.vote))

    @rule(who=st.sampled_from(["王站长", "李网格"]), wrong=st.booleans(), reason=st.sampled_from(["", "重数"]))
    def counts(self, who: str, wrong: bool, reason: str) -> None:
        entry = CountEntry(**{**PAPER, **SAID, "invalid": 0 if wrong else 1}, reason=reason)
        self._do(lambda s: counting.enter(s, person(s, who), self.vote, entry))

    @rule(who=st.sampled_from(["王站长", "李网格"]))
    def confirms(self, who: str) -> None:
        self._do(lambda s: counting.confirm(s, person(s, who), self.vote))

    @rule()
    def declares(self) -> None:
        self._do(lambda s: declaring.declare(s, person(s, "王站长"), self.vote))

    @rule()
    def voids(self) -> None:
        self._do(lambda s: service.void(s, person(s, "王站长"), self.vote, "试试"))

    @invariant()
    def holds(self) -> None:
        with self.db.read() as s:
            made = s.get_one(Vote, self.vote)
            counts = s.exec(select(VoteCount).where(VoteCount.vote_id == self.vote)).all()
        if made.state != self.seen[-1]:
            assert State(made.state) in NEXT[State(self.seen[-1])]
            self.seen.append(made.state)
        assert sorted(count.revision for count in counts) == list(range(1, len(counts) + 1))
        if made.state == State.declared:
            last = max(counts, key=lambda count: count.revision)
            assert last.confirmed_by not in (None, last.entered_by) and not counting.problems(made, last)
            self.result = self.result or (made.outcome, made.decision, made.version)
            assert self.result == (made.outcome, made.decision, made.version)


NEXT = {
    State.draft: {State.open, State.void}, State.open: {State.closed, State.void},
    State.closed: {State.declared, State.void}, State.declared: set(), State.void: set(),
}  # fmt: skip


def test_presses_in_any_order(db: Database, cast: Cast) -> None:
    vote(db, room(db, cast, 9, 7), "hands", opened=False)
    Course.db, Course.cast = db, cast
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Course,
        settings=settings(
            max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
