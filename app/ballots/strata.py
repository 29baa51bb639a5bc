"""Strata that are too small would name a person: they are counted together."""

from __future__ import annotations

from collections.abc import Mapping

SMALLEST = 5
TOGETHER = ""


def coarse(counts: Mapping[str, int]) -> dict[str, str]:
    """What each stratum is called on a sheet without a name.

    Strata of fewer than five people become one, which takes in the next smallest until it has five itself.
    """
    rest = sorted((n, name) for name, n in counts.items() if n)
    merged: set[str] = set()
    together = 0
    while rest and (rest[0][0] < SMALLEST or 0 < together < SMALLEST):
        n, name = rest.pop(0)
        merged.add(name)
        together += n
    return {name: TOGETHER if name in merged else name for name in counts}
