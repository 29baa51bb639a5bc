"""The pure rules: tiers, intervals, retries, and when to look again."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import age_on
from app.households.residents.models import CareCategory
from app.households.visits import policy
from app.households.visits.due import Care, Paid, Person, Rule, after, birthday, schedule, standing
from app.households.visits.models import Tier, VisitPolicy

DAY = date(2026, 11, 23)
LONG_AGO = date(2000, 1, 1)


def rules() -> list[Rule]:
    return [
        policy.rule_of(VisitPolicy(community_id=None, tier=t, **d))  # type: ignore[arg-type]
        for t, d in policy.DEFAULTS.items()
    ]


def somebody(age: int | None, *categories: str, since: date = LONG_AGO) -> Person:
    born = None if age is None else date(DAY.year - age, 1, 1)
    return Person(born, LONG_AGO, None, tuple(Care(c, since) for c in categories))


@pytest.mark.parametrize(
    ("people", "tier"),
    [
        ([], Tier.routine),
        ([somebody(90)], Tier.routine),
        ([somebody(80, "living_alone")], Tier.high),
        ([somebody(79, "living_alone")], Tier.general),
        ([somebody(85, "empty_nest")], Tier.high),
        ([somebody(85, "left_behind")], Tier.high),
        ([somebody(8, "left_behind")], Tier.general),
        ([somebody(None, "living_alone")], Tier.general),
        ([somebody(40, "severe_ill")], Tier.high),
        ([somebody(70, "incapacitated_elder")], Tier.high),
        ([somebody(60, "disabled")], Tier.key),
        ([somebody(59, "disabled")], Tier.general),
        ([somebody(30, "extreme_hardship")], Tier.key),
        ([somebody(62, "special_family_planning")], Tier.key),
        ([somebody(45, "special_family_planning")], Tier.general),
        ([somebody(10, "orphan")], Tier.key),
        ([somebody(10, "child_in_hardship")], Tier.key),
        ([somebody(40, "near_poor")], Tier.general),
        ([somebody(40, "veteran"), somebody(82, "living_alone")], Tier.high),
        # age and category must be one person's
        ([somebody(85), somebody(30, "living_alone")], Tier.general),
    ],
)
def test_tier(people: list[Person], tier: str) -> None:
    assert standing(people, rules(), DAY).tier == tier


@pytest.mark.parametrize("category", list(CareCategory))
def test_every_care_category_is_followed(category: str) -> None:
    assert standing([somebody(40, category)], rules(), DAY).tier != Tier.routine


def test_who_has_left_or_is_no_longer_in_care_does_not_count() -> None:
    left = Person(date(1930, 1, 1), LONG_AGO, date(2026, 11, 22), (Care("living_alone", LONG_AGO),))
    over = Person(date(1930, 1, 1), LONG_AGO, None, (Care("living_alone", LONG_AGO, date(2026, 11, 22)),))
    last_day = Person(date(1930, 1, 1), LONG_AGO, DAY, (Care("living_alone", LONG_AGO, DAY),))
    assert standing([left], rules(), DAY).tier == Tier.routine
    assert standing([over], rules(), DAY).tier == Tier.routine
    found = standing([last_day], rules(), DAY)
    assert (found.tier, found.refresh_on) == (Tier.high, DAY + timedelta(days=1))


def test_looks_again_on_the_eightieth_birthday() -> None:
    person = Person(date(1946, 12, 31), LONG_AGO, None, (Care("living_alone", LONG_AGO),))
    assert standing([person], rules(), DAY).refresh_on == date(2026, 12, 31)
    after_it = standing([person], rules(), date(2026, 12, 31))
    assert (after_it.tier, after_it.since) == (Tier.high, date(2026, 12, 31))


def test_looks_again_when_somebody_moves_in() -> None:
    assert standing([Person(None, date(2026, 12, 1))], rules(), DAY).refresh_on == date(2026, 12, 1)


@pytest.mark.parametrize(
    ("day", "every", "unit", "expected"),
    [
        (date(2024, 1, 31), 1, "month", date(2024, 2, 29)),
        (date(2025, 1, 31), 1, "month", date(2025, 2, 28)),
        (date(2025, 8, 31), 6, "month", date(2026, 2, 28)),
        (date(2025, 11, 30), 3, "month", date(2026, 2, 28)),
        (date(2024, 2, 29), 12, "month", date(2025, 2, 28)),
        (date(2026, 11, 23), 1, "week", date(2026, 11, 30)),
        (date(2026, 12, 31), 3, "day", date(2027, 1, 3)),
    ],
)
def test_interval(day: date, every: int, unit: str, expected: date) -> None:
    assert after(day, every, unit) == expected


WEEKLY, HALF_YEARLY = Rule(Tier.high, 1, "week"), Rule(Tier.routine, 6, "month")
START = date(2026, 1, 10)


@pytest.mark.parametrize(
    ("rule", "paid", "since", "owed", "due"),
    [
        (HALF_YEARLY, Paid(), None, date(2026, 7, 10), date(2026, 7, 10)),
        (WEEKLY, Paid(), None, START, START),
        (WEEKLY, Paid(), date(2026, 3, 1), date(2026, 3, 1), date(2026, 3, 1)),
        (WEEKLY, Paid(date(2026, 5, 1)), date(2026, 3, 1), date(2026, 5, 8), date(2026, 5, 8)),
        # came into the tier long after the last visit: the duty begins that day, not years ago
        (WEEKLY, Paid(date(2026, 1, 1)), date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 1)),
        # nobody home: back in three days, the clock stays
        (WEEKLY, Paid(date(2026, 5, 1), None, date(2026, 5, 9)), None, date(2026, 5, 8), date(2026, 5, 12)),
        (WEEKLY, Paid(None, None, date(2026, 5, 9)), None, START, date(2026, 5, 12)),
        (WEEKLY, Paid(date(2026, 5, 1), None, date(2026, 5, 9), date(2026, 5, 20)), None, date(2026, 5, 8),
         date(2026, 5, 20)),
        # a chosen day stands, until the household comes into another tier
        (WEEKLY, Paid(date(2026, 5, 1), date(2026, 5, 3)), None, date(2026, 5, 3), date(2026, 5, 3)),
        (WEEKLY, Paid(date(2026, 5, 1), date(2026, 9, 1)), date(2026, 6, 1), date(2026, 6, 1), date(2026, 6, 1)),
    ],
)  # fmt: skip
def test_schedule(rule: Rule, paid: Paid, since: date | None, owed: date, due: date) -> None:
    found = schedule(rule, paid, START, since)
    assert (found.owed_on, found.due_on) == (owed, due)


DATES = st.dates(date(1920, 1, 1), date(2060, 1, 1))
PEOPLE = st.lists(
    st.builds(
        Person,
        st.none() | st.dates(date(1920, 1, 1), date(2026, 1, 1)),
        DATES,
        st.none() | DATES,
        st.lists(
            st.builds(Care, st.sampled_from([str(c) for c in CareCategory]), DATES, st.none() | DATES), max_size=3
        ).map(tuple),
    ),
    max_size=4,
)


@given(PEOPLE, DATES, st.integers(0, 4000))
def test_nothing_changes_before_the_day_to_look_again(people: list[Person], day: date, ahead: int) -> None:
    first = standing(people, rules(), day)
    later = day + timedelta(days=ahead)
    if first.refresh_on is None or later < first.refresh_on:
        again = standing(people, rules(), later)
        assert (again.tier, again.since, again.categories) == (first.tier, first.since, first.categories)


@given(PEOPLE, DATES)
def test_a_household_has_been_in_its_tier_since_the_day_it_says(people: list[Person], day: date) -> None:
    found = standing(people, rules(), day)
    assert found.since is None or found.since <= day
    assert (found.since is None) == (found.tier == Tier.routine)


@given(st.dates(date(1900, 1, 1), date(2026, 1, 1)), st.integers(1, 110))
def test_birthday_is_the_first_day_at_that_age(born: date, age: int) -> None:
    day = birthday(born, age)
    assert age_on(born, day) == age
    assert age_on(born, day - timedelta(days=1)) == age - 1


@given(DATES, st.integers(1, 366), st.sampled_from(["day", "week", "month"]))
def test_an_interval_leads_ahead(day: date, every: int, unit: str) -> None:
    assert after(day, every, unit) > day
