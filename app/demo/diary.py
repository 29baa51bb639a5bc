"""The demo community's visits as rows: when on the day, whom the worker met, what was written down."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from app.core.clock import zone
from app.demo.calls import Call, Happening
from app.demo.families import Member
from app.demo.notes import Notes
from app.demo.people import People
from app.households.labels import make_walk_key
from app.households.models import Tenure
from app.households.residents.models import CareCategory
from app.households.visits.models import NeedState, Outcome, Purpose
from app.households.visits.schemas import NeedWrite, VisitWrite

MORNING, NOON, AFTERNOON, EVENING = time(9, 5), time(11, 25), time(13, 40), time(18, 35)
_CORRECTED = 0.008
Rows = list[dict[str, Any]]


@dataclass
class Diary:
    """Rows for the tables of visits, in the order in which they reference each other."""

    visits: Rows = field(default_factory=list)
    revisions: Rows = field(default_factory=list)
    needs: Rows = field(default_factory=list)
    events: Rows = field(default_factory=list)
    counters: dict[int, int] = field(default_factory=lambda: defaultdict(int))


class Writer:
    """Writes the diary of a year."""

    def __init__(self, people: People, community_id: UUID, workers: Mapping[int, UUID]) -> None:
        self.people, self.rng, self.notes = people, people.rng, Notes(people.rng)
        self.community_id, self.workers = community_id, workers
        self.diary = Diary()
        self._ids: dict[int, UUID] = {}

    def write(self, calls: Iterable[Call], happenings: Iterable[Happening]) -> Diary:
        days: dict[tuple[date, int], list[Call]] = defaultdict(list)
        for call in calls:
            days[call.day, call.stay.dwelling.building.area.number].append(call)
        for (day, area), round_ in sorted(days.items(), key=lambda item: item[0]):
            for call, at in _hours(self.rng, day, round_):
                self._visit(call, at, self.workers[area])
        for happening in happenings:
            self._event(happening)
        self.diary.needs.sort(key=lambda n: (n["raised_at"], n["id"]))
        for need in self.diary.needs:
            self._number(need)
        return self.diary

    def _visit(self, call: Call, at: datetime, worker: UUID) -> None:
        met = self._met(call) if call.outcome != Outcome.not_home else []
        ids = sorted({m.person.id for m in met})
        sent = VisitWrite(
            household_id=call.stay.dwelling.id,
            visited_at=at,
            purpose=call.purpose,
            outcome=call.outcome,
            note=self._note(call, met),
            people_met=ids,
            needs=[NeedWrite(category=n.category, detail=n.detail, urgent=n.urgent) for n in call.needs],
            next_due_on=call.next_due_on,
        )
        recorded = at + timedelta(minutes=self.rng.choice((1, 2, 3, 3, 4, 6, 9, 75)))
        visit_id = self._ids[id(call)] = self.people.new_id()
        row = {
            "id": visit_id,
            "created_at": recorded,
            "updated_at": recorded,
            "version": 1,
            "community_id": self.community_id,
            "household_id": sent.household_id,
            "worker_id": worker,
            "visited_at": sent.visited_at,
            "recorded_at": recorded,
            "purpose": str(sent.purpose),
            "outcome": str(sent.outcome),
            "note": sent.note,
            "next_due_on": sent.next_due_on,
            "people_met": [str(i) for i in sent.people_met],
            "content_hash": sent.digest(),
        }
        if self.rng.random() < _CORRECTED and not call.needs:
            self._correct(row, sent)
        self.diary.visits.append(row)
        for need in sent.needs:
            self._need(row, need)

    def _correct(self, row: dict[str, Any], sent: VisitWrite) -> None:
        """The wording as first saved, shorter, which the worker completed in the evening."""
        first = sent.model_copy(update={"note": sent.note.split("。")[0] + "。"})
        if first.note == sent.note:
            return
        later = row["recorded_at"] + timedelta(hours=self.rng.randint(1, 5))
        content = {**first.content(), "visited_at": sent.visited_at.isoformat(), "digest": first.digest()}
        self.diary.revisions.append(
            {
                "id": self.people.new_id(),
                "community_id": self.community_id,
                "visit_id": row["id"],
                "version": 1,
                "content": content,
                "replaced_at": later,
                "replaced_by": row["worker_id"],
            }
        )
        row["version"], row["updated_at"] = 2, later

    def _need(self, visit: dict[str, Any], need: NeedWrite) -> None:
        self.diary.needs.append(
            {
                "id": self.people.new_id(),
                "created_at": visit["recorded_at"],
                "updated_at": visit["recorded_at"],
                "version": 1,
                "community_id": self.community_id,
                "household_id": visit["household_id"],
                "visit_id": visit["id"],
                "category": str(need.category),
                "detail": need.detail,
                "urgent": need.urgent,
                "state": str(NeedState.open),
                "raised_at": visit["recorded_at"],
            }
        )

    def _number(self, need: dict[str, Any]) -> None:
        year = need["raised_at"].astimezone(zone()).year
        self.diary.counters[year] += 1
        need["serial"] = f"{year}-{self.diary.counters[year]:04d}"

    def _event(self, happening: Happening) -> None:
        at = datetime.combine(happening.day, time(16, self.rng.randint(5, 55)), zone())
        answered = self._ids.get(id(happening.answered)) if happening.answered else None
        if happening.answered and answered is None:
            return  # its visit fell together with another one
        self.diary.events.append(
            {
                "id": self.people.new_id(),
                "created_at": at + timedelta(minutes=20),
                "updated_at": at + timedelta(minutes=20),
                "version": 2 if answered else 1,
                "community_id": self.community_id,
                "household_id": happening.stay.dwelling.id,
                "kind": str(happening.kind),
                "detail": happening.detail,
                "happened_at": at,
                "due_at": at + timedelta(hours=24, minutes=20),
                "done_visit_id": answered,
            }
        )

    def _met(self, call: Call) -> list[Member]:
        """Somebody grown up opens; on working days that is the old, in the evening anybody."""
        here = call.stay.here(call.day)
        grown = [m for m in here if m.person.age(call.day) >= 18] or here
        elders = [m for m in grown if m.person.age(call.day) >= 60]
        cared = [m for m in here if any(c.from_on <= call.day for c in m.person.care)]
        first = self.rng.choice([m for m in cared if m in grown] or elders or grown)
        others = [m for m in here if m is not first and self.rng.random() < (0.7 if m in elders or m in cared else 0.2)]
        return [first, *others]

    def _note(self, call: Call, met: list[Member]) -> str:
        if not met:
            return self.notes.fill(self.notes.pick("not_home"), call.stay.members[0].person, 40, 1)
        first = met[0].person
        age, count = first.age(call.day), len(call.stay.here(call.day))
        if call.outcome == Outcome.refused:
            return self.notes.pick("refused")
        if call.purpose == Purpose.festival:
            return self.notes.festival(first, age, call.day.month)
        if call.event is not None:
            return self.notes.event(first, age)
        categories = {CareCategory(c.category) for m in met for c in m.person.care if c.from_on <= call.day}
        if call.outcome == Outcome.helped:
            return self.notes.helped(first, age, count, categories)
        return self.notes.visit(first, age, count, categories, tenant=call.stay.tenure == Tenure.rented)


def _hours(rng: random.Random, day: date, calls: Iterable[Call]) -> Iterator[tuple[Call, datetime]]:
    """The day's round in walking order: morning, afternoon, and the working families in the evening."""
    at = datetime.combine(day, rng.choice((MORNING, MORNING, AFTERNOON)), zone())
    for call in sorted(calls, key=_place):
        if _works(call) and day.weekday() < 5 and at.time() < EVENING:
            at = datetime.combine(day, EVENING, zone())
        elif NOON <= at.time() < AFTERNOON:
            at = datetime.combine(day, AFTERNOON, zone())
        at += timedelta(minutes=rng.randint(0, 6))
        yield call, at
        at += timedelta(minutes=rng.randint(6, 20) if call.outcome != Outcome.not_home else 3)


def _works(call: Call) -> bool:
    """Whether nobody is at home during the day."""
    return all(m.person.age(call.day) < 60 for m in call.stay.here(call.day))


def _place(call: Call) -> tuple[bool, str]:
    dwelling = call.stay.dwelling
    number = dwelling.building.number
    return _works(call), make_walk_key(number, str(number), dwelling.unit, dwelling.room)
