"""One seat, one vote: whoever presses, on whichever tablet, however often and however parallel."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlmodel import col, select

from app.assemblies.meetings.models import Assembly, Attendance
from app.assemblies.votes import casting, counting, electorate, opening, service
from app.assemblies.votes.models import Choice, Vote, VoteElector
from app.assemblies.votes.schemas import Cast as OwnVote
from app.assemblies.votes.schemas import VoteCreate
from app.core.audit import AuditEntry
from app.core.clock import now
from app.core.db import Database
from app.core.errors import Conflict, NotFound, StaleVersion
from tests.assemblies.votes.helpers import ABSTAIN, AGAINST, FOR, arrive, motion, person, room, tap_all, vote
from tests.cast import Cast

PRESSES = 12


def elector(db: Database, vote_id: UUID, position: int) -> VoteElector:
    with db.read() as s:
        return next(one for one in electorate.electors(s, vote_id) if one.position == position)


def entries(db: Database, action: str) -> int:
    with db.read() as s:
        return len(s.exec(select(AuditEntry).where(AuditEntry.action == action)).all())


def at_once(work: Callable[[int], Any]) -> list[Any]:
    """So many presses at the same time; a refusal is an answer too."""

    def press(number: int) -> Any:
        try:
            return work(number)
        except Conflict as refused:
            return refused.code

    with ThreadPoolExecutor(PRESSES) as pool:
        return list(pool.map(press, range(PRESSES)))


def test_many_presses_for_one_seat_are_one_vote(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 3, 3), "roll_call")
    seat = elector(db, made, 2)

    def press(number: int) -> str:
        with db.write() as s:
            choice = (FOR, AGAINST, ABSTAIN)[number % 3]
            return str(casting.tap(s, person(s, "李网格"), made, seat.id, choice).choice)

    answers = at_once(press)
    stands = elector(db, made, 2).choice
    assert answers.count(stands) == PRESSES // 3  # the same press again changes nothing and is no error
    assert answers.count("already_voted") == PRESSES - PRESSES // 3
    assert entries(db, "vote.cast") == 1


def test_one_press_from_the_phone_and_one_from_the_clerk_at_once(
    db: Database, cast: Cast, visit_as: Callable[[str | None], Any]
) -> None:
    made = vote(db, room(db, cast, 3, 3), "roll_call")
    seat = elector(db, made, 1)
    phone, clerk = visit_as("周代表"), visit_as("李网格")

    def press(number: int) -> int:
        if number % 2:
            sent = phone.post(f"/votes/{made}/cast", json={"choice": "for"})
        else:
            sent = clerk.post(f"/votes/{made}/electors/{seat.id}", json={"choice": "against"})
        return int(sent.status_code)

    answers = at_once(press)
    assert sorted(set(answers)) == [200, 409] and answers.count(200) == PRESSES // 2
    assert entries(db, "vote.cast") == 1


def test_nobody_slips_in_while_the_vote_is_closed_on_several_tablets(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, PRESSES, PRESSES), "roll_call")
    with db.read() as s:
        seats = [one.id for one in electorate.electors(s, made)]

    def press(number: int) -> str:
        with db.write() as s:
            if number % 3 == 2:
                return str(counting.close(s, person(s, "王站长"), made).state)
            return str(casting.tap(s, person(s, "李网格"), made, seats[number], FOR).choice)

    answers = at_once(press)
    assert set(answers) <= {"closed", "for", "vote_state"} and answers.count("closed") == PRESSES // 3
    with db.read() as s:
        counts = counting.counts_of_vote(s, made)
        assert [count.returned for count in counts] == [answers.count("for")] == [electorate.returned(s, made)]


def test_one_motion_is_put_to_one_vote(db: Database, cast: Cast) -> None:
    here, about = room(db, cast, 3, 3), motion(db, cast)

    def press(_number: int) -> str:
        with db.write() as s:
            data = VoteCreate(assembly_id=here.assembly, motion_id=about, method="hands")
            return str(service.create(s, person(s, "王站长"), data).state)

    assert sorted(at_once(press)) == ["draft"] + ["vote_exists"] * (PRESSES - 1)


# --- who may, and when -----------------------------------------------------------------------------------------


def test_whoever_was_not_there_at_the_opening_does_not_vote(db: Database, cast: Cast) -> None:
    here = room(db, cast, 5, 4)
    made = vote(db, here, "roll_call")
    with db.write() as s:
        arrive(s, s.get_one(Assembly, here.assembly), here.holders[4], now())
    with pytest.raises(Conflict) as refused, db.write() as s:
        casting.tap(s, person(s, "李网格"), made, elector(db, made, 5).id, FOR)
    assert refused.value.code == "not_present"


def test_whoever_left_does_not_vote_any_more(db: Database, cast: Cast) -> None:
    here = room(db, cast, 5, 5)
    made = vote(db, here, "roll_call")
    with db.write() as s:
        came = s.exec(select(Attendance).where(Attendance.holder_id == here.holders[0])).one()
        came.out_at = now()
    for press in (lambda s: casting.cast(s, person(s, "周代表"), made, OwnVote(choice=FOR)),
                  lambda s: casting.tap(s, person(s, "李网格"), made, elector(db, made, 1).id, FOR)):  # fmt: skip
        with pytest.raises(Conflict) as refused, db.write() as s:
            press(s)
        assert refused.value.code == "not_present"


def test_a_proxy_votes_for_the_absent_while_he_is_there(db: Database, cast: Cast) -> None:
    here = room(db, cast, 5, 4)
    with db.write() as s:
        assembly = s.get_one(Assembly, here.assembly)
        carried = arrive(s, assembly, here.holders[0], now() - timedelta(minutes=2), carries=here.holders[4]).id
    made = vote(db, here, "roll_call")
    absent = elector(db, made, 5)
    assert absent.present and absent.proxy_id == here.holders[0]
    with db.write() as s:
        own = casting.cast(s, person(s, "周代表"), made, OwnVote(choice=FOR))
        proxy = casting.cast(s, person(s, "周代表"), made, OwnVote(choice=AGAINST, elector_id=absent.id))
        assert (own.position, own.choice, proxy.position, proxy.choice) == (1, FOR, 5, AGAINST)
    again = vote(db, here, "roll_call")
    with db.write() as s:
        for interval in s.exec(select(Attendance).where(col(Attendance.holder_id) == here.holders[0])):
            interval.out_at = now()
        assert s.get_one(Attendance, carried).out_at is not None
    with pytest.raises(Conflict) as refused, db.write() as s:
        casting.tap(s, person(s, "李网格"), again, elector(db, again, 5).id, FOR)
    assert refused.value.code == "not_present"


def test_nobody_votes_for_a_seat_that_is_not_his(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 5, 5), "roll_call")
    with pytest.raises(Conflict) as refused, db.write() as s:
        casting.cast(s, person(s, "周代表"), made, OwnVote(choice=FOR, elector_id=elector(db, made, 2).id))
    assert refused.value.code == "not_an_elector"
    other = vote(db, None, "owners", matter="owners", opened=False)
    with pytest.raises(NotFound), db.write() as s:
        casting.tap(s, person(s, "外主任"), made, elector(db, made, 2).id, FOR)
    with pytest.raises(Conflict), db.write() as s:
        casting.tap(s, person(s, "王站长"), other, elector(db, made, 2).id, FOR)


def test_a_wrong_tap_is_corrected_with_a_reason_and_a_phone_never(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 3, 3), "roll_call")
    with db.write() as s:
        casting.cast(s, person(s, "周代表"), made, OwnVote(choice=FOR))
    tap_all(db, made, [FOR, AGAINST, AGAINST])
    second = elector(db, made, 2)

    def correct(position: int, version: int | None, choice: Choice) -> None:
        with db.write() as s:
            one = elector(db, made, position)
            casting.correct(s, person(s, "李网格"), made, one.id, choice, "听错了", version)

    with pytest.raises(Conflict) as refused:
        correct(1, elector(db, made, 1).version, AGAINST)
    assert refused.value.code == "not_correctable"
    correct(2, second.version, FOR)
    with pytest.raises(StaleVersion):
        correct(2, second.version, ABSTAIN)
    with db.write() as s:
        counting.close(s, person(s, "王站长"), made)
    correct(3, elector(db, made, 3).version, ABSTAIN)
    with db.read() as s:
        counts = [(c.votes_for, c.votes_against, c.abstain, c.reason) for c in counting.counts_of_vote(s, made)]
    assert counts == [(2, 1, 0, ""), (2, 0, 1, "听错了")]


def test_the_frozen_list_never_changes(db: Database, cast: Cast) -> None:
    """The database itself refuses, whatever a program tries."""
    made = vote(db, room(db, cast, 3, 3), "roll_call")
    for change in ("present", "gone"):
        with pytest.raises(Exception, match="never changes"), db.write() as s:
            one = s.exec(select(VoteElector).where(VoteElector.vote_id == made)).first()
            assert one is not None
            if change == "present":
                one.present = False
            else:
                s.delete(one)
            s.flush()


def test_a_second_press_on_open_changes_nothing(db: Database, cast: Cast) -> None:
    made = vote(db, room(db, cast, 3, 3), "roll_call", opened=False)

    def press(_number: int) -> str:
        with db.write() as s:
            return str(opening.open_vote(s, person(s, "王站长"), made).state)

    assert at_once(press) == ["open"] * PRESSES
    with db.read() as s:
        assert s.get_one(Vote, made).version == 2
        assert len(electorate.electors(s, made)) == 3
