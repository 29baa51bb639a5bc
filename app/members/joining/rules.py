"""The rules of joining, as plain arithmetic on days: what comes next, from which day on, and when it is late.

Work rules for developing members of the Communist Party of China (中国共产党发展党员工作细则, 2014). Months are
counted from the day that opened the period, never one after the other, and clamp to the month's end.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from enum import StrEnum

from app.core.clock import add_months, age_on
from app.members.joining.models import Fact
from app.members.models import Stage

ADULT = 18
TALK_WITHIN = 1
TRAINED, REVIEW_EVERY = 12, 6
APPROVED_WITHIN = 3
PROBATION = 12
SHORTEST_EXTENSION, LONGEST_EXTENSION = 6, 12
DECIDED_WITHIN = 1  # the rules say "in time" (及时) after the probation ends; a month is what is taken for it here
WARNED_BEFORE = timedelta(days=30)

ORDER = tuple(Stage)
STAGE_OF = {
    Fact.talk: Stage.applicant,
    Fact.review: Stage.activist,
    Fact.training: Stage.development_target,
    Fact.political_review: Stage.development_target,
    Fact.approval: Stage.probationary,
    Fact.extension: Stage.probationary,
}
NEEDED = {
    Stage.activist: (Fact.talk,),
    Stage.probationary: (Fact.training, Fact.political_review),
    Stage.full: (Fact.approval,),
}


class StepState(StrEnum):
    """How a step stands on a day, the most urgent first."""

    late = "late"
    soon = "soon"
    open = "open"
    waiting = "waiting"


@dataclass(frozen=True)
class Done:
    """A fact of somebody's joining. `months` is how long a probation was extended."""

    fact: Fact
    on: date
    months: int = 0


@dataclass(frozen=True)
class Course:
    """Somebody's way: the stages reached, in their order, and the facts."""

    stages: tuple[tuple[Stage, date], ...] = ()
    facts: tuple[Done, ...] = ()
    born: date | None = None

    def until(self, day: date) -> Course:
        """As it was on a day."""
        return replace(
            self,
            stages=tuple(x for x in self.stages if x[1] <= day),
            facts=tuple(x for x in self.facts if x.on <= day),
        )

    @property
    def stage(self) -> Stage | None:
        return self.stages[-1][0] if self.stages else None

    def since(self, stage: Stage) -> date | None:
        return dict(self.stages).get(stage)

    def span(self, stage: Stage) -> tuple[date, date] | None:
        """The first day of a stage and the day on which the next one was reached."""
        days = dict(self.stages)
        if stage not in days:
            return None
        later = [day for other, day in self.stages if day > days[stage]]
        return days[stage], min(later, default=date.max)

    def done(self, fact: Fact) -> list[Done]:
        """The facts of a kind that fall into their stage."""
        span = self.span(STAGE_OF[fact])
        if span is None:
            return []
        return [x for x in self.facts if x.fact == fact and span[0] <= x.on <= span[1]]


@dataclass(frozen=True)
class Obstacle:
    """Why a stage may not be reached on a day, with its detail.

    `skipped` names a stage, `too_early` the earliest day, `missing` a fact, `next_too_early` the stage after it.
    """

    code: str
    detail: str

    def __str__(self) -> str:
        return f"{self.code}:{self.detail}"


@dataclass(frozen=True)
class Step:
    """What comes next: a fact or a stage, the first day on which it may happen, the last one on which it is in time."""

    what: Fact | Stage
    earliest: date | None
    due: date | None = None
    waits_for: tuple[Fact, ...] = field(default=())

    def state(self, at: date) -> StepState:
        if self.due is not None and at > self.due:
            return StepState.late
        if self.due is not None and at >= self.due - WARNED_BEFORE:
            return StepState.soon
        if self.waits_for or (self.earliest is not None and at < self.earliest):
            return StepState.waiting
        return StepState.open


def adult_on(born: date) -> date:
    """The eighteenth birthday; of somebody born on 29 February, 1 March where there is no such day."""
    day = add_months(born, 12 * ADULT)
    return day if age_on(born, day) >= ADULT else day + timedelta(days=1)


def probation_ends(course: Course) -> date | None:
    """A year after admission by the branch meeting; extended, that much later, counted from the admission as well."""
    admitted = course.since(Stage.probationary)
    if admitted is None:
        return None
    return add_months(admitted, PROBATION + sum(x.months for x in course.done(Fact.extension)))


