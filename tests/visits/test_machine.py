"""Visits against a plain model: record, repeat, correct, not home, changes of care, and time passing."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import time_machine
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlmodel import select

from app.accounts.authentication import principal_for
from app.accounts.models import User
from app.core.clock import add_months, local_date
from app.core.db import Database
from app.core.errors import StaleVersion, VersionRequired
from app.core.events import HouseholdsChanged, publish
from app.core.models import new_id
from app.households.residents.models import CareRecord
from app.households.visits import recording, refresh
from app.households.visits.models import Need, Visit, VisitDue, VisitRevision
from app.households.visits.schemas import VisitWrite
from tests import pg
from tests.cast import Cast
from tests.conftest import ENGINE

HOMES = ("1-1-101", "1-1-201")
OUTCOMES = st.sampled_from(["fine", "helped", "not_home", "refused"])
NEEDS = st.lists(st.sampled_from(["health", "safety", "housing"]), max_size=2, unique=True)


@dataclass
class Known:
    """What the model remembers of a visit: its present content, and every request that was carried out."""

    content: dict[str, Any]
    at: datetime
    requests: list[tuple[dict[str, Any], int | None]] = field(default_factory=list)

    @property
    def version(self) -> int:
        return len(self.requests)


class Visiting(RuleBasedStateMachine):
    fresh: Callable[[], tuple[Database, Callable[[], None]]]
    visits = Bundle("visits")

    @initialize()
    def open(self) -> None:
        self.db, self.drop = self.fresh()
        self.cast = Cast.load(self.db)
        self.clock = time_machine.travel(datetime.now().astimezone(), tick=False)
        self.now = self.clock.start()
        self.known: dict[UUID, Known] = {}
        self.ill_since: date | None = None
        self.serials = 0
        with self.db.write() as s:
            refresh.refresh_community(s, self.cast.community)
            self.who = principal_for(s, s.exec(select(User).where(User.display_name == "李网格")).one())
        self.began = self.today

    def teardown(self) -> None:
        if hasattr(self, "clock"):
            self.clock.stop()
            self.db.close()
            self.drop()

    @property
    def today(self) -> date:
        return local_date(datetime.now().astimezone())

    def _put(self, visit_id: UUID, content: dict[str, Any], if_match: int | None) -> tuple[int, bool]:
        with self.db.write() as s:
            visit, new = recording.put(s, self.who, visit_id, VisitWrite.model_validate(content), if_match)
            return visit.version, new

    def _content(self, home: str, back: int, outcome: str, needs: list[str]) -> dict[str, Any]:
        at = datetime.now().astimezone() - timedelta(hours=back)
        return {
            "household_id": str(self.cast.households[home]),
            "visited_at": at.isoformat(),
            "purpose": "care",
            "outcome": outcome,
            "note": f"第 {len(self.known)} 次",
            "people_met": [],
            "needs": [{"category": c} for c in needs],
        }

    @rule(target=visits, home=st.sampled_from(HOMES), back=st.integers(0, 2000), outcome=OUTCOMES, needs=NEEDS)
    def record(self, home: str, back: int, outcome: str, needs: list[str]) -> UUID:
        visit_id, content = new_id(), self._content(home, back, outcome, needs)
        assert self._put(visit_id, content, None) == (1, True)
        self.known[visit_id] = Known(content, datetime.fromisoformat(content["visited_at"]), [(content, None)])
        self.serials += len(needs)
        return visit_id

    @rule(visit_id=visits, pick=st.integers(0, 10))
    def repeat(self, visit_id: UUID, pick: int) -> None:
        """Any request that was carried out once may arrive again."""
        known = self.known[visit_id]
        content, if_match = known.requests[pick % known.version]
        assert self._put(visit_id, content, if_match) == (known.version, False)

    @rule(visit_id=visits, outcome=OUTCOMES, needs=NEEDS, home=st.sampled_from(HOMES))
    def correct(self, visit_id: UUID, outcome: str, needs: list[str], home: str) -> None:
        known = self.known[visit_id]
        changed = {
            **known.content,
            "household_id": str(self.cast.households[home]),
            "outcome": outcome,
            "needs": [{"category": c} for c in needs],
            "note": f"更正 {known.version}",
        }
        with pytest.raises(VersionRequired):
            self._put(visit_id, changed, None)
        with pytest.raises(StaleVersion):
            self._put(visit_id, changed, known.version + 5)
        assert self._put(visit_id, changed, known.version) == (known.version + 1, False)
        known.requests.append((changed, known.version))
        known.content = changed

    @rule()
    def fall_ill_or_recover(self) -> None:
        """王小明 of the second household comes into, or leaves, the tier that is visited weekly."""
        with self.db.write() as s:
            if self.ill_since is None:
                self.ill_since = self.today
                s.add(
                    CareRecord(
                        community_id=self.cast.community,
                        resident_id=self.cast.residents["王小明"],
                        category="severe_ill",
                        from_on=self.today,
                    )
                )
            else:
                held = select(CareRecord).where(CareRecord.category == "severe_ill", CareRecord.to_on == None)  # noqa: E711
                record = s.exec(held).one()
                self.ill_since = None
                if record.from_on == self.today:
                    s.delete(record)
                else:
                    record.to_on = self.today - timedelta(days=1)
                    s.add(record)
            publish(s, HouseholdsChanged((self.cast.households["1-1-201"],)))

    @rule(days=st.integers(1, 60))
    def time_passes(self, days: int) -> None:
        self.now.shift(timedelta(days=days))
        with self.db.write() as s:
            refresh.refresh_stale(s)

    def _owed_and_due(self, home: str) -> tuple[date, date]:
        """The plain rule, said once more in other words."""
        mine = [k for k in self.known.values() if k.content["household_id"] == str(self.cast.households[home])]
        paid = [k.at for k in mine if k.content["outcome"] != "not_home"]
        vain = [k.at for k in mine if k.content["outcome"] == "not_home" and (not paid or k.at > max(paid))]
        since = date(2018, 3, 5) if home == "1-1-101" else self.ill_since
        last = local_date(max(paid)) if paid else None
        if since is not None:
            owed = max(last + timedelta(days=7) if last else self.began, since)
        else:
            owed = add_months(last or self.began, 6)
        return owed, local_date(max(vain)) + timedelta(days=3) if vain else owed

    @invariant()
    def due_dates_follow(self) -> None:
        with self.db.read() as s:
            for home in HOMES:
                row = s.get_one(VisitDue, self.cast.households[home])
                assert (row.owed_on, row.due_on) == self._owed_and_due(home)

    @invariant()
    def nothing_is_lost_or_doubled(self) -> None:
        with self.db.read() as s:
            stored = {v.id: v for v in s.exec(select(Visit))}
            assert stored.keys() == self.known.keys()
            for visit_id, known in self.known.items():
                assert stored[visit_id].version == known.version
                assert stored[visit_id].outcome == known.content["outcome"]
            revisions = s.exec(select(VisitRevision)).all()
            assert len(revisions) == sum(k.version - 1 for k in self.known.values())
            self._check_needs(s.exec(select(Need)).all())

    def _check_needs(self, needs: Any) -> None:
        serials = sorted(n.serial for n in needs)
        for year, group in itertools.groupby(serials, key=lambda serial: serial[:4]):
            assert list(group) == [f"{year}-{n:04d}" for n in range(1, sum(x[:4] == year for x in serials) + 1)]
        open_ones = sorted((n.visit_id, n.category) for n in needs if n.state == "open")
        wanted = [(i, n["category"]) for i, k in self.known.items() for n in k.content["needs"]]
        assert open_ones == sorted(wanted)


def test_visits_follow_the_model(template: Callable[[Path], str], tmp_path: Path) -> None:
    count = itertools.count()

    def fresh(_self: object = None) -> tuple[Database, Callable[[], None]]:
        place = tmp_path / str(next(count))
        place.mkdir()
        url = template(place)

        def drop() -> None:
            if ENGINE == "postgresql":
                pg.drop_database(pg.server_url(), url.split("?")[0].rsplit("/", 1)[1])

        return Database(url), drop

    machine = type("Machine", (Visiting,), {"fresh": staticmethod(fresh)})
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        machine,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )
