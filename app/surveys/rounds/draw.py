"""draw-v1: a random sample that nobody can choose and anyone can recompute. Pure: no database, no clock.

The frame is frozen, the seed committed and published, then a public number is drawn elsewhere; only both together
give the order. Texts are UTF-8; the seed enters as its 32 bytes, written down as hexadecimal digits. In each stratum
people stand in the order of (HMAC-SHA256(key, id), id); whoever comes first of a household speaks for it, the others
are passed over. The first of each stratum's share are drawn, the next are its reserves.
"""

from __future__ import annotations

import hashlib
import heapq
import hmac
import secrets
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

ID_DIGITS = 20
CLUSTER_DIGITS = 16


class Unit(NamedTuple):
    """Somebody of the frame. `cluster` is the household, "" for a panel whose people stand for themselves."""

    id: str
    cluster: str = ""
    stratum: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """What falls to a stratum: `people` in the frame, `size` to draw, `reserves` to keep."""

    stratum: str
    people: int
    size: int
    reserves: int


@dataclass(frozen=True, slots=True)
class Pick:
    """`position` counts from 1 in the stratum's order; reserves follow the drawn."""

    id: str
    stratum: str
    position: int
    reserve: bool


def new_seed() -> str:
    """32 random bytes as hexadecimal digits."""
    return secrets.token_hex(32)


def opaque_ids(count: int, digits: int) -> list[str]:
    """So many different random ids; they say nothing about whom they stand for."""
    found: set[str] = set()
    while len(found) < count:
        block = secrets.token_hex((count - len(found)) * digits // 2)
        found.update(block[at : at + digits] for at in range(0, len(block), digits))
    return list(found)


def frame_hash(ids: Iterable[str]) -> str:
    return _digest("\n".join(sorted(ids)))


def table_hash(units: Iterable[Unit]) -> str:
    """Over households and strata too, so that nobody can be moved between them after the commit."""
    return _digest("\n".join(sorted(f"{u.id}|{u.cluster}|{u.stratum}" for u in units)))


def commit_of(seed: str, frame: str) -> str:
    return hashlib.sha256(b"|".join([b"v1", bytes.fromhex(seed), frame.encode()])).hexdigest()


def key_of(seed: str, public: str, frame: str) -> bytes:
    return hashlib.sha256(b"|".join([b"draw-v1", bytes.fromhex(seed), public.encode(), frame.encode()])).digest()


def ordered(key: bytes, ids: Iterable[str], first: int | None = None) -> list[str]:
    """The ids in the order of the draw, or the first of them: a draw of 1,000 need not sort 400,000."""
    marked = ((hmac.digest(key, i.encode(), "sha256"), i) for i in ids)
    found = sorted(marked) if first is None else heapq.nsmallest(first, marked)
    return [i for _mark, i in found]


def allocate(total: int, sizes: Sequence[int]) -> list[int]:
    """Shares by largest remainder; of equal remainders the smaller index comes first."""
    whole = sum(sizes)
    if whole == 0:
        return [0] * len(sizes)
    wanted = min(total, whole)
    shares = [wanted * size // whole for size in sizes]
    by_remainder = sorted(range(len(sizes)), key=lambda i: (-(wanted * sizes[i] % whole), i))
    for index in by_remainder[: wanted - sum(shares)]:
        shares[index] += 1
    return shares


def shares_of(units: Iterable[Unit], size: int, reserves: int) -> list[Share]:
    """The allocation over the strata, in the order of their names."""
    people = Counter(unit.stratum for unit in units)
    names = sorted(people)
    counts = [people[name] for name in names]
    drawn, kept = allocate(size, counts), allocate(reserves, counts)
    return [Share(*row) for row in zip(names, counts, drawn, kept, strict=True)]


def draw(units: Sequence[Unit], seed: str, public: str, size: int, reserves: int) -> list[Pick]:
    """Everybody drawn and in reserve. A stratum with fewer households than its share gives all that it has."""
    return picks(units, key_of(seed, public, frame_hash(u.id for u in units)), shares_of(units, size, reserves))


def picks(units: Iterable[Unit], key: bytes, shares: Iterable[Share]) -> list[Pick]:
    """The same where the hash of the frame, and so the key, and the allocation are known already."""
    strata: dict[str, dict[str, str]] = defaultdict(dict)
    for name, cluster, stratum in units:
        strata[stratum][name] = cluster
    return [pick for share in shares for pick in _of_stratum(key, strata[share.stratum], share)]


def _of_stratum(key: bytes, clusters: Mapping[str, str], share: Share) -> list[Pick]:
    wanted = share.size + share.reserves
    look = wanted * 2 + 50
    while True:
        found = _one_a_household(ordered(key, clusters, look), clusters)[:wanted]
        if len(found) == wanted or look >= len(clusters):
            break
        look *= 4
    return [Pick(i, share.stratum, at, reserve=at > share.size) for at, i in enumerate(found, 1)]


def _one_a_household(order: Iterable[str], clusters: Mapping[str, str]) -> list[str]:
    """Whoever comes first of each household, in the order of the draw."""
    first: dict[str, str] = {}
    for found in order:
        first.setdefault(clusters[found] or found, found)
    return list(first.values())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