def earliest(course: Course, stage: Stage) -> date | None:
    """The first day on which a stage may be reached, as far as days go; None where nothing limits it."""
    if stage == Stage.applicant:
        return adult_on(course.born) if course.born else None
    if stage == Stage.full:
        return probation_ends(course)
    before = course.since(ORDER[ORDER.index(stage) - 1])
    if before is None:
        return None
    if stage == Stage.development_target:
        return add_months(before, TRAINED)
    first = [x.on for fact in NEEDED[stage] for x in course.done(fact)[:1]]
    return max([before, *first])


def reviews_due(activist: date, on: date) -> int:
    """How many half-years ended by a day: one review for each."""
    n = max(0, (on.year - activist.year) * 12 + on.month - activist.month) // REVIEW_EVERY
    while n and add_months(activist, REVIEW_EVERY * n) > on:
        n -= 1
    return n


def missing(course: Course, stage: Stage, on: date) -> tuple[Fact, ...]:
    """What must have happened by a day before a stage may be reached on it. Of stages not recorded nothing is asked."""
    known = course.until(on)
    if stage == Stage.development_target:
        activist = known.since(Stage.activist)
        behind = activist is not None and len(known.done(Fact.review)) < reviews_due(activist, on)
        return (Fact.review,) if behind else ()
    return tuple(x for x in NEEDED.get(stage, ()) if known.since(STAGE_OF[x]) is not None and not known.done(x))


def obstacles(course: Course, stage: Stage, on: date, *, entered: date | None = None) -> list[Obstacle]:
    """What speaks against a stage on a day. What was reached before somebody entered this register is not judged."""
    if entered is not None and on < entered:
        return []
    known = course.until(on)
    known = replace(known, stages=tuple(x for x in known.stages if x[0] != stage))
    found = []
    place = ORDER.index(stage)
    if known.stages and ORDER[place - 1] not in dict(known.stages):
        found.append(Obstacle("skipped", ORDER[place - 1]))
    first = earliest(known, stage)
    if first is not None and on < first:
        found.append(Obstacle("too_early", first.isoformat()))
    found += [Obstacle("missing", fact) for fact in missing(known, stage, on)]
    return found + _next_too_early(course, stage, on)


def _next_too_early(course: Course, stage: Stage, on: date) -> list[Obstacle]:
    """That the stage after it, reached already, would then have been reached too early."""
    days = dict(course.stages) | {stage: on}
    place = ORDER.index(stage) + 1
    if place >= len(ORDER) or ORDER[place] not in days:
        return []
    changed = replace(course, stages=with_stage(course.stages, stage, on))
    first = earliest(changed, ORDER[place])
    late = first is not None and days[ORDER[place]] < first
    return [Obstacle("next_too_early", ORDER[place])] if late else []


def with_stage(stages: Iterable[tuple[Stage, date]], stage: Stage, on: date) -> tuple[tuple[Stage, date], ...]:
    kept = [x for x in stages if x[0] != stage]
    return tuple(sorted([*kept, (stage, on)], key=lambda x: (x[1], ORDER.index(x[0]))))


def next_steps(course: Course, at: date) -> list[Step]:
    """What comes next for somebody on a day, the nearest first. Full members have nothing before them."""
    known = course.until(at)
    stage = known.stage
    if stage is None or stage == Stage.full:
        return []
    following = ORDER[ORDER.index(stage) + 1]
    first = earliest(known, following)
    waits = missing(known, following, max(at, first or at))
    due = add_months(first, DECIDED_WITHIN) if following == Stage.full and first else None
    return [*_facts_next(known, stage), Step(following, first, due, waits)]


def _facts_next(known: Course, stage: Stage) -> list[Step]:
    span = known.span(stage)
    if span is None:
        return []
    since = span[0]
    if stage == Stage.activist:
        done = known.done(Fact.review)
        last = max([since, *(x.on for x in done)])
        return [Step(Fact.review, last, add_months(since, REVIEW_EVERY * (len(done) + 1)))]
    within = {Fact.talk: TALK_WITHIN, Fact.approval: APPROVED_WITHIN}
    wanted = [x for x in NEEDED.get(ORDER[ORDER.index(stage) + 1], ()) if not known.done(x)]
    return [Step(x, since, add_months(since, within[x]) if x in within else None) for x in wanted]


def extension_window(course: Course) -> tuple[date, date] | None:
    """The days between which an extended probation may end."""
    admitted = course.since(Stage.probationary)
    if admitted is None:
        return None
    return add_months(admitted, PROBATION + SHORTEST_EXTENSION), add_months(admitted, PROBATION + LONGEST_EXTENSION)


def urgency(steps: Iterable[Step], at: date) -> StepState | None:
    """The most urgent of somebody's steps."""
    states = {step.state(at) for step in steps}
    return next((state for state in StepState if state in states), None)
