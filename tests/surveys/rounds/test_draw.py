"""draw-v1 against the published vector, the allocation, and what strata and households make of it."""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from app.surveys.rounds import draw
from app.surveys.rounds.draw import Unit

# The vector of domain.md, "Draw".
IDS = [f"r{n:02d}" for n in range(1, 13)]
SEED = "aa" * 32
PUBLIC = "骰子 2012-06-30 4-2-6"
FRAME = "ded114cbac8f7c21c066979f1e4333d19ed1e76a7381397e7ee71e8dfc78d0e7"
COMMIT = "39034cc1234a2a92b06945015c42ac75f477d28f36eb80c13d7e7394bb6e6b57"
KEY = "a16f12f3bc859a1b7d493290eb976cff13b9e60287d1de9a115c4c5953849a7b"
ORDER = ["r01", "r03", "r07", "r12", "r05", "r02", "r10", "r08", "r06", "r11", "r09", "r04"]


def test_the_published_vector() -> None:
    assert draw.frame_hash(reversed(IDS)) == FRAME
    assert draw.commit_of(SEED, FRAME) == COMMIT
    assert draw.key_of(SEED, PUBLIC, FRAME).hex() == KEY
    assert draw.ordered(bytes.fromhex(KEY), IDS) == ORDER
    picks = draw.draw([Unit(i) for i in IDS], SEED, PUBLIC, 5, 3)
    assert [p.id for p in picks if not p.reserve] == ORDER[:5]
    assert [p.id for p in picks if p.reserve] == ORDER[5:8]
    assert [p.position for p in picks] == list(range(1, 9))


def test_another_public_number_draws_others() -> None:
    other = draw.draw([Unit(i) for i in IDS], SEED, "骰子 2012-06-30 1-1-1", 5, 0)
    assert [p.id for p in other] != ORDER[:5]


def test_shares_by_largest_remainder() -> None:
    assert draw.allocate(120, [2341, 2160]) == [62, 58]
    assert draw.allocate(1, [5, 5, 5]) == [1, 0, 0]
    assert draw.allocate(2, [5, 5, 5]) == [1, 1, 0]
    assert draw.allocate(100, [3, 4]) == [3, 4]
    assert draw.allocate(5, []) == []
    assert draw.allocate(5, [0, 0]) == [0, 0]


@given(st.integers(0, 500), st.lists(st.integers(0, 300), max_size=12))
def test_shares_add_up_and_fit(total: int, sizes: list[int]) -> None:
    shares = draw.allocate(total, sizes)
    assert sum(shares) == min(total, sum(sizes))
    for share, size in zip(shares, sizes, strict=True):
        assert share <= size
        exact = min(total, sum(sizes)) * size
        assert abs(share * sum(sizes) - exact) < max(sum(sizes), 1)  # less than one person from the exact share


_UNITS = st.lists(st.tuples(st.integers(0, 12), st.sampled_from(["1", "2", "10"])), min_size=0, max_size=60).map(
    lambda rows: [Unit(f"{n:020x}", f"{stratum}-{home}", stratum) for n, (home, stratum) in enumerate(rows)]
)


@given(_UNITS, st.integers(0, 25), st.integers(0, 10))
@settings(max_examples=200, deadline=None)
def test_an_independent_walk_draws_the_same(units: list[Unit], size: int, reserves: int) -> None:
    """Written from the rule, not from the code: sort everybody, walk, skip whoever's household spoke already."""
    seed, public = "0f" * 32, "7-7-7"
    picks = draw.draw(units, seed, public, size, reserves)
    frame = hashlib.sha256("\n".join(sorted(u.id for u in units)).encode()).hexdigest()
    key = hashlib.sha256(b"draw-v1|" + bytes.fromhex(seed) + b"|7-7-7|" + frame.encode()).digest()
    people = Counter(u.stratum for u in units)
    names = sorted(people)
    drawn = dict(zip(names, draw.allocate(size, [people[n] for n in names]), strict=True))
    kept = dict(zip(names, draw.allocate(reserves, [people[n] for n in names]), strict=True))
    expected: list[tuple[str, bool]] = []
    for name in names:
        homes: set[str] = set()
        queue = sorted((u for u in units if u.stratum == name), key=lambda u: hmac.digest(key, u.id.encode(), "sha256"))
        for unit in queue:
            if unit.cluster not in homes and len(homes) < drawn[name] + kept[name]:
                homes.add(unit.cluster)
                expected.append((unit.id, len(homes) > drawn[name]))
    assert [(p.id, p.reserve) for p in picks] == expected


def test_nobody_can_be_moved_between_strata_after_the_commit() -> None:
    before = [Unit("a", "h1", "1"), Unit("b", "h1", "1")]
    moved = [Unit("a", "h1", "1"), Unit("b", "h2", "1")]
    assert draw.frame_hash(u.id for u in before) == draw.frame_hash(u.id for u in moved)
    assert draw.table_hash(before) != draw.table_hash(moved)


def test_opaque_ids_differ_and_say_nothing() -> None:
    ids = draw.opaque_ids(2000, draw.ID_DIGITS)
    assert len(set(ids)) == 2000
    assert all(len(i) == 20 and set(i) <= set("0123456789abcdef") for i in ids)
    assert draw.opaque_ids(0, 20) == []
    assert not set(ids) & set(draw.opaque_ids(2000, draw.ID_DIGITS))


def test_everybody_has_the_same_chance() -> None:
    """2,000 draws of 5 from 12: each of them is drawn about 833 times (six standard deviations: 122)."""
    units = [Unit(i) for i in IDS]
    hits = Counter(p.id for _ in range(2000) for p in draw.draw(units, draw.new_seed(), "", 5, 0))
    assert all(abs(hits[i] - 2000 * 5 / 12) < 132 for i in IDS)
