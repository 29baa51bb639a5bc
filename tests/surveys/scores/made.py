"""Made-up rounds, sheets and scores for the tests."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel import Session, col, select

from app.core.clock import now
from app.surveys.instruments.builtins import BUILT_IN, instrument_id, satisfaction_scale
from app.surveys.instruments.definition import Definition, Kind, Option, Question, Row, Section
from app.surveys.instruments.models import InstrumentVersion
from app.surveys.instruments.subjects import Subject
from app.surveys.rounds.models import Round
from app.surveys.schedules.models import Schedule
from app.surveys.scores import service
from app.surveys.scores.compute import SubjectScore, compute
from app.surveys.scores.models import Score

COMPANY = Subject("wuye", "property_company", "翰林物业")
WORDS = ("satisfied", "basically_satisfied", "dissatisfied", "dont_know")


@dataclass
class Sheet:
    """Counted like those of a box."""

    answers: dict[str, dict[str, Any]]
    stratum: str = ""


def one_question(kind: str = "property_company", smallest: int = 5) -> Definition:
    """One rating on the built-in scale."""
    question = Question(key="overall", label="总评", options=satisfaction_scale(), scored=True)
    return Definition(title="评议", smallest_cell=smallest, sections=[Section(subject_kind=kind, questions=[question])])  # type: ignore[arg-type]


def sheets(*counts: int, subject: str = "wuye", question: str = "overall", stratum: str = "") -> list[Sheet]:
    """So many of each word of the scale, in its order."""
    return [
        Sheet({subject: {question: word}}, stratum) for word, n in zip(WORDS, counts, strict=False) for _ in range(n)
    ]


def scored(*counts: int, invited: int = 60, subject: Subject = COMPANY, **kwargs: Any) -> list[SubjectScore]:
    """The score of one question about one subject."""
    wanted = {"invited": invited, "population": invited, "census": True, **kwargs}
    return compute(one_question(subject.kind), [subject], sheets(*counts, subject=subject.key), **wanted)


def make_round(s: Session, community_id: UUID, period: str = "2026-06", instrument: str = "property_monthly") -> Round:
    """A closed round of a built-in instrument, with the schedule behind it."""
    schedule = s.exec(
        select(Schedule).where(
            Schedule.community_id == community_id, Schedule.instrument_id == instrument_id(instrument)
        )
    ).first()
    if schedule is None:
        schedule = Schedule(
            community_id=community_id,
            instrument_id=instrument_id(instrument),
            title="评议",
            cadence="monthly",
            panel="representatives",
            starts_on=date(2020, 1, 1),
        )
        s.add(schedule)
        s.flush()
    version = s.exec(
        select(InstrumentVersion)
        .where(InstrumentVersion.instrument_id == schedule.instrument_id)
        .order_by(col(InstrumentVersion.number).desc())
    ).first()
    assert version is not None
    found = Round(
        community_id=community_id,
        schedule_id=schedule.id,
        instrument_id=schedule.instrument_id,
        version_id=version.id,
        instrument_key=instrument,
        period=period,
        title=BUILT_IN[instrument].title,
        state="closed",
        opens_at=now() - timedelta(days=6),
        closes_at=now() - timedelta(days=1),
        panel="representatives",
        method="census",
        secrecy="secret",
        publish="auto",
    )
    s.add(found)
    s.flush()
    return found


def facts_of(round_: Round) -> service.RoundFacts:
    return service.RoundFacts(round_.community_id, round_.id, round_.instrument_key, round_.period)


def publish(
    s: Session,
    community_id: UUID,
    made: Sequence[SubjectScore] | None = None,
    period: str = "2026-06",
    instrument: str = "property_monthly",
) -> list[Score]:
    """A round with its scores, published."""
    return service.store(s, facts_of(make_round(s, community_id, period, instrument)), made or scored(57, 0, 3))


@dataclass
class Chance:
    """A random round: a definition, subjects, sheets and sizes, the same for the same seed."""

    seed: int
    definition: Definition = field(init=False)
    subjects: list[Subject] = field(init=False)
    sheets: list[Sheet] = field(init=False)
    invited: int = field(init=False)
    population: int = field(init=False)
    census: bool = field(init=False)
    strata: dict[str, tuple[int, int]] = field(init=False)

    def __post_init__(self) -> None:
        rng = random.Random(self.seed)
        self.census = rng.random() < 0.5
        scales = [self._scale(rng) for _ in range(2)]
        self.definition = Definition(
            title="随机",
            smallest_cell=rng.choice([5, 5, 8]),
            sections=[
                Section(subject_kind="committee", questions=self._questions(rng, scales)),
                Section(subject_kind="staff", questions=[self._rating(rng, "s0", scales[0])]),
                Section(questions=[Question(key="remark", kind=Kind.text)]),
            ],
        )
        self.subjects = [Subject("c", "committee", "居委会"), *(Subject(f"s{i}", "staff", f"员{i}") for i in range(2))]
        self.invited = rng.randint(1, 80)
        self.population = self.invited if self.census else self.invited + rng.randint(0, 500)
        names = rng.sample(["一", "二", "三", "四"], rng.choice([1, 2, 3, 4]))
        where = [rng.choice(names) for _ in range(self.invited)]
        extra = self.population - self.invited
        self.strata = {name: (where.count(name), where.count(name) + extra // len(names)) for name in names}
        if self.seed % 3 == 0:  # one stratum is never shown by itself
            self.strata.pop(names[0])
        mood = rng.random()
        self.sheets = [
            Sheet(self._answers(rng, mood), stratum) for stratum in where if rng.random() < rng.choice([0.5, 0.95])
        ]

    def _scale(self, rng: random.Random) -> list[Option]:
        if rng.random() < 0.5:
            return satisfaction_scale()
        numbered = rng.random() < 0.5
        found = [
            Option(key=f"o{n}", label=str(n), points=n if numbered else n * 17, satisfied=n > 3, strict=n == 5)
            for n in range(1, 6)
        ]
        return [*found, Option(key="skip", label="不了解", valid=False)]

    def _rating(self, rng: random.Random, key: str, scale: list[Option]) -> Question:
        return Question(key=key, label=key, options=scale, scored=rng.random() < 0.9, weight=rng.randint(0, 3))

    def _questions(self, rng: random.Random, scales: list[list[Option]]) -> list[Question]:
        found = [self._rating(rng, f"q{n}", rng.choice(scales)) for n in range(rng.randint(1, 3))]
        if rng.random() < 0.5:
            rows = [Row(key=f"r{n}", label=str(n)) for n in range(rng.randint(1, 3))]
            found.append(
                Question(key="m", kind=Kind.matrix, rows=rows, options=rng.choice(scales), scored=True, weight=2)
            )
        found.append(Question(key="choice", kind=Kind.single, options=scales[0], scored=True))
        return found

    def _answers(self, rng: random.Random, mood: float) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for subject in self.subjects:
            given: dict[str, Any] = {}
            for section, q in self.definition.questions():
                if section.subject_kind != subject.kind:
                    continue
                if q.kind is Kind.matrix:
                    given[q.key] = {r.key: self._pick(rng, q.options, mood) for r in q.rows if rng.random() < 0.9}
                elif rng.random() < 0.9:
                    given[q.key] = self._pick(rng, q.options, mood)
            found[subject.key] = given
        found[""] = {"remark": "无"}
        return found

    @staticmethod
    def _pick(rng: random.Random, options: Sequence[Option], mood: float) -> str:
        return options[0].key if rng.random() < mood else rng.choice(options).key


def strings(values: Iterable[Any]) -> list[str]:
    return [str(value) for value in values]


def hours_ago(n: float) -> datetime:
    return now() - timedelta(hours=n)
