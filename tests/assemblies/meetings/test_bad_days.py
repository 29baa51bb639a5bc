"""The bad days of an assembly: each has one defined outcome."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from app.assemblies.meetings import agenda, attendance, conduct, notices, reading, record
from app.assemblies.meetings.models import AgendaItem, Assembly, Attendance
from app.assemblies.meetings.schemas import AssemblyMerge, AssemblyMove, ItemCreate
from app.assemblies.models import SeatHolder
from app.core.clock import today
from app.core.db import Database
from app.core.errors import DomainError
from app.core.events import QuorumLost
from tests.assemblies.meetings.helpers import (
    WEEK,
    WHO,
    House,
    choose_rules,
    house,
    motion,
    noon,
    noticed,
    opened,
    person,
    planned,
    quorum,
    state_of,
)
from tests.cast import Cast

MINUTE = timedelta(minutes=1)


@pytest.fixture
def home(db: Database, cast: Cast) -> House:
    return house(db, cast)


def refused(code: str, home: House, action: Any, *args: Any, **kwargs: Any) -> DomainError:
    with pytest.raises(DomainError) as caught:
        home.act(action, *args, **kwargs)
    assert caught.value.code == code, caught.value.message
    return caught.value


def kinds(home: House, assembly: Assembly) -> list[str]:
    with home.db.read() as s:
        return [event.kind for event in record.events(s, assembly.id)]


def test_notice_must_come_in_time_and_the_rule_is_quoted(home: House) -> None:
    late = planned(home)
    error = refused("notice_period", home, notices.give, late, "paper", 1, noon() - 4 * timedelta(days=1))
    assert error.status == 409
    assert "居民自治章程（示例）：会议通知" in error.message and "软件自带的示例" in error.message
    home.act(notices.give, late, "paper", 1, noon() - 5 * timedelta(days=1))
    assert home.read(late).state == "noticed"


def test_a_meeting_opens_on_its_day_with_its_quorum_only(home: House) -> None:
    assembly = noticed(home)
    refused("assembly_state", home, conduct.resume, assembly, noon())
    refused("wrong_day", home, conduct.open_, assembly, noon() - WEEK)
    refused("wrong_day", home, attendance.check_in, assembly, home.holders[0], noon() - WEEK)
    home.came(assembly, 5, noon())
    error = refused("no_quorum", home, conduct.open_, assembly, noon())
    assert "到会 5 人，应到 10 人，至少要 6 人" in error.message
    assert "居民自治章程（示例）：到会" in error.message
    home.came(assembly, 6, noon())
    home.act(conduct.open_, assembly, noon())
    home.act(conduct.open_, assembly, noon() + MINUTE)  # the other tablet
    assert kinds(home, assembly).count("opened") == 1
    assert home.read(assembly).opened_at == noon()


def test_losing_the_quorum_suspends_and_tells_the_votes(home: House, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[QuorumLost] = []
    monkeypatch.setattr(conduct, "publish", lambda _s, happened: told.append(happened))
    assembly = opened(home, 7)
    home.go(assembly, [7], noon() + MINUTE)
    assert home.read(assembly).state == "open" and not told
    home.go(assembly, [6], noon() + 2 * MINUTE)
    assert home.read(assembly).state == "suspended"
    assert told == [QuorumLost(assembly.id, noon() + 2 * MINUTE)]
    home.go(assembly, [5], noon() + 3 * MINUTE)
    assert len(told) == 1, "what is suspended already is not suspended again"
    refused("no_quorum", home, conduct.resume, assembly, noon() + 4 * MINUTE)
    home.came(assembly, 6, noon() + 5 * MINUTE)
    home.act(conduct.resume, assembly, noon() + 6 * MINUTE)
    assert home.read(assembly).state == "open" and home.read(assembly).suspended_reason == ""
    # presence is a set of intervals: any instant of the past can be asked for
    for minutes, present in [(0, 7), (1, 6), (2, 5), (3, 4), (5, 6)]:
        found = quorum(home, assembly, noon() + minutes * MINUTE)
        assert (found.present, found.holds) == (present, present > 5), minutes
    happened = [k for k in kinds(home, assembly) if k in ("opened", "quorum_lost", "resumed")]
    assert happened == ["opened", "quorum_lost", "resumed"]


def _replace(home: House, number: int, name: str) -> Any:
    """The seat changes hands on the day before the meeting."""
    with home.db.write() as s:
        old = s.get_one(SeatHolder, home.holders[number - 1])
        old.to_on = today() - timedelta(days=2)
        new = SeatHolder(
            community_id=old.community_id, seat_id=old.seat_id, name=name, from_on=today() - timedelta(days=1)
        )
        s.add(new)
        s.flush()
        return new.id


def test_a_representative_is_replaced_between_notice_and_meeting(home: House) -> None:
    assembly = noticed(home)
    newcomer = _replace(home, 3, "新代表")
    error = refused("not_entitled", home, attendance.check_in, assembly, home.holders[2], noon())
    assert "代表03" in error.message and "新代表" in error.message
    with home.db.read() as s:
        found = s.get_one(Assembly, assembly.id)
        assert [seat.name for seat in notices.untold(s, found)] == ["新代表"]
        proof = {one.name: one for one in reading.notice_proof(s, person(s, "王站长"), found).recipients}
    assert proof["代表03"].replaced and proof["代表03"].code == ""
    assert proof["新代表"].notified_at is None
    home.act(notices.tell, assembly, [newcomer], "phone", noon() - timedelta(hours=2))
    home.act(notices.tell, assembly, [newcomer], "phone", noon())  # told once, also when pressed twice
    home.act(attendance.check_in, assembly, newcomer, noon())
    assert kinds(home, assembly).count("told") == 1


def test_a_moved_meeting_is_noticed_anew(home: House) -> None:
    assembly = noticed(home)
    soon = AssemblyMove(scheduled_at=noon(today() + timedelta(days=1)), place="三楼", reason="停电")
    refused("notice_period", home, notices.move, assembly, soon, 2, noon() - timedelta(days=1))
    later = soon.model_copy(update={"scheduled_at": noon(today() + timedelta(days=6))})
    moved = home.act(notices.move, assembly, later, home.read(assembly).version, noon())
    assert (moved.state, moved.notice_number, moved.noticed_at) == ("noticed", 2, noon())
    refused("wrong_day", home, conduct.open_, assembly, noon())
    with home.db.read() as s:
        assert len(notices.recipients(s, s.get_one(Assembly, assembly.id))) == 10


def test_two_meetings_become_one(home: House) -> None:
    due = motion(home)
    first, second = planned(home, items=1), noticed(home, today() + timedelta(days=6), items=1)
    home.act(agenda.add, WHO, first, ItemCreate(kind="motion", motion_id=due), noon() - WEEK)
    home.act(
        notices.merge, WHO, first, AssemblyMerge(into_id=second.id, reason="合并召开"), home.read(first).version, noon()
    )
    ended, kept = home.read(first), home.read(second)
    assert (ended.state, ended.merged_into_id, kept.notice_number) == ("cancelled", second.id, 2)
    with home.db.read() as s:
        listed = agenda.of(s, second.id)
        assert [(item.title, item.late_reason) for item in listed] == [
            ("报告1", ""),
            ("报告1", "合并召开"),
            ("2026-01 议案1", "合并召开"),
        ]
        assert agenda.of(s, first.id) == []
    assert state_of(home, due) == "scheduled"


@pytest.mark.parametrize("how", ["cancelled", "abandoned", "closed"])
def test_motions_of_a_meeting_that_did_not_come_to_them_wait_for_another(home: House, how: str) -> None:
    due, debated = motion(home, 1), motion(home, 2)
    assembly = planned(home, items=0)
    for motion_id in (debated, due):
        home.act(agenda.add, WHO, assembly, ItemCreate(kind="motion", motion_id=motion_id), noon() - WEEK)
    home.act(notices.give, assembly, "paper", 1, noon() - WEEK)
    if how == "cancelled":
        home.act(notices.cancel, WHO, assembly, "台风", home.read(assembly).version, noon())
    else:
        home.came(assembly, 10, noon())
        home.act(conduct.open_, assembly, noon())
        home.act(agenda.proceed, WHO, assembly, None, noon())
        assert state_of(home, debated) == "debated"
        end = conduct.close if how == "closed" else conduct.abandon
        home.act(end, WHO, assembly, *(["火警"] if how == "abandoned" else []), noon() + MINUTE)
    found = home.read(assembly)
    assert found.state == ("cancelled" if how == "cancelled" else "closed")
    assert found.abandoned == (how == "abandoned")
    assert state_of(home, due) == "admitted"
    assert state_of(home, debated) == ("admitted" if how == "cancelled" else "adjourned")
    with home.db.read() as s:
        assert {item.state for item in agenda.of(s, assembly.id)} == {"put_off"}
        assert s.exec(select(Attendance).where(col(Attendance.out_at).is_(None))).first() is None
    refused("assembly_state", home, notices.cancel, WHO, assembly, "再取消", home.read(assembly).version, noon())
    again = planned(home, today() + timedelta(days=9), items=0)
    home.act(agenda.add, WHO, again, ItemCreate(kind="motion", motion_id=debated), noon() + 2 * MINUTE)
    assert state_of(home, debated) == "scheduled"


def test_an_opening_by_mistake_is_taken_back_until_something_was_dealt_with(home: House) -> None:
    assembly = opened(home)
    home.act(conduct.undo_opening, assembly, "按错了", noon() + MINUTE)
    assert home.read(assembly).state == "noticed" and home.read(assembly).opened_at is None
    home.act(conduct.open_, assembly, noon() + 2 * MINUTE)
    home.act(agenda.proceed, WHO, assembly, None, noon() + 3 * MINUTE)
    refused("already_begun", home, conduct.undo_opening, assembly, "又按错了", noon() + 4 * MINUTE)
    assert [k for k in kinds(home, assembly) if "open" in k] == ["opened", "opening_undone", "opened"]


def test_a_check_in_by_mistake_never_counted(home: House) -> None:
    assembly = noticed(home)
    home.came(assembly, 2, noon())
    home.act(attendance.leave, assembly, home.holders[1], noon() + MINUTE, mistaken=True)
    assert quorum(home, assembly, noon()).present == 1
    assert kinds(home, assembly)[-1] == "arrival_undone"


@pytest.mark.parametrize(
    ("what", "code"),
    [("update", "assembly_state"), ("add", "agenda_fixed"), ("shift", "assembly_state"), ("remove", "assembly_state")],
)
def test_the_agenda_is_fixed_by_the_notice(home: House, what: str, code: str) -> None:
    assembly = noticed(home)
    with home.db.read() as s:
        item = agenda.of(s, assembly.id)[0]
    acts: dict[str, tuple[Any, ...]] = {
        "update": (agenda.update, assembly, item, agenda.ItemUpdate(title="别的"), item.version),
        "add": (agenda.add, WHO, assembly, ItemCreate(title="临时加一项", late_reason="急"), noon()),
        "shift": (agenda.shift, assembly, item, agenda.Direction.down),
        "remove": (agenda.remove, WHO, assembly, item, item.version, noon()),
    }
    refused(code, home, *acts[what])


def test_a_late_item_needs_rules_that_allow_it_and_a_reason(home: House) -> None:
    choose_rules(home, late_item=True)
    assembly = noticed(home)
    refused("missing", home, agenda.add, WHO, assembly, ItemCreate(title="临时加一项"), noon())
    home.act(agenda.add, WHO, assembly, ItemCreate(title="临时加一项", late_reason="水管爆裂"), noon())
    assert kinds(home, assembly)[-1] == "late_item"


def test_proxies_count_while_their_carrier_is_there_and_as_many_as_the_rules_allow(home: House) -> None:
    assembly = noticed(home)
    home.came(assembly, 5, noon())
    error = refused(
        "proxy_not_allowed", home, attendance.give_proxy, assembly, home.holders[0], home.holders[8], noon()
    )
    assert "居民自治章程（示例）：表决" in error.message
    home.act(notices.cancel, WHO, assembly, "换规则", home.read(assembly).version, noon())
    choose_rules(home, proxy={"allowed": True, "per_holder": 1})
    assembly = opened(home, 6)
    give = attendance.give_proxy
    refused("present", home, give, assembly, home.holders[0], home.holders[1], noon())
    refused("not_present", home, give, assembly, home.holders[7], home.holders[8], noon())
    home.act(give, assembly, home.holders[0], home.holders[8], noon() + MINUTE)
    home.act(give, assembly, home.holders[0], home.holders[8], noon() + MINUTE)  # pressed twice
    refused("too_many_proxies", home, give, assembly, home.holders[0], home.holders[9], noon() + MINUTE)
    refused("present", home, give, assembly, home.holders[1], home.holders[8], noon() + MINUTE)
    assert quorum(home, assembly, noon() + MINUTE).present == 7
    home.go(assembly, [6], noon() + 2 * MINUTE)
    assert home.read(assembly).state == "open", "six count: five and one carried"
    home.go(assembly, [1], noon() + 3 * MINUTE)
    assert quorum(home, assembly, noon() + 3 * MINUTE).present == 4, "the carrier and what he carried are gone"
    assert home.read(assembly).state == "suspended"
    home.came(assembly, 1, noon() + 4 * MINUTE)
    assert quorum(home, assembly, noon() + 4 * MINUTE).present == 6
    home.act(attendance.check_in, assembly, home.holders[8], noon() + 5 * MINUTE)  # came after all
    home.go(assembly, [1], noon() + 6 * MINUTE)
    assert quorum(home, assembly, noon() + 6 * MINUTE).present == 5


@pytest.mark.parametrize("what", ["arrive", "next", "leave", "open"])
def test_two_tablets_press_together(home: House, what: str) -> None:
    """The same press at two tablets at the same time has the effect of one."""
    assembly = noticed(home) if what in ("arrive", "open") else opened(home, 6)
    if what == "open":
        home.came(assembly, 10, noon())
    acts: dict[str, tuple[Any, ...]] = {
        "arrive": (attendance.check_in, assembly, home.holders[7], noon()),
        "leave": (attendance.leave, assembly, home.holders[5], noon() + MINUTE),
        "next": (agenda.proceed, WHO, assembly, None, noon() + MINUTE),
        "open": (conduct.open_, assembly, noon()),
    }
    together, errors = threading.Barrier(2), []

    def press() -> None:
        together.wait()
        try:
            home.act(*acts[what])
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=press) for _n in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    told = {"arrive": "arrived", "leave": "left", "next": "item_current", "open": "opened"}[what]
    assert kinds(home, assembly).count(told) == 1
    if what == "leave":
        assert kinds(home, assembly).count("quorum_lost") == 1
    with home.db.read() as s:
        states = [item.state for item in s.exec(select(AgendaItem).order_by(col(AgendaItem.position)))]
    assert states.count("current") == (what == "next")


def test_what_happened_cannot_be_changed_even_in_the_database(home: House) -> None:
    assembly = planned(home)
    for change in ("text = 'nothing'", None):
        statement = f"UPDATE assembly_event SET {change}" if change else "DELETE FROM assembly_event"
        with pytest.raises(Exception, match="append-only"), home.db.write() as s:
            s.connection().exec_driver_sql(statement)
    assert kinds(home, assembly) == ["created"]


def test_a_rule_without_condition_opens_nothing(home: House) -> None:
    choose_rules(home, quorum=[])
    assembly = noticed(home)
    home.came(assembly, 10, noon())
    refused("rule_missing", home, conduct.open_, assembly, noon())
