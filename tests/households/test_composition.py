"""The composition of a community on any day, with small counts hidden from outsiders."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st
from sqlmodel import select

from app.communities import figures
from app.core.clock import age_on, today
from app.core.db import Database
from app.households.composition.service import by_age_and_sex, suppressed
from app.households.residents.models import Resident
from tests.cast import Cast
from tests.households.access import Visit, newcomer


def test_the_charts_and_their_tables(visit_as: Visit, cast: Cast) -> None:
    path = f"/communities/{cast.community}/composition"
    found = visit_as("王站长").get(path).json()
    assert (found["residents"], found["households"], found["occupied"], found["elders"]) == (5, 6, 6, 2)
    assert sum(band["male"] + band["female"] for band in found["ages"]) == 5
    assert [(a["label"], a["residents"]) for a in found["areas"]] == [("第1网格", 4), ("第2网格", 1)]
    page = visit_as("王站长").page(path)
    assert page.status_code == 200 and "年龄和性别" in page.text and "查看数据表" in page.text
    assert visit_as("周代表").get(path).status_code == 403
    assert visit_as("外主任").get(path).status_code == 404
    assert visit_as(None).get(path).status_code == 401


def test_outsiders_do_not_see_small_counts(visit_as: Visit, cast: Cast) -> None:
    path = f"/communities/{cast.community}/composition"
    found = visit_as("区督导").get(path).json()
    shown = [b[sex] for b in found["ages"] for sex in ("male", "female")]
    assert all(value in (None, 0) or value >= 3 for value in shown) and None in shown
    assert found["smallest"] == 3 and found["elders"] is None
    assert "人数太少" in visit_as("区督导").page(path).text


def test_any_day(visit_as: Visit, cast: Cast) -> None:
    director, path = visit_as("王站长"), f"/communities/{cast.community}/composition"
    home = cast.households["1-1-301"]
    director.patch(
        f"/households/{home}", json={"tenure": "rented", "tenure_from_on": "2020-01-01"}, headers={"If-Match": '"1"'}
    )
    newcomer(director, home, name="租客", from_on="2020-01-01", birth_on="1999-01-01", education="bachelor")
    tenures = {
        day: {c["key"]: c["value"] for c in director.get(f"{path}?as_of={day}").json()["tenure"]}
        for day in ("2019-12-31", "2020-01-01")
    }
    assert tenures["2019-12-31"] == {"owner_occupied": 5, "unknown": 1}
    assert tenures["2020-01-01"] == {"owner_occupied": 5, "rented": 1}
    assert director.get(f"{path}?as_of=2009-01-01").json()["residents"] == 0
    assert director.page(f"{path}?as_of=2009-01-01").status_code == 200
    assert director.get(f"{path}?as_of=").status_code == 200
    assert director.get(f"{path}?as_of=1899-01-01").status_code == 422


def test_bands_agree_with_ages_counted_one_by_one(cast: Cast, db: Database) -> None:
    with db.read() as s:
        people = s.exec(select(Resident).where(Resident.community_id == cast.community)).all()
        for day in (today(), date(2015, 3, 5), date(2018, 3, 4), date(2024, 2, 29)):
            by_hand: dict[tuple[int, str], int] = {}
            for person in people:
                assert person.birth_on is not None
                key = (max(min(age_on(person.birth_on, day) // 10 * 10, 90), 0), str(person.sex))
                by_hand[key] = by_hand.get(key, 0) + 1
            assert by_age_and_sex(s, cast.community, day) == by_hand


def test_figures_of_the_community_page(cast: Cast, db: Database, visit_as: Visit) -> None:
    with db.read() as s:
        assert figures.compute(s, "planned_households", cast.community, today()) == 6
        assert figures.compute(s, "occupied_households", cast.community, today()) == 6
        assert figures.compute(s, "residents", cast.community, today()) == 5
        assert figures.compute(s, "owner_occupied_share", cast.community, today()) == 1
        assert figures.compute(s, "rented_share", cast.community, date(2000, 1, 1)) == 0
    page = visit_as("王站长").page(f"/communities/{cast.community}")
    assert page.status_code == 200


@given(st.lists(st.integers(0, 12), max_size=8))
def test_a_hidden_count_cannot_be_found_by_subtraction(values: list[int]) -> None:
    shown = suppressed(values, 3)
    assert all(v is None or v == 0 or v >= 3 for v in shown)
    hidden = [at for at, v in enumerate(shown) if v is None]
    assert len(hidden) != 1 or sum(v > 0 for v in values) == 1
